// The least that a FUSE daemon can do: shows a local directory read-only through libfuse's low-level interface.
//
//   floor SOURCE MOUNTPOINT [--direct-io]
//
// Same terms as hdfsmount: requests of 1 MiB, one cloned device a thread, time-outs of 1 s, listings with attributes,
// page cache kept across opens. --direct-io has the kernel keep nothing; --splice moves bytes by splice instead of a
// copy. Stays in the foreground until SIGTERM or the unmount.

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <dirent.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t max_request = 1024 * 1024;
constexpr double time_out = 1.0;

bool direct_io = false;

/// What the kernel knows by the address of this object. Guarded by `table_mutex`, except the descriptor.
struct node {
  int path = -1;  // O_PATH
  ino_t number = 0;
  std::uint64_t lookups = 0;
};

std::mutex table_mutex;
std::unordered_map<ino_t, std::unique_ptr<node>> table;
node root;

node& at(fuse_ino_t id) {
  return id == FUSE_ROOT_ID ? root : *reinterpret_cast<node*>(id);
}

std::string name_of(const node& which) {
  return "/proc/self/fd/" + std::to_string(which.path);
}

/// Counts one look-up; 0, or an errno.
int look_up(const node& parent, const char* name, fuse_entry_param& entry) {
  const int path = openat(parent.path, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (path < 0) return errno;
  if (fstat(path, &entry.attr) != 0) {
    const int failure = errno;
    close(path);
    return failure;
  }
  entry.attr_timeout = entry.entry_timeout = time_out;
  const std::lock_guard lock(table_mutex);
  auto& known = table[entry.attr.st_ino];
  if (known) {
    close(path);
  } else {
    known = std::make_unique<node>();
    known->path = path;
    known->number = entry.attr.st_ino;
  }
  ++known->lookups;
  entry.ino = reinterpret_cast<fuse_ino_t>(known.get());
  return 0;
}

void forget_lookups(fuse_ino_t id, std::uint64_t count) {
  if (id == FUSE_ROOT_ID) return;
  const std::lock_guard lock(table_mutex);
  auto& which = at(id);
  which.lookups -= count;
  if (which.lookups > 0) return;
  close(which.path);
  table.erase(which.number);
}

void on_init(void*, fuse_conn_info* connection) {
  for (const unsigned bit : {FUSE_CAP_ASYNC_READ, FUSE_CAP_ASYNC_DIO, FUSE_CAP_PARALLEL_DIROPS,
                             FUSE_CAP_AUTO_INVAL_DATA, FUSE_CAP_READDIRPLUS, FUSE_CAP_READDIRPLUS_AUTO}) {
    connection->want |= connection->capable & bit;
  }
  const unsigned splice = FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE;
  connection->want &= ~splice;
  connection->max_read = connection->max_write = max_request;
  connection->max_background = 8192;
  connection->congestion_threshold = 6144;
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_entry_param entry{};
  if (const int failure = look_up(at(parent), name, entry)) {
    fuse_reply_err(request, failure);
  } else {
    fuse_reply_entry(request, &entry);
  }
}

void on_forget(fuse_req_t request, fuse_ino_t id, std::uint64_t count) {
  forget_lookups(id, count);
  fuse_reply_none(request);
}

void on_forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data* all) {
  for (std::size_t i = 0; i < count; ++i) forget_lookups(all[i].ino, all[i].nlookup);
  fuse_reply_none(request);
}

void on_getattr(fuse_req_t request, fuse_ino_t id, fuse_file_info*) {
  struct stat status {};
  if (fstat(at(id).path, &status) != 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_attr(request, &status, time_out);
  }
}

void on_open(fuse_req_t request, fuse_ino_t id, fuse_file_info* file) {
  if ((file->flags & O_ACCMODE) != O_RDONLY) {
    fuse_reply_err(request, EROFS);
    return;
  }
  const int opened = open(name_of(at(id)).c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    fuse_reply_err(request, errno);
    return;
  }
  file->fh = static_cast<std::uint64_t>(opened);
  file->direct_io = direct_io;
  file->keep_cache = !direct_io;
  file->noflush = 1;
  if (fuse_reply_open(request, file) == -ENOENT) close(opened);
}

void on_read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* file) {
  thread_local const auto buffer = std::make_unique<char[]>(max_request);
  const auto got = pread(static_cast<int>(file->fh), buffer.get(), std::min(size, max_request), offset);
  if (got < 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_buf(request, buffer.get(), static_cast<std::size_t>(got));
  }
}

void on_release(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  close(static_cast<int>(file->fh));
  fuse_reply_err(request, 0);
}

void on_opendir(fuse_req_t request, fuse_ino_t id, fuse_file_info* file) {
  DIR* opened = opendir(name_of(at(id)).c_str());
  if (opened == nullptr) {
    fuse_reply_err(request, errno);
    return;
  }
  file->fh = reinterpret_cast<std::uint64_t>(opened);
  if (fuse_reply_open(request, file) == -ENOENT) closedir(opened);
}

void list(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset, fuse_file_info* file, bool plus) {
  auto* opened = reinterpret_cast<DIR*>(file->fh);
  seekdir(opened, offset);
  std::vector<char> answer(size);
  std::size_t used = 0;
  while (const auto* next = readdir(opened)) {
    fuse_entry_param entry{};
    entry.attr.st_ino = next->d_ino;
    entry.attr.st_mode = static_cast<mode_t>(DTTOIF(next->d_type));
    const bool dots = std::strcmp(next->d_name, ".") == 0 || std::strcmp(next->d_name, "..") == 0;
    if (plus && !dots && look_up(at(id), next->d_name, entry) != 0) continue;
    const auto space = size - used;
    const auto needed = plus ? fuse_add_direntry_plus(request, &answer[used], space, next->d_name, &entry, next->d_off)
                             : fuse_add_direntry(request, &answer[used], space, next->d_name, &entry.attr, next->d_off);
    if (needed > space) {
      if (plus && !dots) forget_lookups(entry.ino, 1);
      break;
    }
    used += needed;
    if (used == size) break;
  }
  fuse_reply_buf(request, answer.data(), used);
}

void on_readdir(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset, fuse_file_info* file) {
  list(request, id, size, offset, file, false);
}

void on_readdirplus(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset, fuse_file_info* file) {
  list(request, id, size, offset, file, true);
}

void on_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  closedir(reinterpret_cast<DIR*>(file->fh));
  fuse_reply_err(request, 0);
}

void on_statfs(fuse_req_t request, fuse_ino_t) {
  struct statvfs status {};
  if (fstatvfs(root.path, &status) != 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_statfs(request, &status);
  }
}

/// One descriptor a name that the kernel remembers.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops out{};
  out.init = on_init;
  out.lookup = on_lookup;
  out.forget = on_forget;
  out.forget_multi = on_forget_multi;
  out.getattr = on_getattr;
  out.open = on_open;
  out.read = on_read;
  out.release = on_release;
  out.opendir = on_opendir;
  out.readdir = on_readdir;
  out.readdirplus = on_readdirplus;
  out.releasedir = on_releasedir;
  out.statfs = on_statfs;
  return out;
}

int serve(const char* mount_point) {
  char program[] = "floor", option[] = "-omax_read=1048576,fsname=floor,subtype=floor,ro";
  char* words[] = {program, option, nullptr};
  fuse_args arguments = FUSE_ARGS_INIT(2, words);
  const auto table_of_operations = operations();
  auto* session = fuse_session_new(&arguments, &table_of_operations, sizeof table_of_operations, nullptr);
  if (session == nullptr || fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, mount_point) != 0)
    return 1;
  auto* config = fuse_loop_cfg_create();
  const auto threads = std::clamp(std::thread::hardware_concurrency(), 2U, 4U);
  fuse_loop_cfg_set_clone_fd(config, 1);
  fuse_loop_cfg_set_max_threads(config, threads);
  fuse_loop_cfg_set_idle_threads(config, threads);
  const int outcome = fuse_session_loop_mt(session, config);
  fuse_loop_cfg_destroy(config);
  fuse_session_unmount(session);
  fuse_remove_signal_handlers(session);
  fuse_session_destroy(session);
  fuse_opt_free_args(&arguments);
  return outcome < 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  for (int i = 3; i < count; ++i) {
    if (std::string(words[i]) != "--direct-io") count = 0;
    direct_io = true;
  }
  if (count < 3) {
    std::fputs("usage: floor SOURCE MOUNTPOINT [--direct-io]\n", stderr);
    return 2;
  }
  raise_descriptor_limit();
  root.path = open(words[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root.path < 0) {
    std::perror(words[1]);
    return 1;
  }
  return serve(words[2]);
}
