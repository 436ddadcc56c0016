#include "datanode/short_circuit.hpp"

namespace hdfsmount::datanode {
namespace {

bool gave_up(const error& failure) {
  return failure == make_error_code(errc::cancelled) || failure == make_error_code(errc::shutting_down);
}

/// Whether the failure is of the whole way to the DataNode and not of one replica.
bool blames_socket(const error& failure) {
  const auto& code = failure.code();
  return blames_node(failure) || code == datanode_errc::unsupported || code == errc::limit_exceeded;
}

}  // namespace

short_circuit::short_circuit(async::executor where, net::connector& connector, options settings,
                             async::worker_pool& disk, const clock_source& time, logger& log, metrics& numbers)
    : disk_(disk),
      log_(log),
      sockets_("short-circuit reads", where, connector, settings.sockets, time, log, numbers),
      opened_(numbers.get("short_circuit", "opened")),
      refused_(numbers.get("short_circuit", "refused")),
      slots_(std::make_shared<slot_keeper>(where, sockets_.connections(), std::move(settings.client_name),
                                           sockets_.silence(), time, log, numbers)) {}

void short_circuit::stop() {
  slots_->stop();
  sockets_.connections().clear();
}

bool short_circuit::blames_replica(const error& failure) {
  return !gave_up(failure) && !blames_socket(failure);
}

async::task<result<short_circuit::replica_ptr>> short_circuit::open(const request& what, steady_time deadline) {
  if (!sockets_.admit(what.node)) co_return replica_ptr();
  auto opened = co_await ask(what, deadline);
  if (!opened) failed(what, opened.error());
  co_return opened;
}

async::task<result<short_circuit::replica_ptr>> short_circuit::ask(const request& what, steady_time deadline) {
  const auto address = domain_sockets::address(what.node);
  auto slot = co_await slots_->take(address, deadline);
  if (!slot) co_return slot.error();
  std::optional<wire::slot_id> id;
  if (*slot) id = (*slot)->id();
  const patience_limits limits(sockets_.silence(), deadline);
  auto files = co_await request_files(sockets_.connections(), address, what.block, what.access_token, id, limits);
  if (!files) {
    if (*slot && files.error().code().category() == datanode_category()) (*slot)->forget();
    co_return files.error();
  }
  sockets_.worked(what.node);
  auto replica = co_await use_files(std::move(*files), what.block.length, std::move(*slot), deadline);
  if (replica) opened_.add();
  co_return replica;
}

async::task<result<short_circuit::replica_ptr>> short_circuit::use_files(passed_files files, std::uint64_t length,
                                                                         std::unique_ptr<replica_slot> slot,
                                                                         steady_time deadline) {
  using patience = local_replica::patience;
  auto made = local_replica::open(files.data, files.checksums, length, patience::none);
  if (made && !*made) {
    auto look = [files, length] { return local_replica::open(files.data, files.checksums, length, patience::disk); };
    const auto limit = std::min(deadline, std::chrono::steady_clock::now() + sockets_.silence());
    made = co_await disk_.run(std::move(look), limit);
  }
  if (!made) co_return made.error();
  if (slot) (*made)->set_slot(std::move(slot));
  co_return std::move(*made);
}

void short_circuit::failed(const request& what, const error& failure) {
  if (gave_up(failure)) return;
  refused_.add();
  if (blames_socket(failure)) {
    sockets_.failed(what.node, failure);
    return;
  }
  log_.debug("DataNode {} passes no files of block {}: {}", domain_sockets::address(what.node).to_string(),
             what.block.id.value(), failure.to_string());
}

}  // namespace hdfsmount::datanode
