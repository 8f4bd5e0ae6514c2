// SPDX-License-Identifier: MIT
#include "serving/repository/expected_digest.h"

#include "base/digest.h"
#include "serving/repository/testing/temporary_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

const std::string kDigest = sha256_text("model");
const std::string kOther = sha256_text("other");

// {"predicate": {"resources": [{"name": "m.onnx", "algorithm": "sha256", "digest": <kDigest>}]}}
std::string signature() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string statement = fmt::format(
      R"({{"predicate":{{"resources":[{{"name":"m.onnx","algorithm":"sha256","digest":"{}"}},)"
      R"({{"name":"b","algorithm":"blake2b","digest":"00"}}]}}}})",
      kDigest);
  while (statement.size() % 3 != 0) statement += ' ';
  std::string base64;
  for (std::size_t at = 0; at < statement.size(); at += 3) {
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned>(static_cast<unsigned char>(statement[at + i]));
    };
    const unsigned bits = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (const unsigned shift : {18U, 12U, 6U, 0U}) base64 += kAlphabet[bits >> shift & 63U];
  }
  return fmt::format(R"({{"dsseEnvelope":{{"payload":"{}"}}}})", base64);
}

TEST(ExpectedDigest, ReadsWhatSha256sumPrints) {
  EXPECT_EQ(digest_in(kDigest, "m").value(), kDigest);
  EXPECT_EQ(digest_in(kDigest + "\n", "m").value(), kDigest);
  EXPECT_EQ(digest_in(kOther + "  a\n" + kDigest + " *./m\r\n", "m").value(), kDigest);
  EXPECT_EQ(digest_in(kOther + "  a\n", "m").value(), std::nullopt);
  std::string upper = kDigest;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(digest_in(upper + "  m", "m").value(), kDigest);
}

TEST(ExpectedDigest, RefusesWhatIsNone) {
  for (const std::string& text : {std::string(), std::string("\n\n"), std::string("no digest"),
                                  kDigest.substr(1), kDigest + "0"}) {
    EXPECT_EQ(digest_in(text, "m").error().code, Code::data_loss) << text;
  }
}

TEST(ExpectedDigest, ReadsASignaturesResources) {
  EXPECT_EQ(digest_in_signature(signature(), "m.onnx").value(), kDigest);
  EXPECT_EQ(digest_in_signature(signature(), "another").value(), std::nullopt);
  EXPECT_EQ(digest_in_signature(signature(), "b").error().code, Code::unimplemented);
  for (const char* text : {"", "{}", "[]", R"({"dsseEnvelope":{"payload":"!"}})",
                           R"({"dsseEnvelope":{"payload":"e30="}})"}) {
    EXPECT_EQ(digest_in_signature(text, "m").error().code, Code::data_loss) << text;
  }
}

TEST(ExpectedDigest, LooksBesideTheFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(expected_digest(folder.path(), "m.onnx").value(), std::nullopt);
  folder.put("model.sig", signature());
  EXPECT_EQ(expected_digest(folder.path(), "m.onnx").value(), kDigest);
  folder.put("SHA256SUMS", kOther + "  m.onnx\n");
  EXPECT_EQ(expected_digest(folder.path(), "m.onnx").value(), kOther);
  folder.put("m.onnx.sha256", "nothing");
  EXPECT_THAT(expected_digest(folder.path(), "m.onnx").error().message,
              HasSubstr("m.onnx.sha256: 'nothing' is no SHA-256"));
}

TEST(ExpectedDigest, DigestsAFile) {
  const TemporaryFolder folder;
  folder.put("m", "model");
  EXPECT_EQ(file_digest(folder.at("m")).value(), kDigest);
  EXPECT_EQ(file_digest(folder.at("none")).error().code, Code::not_found);
  EXPECT_EQ(file_digest("/dev/zero").error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace ml_inference
