// SPDX-License-Identifier: MIT
// Who may ask for predictions: the bearer tokens of a file.
// Source: RFC 6750, section 2.1; RFC 9110, section 11.
#pragma once

#include "base/digest.h"
#include "base/result.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Tokens that admit. Only their digests are kept: a copy of this memory opens nothing.
/// Threads: immutable.
class TokenSet {
 public:
  /// One token a line, of the characters that RFC 6750 allows (letters, digits, -._~+/=), at most
  /// kTokenSizeMax of them. Spaces around a token, empty lines, lines that begin with # and
  /// carriage returns before a line's end are skipped.
  /// Errors: invalid_argument with the line's number and never its text; for a file without a token
  /// too, since nobody could be meant by that. resource_exhausted over kTokenCountMax.
  [[nodiscard]] static Result<TokenSet> parse(std::string_view text);

  /// Whether the token is one of these. Every token is looked at, whichever fits, and each for the
  /// same time.
  [[nodiscard]] bool admits(std::string_view token) const;

  [[nodiscard]] std::size_t size() const { return digests_.size(); }

 private:
  std::vector<Digest> digests_;
};

/// The token of an Authorization header's value: "Bearer abc" -> "abc". Empty for another scheme.
[[nodiscard]] std::string_view bearer_token(std::string_view authorization);

/// Whether the header's scheme is Bearer, in any case, with a token behind it or without.
[[nodiscard]] bool has_bearer_scheme(std::string_view authorization);

}  // namespace ml_inference
