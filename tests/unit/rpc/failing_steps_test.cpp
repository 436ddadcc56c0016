#include "client_fixture.hpp"

namespace hdfsmount::rpc {
namespace {

using namespace std::chrono_literals;
using testing::fault_kind;
using testing::fault_plan;

/// One exchange with a server, from the connect to the end.
struct exchange {
  const char* name;
  bool negotiate;
  testing::script (*server)();
  const char* outcome;  ///< of the undisturbed call, as text
};

testing::script call_and_reply() {
  auto server = testing::accepting_server();
  testing::answer_call(server, "result");
  return server;
}

testing::script call_and_exception() {
  auto server = testing::accepting_server();
  testing::refuse_call(server, "x.Refused", "no");
  return server;
}

testing::script call_and_fatal_exception() {
  auto server = testing::accepting_server();
  server.expect_frame([](testing::script& next, const std::string& body) {
    next.send(testing::exception(testing::parse_call(body).call_id, wire::rpc_status::fatal, "x.Fatal", "out"));
    next.close();
  });
  return server;
}

testing::script fatal_to_nobody() {
  auto server = testing::accepting_server();
  server.send(testing::exception(-1, wire::rpc_status::fatal, "x.Unwanted", "go"));
  server.close();
  return server;
}

testing::script negotiated(wire::sasl_message answer, bool client_replies) {
  testing::script server;
  server.expect(std::string("hrpc\x09\x00\xdf", 7));
  server.expect_frame([answer = std::move(answer)](testing::script& next, const std::string& body) {
    testing::parse_sasl(body);
    next.send(testing::sasl_response(answer));
  });
  if (client_replies) server.expect_frame([](testing::script&, const std::string& body) { testing::parse_sasl(body); });
  server.expect_frame([](testing::script&, const std::string& body) { testing::parse_connection_context(body); });
  testing::answer_call(server, "result");
  return server;
}

testing::script switch_to_simple() {
  return negotiated(wire::sasl_message(wire::sasl_state::success), false);
}

testing::script simple_of_a_list() {
  wire::sasl_message list(wire::sasl_state::negotiate);
  list.auths = {wire::sasl_auth("TOKEN", "DIGEST-MD5", "", "default"), wire::sasl_auth("SIMPLE", "")};
  return negotiated(std::move(list), true);
}

testing::script kerberos_only() {
  testing::script server;
  server.expect(std::string("hrpc\x09\x00\xdf", 7));
  server.expect_frame([](testing::script& next, const std::string&) {
    wire::sasl_message list(wire::sasl_state::negotiate);
    list.auths = {wire::sasl_auth("KERBEROS", "GSSAPI", "nn", "host")};
    next.send(testing::sasl_response(list));
  });
  return server;
}

const exchange exchanges[] = {
    {"reply", false, call_and_reply, "result"},
    {"exception", false, call_and_exception, "x.Refused: no"},
    {"fatal", false, call_and_fatal_exception, "x.Fatal: out"},
    {"fatal_to_nobody", false, fatal_to_nobody, "x.Unwanted: go"},
    {"switch_to_simple", true, switch_to_simple, "result"},
    {"simple_of_a_list", true, simple_of_a_list, "result"},
    {"kerberos_only", true, kerberos_only,
     "authentication failed: nn:8020 requires one of: KERBEROS; this client can do: SIMPLE"},
};

class failing_steps : public scripted_client, public ::testing::WithParamInterface<exchange> {
 protected:
  struct run_result {
    std::string text;
    bool hit = false;
  };

  /// The exchange with its operation number `at` failing by `kind`, delivered in pieces of `chunk`.
  run_result run(std::size_t at, fault_kind kind, std::size_t chunk, milliseconds time) {
    options settings;
    settings.negotiate = GetParam().negotiate;
    use(settings);
    connector_.faults = std::make_shared<fault_plan>();
    connector_.faults->at = at;
    connector_.faults->kind = kind;
    const auto outcome = connector_.add(GetParam().server(), {chunk, true});
    run_result out;
    out.text = text(call("method", time));
    out.hit = connector_.faults->hit;
    client_->close();
    EXPECT_TRUE(tasks_.drain()) << "something still waits";
    EXPECT_EQ(numbers_.get("rpc_connections").value(), 0);
    EXPECT_EQ(outcome->mismatch, "");
    return out;
  }

  void at_each_step(fault_kind kind, std::size_t chunk, milliseconds time) {
    constexpr std::size_t too_many = 2000;
    std::size_t step = 0;
    for (; step < too_many; ++step) {
      SCOPED_TRACE(step);
      const auto outcome = run(step, kind, chunk, time);
      if (!outcome.hit) break;
      // A fault behind the answer changes nothing; any other one is an error of the transport, never a wrong answer.
      if (outcome.text != GetParam().outcome) {
        EXPECT_TRUE(is_transport_error(outcome.text, kind)) << outcome.text;
      }
      if (HasFailure()) return;
    }
    EXPECT_GT(step, 5U);
    EXPECT_LT(step, too_many);
    EXPECT_EQ(run(fault_plan::never, kind, chunk, 10s).text, GetParam().outcome);
  }

  static bool is_transport_error(const std::string& text, fault_kind kind) {
    if (kind == fault_kind::silent) return text.starts_with("timed out");
    return text.starts_with("connection lost") || text.starts_with("cannot connect");
  }
};

TEST_P(failing_steps, undisturbed) {
  for (const std::size_t chunk : {1U, 7U, 1U << 20})
    EXPECT_EQ(run(fault_plan::never, fault_kind::lost, chunk, 10s).text, GetParam().outcome);
}

TEST_P(failing_steps, a_connection_lost_at_each_step) {
  at_each_step(fault_kind::lost, 1U << 20, 10s);
  at_each_step(fault_kind::lost, 16, 10s);
}

TEST_P(failing_steps, a_server_silent_from_each_step_on) {
  at_each_step(fault_kind::silent, 1U << 20, 20ms);
}

INSTANTIATE_TEST_SUITE_P(exchanges, failing_steps, ::testing::ValuesIn(exchanges),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace hdfsmount::rpc
