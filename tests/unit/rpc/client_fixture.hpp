#pragma once

#include "rpc/client.hpp"
#include "support/rpc_server.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::rpc {

/// A client whose servers are scripts. Each test ends by closing it and insisting that nothing is left waiting.
class scripted_client : public ::testing::Test {
 protected:
  using script = testing::script;

  explicit scripted_client(options settings = {})
      : client_(std::make_unique<client>(tasks_.executor(), connector_, std::move(settings), tasks_.log(), numbers_)) {}

  ~scripted_client() override {
    client_->close();
    EXPECT_TRUE(tasks_.drain()) << "something still waits after close()";
    EXPECT_EQ(numbers_.get("rpc_connections").value(), 0);
  }

  void use(options settings) {
    client_ = std::make_unique<client>(tasks_.executor(), connector_, std::move(settings), tasks_.log(), numbers_);
  }

  static call_context as(const std::string& user, milliseconds time = seconds(10)) {
    return {caller(std::make_shared<hdfs_user>(user), 1000, 100, 4711), testing::in(time)};
  }

  request asking(std::string method) {
    return {net::host_port("nn", 8020), wire::client_protocol, std::move(method), "arguments", client_->new_call()};
  }

  result<reply> call(std::string method, milliseconds time = seconds(10)) {
    return tasks_.run(client_->call(as("alice", time), asking(std::move(method))));
  }

  static std::string text(const result<reply>& answer) {
    if (!answer) return answer.error().to_string();
    if (answer->exception) return answer->exception->class_name + ": " + answer->exception->message;
    return {reinterpret_cast<const char*>(answer->payload.data()), answer->payload.size()};
  }

  testing::task_runner tasks_;
  metrics numbers_;
  testing::scripted_connector connector_{tasks_.executor()};
  std::unique_ptr<client> client_;
};

}  // namespace hdfsmount::rpc
