#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "async/single_flight.hpp"
#include "base/metrics.hpp"
#include "fs/file_record.hpp"
#include "fs/identities.hpp"
#include "fs/options.hpp"
#include "hdfs/client.hpp"

namespace hdfsmount::fs {

/// Asks HDFS about files and turns its answers into POSIX terms: names into uid and gid, times, blocks. Thread-safe.
class record_source {
 public:
  record_source(hdfs::client& hdfs, identities& names, const clock_source& clock, metrics& numbers,
                const options& settings);

  /// Identical questions of one user in flight are made once.
  async::task<result<record_ptr>> ask(call_context context, std::string path, bool by_path);

  struct named_record {
    named_record(std::string name_, record_ptr record_) : name(std::move(name_)), record(std::move(record_)) {}
    std::string name;
    record_ptr record;
  };
  struct listing {
    listing() = default;
    std::vector<named_record> entries;
    bool last = true;
  };
  /// One page. fs_errc::not_directory when the path leads to something else.
  async::task<result<listing>> list(call_context context, std::string path, bool by_path, std::string start_after);

 private:
  struct owner_ids {
    uid_t uid = 0;
    gid_t gid = 0;
  };
  /// The owners met in one answer.
  struct known_owners {
    known_owners() = default;
    std::unordered_map<std::string, uid_t> users;
    std::unordered_map<std::string, gid_t> groups;
  };
  struct question {
    question(bool by_path_, steady_time asked_) : by_path(by_path_), asked(asked_) {}
    bool by_path;
    steady_time asked;
    steady_time received;
  };

  async::task<result<record_ptr>> ask_once(call_context context, std::string path, bool by_path);
  /// Makes sure that both of the status's names are among the known owners.
  async::task<result<void>> learn_owners(const wire::file_status& status, known_owners& known, steady_time deadline);
  bool recall_owners(const wire::file_status& status, known_owners& known);
  record_ptr to_record(wire::file_status& status, const known_owners& known, const question& asked) const;

  hdfs::client& hdfs_;
  identities& names_;
  const clock_source& clock_;
  const options& settings_;
  async::single_flight<std::string, record_ptr> flights_;
};

}  // namespace hdfsmount::fs
