// SPDX-License-Identifier: MIT
#include "load/answer_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using Status = AnswerReader::Status;

constexpr std::string_view kSized =
    "HTTP/1.1 200 OK\r\nserver: x\r\ncontent-LENGTH: 9\r\nConnection: Close\r\n\r\n{\"a\":\"b\"}";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\n{\"a\"\r\n5\r\n:\"b\"}\r\n0\r\n"
    "Trailer: t\r\n\r\n";

TEST(AnswerReader, FindsStatusBodyAndEnd) {
  AnswerReader reader(true);
  const std::string two = std::string(kSized) + "HTTP/1.1 2";
  const auto progress = reader.feed(two);
  EXPECT_EQ(progress.status, Status::done);
  EXPECT_EQ(progress.consumed, kSized.size());
  EXPECT_EQ(reader.status(), 200);
  EXPECT_EQ(reader.body(), R"({"a":"b"})");
  EXPECT_FALSE(reader.keep_alive());
}

TEST(AnswerReader, ReadsTheSameCutAtEveryByte) {
  for (const std::string_view answer : {kSized, kChunked}) {
    for (std::size_t cut = 1; cut < answer.size(); ++cut) {
      AnswerReader reader(true);
      EXPECT_EQ(reader.feed(answer.substr(0, cut)).status, Status::need_more) << cut;
      const auto progress = reader.feed(answer.substr(cut));
      EXPECT_EQ(progress.status, Status::done) << cut;
      EXPECT_EQ(progress.consumed, answer.size() - cut) << cut;
      EXPECT_EQ(reader.body(), R"({"a":"b"})") << cut;
    }
  }
}

TEST(AnswerReader, ReadsOneByteAtATime) {
  for (const std::string_view answer : {kSized, kChunked}) {
    AnswerReader reader(true);
    for (std::size_t at = 0; at + 1 < answer.size(); ++at) {
      ASSERT_EQ(reader.feed(answer.substr(at, 1)).status, Status::need_more) << at;
    }
    EXPECT_EQ(reader.feed(answer.substr(answer.size() - 1)).status, Status::done);
    EXPECT_EQ(reader.body(), R"({"a":"b"})");
  }
}

TEST(AnswerReader, IsReadyForTheNextAnswer) {
  AnswerReader reader(true);
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(reader.has_begun());
    EXPECT_EQ(reader.feed(kChunked).status, Status::done);
    EXPECT_TRUE(reader.keep_alive());
    EXPECT_EQ(reader.body().size(), 9);
    reader.reset();
  }
}

TEST(AnswerReader, SkipsInterimAnswers) {
  AnswerReader reader(true);
  EXPECT_EQ(
      reader.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n").status,
      Status::need_more);
  EXPECT_EQ(reader.feed(kSized).status, Status::done);
  EXPECT_EQ(reader.status(), 200);
}

TEST(AnswerReader, TakesTheEndOfTheConnectionForTheEndOfABodyWithoutASize) {
  AnswerReader reader(true);
  EXPECT_EQ(reader.feed("HTTP/1.0 200 OK\r\n\r\n{}").status, Status::need_more);
  EXPECT_EQ(reader.end(), Status::done);
  EXPECT_EQ(reader.body(), "{}");
}

TEST(AnswerReader, TakesNoOtherEndForAnAnswer) {
  AnswerReader nothing(true);
  EXPECT_EQ(nothing.end(), Status::need_more);
  for (const std::string_view answer : {kSized, kChunked}) {
    AnswerReader reader(true);
    EXPECT_EQ(reader.feed(answer.substr(0, answer.size() - 1)).status, Status::need_more);
    EXPECT_EQ(reader.end(), Status::need_more);
    EXPECT_TRUE(reader.has_begun());
  }
}

TEST(AnswerReader, RefusesWhatIsNotHttp) {
  for (const std::string_view bytes :
       {"SMTP ready to go\r\n\r\n", "HTTP/1.1 2x0\r\n\r\n", "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}) {
    EXPECT_EQ(AnswerReader(true).feed(bytes).status, Status::not_http) << bytes;
  }
}

TEST(AnswerReader, RefusesWhatIsTooLong) {
  EXPECT_EQ(
      AnswerReader(true).feed("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").status,
      Status::too_long);
  AnswerReader reader(true);
  const std::string field = "x: " + std::string(AnswerReader::kHeaderSizeMax, 'x');
  EXPECT_EQ(reader.feed("HTTP/1.1 200 OK\r\n" + field).status, Status::too_long);
}

TEST(AnswerReader, RefusesAFloodOfInterimAnswers) {
  constexpr std::string_view kInterim = "HTTP/1.1 100 Continue\r\n\r\n";
  AnswerReader reader(true);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < AnswerReader::kInterimMax; ++i) {
      ASSERT_EQ(reader.feed(kInterim).status, Status::need_more) << i;
    }
    EXPECT_EQ(reader.feed(kInterim).status, Status::too_long);
    reader.reset();
  }
}

TEST(AnswerReader, KeepsNoBodyThatNobodyWants) {
  AnswerReader reader(false);
  EXPECT_EQ(reader.feed(kSized).status, Status::done);
  EXPECT_EQ(reader.body(), "");
}

}  // namespace
}  // namespace ml_inference
