#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "async/notifier.hpp"
#include "net/tcp.hpp"

/// A peer that plays a script, and an exchange with it that can be made to fail at any step. Everything runs on one
/// thread.
namespace hdfsmount::testing {

enum class fault_kind {
  lost,    ///< the operation fails with errc::connection_lost
  silent,  ///< from here on nothing arrives and nothing is taken
};

/// Lets operation number `at` of an exchange fail; shared by all streams and the connector of the exchange, which count
/// their operations (connect, try_read, try_write, waits) here.
struct fault_plan {
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  std::size_t at = never;
  fault_kind kind = fault_kind::lost;
  std::size_t operations = 0;
  bool hit = false;
  bool silent = false;

  /// Counts one operation; true when it has to fail now.
  bool fails_now();
};

/// What the peer does, in order. A script is used by one stream.
class script {
 public:
  /// The client must write exactly these bytes next.
  script& expect(std::string bytes);
  /// The client must write one frame (four bytes of length, then the body); `check` sees the body and may add what the
  /// peer sends next to the script through send() on the script it is given.
  script& expect_frame(std::function<void(script&, const std::string& body)> check);
  /// The peer sends these bytes once all before has happened.
  script& send(std::string bytes);
  /// The peer closes the connection.
  script& close();

 private:
  friend class scripted_stream;
  struct step {
    enum class kind { expect, expect_frame, send, close } what;
    std::string bytes;
    std::function<void(script&, const std::string&)> check;
  };
  script& insert(step next);
  std::deque<step> steps_;
  std::size_t insert_at_ = never_;  // while a check runs: where its steps go
  static constexpr std::size_t never_ = std::numeric_limits<std::size_t>::max();
};

/// How the script is delivered.
struct delivery {
  std::size_t chunk = std::numeric_limits<std::size_t>::max();  ///< most bytes moved at a time
  bool block_first = true;                                      ///< every transfer is preceded by one errc::would_block
};

/// Written by streams, read by the test.
struct script_outcome {
  std::string mismatch;  ///< the first thing the client did against the script
  std::string unread;    ///< bytes written after the script's end
  std::size_t steps_left = 0;
  bool closed = false;
  std::size_t writes = 0;  ///< how many times bytes were taken from the client
};

class scripted_stream final : public net::stream {
 public:
  scripted_stream(async::executor where, script play, delivery how, std::shared_ptr<fault_plan> faults,
                  std::shared_ptr<script_outcome> outcome);
  ~scripted_stream() override;

  result<std::size_t> try_read(std::span<const iovec> buffers) override;
  result<std::size_t> try_write(std::span<const iovec> buffers) override;
  async::task<result<void>> wait_readable(steady_time deadline, std::size_t) override;
  async::task<result<void>> wait_writable(steady_time deadline) override;
  void close() noexcept override;
  bool idle_and_open() noexcept override;
  const std::string& peer() const noexcept override { return peer_; }

 private:
  void advance();
  bool take_frame(std::string& body);
  void mismatch(std::string what);
  bool broken();
  async::task<result<void>> wait_for(bool readable, steady_time deadline);

  const async::executor where_;
  script script_;
  const delivery how_;
  const std::shared_ptr<fault_plan> faults_;
  const std::shared_ptr<script_outcome> outcome_;
  const std::string peer_ = "script:1";
  std::string from_client_;
  std::string to_client_;
  bool peer_closed_ = false;
  bool closed_ = false;
  bool lost_ = false;
  bool read_blocked_ = false;
  bool write_blocked_ = false;
  async::notifier changed_;
};

/// Answers each connect() by the next entry of its list; when the list is used up, with errc::connect_failed.
class scripted_connector final : public net::connector {
 public:
  explicit scripted_connector(async::executor where) : where_(std::move(where)) {}

  std::shared_ptr<script_outcome> add(script play, delivery how = {});
  void add_failure(error what);
  /// A connect that never ends by itself.
  void add_silence();

  async::task<result<net::stream_ptr>> connect(net::host_port peer, steady_time deadline) override;

  std::vector<net::host_port> attempts;
  std::shared_ptr<fault_plan> faults = std::make_shared<fault_plan>();

 private:
  using outcome = std::function<result<net::stream_ptr>()>;
  async::task<result<net::stream_ptr>> never(steady_time deadline);
  const async::executor where_;
  std::deque<outcome> outcomes_;  // an empty function: silence
};

/// `bytes` behind four bytes of length.
std::string framed(const std::string& bytes);

}  // namespace hdfsmount::testing
