// SPDX-License-Identifier: MIT
#include "api/token_guard.h"

#include <fmt/format.h>

namespace ml_inference {

bool TokenGuard::is_guarded(const RouteEntry& route, std::string_view method) {
  switch (route.operation) {
    case Operation::predict:
    case Operation::classify:
    case Operation::regress:
    case Operation::explain: return true;
    default: return is_change(route, method);
  }
}

std::optional<TokenRefusal> TokenGuard::refusal(std::string_view authorization) {
  const std::uint64_t generation = live_.token_generation();
  if (generation != generation_) {
    tokens_ = live_.tokens();
    generation_ = generation;
  }
  if (tokens_ == nullptr) return std::nullopt;
  const std::string_view token = bearer_token(authorization);
  if (tokens_->admits(token)) return std::nullopt;
  if (token.empty()) {
    return TokenRefusal{
        .detail = fmt::format("{}, expected 'Bearer' and a token",
                              authorization.empty()              ? "Authorization is missing"
                              : has_bearer_scheme(authorization) ? "Authorization has no token"
                                                                 : "the scheme of Authorization "
                                                                   "is not Bearer"),
        .challenge = R"(Bearer realm="ml-inference")"};
  }
  return TokenRefusal{.detail = "the bearer token is not one of those that admit",
                      .challenge = R"(Bearer realm="ml-inference", error="invalid_token")"};
}

}  // namespace ml_inference
