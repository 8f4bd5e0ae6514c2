// SPDX-License-Identifier: MIT
#include "base/digest.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

// The examples of FIPS 180-2, appendix B, and the empty text.
TEST(Digest, IsThatOfTheStandard) {
  EXPECT_EQ(hex_digits(sha256("abc"), 64),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_digits(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 64),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_digits(sha256(""), 12), "e3b0c44298fc");
}

TEST(Digest, IsTheSameOfPieces) {
  Sha256 pieces;
  for (const std::string_view piece : {"a", "", "bc"}) pieces.add(piece);
  EXPECT_EQ(pieces.take(), sha256("abc"));
  EXPECT_EQ(pieces.take(), sha256("")) << "each begins anew";
}

TEST(Digest, HasABase64Form) {
  EXPECT_EQ(base64_text(sha256("")), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(Digest, IsComparedWhole) {
  const Digest digest = sha256("abc");
  EXPECT_TRUE(same_digest(digest, sha256("abc")));
  for (std::size_t at = 0; at < digest.size(); ++at) {
    Digest other = digest;
    other[at] ^= 1;
    EXPECT_FALSE(same_digest(digest, other)) << at;
  }
}

}  // namespace
}  // namespace ml_inference
