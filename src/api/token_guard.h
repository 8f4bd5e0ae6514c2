// SPDX-License-Identifier: MIT
// Who may predict, and change the models.
#pragma once

#include "api/http.h"
#include "api/live_api.h"
#include "api/routes.h"
#include "api/token_set.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// Why a request is not admitted.
struct TokenRefusal {
  std::string detail;
  std::string_view challenge;  ///< for WWW-Authenticate; a literal
};

/// Looks for one of the tokens in requests that need one; looks only at a counter while the tokens
/// are the same.
/// Threads: belongs to one thread.
class TokenGuard {
 public:
  /// live  outlives it.
  explicit TokenGuard(const LiveApi& live) : live_(live) {}

  /// Whether requests of the route need a token where there are tokens.
  [[nodiscard]] static bool is_guarded(const RouteEntry& route, std::string_view method);

  /// Nothing where the request is admitted. authorization  the header's value, or empty.
  [[nodiscard]] std::optional<TokenRefusal> refusal(std::string_view authorization);

 private:
  const LiveApi& live_;
  std::shared_ptr<const TokenSet> tokens_;
  std::uint64_t generation_ = 0;
};

}  // namespace ml_inference
