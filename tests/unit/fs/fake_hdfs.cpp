#include "fake_hdfs.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace hdfsmount::fs::testing {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> out;
  std::size_t at = 1;
  while (at < path.size()) {
    const auto slash = std::min(path.find('/', at), path.size());
    out.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

std::shared_ptr<fake_node> deep_copy(const fake_node& from) {
  auto copy = std::make_shared<fake_node>(from);
  copy->snapshots.clear();
  for (auto& [name, child] : copy->children) child = deep_copy(*child);
  return copy;
}

}  // namespace

class fake_stream final : public hdfs::input_stream {
 public:
  fake_stream(fake_hdfs& home, std::shared_ptr<fake_node> node, std::string path)
      : home_(home), node_(std::move(node)), path_(std::move(path)) {
    learn();
  }

  std::optional<hdfs::read_data> try_read(std::uint64_t offset, std::size_t size) override {
    if (closed_) throw std::logic_error("a call after close");
    const std::lock_guard lock(home_.mutex_);
    home_.log_.push_back("try_read " + path_);
    if (node_->owner != "prefetched") return std::nullopt;
    return cut(offset, size);
  }
  async::task<result<hdfs::read_data>> read(call_context context, std::uint64_t offset, std::size_t size) override {
    if (closed_) throw std::logic_error("a call after close");
    auto entered = co_await home_.enter(std::move(context), "read", path_);
    if (!entered) co_return entered.error();
    const std::lock_guard lock(home_.mutex_);
    co_return cut(offset, size);
  }
  steady_time opened() const override { return steady_time::max(); }
  std::uint64_t length() const override { return length_; }
  std::uint64_t content_version() const override { return version_; }
  bool under_construction() const override { return under_construction_; }
  async::task<result<std::uint64_t>> refresh_length(call_context context, std::uint64_t at_least) override {
    if (closed_) throw std::logic_error("a call after close");
    auto entered = co_await home_.enter(std::move(context), "refresh_length", path_);
    if (!entered) co_return entered.error();
    const std::lock_guard lock(home_.mutex_);
    learn(at_least);
    co_return length_.load();
  }
  void close() noexcept override {
    closed_ = true;
    const std::lock_guard lock(home_.mutex_);
    home_.log_.push_back("close " + path_);
  }

 private:
  void learn(std::uint64_t at_least = 0) {
    const auto shown = node_->content.size() - node_->late;
    length_ = shown < at_least ? node_->content.size() : shown;
    version_ = std::hash<std::string>{}(node_->content);
    under_construction_ = node_->under_construction;
  }
  hdfs::read_data cut(std::uint64_t offset, std::size_t size) const {
    hdfs::read_data out;
    const auto length = length_.load();
    if (offset >= length) return out;
    const auto part = std::make_shared<std::string>(node_->content.substr(offset, std::min(size, length - offset)));
    out.pieces.emplace_back(part, std::as_bytes(std::span(*part)));
    return out;
  }

  fake_hdfs& home_;
  const std::shared_ptr<fake_node> node_;
  const std::string path_;
  std::atomic<std::uint64_t> length_{0};
  std::atomic<std::uint64_t> version_{0};
  std::atomic<bool> under_construction_{false};
  std::atomic<bool> closed_{false};
};

fake_hdfs::fake_hdfs() : root_(std::make_shared<fake_node>()) {
  root_->id = 16385;
  root_->type = wire::file_type::directory;
  root_->mode = 0755;
}

async::task<result<void>> fake_hdfs::enter(call_context context, std::string method, std::string path) {
  std::shared_ptr<async::one_shot<bool>> gate;
  std::optional<error> told;
  {
    const std::lock_guard lock(mutex_);
    log_.push_back(method + ' ' + path);
    last_caller_ = context.who;
    gate = gate_;
    const auto found = failures_.find(method);
    if (found != failures_.end() && found->second.times-- > 0) told = found->second.with;
  }
  if (gate) {
    auto opened = co_await gate->wait(context.deadline);
    if (!opened) co_return opened.error();
  }
  if (told) co_return *told;
  co_return result<void>();
}

fake_hdfs::node_ptr fake_hdfs::find_id(const node_ptr& below, std::uint64_t id) const {
  if (below->id == id) return below;
  for (const auto& [name, child] : below->children)
    if (auto found = find_id(child, id)) return found;
  return nullptr;
}

fake_hdfs::node_ptr fake_hdfs::find(const std::string& path) const {
  const auto names = split(path);
  auto at = root_;
  std::size_t i = 0;
  if (names.size() >= 3 && names[0] == ".reserved" && names[1] == ".inodes") {
    at = find_id(root_, std::stoull(names[2]));
    i = 3;
  }
  for (; at && i < names.size(); ++i) {
    if (names[i] == ".snapshot") {
      if (!at->snapshottable) return nullptr;
      auto listing = std::make_shared<fake_node>();
      listing->type = wire::file_type::directory;
      listing->mode = 0777;
      listing->owner = listing->group = "";
      listing->children = at->snapshots;
      at = listing;
      continue;
    }
    const auto child = at->children.find(names[i]);
    at = child == at->children.end() ? nullptr : child->second;
  }
  return at;
}

wire::file_status fake_hdfs::status_of(const fake_node& node, std::string name) const {
  wire::file_status out;
  out.type = node.type;
  out.name = std::move(name);
  out.id = file_id(node.id);
  out.permissions = node.mode;
  out.owner = node.owner;
  out.group = node.group;
  out.mtime_ms = node.mtime_ms;
  if (node.type == wire::file_type::file) out.length = node.content.size() - node.in_progress;
  if (node.type == wire::file_type::symlink) out.symlink_target = node.content;
  return out;
}

async::task<result<wire::file_status>> fake_hdfs::get_status(call_context context, std::string path) {
  auto entered = co_await enter(std::move(context), "get_status", path);
  if (!entered) co_return entered.error();
  const std::lock_guard lock(mutex_);
  const auto node = find(path);
  if (!node) co_return error(namenode_errc::not_found);
  co_return status_of(*node, {});
}

async::task<result<wire::directory_page>> fake_hdfs::list(call_context context, std::string path,
                                                          std::string start_after) {
  auto entered = co_await enter(std::move(context), "list", path);
  if (!entered) co_return entered.error();
  const std::lock_guard lock(mutex_);
  const auto node = find(path);
  if (!node) co_return error(namenode_errc::not_found);
  wire::directory_page out;
  if (node->type != wire::file_type::directory) {
    out.entries.push_back(status_of(*node, {}));
    co_return out;
  }
  auto child = node->children.upper_bound(start_after);
  for (; child != node->children.end() && out.entries.size() < page_size; ++child)
    out.entries.push_back(status_of(*child->second, child->first));
  out.remaining = static_cast<std::uint32_t>(std::distance(child, node->children.end()));
  co_return out;
}

async::task<result<std::string>> fake_hdfs::get_link_target(call_context context, std::string path) {
  auto entered = co_await enter(std::move(context), "get_link_target", path);
  if (!entered) co_return entered.error();
  const std::lock_guard lock(mutex_);
  const auto node = find(path);
  if (!node) co_return error(namenode_errc::not_found);
  co_return node->content;
}

async::task<result<wire::fs_stats>> fake_hdfs::get_stats(call_context context) {
  auto entered = co_await enter(std::move(context), "get_stats", "");
  if (!entered) co_return entered.error();
  wire::fs_stats out;
  out.capacity = 4096 * 1000;
  out.used = 4096 * 300;
  out.remaining = 4096 * 600;
  co_return out;
}

async::task<result<wire::server_defaults>> fake_hdfs::get_server_defaults(call_context) {
  co_return wire::server_defaults();
}

async::task<result<std::shared_ptr<hdfs::input_stream>>> fake_hdfs::open(call_context context,
                                                                         hdfs::open_request what) {
  auto entered = co_await enter(std::move(context), "open", what.path);
  if (!entered) co_return entered.error();
  const std::lock_guard lock(mutex_);
  const auto node = find(what.path);
  if (!node) co_return error(namenode_errc::not_found);
  if (node->unsupported) co_return error(errc::unsupported, "erasure-coded");
  co_return std::make_shared<fake_stream>(*this, node, what.path);
}

std::shared_ptr<hdfs::input_stream> fake_hdfs::try_open(const call_context&, const hdfs::open_request& what) {
  const std::lock_guard lock(mutex_);
  const auto node = all_opened_ahead ? find(what.path) : nullptr;
  return node ? std::make_shared<fake_stream>(*this, node, what.path) : nullptr;
}

void fake_hdfs::open_ahead(call_context, hdfs::open_request what) {
  const std::lock_guard lock(mutex_);
  log_.push_back("open_ahead " + what.path);
}

fake_hdfs::node_ptr& fake_hdfs::slot(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto parent = find(slash == 0 ? "/" : path.substr(0, slash));
  if (!parent) throw std::invalid_argument("no parent of " + path);
  return parent->children[path.substr(slash + 1)];
}

std::uint64_t fake_hdfs::put(const std::string& path, const node_ptr& node) {
  const std::lock_guard lock(mutex_);
  node->id = next_id_++;
  slot(path) = node;
  return node->id;
}

std::uint64_t fake_hdfs::add_directory(const std::string& path) {
  auto node = std::make_shared<fake_node>();
  node->type = wire::file_type::directory;
  node->mode = 0755;
  return put(path, node);
}

std::uint64_t fake_hdfs::add_file(const std::string& path, std::string content) {
  auto node = std::make_shared<fake_node>();
  node->content = std::move(content);
  return put(path, node);
}

std::uint64_t fake_hdfs::add_link(const std::string& path, std::string target) {
  auto node = std::make_shared<fake_node>();
  node->type = wire::file_type::symlink;
  node->content = std::move(target);
  return put(path, node);
}

void fake_hdfs::change(const std::string& path, const std::function<void(fake_node&)>& how) {
  const std::lock_guard lock(mutex_);
  how(*find(path));
}

void fake_hdfs::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  auto node = find(from);
  const auto slash = from.rfind('/');
  find(slash == 0 ? "/" : from.substr(0, slash))->children.erase(from.substr(slash + 1));
  slot(to) = std::move(node);
}

void fake_hdfs::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto slash = path.rfind('/');
  find(slash == 0 ? "/" : path.substr(0, slash))->children.erase(path.substr(slash + 1));
}

void fake_hdfs::snapshot(const std::string& directory, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto node = find(directory);
  node->snapshottable = true;
  node->snapshots[name] = deep_copy(*node);
}

void fake_hdfs::hold() {
  const std::lock_guard lock(mutex_);
  if (!gate_) gate_ = std::make_shared<async::one_shot<bool>>();
}

void fake_hdfs::release() {
  std::shared_ptr<async::one_shot<bool>> gate;
  {
    const std::lock_guard lock(mutex_);
    gate.swap(gate_);
  }
  if (gate) gate->set(true);
}

void fake_hdfs::fail(const std::string& method, const error& with, int times) {
  const std::lock_guard lock(mutex_);
  failures_[method] = failure{with, times};
}

int fake_hdfs::calls(const std::string& method) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(log_.begin(), log_.end(), [&](const std::string& line) {
    return method.empty() || line.starts_with(method + ' ');
  }));
}

std::vector<std::string> fake_hdfs::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::optional<caller> fake_hdfs::last_caller() const {
  const std::lock_guard lock(mutex_);
  return last_caller_;
}

void fake_hdfs::forget_calls() {
  const std::lock_guard lock(mutex_);
  log_.clear();
}

}  // namespace hdfsmount::fs::testing
