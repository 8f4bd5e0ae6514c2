// SPDX-License-Identifier: MIT
#include "server/grpc_message_reader.h"

#include "server/testing/http2_client.h"

#include <gtest/gtest.h>

#include <vector>

namespace ml_inference {
namespace {

using testing::framed;
using Status = GrpcMessageReader::Status;

constexpr std::size_t kSizeMax = 1000;

// The messages, and at the end what is wrong, of bytes in pieces.
std::vector<std::string> read_in_pieces(const std::string& bytes, std::size_t piece_size) {
  BodyBudget budget(1 << 20);
  GrpcMessageReader reader(kSizeMax, budget, 10);
  std::vector<std::string> seen;
  for (std::size_t begin = 0; begin < bytes.size(); begin += piece_size) {
    std::string_view piece = std::string_view(bytes).substr(begin, piece_size);
    while (!piece.empty()) {
      const auto progress = reader.feed(piece);
      piece.remove_prefix(progress.consumed);
      if (progress.status == Status::refused) {
        seen.push_back(reader.refusal().detail);
        return seen;
      }
      if (progress.status != Status::message) continue;
      seen.emplace_back(reader.message());
      reader.next();
      EXPECT_EQ(budget.left(), 1U << 20);
    }
  }
  return seen;
}

TEST(GrpcMessageReader, ReadsMessagesHoweverTheyAreCut) {
  const std::string bytes = framed("one") + framed("") + framed(std::string(1000, 'x'));
  const std::vector<std::string> expected{"one", "", std::string(1000, 'x')};
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    EXPECT_EQ(read_in_pieces(bytes, size), expected) << size;
  }
}

TEST(GrpcMessageReader, RefusesWhatItCannotRead) {
  const auto fault = [](const std::string& bytes) { return read_in_pieces(bytes, 3).back(); };
  EXPECT_EQ(fault(framed(std::string(1001, 'x'))), "a message has 1001 bytes, the limit is 1000");
  EXPECT_EQ(fault("\2abcd"), "a message begins with the flag 2, expected 0 or 1");
  EXPECT_EQ(fault(framed("x", true)),
            "a message is compressed, and grpc-encoding does not say how");
}

TEST(GrpcMessageReader, CallsAMessageTooLargeThatWouldNeverFit) {
  BodyBudget budget(500);
  GrpcMessageReader reader(kSizeMax, budget, 10);
  const auto progress = reader.feed(framed(std::string(600, 'x')));
  ASSERT_EQ(progress.status, Status::refused);
  EXPECT_EQ(reader.refusal().status, 413);
  EXPECT_EQ(reader.refusal().detail, "a message has 600 bytes, the limit is 500");
}

TEST(GrpcMessageReader, SaysHowMuchIsMissing) {
  BodyBudget budget(1 << 20);
  GrpcMessageReader reader(kSizeMax, budget, 10);
  EXPECT_TRUE(reader.is_between());
  EXPECT_EQ(reader.feed(framed(std::string(100, 'x')).substr(0, 25)).status, Status::need_more);
  EXPECT_FALSE(reader.is_between());
  EXPECT_EQ(reader.missing_size(), 80U);
  EXPECT_EQ(budget.left(), (1U << 20) - 100);
}

}  // namespace
}  // namespace ml_inference
