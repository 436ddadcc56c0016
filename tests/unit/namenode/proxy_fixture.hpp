#pragma once

#include "namenode/proxy.hpp"
#include "support/rpc_server.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::namenode {

/// A proxy whose NameNodes are scripts, with short pauses. Connections are answered in the order in which they are
/// made.
class scripted_namenodes : public ::testing::Test {
 protected:
  scripted_namenodes() { use(settings(1)); }

  ~scripted_namenodes() override {
    transport_.close();
    EXPECT_TRUE(tasks_.drain()) << "something still waits after close()";
  }

  static options settings(int count) {
    std::vector<net::host_port> nodes;
    for (int i = 1; i <= count; ++i) nodes.emplace_back("nn" + std::to_string(i), 8020);
    options out("ns1", std::move(nodes));
    out.backoff_base = milliseconds(4);
    out.backoff_max = milliseconds(10);
    out.least_attempt = milliseconds(30);
    return out;
  }

  void use(options settings) {
    proxy_ = std::make_unique<proxy>(transport_, std::move(settings), tasks_.log(), numbers_);
  }

  /// A NameNode that answers the next call by `payload`.
  void serving(std::string payload) {
    auto server = testing::accepting_server();
    testing::answer_call(server, std::move(payload));
    connector_.add(std::move(server));
  }

  /// A NameNode that answers the next call by an exception.
  void refusing(std::string class_name, std::string message = "no") {
    auto server = testing::accepting_server();
    testing::refuse_call(server, std::move(class_name), std::move(message));
    connector_.add(std::move(server));
  }

  static call_context context(milliseconds time = seconds(10)) {
    return {caller(std::make_shared<hdfs_user>("alice")), testing::in(time)};
  }

  result<rpc::reply> call(milliseconds time = seconds(10), patience how = patience::until_deadline) {
    return tasks_.run(proxy_->call(context(time), "getFileInfo", "arguments", how));
  }

  static std::string text(const result<rpc::reply>& answer) {
    if (!answer) return answer.error().to_string();
    return {reinterpret_cast<const char*>(answer->payload.data()), answer->payload.size()};
  }

  std::string hosts() const {
    std::string out;
    for (const auto& it : connector_.attempts) out += (out.empty() ? "" : " ") + it.host;
    return out;
  }

  testing::task_runner tasks_;
  metrics numbers_;
  testing::scripted_connector connector_{tasks_.executor()};
  rpc::client transport_{tasks_.executor(), connector_, rpc::options(), tasks_.log(), numbers_};
  std::unique_ptr<proxy> proxy_;
};

}  // namespace hdfsmount::namenode
