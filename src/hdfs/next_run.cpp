#include "hdfs/next_run.hpp"

#include <algorithm>

namespace hdfsmount::hdfs {
namespace {

/// Counted and logged as for a replica that somebody waits for: who comes next avoids the DataNode and would not
/// notice.
void note_failure(const services& shared, const block_locator& file, const wire::located_block& block,
                  const wire::datanode_info& node, const error& failure) {
  if (failure == make_error_code(errc::cancelled)) return;
  const auto held_back = shared.failures.admit(node.uuid + failure.code().message());
  shared.log.log(held_back ? log_level::warning : log_level::debug,
                 "{}: block {} at offset {}: DataNode {} failed, trying another replica: {}{}", file.name(),
                 block.block.id.value(), block.offset, shared.transfer_address(node).to_string(), failure.to_string(),
                 more_like_it(held_back));
  shared.numbers.get("replica_failures", failure.code().message()).add();
  if (datanode::blames_node(failure)) shared.health.failed(node.uuid);
}

using reader_ptr = std::unique_ptr<datanode::block_reader>;

/// Over the UNIX socket of a DataNode of this machine. Null: it has to be TCP, which a DataNode that said nothing is
/// not asked over.
async::task<result<reader_ptr>> open_over_socket(const services& shared, steady_time deadline,
                                                 const wire::datanode_info& node, wire::read_block_request request) {
  auto* const sockets = shared.sockets;
  if (sockets == nullptr || !sockets->is_local(node) || !sockets->admit(node)) co_return reader_ptr();
  auto address = datanode::domain_sockets::address(node);
  auto reader = co_await datanode::block_reader::open(sockets->connections(), std::move(address), std::move(request),
                                                      sockets->silence(), deadline);
  if (reader || reader.error().code().category() == datanode_category()) sockets->worked(node);
  if (reader || !datanode::blames_node(reader.error())) co_return reader;
  sockets->failed(node, reader.error());
  if (reader.error() == make_error_code(errc::timed_out)) co_return reader;
  co_return reader_ptr();
}

}  // namespace

async::task<result<std::unique_ptr<block_run>>> open_run(const services& shared, call_context context,
                                                         block_locator::block_ptr block,
                                                         const wire::replica_location& replica, std::uint64_t position,
                                                         std::uint64_t length) {
  const auto address = shared.transfer_address(replica.node);
  auto out = std::make_unique<block_run>();
  out->node_uuid = replica.node.uuid;
  out->node_name = address.to_string();
  wire::read_block_request request(block->block, block->access_token, shared.settings.client_name,
                                   position - block->offset, std::min(length, block->end() - position));
  out->block = std::move(block);
  auto reader = co_await open_over_socket(shared, context.deadline, replica.node, request);
  out->over_socket = reader && *reader;
  if (reader && !*reader)
    reader = co_await datanode::block_reader::open(shared.connections, address, std::move(request),
                                                   shared.settings.attempt_timeout, context.deadline);
  if (!reader) co_return reader.error();
  out->reader = std::move(*reader);
  co_return out;
}

std::shared_ptr<next_run> next_run::open(const services& shared, std::shared_ptr<block_locator> file,
                                         call_context context, std::uint64_t position, std::uint64_t length) {
  const std::shared_ptr<next_run> out(new next_run(position));
  out->task_ = async::spawn(shared.where, shared.log, run(shared, std::move(file), std::move(context), length, out));
  return out;
}

async::task<void> next_run::run(const services& shared, std::shared_ptr<block_locator> file, call_context context,
                                std::uint64_t length, std::shared_ptr<next_run> self) {
  auto block = co_await file->find(context, self->position_);
  if (!block) {
    self->opened_.set(block.error());
    co_return;
  }
  const auto* replica = shared.choose_replica(**block, [](const auto&) { return false; });
  if (replica == nullptr) {
    self->opened_.set(error(errc::no_replica));
    co_return;
  }
  auto opened = co_await open_run(shared, std::move(context), *block, *replica, self->position_, length);
  if (!opened) note_failure(shared, *file, **block, replica->node, opened.error());
  if (opened)
    self->opened_.set(std::shared_ptr<block_run>(std::move(*opened)));
  else
    self->opened_.set(opened.error());
}

async::task<result<std::unique_ptr<block_run>>> next_run::take(steady_time deadline) {
  const auto opened = co_await opened_.wait(deadline);
  if (!opened) co_return opened.error();
  co_return std::make_unique<block_run>(std::move(**opened));
}

}  // namespace hdfsmount::hdfs
