#include "namenode/proxy.hpp"

#include <algorithm>

#include "async/sleep.hpp"
#include "namenode/exception_table.hpp"
#include "namenode/retry.hpp"

namespace hdfsmount::namenode {
namespace {

steady_time now() {
  return std::chrono::steady_clock::now();
}

bool is(const error& what, errc code) {
  return what == make_error_code(code);
}

/// `failure` with the NameNode's name, which errors of the transport mostly have already.
error about(const std::string& node, const error& failure) {
  if (failure.detail().starts_with(node)) return {failure.code(), "NameNode " + std::string(failure.detail())};
  return failure.with_context("NameNode " + node);
}

/// What the caller of a call is told whose time is up: that a NameNode keeps refusing, or else that time is up, and
/// why.
error out_of_time(const error& last) {
  if (!last.code() || last.code().category() == namenode_category() || is(last, errc::timed_out))
    return last.code() ? last : error(errc::timed_out);
  return {errc::timed_out, last.to_string()};
}

}  // namespace

/// What one call has tried so far.
struct proxy::attempts {
  attempts(node_selector& nodes, pid_t who) : present(nodes, who) {}
  node_selector::presence present;
  std::size_t asked_this_round = 0;
  int pauses = 0;
  bool reconnected = false;
  steady_time last_began;
  error last;
};

proxy::proxy(rpc::client& transport, options settings, logger& log, metrics& numbers)
    : transport_(transport),
      settings_(std::move(settings)),
      numbers_(numbers),
      nodes_(settings_, log),
      calls_(settings_.max_calls),
      rate_(settings_.max_calls_per_second) {}

async::task<result<void>> proxy::wait_for_permission(attempts& so_far, steady_time deadline, patience how) {
  const bool new_round = how == patience::until_deadline && so_far.asked_this_round == 0;
  if (new_round) {
    if (auto turn = co_await nodes_.wait_for_turn(so_far.present, deadline); !turn) co_return turn.error();
  }
  if (auto slot = co_await rate_.wait(deadline); !slot || !new_round) co_return slot;
  // The NameNode may have gone silent meanwhile.
  co_return co_await nodes_.wait_for_turn(so_far.present, deadline);
}

async::task<result<rpc::reply>> proxy::call(call_context context, std::string method, std::string arguments,
                                            patience how) {
  const auto place = co_await calls_.take(1, context.deadline);
  if (!place) co_return place.error().with_context("waiting for earlier calls to NameNodes");
  auto identity = transport_.new_call();
  attempts so_far(nodes_, context.who.pid);
  for (;;) {
    const auto allowed = co_await wait_for_permission(so_far, context.deadline, how);
    if (!allowed) {
      if (!is(allowed.error(), errc::timed_out) || !allowed.error().detail().empty()) co_return allowed.error();
      co_return out_of_time(so_far.last.code() ? so_far.last : nodes_.last_failure());
    }
    nodes_.ask(so_far.present);
    const auto node = nodes_.current();
    so_far.last_began = now();
    auto answer = co_await attempt(context, node, method, arguments, identity);
    nodes_.answered(so_far.present);
    if (answer) co_return answer;
    const auto failure = answer.error();
    auto again = co_await before_repetition(so_far, failure, node, context.deadline, how);
    if (!again) co_return again.error();
    so_far.last = failure;
    identity = identity.repeated();
  }
}

/// Asks one NameNode once. Of several it may use only a part of the time that is left.
async::task<result<rpc::reply>> proxy::attempt(const call_context& context, std::size_t node, const std::string& method,
                                               const std::string& arguments, rpc::call_identity identity) {
  const auto began = now();
  auto limit = context.deadline;
  if (nodes_.size() > 1) {
    const auto part = std::chrono::duration_cast<milliseconds>(context.deadline - began) / 4;
    limit = std::min(limit, began + std::max(part, settings_.least_attempt));
  }
  numbers_.get("namenode_calls", method).add();
  rpc::request what(nodes_.address(node), wire::client_protocol, method, arguments, identity);
  auto answer = co_await transport_.call(context.until(limit), std::move(what));
  if (!answer) {
    numbers_.get("namenode_errors", answer.error().code().message()).add();
    co_return about(nodes_.name(node), answer.error());
  }
  nodes_.reached(node);
  if (answer->exception) {
    const auto meaning = translate(method, *answer->exception);
    numbers_.get("namenode_errors", meaning.label).add();
    if (retry_class(meaning.what) == retry::never) nodes_.served(node);
    co_return about(nodes_.name(node), meaning.what);
  }
  nodes_.served(node);
  co_return answer;
}

/// A call that had little time left says nothing about the NameNode, nor does the first loss of a connection.
void proxy::note_unreachable(const attempts& so_far, const error& failure, std::size_t node) {
  if (!is_unreachable(failure)) return;
  if (is(failure, errc::connection_lost) && !so_far.reconnected) return;
  if (is(failure, errc::timed_out) && now() - so_far.last_began < settings_.least_attempt) return;
  nodes_.lost(node, failure);
}

/// Prepares the next attempt, which may take a pause; the error to end with when there is to be none.
async::task<result<void>> proxy::before_repetition(attempts& so_far, const error& failure, std::size_t node,
                                                   steady_time deadline, patience how) {
  const auto what = retry_class(failure);
  note_unreachable(so_far, failure, node);
  if (what == retry::never) co_return failure;
  if (now() >= deadline)
    co_return out_of_time(is(failure, errc::timed_out) && so_far.last.code() ? so_far.last : failure);
  // The server may have closed an idle connection just when the request was on its way.
  if (is(failure, errc::connection_lost) && !std::exchange(so_far.reconnected, true)) co_return result<void>();
  if (what == retry::same_server) {
    if (how == patience::fail_fast) co_return failure;
    const auto resume = now() + backoff(settings_, so_far.pauses++);
    if (resume >= deadline) co_return failure;
    co_return co_await async::sleep_until(resume);
  }
  nodes_.move_on(node);
  if (++so_far.asked_this_round < nodes_.size()) co_return result<void>();
  if (how == patience::fail_fast) co_return failure;
  so_far.asked_this_round = 0;
  nodes_.round_failed(failure);
  co_return result<void>();
}

}  // namespace hdfsmount::namenode
