#include "datanode/domain_sockets.hpp"

namespace hdfsmount::datanode {
namespace {

constexpr milliseconds first_pause{2'000};
constexpr milliseconds longest_pause{600'000};

}  // namespace

domain_sockets::domain_sockets(std::string use, async::executor where, net::connector& connector, options settings,
                               const clock_source& time, logger& log, metrics& numbers)
    : use_(std::move(use)),
      settings_(settings),
      log_(log),
      addresses_(time),
      connections_(std::move(where), connector, settings_.connections_kept, settings_.connection_expiry, log, numbers,
                   "domain"),
      health_(time, first_pause, longest_pause, settings_.silence) {}

void domain_sockets::failed(const wire::datanode_info& node, const error& failure) {
  health_.failed(node.uuid);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = told_.insert(node.uuid).second;
  }
  log_.log(first ? log_level::warning : log_level::debug,
           "no {} from DataNode {}, reading over TCP and trying again later: {}", use_, address(node).to_string(),
           failure.to_string());
}

void domain_sockets::worked(const wire::datanode_info& node) {
  health_.succeeded(node.uuid);
  bool over = false;
  {
    const std::lock_guard lock(mutex_);
    over = told_.erase(node.uuid) > 0;
  }
  if (over) log_.info("{} from DataNode {} work again", use_, address(node).to_string());
}

}  // namespace hdfsmount::datanode
