// SPDX-License-Identifier: MIT
// Answers in the content coding that the client asks for.
#pragma once

#include "api/http.h"
#include "server/body_budget.h"

#include <cstddef>
#include <memory>
#include <string_view>

namespace ml_inference {

/// Smaller answers fit into a packet or two as they are, and are sent so.
inline constexpr std::size_t kCodedSizeMin = kKibibyte;

/// What an event loop codes itself: two milliseconds or so. Larger answers are a worker's.
inline constexpr std::size_t kCodedInlineSizeMax = 256 * kKibibyte;

/// Whether another Accept-Encoding may have had another answer: Vary says so to caches.
///
/// content_encoding  of the answer, whose body is so large.
[[nodiscard]] inline bool may_be_coded(std::string_view content_encoding, std::size_t body_size) {
  return !content_encoding.empty() || body_size >= kCodedSizeMin;
}

/// Has the handler answer, and the answer coded as the request's Accept-Encoding says: at once, or
/// on the worker that makes it, or on a worker of its own if it is large and not vital. It stays as
/// it is when it is small, has a coding already, would not be smaller, or when there is no memory.
///
/// budget  outlives the work; has the coded answer while the other one is there, too.
[[nodiscard]] std::unique_ptr<Work> handle_coded(HttpHandler& handler, const HttpRequest& request,
                                                 HttpResponse& response, BodyBudget& budget);

}  // namespace ml_inference
