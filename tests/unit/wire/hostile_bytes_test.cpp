#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <random>

#include "bytes.hpp"
#include "samples.hpp"
#include "wire/data_transfer.hpp"
#include "wire/namenode_messages.hpp"
#include "wire/proto_codec.hpp"
#include "wire/rpc_frame.hpp"

/// Every decoder on bytes that were cut, changed, or never meant for it. A decoder that throws ends the test program,
/// one that reads past the end crashes it (guarded_bytes).
namespace hdfsmount::wire {
namespace {

struct decoder {
  std::string name;
  std::function<bool(byte_span)> accepts;
  std::string sample;  ///< accepted

  friend std::ostream& operator<<(std::ostream& out, const decoder& d) { return out << d.name; }
};

template <class Decode>
decoder make(std::string name, Decode decode, std::string sample) {
  return {std::move(name), [decode](byte_span bytes) noexcept { return decode(bytes).has_value(); }, std::move(sample)};
}

std::string sasl_payload() {
  sasl_message message(sasl_state::negotiate);
  message.auths.emplace_back("TOKEN", "DIGEST-MD5", "", "default", "realm=\"default\"");
  message.auths.emplace_back("KERBEROS", "GSSAPI", "nn", "host");
  const auto frame = encode_sasl(message);
  cursor in(bytes_of(frame).subspan(frame_length_size));
  in.take(in.varint32().value());
  in.varint32();
  return frame.substr(frame.size() - in.remaining());
}

std::string locations_payload() {
  hadoop::hdfs::GetBlockLocationsResponseProto response;
  fill(*response.mutable_locations(), 2);
  return response.SerializeAsString();
}

std::string status_payload() {
  hadoop::hdfs::GetFileInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  response.mutable_fs()->set_symlink("target");
  return response.SerializeAsString();
}

std::string packet_bytes() {
  packet_header header;
  header.data_length = 512;
  header.payload_length = 516;
  return encode_packet_header(header);
}

const std::vector<decoder>& decoders() {
  static const std::vector<decoder> all{
      make("response", decode_response, hex("0e 08 05 10 01 22 02 'EX' 2a 04 'text' 03 0a 01 'x'")),
      make(
          "sasl", [](byte_span bytes) { return decode_sasl(bytes); }, sasl_payload()),
      make("file_info", decode_get_file_info, status_payload()),
      make("file_link_info", decode_get_file_link_info, status_payload()),
      make("listing", decode_get_listing, sample_listing(3, 2).SerializeAsString()),
      make("block_locations", decode_get_block_locations, locations_payload()),
      make("link_target", decode_get_link_target, hex("0a 02 '/t'")),
      make("fs_stats", decode_get_fs_stats, hex("08 01 10 02 18 03 20 04 28 05 30 06")),
      make("server_defaults", decode_get_server_defaults, hex("0a 0c 08 80 01 10 80 04 18 01 20 03 28 01")),
      make("bad_blocks", decode_report_bad_blocks, ""),
      make("visible_length", decode_get_replica_visible_length, hex("08 80 01")),
      make("op_response", decode_block_op_response, hex("08 00 22 0a 0a 05 08 02 10 80 04 10 80 08 2a 02 'ok'")),
      make("packet_header", decode_packet_header, packet_bytes()),
      make("read_status", decode_client_read_status, hex("08 06")),
  };
  return all;
}

class HostileBytes : public testing::TestWithParam<decoder> {
 protected:
  bool accepts(std::string_view bytes) { return GetParam().accepts(memory_.hold(bytes)); }

 private:
  guarded_bytes memory_{64 * 1024};
};

INSTANTIATE_TEST_SUITE_P(Decoders, HostileBytes, testing::ValuesIn(decoders()),
                         [](const auto& test) { return test.param.name; });

TEST_P(HostileBytes, TheUnchangedSampleIsAccepted) {
  EXPECT_TRUE(accepts(GetParam().sample));
}

TEST_P(HostileBytes, CutAtEveryByte) {
  const auto& sample = GetParam().sample;
  for (std::size_t size = 0; size < sample.size(); ++size) accepts(std::string_view(sample).substr(0, size));
}

TEST_P(HostileBytes, EveryByteReplacedByTellingValues) {
  auto bytes = GetParam().sample;
  for (auto& byte : bytes) {
    const auto original = byte;
    for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      byte = static_cast<char>(value);
      accepts(bytes);
    }
    byte = original;
  }
}

TEST_P(HostileBytes, RandomChanges) {
  std::mt19937 random(2024);
  const auto below = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = GetParam().sample;
    for (auto changes = below(4) + 1; changes > 0; --changes) {
      const auto at = below(bytes.size() + 1);
      switch (below(3)) {
        case 0:
          if (at < bytes.size()) bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.insert(at, 1, static_cast<char>(random()));
          break;
        default:
          bytes.erase(at, below(8) + 1);
      }
    }
    if (!accepts(bytes)) ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST_P(HostileBytes, RandomBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 200, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    accepts(bytes);
  }
}

TEST_P(HostileBytes, TheSamplesOfTheOtherDecoders) {
  for (const auto& other : decoders()) accepts(other.sample);
}

TEST_P(HostileBytes, DeepNestingEnds) {
  // Ten thousand messages inside each other, as field 1.
  std::string bytes;
  for (int depth = 0; depth < 10'000; ++depth) {
    std::string outer = hex("0a");
    append_delimited(outer, bytes);
    bytes = std::move(outer);
  }
  accepts(bytes);
  accepts(std::string(10'000, '\x0b'));  // groups
}

}  // namespace
}  // namespace hdfsmount::wire
