#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include "promise.hpp"
#include "targets.hpp"
#include "wire/bytes.hpp"

/// Every input that fuzzing has found worth keeping, run again by each build.
namespace hdfsmount::fuzz {
namespace {

struct target {
  const char* name;
  void (*run)(byte_span);

  friend std::ostream& operator<<(std::ostream& out, const target& t) { return out << t.name; }
};

constexpr target all[] = {
#define TARGET(name) {#name, name},
    FUZZ_TARGETS
#undef TARGET
};

std::vector<std::filesystem::path> inputs(const target& of) {
  const std::filesystem::directory_iterator entries(std::filesystem::path(CORPUS) / of.name);
  std::vector<std::filesystem::path> out(begin(entries), end(entries));
  std::sort(out.begin(), out.end());
  return out;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

class Corpus : public testing::TestWithParam<target> {
 protected:
  /// The bytes end where unmapped memory begins.
  static void run(std::string_view bytes) {
    wire::guarded_bytes memory(bytes.size());
    GetParam().run(memory.hold(bytes));
  }
};

INSTANTIATE_TEST_SUITE_P(Targets, Corpus, testing::ValuesIn(all), [](const auto& test) { return test.param.name; });

TEST_P(Corpus, KeepsEveryPromise) {
  const auto files = inputs(GetParam());
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) EXPECT_NO_THROW(run(content(file))) << file;
}

TEST_P(Corpus, CutShortKeepsEveryPromise) {
  for (const auto& file : inputs(GetParam())) {
    const auto bytes = content(file);
    const auto step = bytes.size() / 64 + 1;
    for (std::size_t size = 0; size < bytes.size(); size += step)
      EXPECT_NO_THROW(run(std::string_view(bytes).substr(0, size))) << file << " cut to " << size;
  }
}

TEST(CorpusFolders, AreThoseOfTheTargets) {
  for (const auto& entry : std::filesystem::directory_iterator(CORPUS)) {
    const auto name = entry.path().filename();
    EXPECT_TRUE(std::ranges::any_of(all, [&](const target& t) { return t.name == name; })) << name;
  }
}

TEST(HeapMeter, SeesThePeakOfWhatWasTaken) {
  const heap_meter meter;
  { const std::string large(100'000, 'x'); }
  const std::string small(10'000, 'x');
  EXPECT_GE(meter.peak(), 100'000U);
  EXPECT_LT(meter.peak(), 110'000U);
}

TEST(HeapMeter, MakesTooMuchMemoryABrokenPromise) {
  const auto take = [] { return std::string(5'000, 'x'); };
  EXPECT_NO_THROW(within_memory(6'000, 0, 0, take));
  EXPECT_NO_THROW(within_memory(0, 10, 600, take));
  EXPECT_THROW(within_memory(4'000, 1, 100, take), broken_promise);
}

}  // namespace
}  // namespace hdfsmount::fuzz
