// SPDX-License-Identifier: MIT
#include "api/token_set.h"

#include "api/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ml_inference {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kScheme = "bearer";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

bool may_stand_in_token(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

Result<void> check_token(std::string_view token, std::size_t line_number) {
  if (token.size() > kTokenSizeMax) {
    return fail(Code::invalid_argument,
                fmt::format("line {}: the token has {} characters, expected "
                            "at most {}",
                            line_number, token.size(), kTokenSizeMax));
  }
  const auto wrong = std::ranges::find_if_not(token, may_stand_in_token);
  if (wrong == token.end()) return {};
  return fail(Code::invalid_argument,
              fmt::format("line {}: character {} of the token is none of a letter, a digit and "
                          "-._~+/=",
                          line_number, wrong - token.begin() + 1));
}

}  // namespace

Result<TokenSet> TokenSet::parse(std::string_view text) {
  TokenSet tokens;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view token = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (token.empty() || token.starts_with('#')) continue;
    RETURN_IF_ERROR(check_token(token, line_number));
    if (tokens.size() == kTokenCountMax) {
      return fail(Code::resource_exhausted,
                  fmt::format("line {}: more than {} tokens", line_number, kTokenCountMax));
    }
    tokens.digests_.push_back(sha256(token));
  }
  if (tokens.size() == 0) {
    return fail(Code::invalid_argument, "has no token, expected one a line");
  }
  return tokens;
}

bool TokenSet::admits(std::string_view token) const {
  if (token.empty()) return false;
  const Digest digest = sha256(token);
  bool found = false;
  for (const Digest& known : digests_) found |= same_digest(known, digest);
  return found;
}

bool has_bearer_scheme(std::string_view authorization) {
  const std::string_view scheme = authorization.substr(0, authorization.find(' '));
  return std::ranges::equal(scheme, kScheme, [](unsigned char sent, char expected) {
    return std::tolower(sent) == expected;
  });
}

std::string_view bearer_token(std::string_view authorization) {
  if (!has_bearer_scheme(authorization)) return {};
  return trimmed(authorization.substr(kScheme.size()));
}

}  // namespace ml_inference
