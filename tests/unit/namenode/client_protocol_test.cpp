#include "namenode/client_protocol.hpp"

#include "proto/client_namenode.pb.h"
#include "proxy_fixture.hpp"
#include "wire/namenode_messages.hpp"

namespace hdfsmount::namenode {
namespace {

namespace pb = hadoop::hdfs;

class typed_calls : public scripted_namenodes {
 protected:
  /// A NameNode that insists on this call and answers it by `payload`.
  void expecting(const char* method, std::string arguments, std::string payload) {
    auto server = testing::accepting_server();
    server.expect_frame([=](testing::script& next, const std::string& body) {
      const auto got = testing::parse_call(body);
      EXPECT_EQ(got.method, method);
      EXPECT_EQ(got.arguments, arguments);
      EXPECT_EQ(got.protocol, "org.apache.hadoop.hdfs.protocol.ClientProtocol");
      next.send(testing::response(got.call_id, payload));
    });
    connector_.add(std::move(server));
  }

  static pb::HdfsFileStatusProto directory(const std::string& name) {
    pb::HdfsFileStatusProto status;
    status.set_filetype(pb::HdfsFileStatusProto::IS_DIR);
    status.set_path(name);
    status.set_length(0);
    status.mutable_permission()->set_perm(0755);
    status.set_owner("alice");
    status.set_group("staff");
    status.set_modification_time(1);
    status.set_access_time(0);
    status.set_fileid(16386);
    return status;
  }

  client_protocol& namenode() {
    calls_ = std::make_unique<client_protocol>(*proxy_);
    return *calls_;
  }

 private:
  std::unique_ptr<client_protocol> calls_;
};

TEST_F(typed_calls, get_file_info) {
  pb::GetFileInfoResponseProto answer;
  *answer.mutable_fs() = directory("");
  expecting("getFileInfo", wire::encode_get_file_info("/d"), answer.SerializeAsString());
  const auto status = tasks_.run(namenode().get_file_info(context(), "/d"));
  ASSERT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(status->owner, "alice");
  EXPECT_EQ(status->id, file_id(16386));
}

TEST_F(typed_calls, get_file_info_of_nothing) {
  expecting("getFileInfo", wire::encode_get_file_info("/x"), "");
  const auto status = tasks_.run(namenode().get_file_info(context(), "/x"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().to_string(), "no such file or directory: /x");
}

TEST_F(typed_calls, get_file_link_info_of_nothing) {
  expecting("getFileLinkInfo", wire::encode_get_file_link_info("/x"), "");
  EXPECT_EQ(tasks_.run(namenode().get_file_link_info(context(), "/x")).error().code(),
            make_error_code(namenode_errc::not_found));
}

TEST_F(typed_calls, get_listing) {
  pb::GetListingResponseProto answer;
  *answer.mutable_dirlist()->add_partiallisting() = directory("a");
  answer.mutable_dirlist()->set_remainingentries(5);
  expecting("getListing", wire::encode_get_listing("/d", "0", true), answer.SerializeAsString());
  const auto page = tasks_.run(namenode().get_listing(context(), "/d", "0", true));
  ASSERT_TRUE(page) << page.error().to_string();
  ASSERT_EQ(page->entries.size(), 1U);
  EXPECT_EQ(page->entries[0].name, "a");
  EXPECT_EQ(page->remaining, 5U);
}

TEST_F(typed_calls, get_listing_of_nothing) {
  expecting("getListing", wire::encode_get_listing("/x", "", false), "");
  EXPECT_EQ(tasks_.run(namenode().get_listing(context(), "/x", "")).error().code(),
            make_error_code(namenode_errc::not_found));
}

TEST_F(typed_calls, get_block_locations_of_nothing) {
  expecting("getBlockLocations", wire::encode_get_block_locations("/x", 1, 2), "");
  EXPECT_EQ(tasks_.run(namenode().get_block_locations(context(), "/x", 1, 2)).error().code(),
            make_error_code(namenode_errc::not_found));
}

TEST_F(typed_calls, get_link_target) {
  pb::GetLinkTargetResponseProto answer;
  answer.set_targetpath("../there");
  expecting("getLinkTarget", wire::encode_get_link_target("/l"), answer.SerializeAsString());
  EXPECT_EQ(tasks_.run(namenode().get_link_target(context(), "/l")).value(), "../there");
}

TEST_F(typed_calls, get_link_target_of_what_is_no_link) {
  expecting("getLinkTarget", wire::encode_get_link_target("/f"), "");
  EXPECT_EQ(tasks_.run(namenode().get_link_target(context(), "/f")).error().code(),
            make_error_code(namenode_errc::invalid_argument));
}

TEST_F(typed_calls, get_fs_stats) {
  pb::GetFsStatsResponseProto answer;
  answer.set_capacity(100);
  answer.set_used(40);
  answer.set_remaining(60);
  answer.set_under_replicated(0);
  answer.set_corrupt_blocks(0);
  answer.set_missing_blocks(0);
  expecting("getFsStats", wire::encode_get_fs_stats(), answer.SerializeAsString());
  EXPECT_EQ(tasks_.run(namenode().get_fs_stats(context())).value().used, 40U);
}

TEST_F(typed_calls, report_bad_blocks) {
  std::vector<wire::located_block> bad;
  bad.emplace_back(wire::extended_block("BP-1", block_id(1), generation_stamp(2), 3), 0,
                   std::vector<wire::replica_location>());
  expecting("reportBadBlocks", wire::encode_report_bad_blocks(bad), "");
  EXPECT_TRUE(tasks_.run(namenode().report_bad_blocks(context(), bad)));
}

TEST_F(typed_calls, a_malformed_answer_is_an_error) {
  expecting("getFsStats", wire::encode_get_fs_stats(), "\xff\xff");
  EXPECT_EQ(tasks_.run(namenode().get_fs_stats(context())).error().code(), make_error_code(errc::protocol_error));
}

}  // namespace
}  // namespace hdfsmount::namenode
