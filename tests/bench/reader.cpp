// What reads in the benchmarks, the same for both sides.
//
//   reader sequential BYTES FILE...              each file from begin to end, BYTES at a time, one file after the other
//   reader together BYTES FILE...                the same, with one thread a file
//   reader files DIRECTORY                       lists every directory below it, then opens, reads and closes its files
//   reader random FILE BYTES COUNT THREADS SEED [direct]
//                                                COUNT reads of BYTES at distinct aligned places; `direct`: with
//                                                O_DIRECT, else with POSIX_FADV_RANDOM
//
// Prints one JSON object: seconds, bytes, reads; `random` also p50_ms, p99_ms and max_ms of one read.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "reader: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

struct free_memory {
  void operator()(void* memory) const { std::free(memory); }
};
using aligned_buffer = std::unique_ptr<char, free_memory>;

aligned_buffer make_buffer(std::size_t size) {
  auto* memory = static_cast<char*>(std::aligned_alloc(4096, (size + 4095) / 4096 * 4096));
  std::memset(memory, 1, size);
  return aligned_buffer(memory);
}

class file {
 public:
  explicit file(const std::string& path, int flags = 0)
      : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | flags)) {
    if (descriptor_ < 0) fail(path);
  }
  ~file() {
    if (close(descriptor_) != 0) fail(path_);
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  std::size_t read(char* into, std::size_t size) {
    const auto got = ::read(descriptor_, into, size);
    if (got < 0) fail(path_);
    return static_cast<std::size_t>(got);
  }
  std::size_t read_at(char* into, std::size_t size, std::uint64_t offset) {
    const auto got = pread(descriptor_, into, size, static_cast<off_t>(offset));
    if (got < 0) fail(path_);
    return static_cast<std::size_t>(got);
  }
  std::uint64_t size() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) fail(path_);
    return static_cast<std::uint64_t>(status.st_size);
  }
  void expect_random() { posix_fadvise(descriptor_, 0, 0, POSIX_FADV_RANDOM); }

 private:
  std::string path_;
  int descriptor_;
};

struct tally {
  std::uint64_t bytes = 0, reads = 0;
};

void read_whole(const std::string& path, char* into, std::size_t step, tally& sum) {
  file from(path);
  while (const auto got = from.read(into, step)) {
    sum.bytes += got;
    ++sum.reads;
  }
}

tally sequential(const std::vector<std::string>& paths, std::size_t step) {
  tally sum;
  const auto buffer = make_buffer(step);
  for (const auto& path : paths) read_whole(path, buffer.get(), step, sum);
  return sum;
}

tally together(const std::vector<std::string>& paths, std::size_t step) {
  std::vector<tally> sums(paths.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    threads.emplace_back([&, i] { sums[i] = sequential({paths[i]}, step); });
  }
  threads.clear();
  tally sum;
  for (const auto& one : sums) {
    sum.bytes += one.bytes;
    sum.reads += one.reads;
  }
  return sum;
}

void read_directory(const std::filesystem::path& directory, char* into, std::size_t step, tally& sum) {
  std::vector<std::filesystem::path> files, directories;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    (entry.is_directory() ? directories : files).push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::sort(directories.begin(), directories.end());
  for (const auto& path : files) read_whole(path.string(), into, step, sum);
  for (const auto& below : directories) read_directory(below, into, step, sum);
}

struct random_plan {
  std::string path;
  std::size_t size, count;
  unsigned threads;
  std::uint64_t seed;
  bool direct;
};

/// Places without repetition, so that no read finds what an earlier one left in a cache.
std::vector<std::uint64_t> places(const random_plan& plan) {
  std::vector<std::uint64_t> all(file(plan.path).size() / plan.size);
  if (all.size() < plan.count) fail("the file is too short for so many reads");
  std::iota(all.begin(), all.end(), 0);
  std::shuffle(all.begin(), all.end(), std::mt19937_64(plan.seed));
  all.resize(plan.count);
  return all;
}

double percentile(const std::vector<double>& sorted, double part) {
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

void read_at_random(const random_plan& plan) {
  const auto where = places(plan);
  std::vector<double> took(plan.count);
  std::atomic<std::size_t> next = 0;
  file from(plan.path, plan.direct ? O_DIRECT : 0);
  if (!plan.direct) from.expect_random();
  const auto work = [&] {
    const auto buffer = make_buffer(plan.size);
    for (auto i = next++; i < where.size(); i = next++) {
      const auto begin = clock_type::now();
      if (from.read_at(buffer.get(), plan.size, where[i] * plan.size) != plan.size) fail("short read");
      took[i] = seconds_since(begin) * 1000;
    }
  };
  const auto begin = clock_type::now();
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < plan.threads; ++i) threads.emplace_back(work);
  threads.clear();
  const auto seconds = seconds_since(begin);
  std::sort(took.begin(), took.end());
  std::printf(
      "{\"seconds\": %.6f, \"bytes\": %zu, \"reads\": %zu, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f}\n",
      seconds, plan.size * plan.count, plan.count, percentile(took, 0.5), percentile(took, 0.99), took.back());
}

void report(const tally& sum, clock_type::time_point begin) {
  std::printf("{\"seconds\": %.6f, \"bytes\": %llu, \"reads\": %llu}\n", seconds_since(begin),
              static_cast<unsigned long long>(sum.bytes), static_cast<unsigned long long>(sum.reads));
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const auto begin = clock_type::now();
  if (words.size() >= 3 && (words[0] == "sequential" || words[0] == "together")) {
    const std::vector<std::string> paths(words.begin() + 2, words.end());
    const auto step = std::stoul(words[1]);
    report(words[0] == "together" ? together(paths, step) : sequential(paths, step), begin);
  } else if (words.size() == 2 && words[0] == "files") {
    tally sum;
    const std::size_t step = 1024 * 1024;
    read_directory(words[1], make_buffer(step).get(), step, sum);
    report(sum, begin);
  } else if (words.size() >= 6 && words[0] == "random") {
    read_at_random({words[1], std::stoul(words[2]), std::stoul(words[3]), static_cast<unsigned>(std::stoul(words[4])),
                    std::stoull(words[5]), words.size() > 6});
  } else {
    std::fputs("usage: see the top of reader.cpp\n", stderr);
    return 2;
  }
  return 0;
}
