#include "fuse/running_requests.hpp"

namespace hdfsmount::fuse {

void running_requests::open(request_id id) {
  const std::lock_guard lock(mutex_);
  running_.try_emplace(id);
}

void running_requests::attach(request_id id, const async::running_task& task) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second.task = task;
  if (found->second.interrupted) task.cancel();
}

void running_requests::close(request_id id) {
  const std::lock_guard lock(mutex_);
  running_.erase(id);
  if (running_.empty()) emptied_.notify_all();
}

bool running_requests::contains(request_id id) {
  const std::lock_guard lock(mutex_);
  return running_.contains(id);
}

void running_requests::interrupt(request_id id) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second.interrupted = true;
  found->second.task.cancel();
}

void running_requests::cancel_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : running_) {
    entry.interrupted = true;
    entry.task.cancel();
  }
}

bool running_requests::wait_until_empty(milliseconds patience) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, patience, [this] { return running_.empty(); });
}

}  // namespace hdfsmount::fuse
