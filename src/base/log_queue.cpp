#include "base/log_queue.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/sink.h>

#include <condition_variable>
#include <mutex>

namespace hdfsmount {
namespace {

constexpr std::size_t most_lines = 8'192;
constexpr seconds last_patience(2);

}  // namespace

/// What the thread does with each line.
class log_queue::writer final : public spdlog::sinks::sink {
 public:
  writer(std::shared_ptr<spdlog::sinks::sink> target, spdlog::details::thread_pool& queue)
      : target_(std::move(target)), queue_(queue) {}

  void log(const spdlog::details::log_msg& line) override {
    const written_line counted(*this);
    mention_dropped(line);
    target_->log(line);
    target_->flush();
  }
  void flush() override { target_->flush(); }
  void set_pattern(const std::string& pattern) override { target_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    target_->set_formatter(std::move(formatter));
  }

  /// Waits until `count` lines are written or dropped.
  bool wait_for(std::size_t count, milliseconds patience) {
    constexpr milliseconds slice(5);  // a line that is dropped meanwhile wakes nobody
    const auto limit = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    while (written_ + queue_.overrun_counter() < count) {
      if (std::chrono::steady_clock::now() >= limit) return false;
      changed_.wait_for(lock, slice);
    }
    return true;
  }

 private:
  /// Counts a line when the sink is done with it, also by an exception.
  class written_line {
   public:
    explicit written_line(writer& owner) : owner_(owner) {}
    ~written_line() {
      const std::lock_guard lock(owner_.mutex_);
      ++owner_.written_;
      owner_.changed_.notify_all();
    }
    written_line(const written_line&) = delete;
    written_line& operator=(const written_line&) = delete;

   private:
    writer& owner_;
  };

  void mention_dropped(const spdlog::details::log_msg& before) {
    const auto dropped = queue_.overrun_counter();
    if (dropped == mentioned_) return;
    const auto text = fmt::format("{} log lines are missing here: the log was not written fast enough",
                                  dropped - std::exchange(mentioned_, dropped));
    auto line = before;
    line.level = spdlog::level::warn;
    line.payload = text;
    target_->log(line);
  }

  const std::shared_ptr<spdlog::sinks::sink> target_;
  spdlog::details::thread_pool& queue_;
  std::size_t mentioned_ = 0;  // used by the thread only
  std::mutex mutex_;           // taken before the queue's own
  std::condition_variable changed_;
  std::size_t written_ = 0;
};

log_queue::log_queue(std::shared_ptr<spdlog::sinks::sink> target)
    : thread_(std::make_shared<spdlog::details::thread_pool>(most_lines, 1)),
      writer_(std::make_shared<writer>(std::move(target), *thread_)),
      front_(std::make_shared<spdlog::async_logger>("hdfsmount", writer_, thread_,
                                                    spdlog::async_overflow_policy::overrun_oldest)) {
  front_->set_level(spdlog::level::trace);
}

log_queue::~log_queue() {
  if (flush(last_patience)) return;
  // The lines in the queue hold the rest; the queue's destructor would wait for the thread.
  static_cast<void>(new std::shared_ptr<spdlog::details::thread_pool>(std::move(thread_)));
}

void log_queue::push(spdlog::level::level_enum level, std::string_view line) {
  ++pushed_;
  front_->log(level, spdlog::string_view_t(line.data(), line.size()));
}

bool log_queue::flush(milliseconds patience) {
  return writer_->wait_for(pushed_, patience);
}

std::size_t log_queue::dropped() const {
  return thread_->overrun_counter();
}

}  // namespace hdfsmount
