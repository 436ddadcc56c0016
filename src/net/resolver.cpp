#include "net/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "async/one_shot.hpp"

namespace hdfsmount::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t threads = 2;
constexpr std::size_t most_names = 4'096;
constexpr seconds expiry(30);
constexpr seconds retry(5);   // after a failure, while an old answer stands in
constexpr seconds moment(2);  // how long an old answer is held back for a new one

}  // namespace

result<address_list> ask_system_resolver(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); failure != 0)
    return error(errc::unknown_host, host + ": " + ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  address_list out;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    out.push_back(endpoint.address());
  }
  if (out.empty()) return error(errc::unknown_host, host + ": no address");
  return out;
}

/// Shared with the questions on the threads, which may outlive the resolver.
class resolver::core : public std::enable_shared_from_this<core> {
 public:
  core(const clock_source& clock, question ask) : ask_(std::move(ask)), clock_(&clock) {}

  async::task<result<address_list>> addresses(std::string host, async::worker_pool& pool, steady_time deadline) {
    std::optional<address_list> old;
    std::shared_ptr<flight> joined;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = known_.find(host); found != known_.end()) {
        old = found->second.addresses;
        if (clock_->now() < found->second.until) co_return std::move(*old);
      }
      joined = join(host, pool);
    }
    const waiting counted(shared_from_this(), joined);
    const auto patience = old ? std::min(deadline, joined->began + moment) : deadline;
    auto answer = co_await joined->answer.wait(patience);
    if (!answer && old && !(answer.error() == make_error_code(errc::cancelled))) co_return std::move(*old);
    if (!answer) co_return answer.error().with_context("resolving " + host);
    co_return std::move(*answer);
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    clock_ = nullptr;
  }

 private:
  struct known_name {
    address_list addresses;
    steady_time until;
  };
  struct flight {
    const steady_time began = std::chrono::steady_clock::now();
    async::one_shot<address_list> answer;
    std::size_t waiting = 0;  // guarded by the core's mutex
  };

  /// Takes back what join() counted.
  class waiting {
   public:
    waiting(std::shared_ptr<core> owner, std::shared_ptr<flight> joined)
        : owner_(std::move(owner)), joined_(std::move(joined)) {}
    ~waiting() {
      const std::lock_guard lock(owner_->mutex_);
      --joined_->waiting;
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;

   private:
    const std::shared_ptr<core> owner_;
    const std::shared_ptr<flight> joined_;
  };

  /// With the mutex held.
  std::shared_ptr<flight> join(const std::string& host, async::worker_pool& pool) {
    auto& under_way = flights_[host];
    if (!under_way) {
      under_way = std::make_shared<flight>();
      pool.start([self = shared_from_this(), host, it = under_way] { self->run(host, *it); });
    }
    ++under_way->waiting;
    return under_way;
  }

  void run(const std::string& host, flight& it) {
    if (!still_wanted(host, it)) return;
    auto got = ask_(host);
    if (remember(host, got)) it.answer.set(std::move(got));
  }

  bool still_wanted(const std::string& host, const flight& it) {
    const std::lock_guard lock(mutex_);
    if (clock_ != nullptr && it.waiting > 0) return true;
    flights_.erase(host);
    return false;
  }

  /// False when there is no resolver any more.
  bool remember(const std::string& host, const result<address_list>& got) {
    const std::lock_guard lock(mutex_);
    if (clock_ == nullptr) return false;
    flights_.erase(host);
    const auto now = clock_->now();
    const auto found = known_.find(host);
    if (got) {
      if (found == known_.end()) make_room(now);
      known_.insert_or_assign(host, known_name{*got, now + expiry});
    } else if (found != known_.end()) {
      found->second.until = now + retry;
    }
    return true;
  }

  void make_room(steady_time now) {
    if (known_.size() < most_names) return;
    std::erase_if(known_, [&](const auto& item) { return item.second.until <= now; });
    if (known_.size() >= most_names) known_.erase(known_.begin());
  }

  const question ask_;
  std::mutex mutex_;           // leaf, but for the pool's own
  const clock_source* clock_;  // null: stopped
  std::unordered_map<std::string, known_name> known_;
  std::unordered_map<std::string, std::shared_ptr<flight>> flights_;
};

resolver::resolver(const clock_source& clock, question ask)
    : core_(std::make_shared<core>(clock, std::move(ask))), pool_(threads) {}

resolver::~resolver() {
  core_->stop();
}

async::task<result<address_list>> resolver::addresses(std::string host, steady_time deadline) {
  boost::system::error_code not_a_literal;
  const auto literal = asio::ip::make_address(host, not_a_literal);
  if (!not_a_literal) co_return address_list{literal};
  co_return co_await core_->addresses(std::move(host), pool_, deadline);
}

}  // namespace hdfsmount::net
