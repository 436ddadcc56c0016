#include <cerrno>
#include <exception>
#include <type_traits>
#include <utility>

#include "async/sleep.hpp"
#include "fuse/adapter.hpp"
#include "fuse/interrupt_cause.hpp"
#include "fuse/kernel_features.hpp"
#include "fuse/listing.hpp"
#include "fuse/reply.hpp"

namespace hdfsmount::fuse {

using fs::operation;

/// The kernel's operations. Static members, because libfuse calls plain functions; one class, because it is the
/// adapter's only friend.
struct operation_table {
  /// One request on its way to its answer.
  struct exchange {
    exchange(adapter& home_, fuse_req_t raw, operation op, fuse_ino_t node_, std::string name_)
        : home(&home_),
          out(raw, op, home_.traffic_, home_.log_),
          asked(op, context(home_, raw)),
          node(node_),
          name(std::move(name_)) {}

    static call_context context(adapter& home, fuse_req_t raw) {
      const auto* who = fuse_req_ctx(raw);
      return {home.users_.map(who->uid, who->gid, who->pid), std::chrono::steady_clock::now() + home.settings_.timeout,
              request_id(++home.last_request_)};
    }
    void fail(const error& failure) { out.error(home->files_.report(asked, node, name, failure)); }
    fs::file_system& files() const { return home->files_; }

    adapter* home;
    reply out;
    fs::request asked;
    inode_id node;
    std::string name;      // of the entry within `node`, where there is one
    fs::handle_id handle;  // where there is one
    std::size_t size = 0;  // of the kernel's buffer, for listings
  };

  static adapter& home(fuse_req_t raw) { return *static_cast<adapter*>(fuse_req_userdata(raw)); }

  static exchange begin(fuse_req_t raw, operation op, fuse_ino_t node, std::string name = {}) {
    return {home(raw), raw, op, node, std::move(name)};
  }
  static exchange begin(fuse_req_t raw, operation op, fuse_ino_t node, const fuse_file_info* file) {
    auto out = begin(raw, op, node);
    if (file != nullptr) out.handle = fs::handle_id(file->fh);
    return out;
  }

  /// `send` is one of the functions under "answers".
  template <class T, class Send>
  static void finish(exchange& x, result<T>& outcome, Send send) {
    if (!outcome) return x.fail(outcome.error());
    if constexpr (std::is_void_v<T>) {
      send(x);
    } else {
      send(x, *outcome);
    }
  }

  template <class T, class Send>
  static async::task<void> answer_later(exchange x, async::task<result<T>> work, Send send) {
    try {
      auto outcome = co_await std::move(work);
      finish(x, outcome, send);
    } catch (const std::exception& bug) {
      x.home->log_.error("request {}: {}: unexpected exception: {}", x.asked.context.id.value(),
                         fs::to_string(x.asked.op), bug.what());
    }
    // An exchange that an exception left unanswered sends EIO when it goes.
  }

  /// The kernel interrupts a request once, at its thread's first signal. If that was none to stop for, later ones have
  /// to be looked for.
  static async::task<void> watch_for_stop(adapter& here, request_id id, pid_t thread) {
    while (here.running_.contains(id)) {
      if (is_meant_to_stop(thread)) here.running_.interrupt(id);
      co_await async::sleep_until(std::chrono::steady_clock::now() + milliseconds(100));
    }
  }

  /// Cancels the task whose number is `data`, now or when its thread is meant to stop. libfuse holds `raw` until this
  /// returns, and calls it from another thread or from within fuse_req_interrupt_func().
  static void interrupted(fuse_req_t raw, void* data) {
    auto& here = home(raw);
    const request_id id(reinterpret_cast<std::uintptr_t>(data));
    const auto thread = fuse_req_ctx(raw)->pid;
    if (is_meant_to_stop(thread)) return here.running_.interrupt(id);
    async::spawn(here.executor_, here.log_, watch_for_stop(here, id, thread));
  }

  template <class T, class Send>
  static void later(exchange x, async::task<result<T>> work, Send send) {
    auto& here = *x.home;
    const auto id = x.asked.context.id;
    here.running_.open(id);
    // May call back at once. After spawn() the request may be gone, so this comes first.
    fuse_req_interrupt_func(x.out.raw(), interrupted, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id.value())));
    const auto task = async::spawn(here.executor_, here.log_, answer_later(std::move(x), std::move(work), send),
                                   [&here, id] { here.running_.close(id); });
    here.running_.attach(id, task);
  }

  /// Keeps exceptions from libfuse, which is C; a request they leave unanswered gets EIO from its reply.
  template <auto Function, class... Arguments>
  static void guarded(fuse_req_t raw, Arguments... arguments) {
    auto& log = home(raw).log_;
    try {
      Function(raw, arguments...);
    } catch (const std::exception& bug) {
      log.error("unexpected exception while a request was started: {}", bug.what());
    }
  }

  // --- answers ---

  static void send_done(exchange& x) { x.out.error(0); }
  static void send_entry(exchange& x, fs::entry& found) {
    if (!x.out.entry(found) && found.node != inode_id{}) x.files().forget(found.node, 1);
  }
  static void send_attributes(exchange& x, fs::attribute_reply& found) { x.out.attributes(found); }
  static void send_link(exchange& x, std::string& target) { x.out.link_target(target); }
  static void send_statistics(exchange& x, fs::statistics& numbers) { x.out.statistics(numbers); }
  static void send_data(exchange& x, hdfs::read_data& bytes) { x.out.data(bytes); }
  static void send_opened(exchange& x, fs::opened_file& file) {
    fuse_file_info flags{};
    flags.fh = file.handle.value();
    flags.keep_cache = file.keep_cache;
    flags.direct_io = file.direct_io;
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 11)
    flags.noflush = 1;  // nothing to write back: close(2) needs no round trip
#endif
    if (!x.out.opened(flags)) x.files().release(file.handle);
  }
  static void send_opened_directory(exchange& x, fs::handle_id& handle) {
    fuse_file_info flags{};
    flags.fh = handle.value();
    if (!x.out.opened(flags)) x.files().releasedir(handle);
  }
  static void send_names(exchange& x, fs::directory_slice& slice) {
    x.out.buffer(pack_names(x.out.raw(), slice, x.size).bytes);
  }
  static void send_entries(exchange& x, fs::directory_slice& slice) {
    const auto packed = pack_entries(x.out.raw(), x.files(), x.handle, slice, x.size);
    if (!x.out.buffer(packed.bytes)) x.files().forget(packed.remembered);
  }

  // --- requests ---

  static void init(void* userdata, fuse_conn_info* connection) {
    auto& here = *static_cast<adapter*>(userdata);
    here.log_.info("{}", negotiate(*connection, here.settings_.max_background));
    here.workaround_.arm(connection->want);
    here.initialised_.set_value();
  }

  static void lookup(fuse_req_t raw, fuse_ino_t parent, const char* name) {
    auto x = begin(raw, operation::lookup, parent, name);
    if (auto now = x.files().try_lookup(x.asked, x.node, x.name)) return finish(x, *now, send_entry);
    auto work = x.files().lookup(x.asked, x.node, x.name);
    later(std::move(x), std::move(work), send_entry);
  }

  static void forget(fuse_req_t raw, fuse_ino_t node, std::uint64_t count) {
    auto& here = home(raw);
    here.traffic_.forgot();
    here.files_.forget(inode_id(node), count);
    fuse_reply_none(raw);
  }

  static void forget_multi(fuse_req_t raw, std::size_t count, fuse_forget_data* all) {
    auto& here = home(raw);
    here.traffic_.forgot();
    for (const auto& one : std::span(all, count)) here.files_.forget(inode_id(one.ino), one.nlookup);
    fuse_reply_none(raw);
  }

  static void getattr(fuse_req_t raw, fuse_ino_t node, fuse_file_info* file) {
    auto x = begin(raw, operation::getattr, node, file);
    const auto handle = file != nullptr ? std::optional(x.handle) : std::nullopt;
    if (auto now = x.files().try_getattr(x.asked, x.node, handle)) return finish(x, *now, send_attributes);
    auto work = x.files().getattr(x.asked, x.node, handle);
    later(std::move(x), std::move(work), send_attributes);
  }

  static void readlink(fuse_req_t raw, fuse_ino_t node) {
    auto x = begin(raw, operation::readlink, node);
    auto work = x.files().readlink(x.asked, x.node);
    later(std::move(x), std::move(work), send_link);
  }

  static void access(fuse_req_t raw, fuse_ino_t node, int mask) {
    auto x = begin(raw, operation::access, node);
    auto work = x.files().access(x.asked, x.node, mask);
    later(std::move(x), std::move(work), send_done);
  }

  static void statfs(fuse_req_t raw, fuse_ino_t node) {
    auto x = begin(raw, operation::statfs, node);
    auto work = x.files().statfs(x.asked);
    later(std::move(x), std::move(work), send_statistics);
  }

  static void opendir(fuse_req_t raw, fuse_ino_t node, fuse_file_info*) {
    auto x = begin(raw, operation::opendir, node);
    auto work = x.files().opendir(x.asked, x.node);
    later(std::move(x), std::move(work), send_opened_directory);
  }

  template <auto Send>
  static void list(fuse_req_t raw, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* file) {
    auto x = begin(raw, operation::readdir, node, file);
    x.size = size;
    const auto from = static_cast<std::uint64_t>(offset);
    if (auto now = x.files().try_readdir(x.asked, x.handle, from)) return finish(x, *now, Send);
    auto work = x.files().readdir(x.asked, x.handle, from);
    later(std::move(x), std::move(work), Send);
  }

  static void releasedir(fuse_req_t raw, fuse_ino_t node, fuse_file_info* file) {
    auto x = begin(raw, operation::releasedir, node, file);
    x.files().releasedir(x.handle);
    x.out.error(0);
  }

  static void open(fuse_req_t raw, fuse_ino_t node, fuse_file_info* file) {
    auto x = begin(raw, operation::open, node);
    if (auto now = x.files().try_open(x.asked, x.node, file->flags)) return finish(x, *now, send_opened);
    auto work = x.files().open(x.asked, x.node, file->flags);
    later(std::move(x), std::move(work), send_opened);
  }

  static void read(fuse_req_t raw, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* file) {
    auto x = begin(raw, operation::read, node, file);
    const auto from = static_cast<std::uint64_t>(offset);
    if (auto now = x.files().try_read(x.asked, x.handle, from, size)) return finish(x, *now, send_data);
    auto work = x.files().read(x.asked, x.handle, from, size);
    auto& watched = x.home->slow_reads_;
    const auto id = x.asked.context.id;
    const auto thread = fuse_req_ctx(raw)->pid;
    later(std::move(x), std::move(work), send_data);
    watched.add(id, thread);
  }

  static void release(fuse_req_t raw, fuse_ino_t node, fuse_file_info* file) {
    auto x = begin(raw, operation::release, node, file);
    x.files().release(x.handle);
    x.out.error(0);
  }

  static void done(fuse_req_t raw, operation op, fuse_ino_t node) { begin(raw, op, node).out.error(0); }

  static void refuse(fuse_req_t raw, operation op, fuse_ino_t node) {
    auto x = begin(raw, op, node);
    x.fail(x.files().refuse_change());
  }

  static void fill_reading(fuse_lowlevel_ops& table);
  static void fill_changing(fuse_lowlevel_ops& table);
};

namespace {

/// flush and fsync of handles that cannot have written anything.
template <operation Op>
constexpr auto nothing_to_do = [](fuse_req_t raw, fuse_ino_t node, auto...) { operation_table::done(raw, Op, node); };

/// Everything that would change something.
template <operation Op>
constexpr auto refusal = [](fuse_req_t raw, fuse_ino_t node, auto...) { operation_table::refuse(raw, Op, node); };

constexpr auto symlink_refusal = [](fuse_req_t raw, const char*, fuse_ino_t parent, const char*) {
  operation_table::refuse(raw, operation::symlink, parent);
};

}  // namespace

/// Not in the table, so answered ENOSYS by libfuse, after which the kernel does not ask again: getxattr and listxattr
/// (programs see EOPNOTSUPP, which ls, cp -a and tar take in silence; `security.capability` costs no round trip), lseek
/// (the kernel's own SEEK_DATA and SEEK_HOLE), ioctl, poll, bmap. Locks are left out as well: the kernel keeps them
/// itself.
void operation_table::fill_reading(fuse_lowlevel_ops& table) {
  table.init = init;
  table.lookup = guarded<lookup>;
  table.forget = guarded<forget>;
  table.forget_multi = guarded<forget_multi>;
  table.getattr = guarded<getattr>;
  table.readlink = guarded<readlink>;
  table.access = guarded<access>;
  table.statfs = guarded<statfs>;
  table.opendir = guarded<opendir>;
  table.readdir = guarded<list<send_names>>;
  table.readdirplus = guarded<list<send_entries>>;
  table.releasedir = guarded<releasedir>;
  table.fsyncdir = guarded<nothing_to_do<operation::fsync>>;
  table.open = guarded<open>;
  table.read = guarded<read>;
  table.flush = guarded<nothing_to_do<operation::flush>>;
  table.fsync = guarded<nothing_to_do<operation::fsync>>;
  table.release = guarded<release>;
}

void operation_table::fill_changing(fuse_lowlevel_ops& table) {
  table.setattr = guarded<refusal<operation::setattr>>;
  table.mknod = guarded<refusal<operation::mknod>>;
  table.mkdir = guarded<refusal<operation::mkdir>>;
  table.unlink = guarded<refusal<operation::unlink>>;
  table.rmdir = guarded<refusal<operation::rmdir>>;
  table.symlink = guarded<symlink_refusal>;
  table.rename = guarded<refusal<operation::rename>>;
  table.link = guarded<refusal<operation::link>>;
  table.create = guarded<refusal<operation::create>>;
  table.write = guarded<refusal<operation::write>>;
  table.fallocate = guarded<refusal<operation::fallocate>>;
  table.setxattr = guarded<refusal<operation::setxattr>>;
  table.removexattr = guarded<refusal<operation::removexattr>>;
}

const fuse_lowlevel_ops& adapter::operations() {
  static const auto table = [] {
    fuse_lowlevel_ops out{};
    operation_table::fill_reading(out);
    operation_table::fill_changing(out);
    return out;
  }();
  return table;
}

}  // namespace hdfsmount::fuse
