// SPDX-License-Identifier: MIT
// What a request's bytes may ask for, before anyone looks at their meaning.
#pragma once

#include <cstddef>

namespace ml_inference {

/// A prediction's body nests three deep: object, rows, row. The rest is room for `input` echoes.
inline constexpr std::size_t kJsonDepthMax = 16;

/// Values, keys and containers of one body: 10 000 rows of 400 features. Each takes 40 bytes while
/// the body is read, which its share of the memory for work holds (memory_size_max()).
inline constexpr std::size_t kJsonNodeCountMax = 4'194'304;

/// Rows of one request. More belong in several requests: each is answered, and fails, alone.
inline constexpr std::size_t kRowsPerRequestMax = 10'000;

/// The same where the model's folder says how many (config.pbtxt), and that is more: what the rows
/// take is known before they are read.
inline constexpr std::size_t kDeclaredRowsMax = 1'000'000;

/// Faults that one answer lists. A client mends its code long before the hundredth.
inline constexpr std::size_t kFaultCountMax = 100;

/// An echoed `input` longer than this is left out: the answer must not outgrow the request.
inline constexpr std::size_t kEchoSizeMax = 4'096;

/// An echoed key longer than this is cut: as long as a feature's name may be, so that no key that
/// could be right is.
inline constexpr std::size_t kEchoedKeySizeMax = 1'024;

/// Bytes of a request's key, or of a header's value, that a log line shows.
inline constexpr std::size_t kLoggedKeySizeMax = 200;

/// Bytes of a body beyond which a worker reads it: about a millisecond of work.
inline constexpr std::size_t kInlineBodySizeMax = 16'384;

/// Features that /openapi.json names one by one, in 150 bytes each. Of a wider model it tells how
/// many there are.
inline constexpr std::size_t kDescribedFeatureCountMax = 1'000;

/// Features of a model of which /openapi.json describes also the forms that repeat every name:
/// columns, contexts, examples of rows by name.
inline constexpr std::size_t kDescribedColumnCountMax = 100;

/// Labels of a target or a feature that /openapi.json lists. Of more it tells the type.
inline constexpr std::size_t kDescribedLabelCountMax = 1'000;

/// Bytes that /openapi.json gives to models: some hundred of them, or a few of a thousand features.
/// It names those that it leaves out.
inline constexpr std::size_t kDescribedModelsSizeMax = 2'097'152;

/// Names of models that /openapi.json lists: of those that paths may have, and of those that it
/// leaves out.
inline constexpr std::size_t kDescribedNameCountMax = 1'000;

/// Tokens of a token file: each costs every guarded request some 20 ns. Two do for a rotation.
inline constexpr std::size_t kTokenCountMax = 256;

/// Bytes of a token file: room for a few dozen signed tokens and comments.
inline constexpr std::size_t kTokenFileSizeMax = 262'144;

/// Characters of a token. Signed tokens of identity providers have 1 to 2 thousand.
inline constexpr std::size_t kTokenSizeMax = 4'096;

/// An X-Request-ID that is longer, or holds anything but visible ASCII, is replaced by one of ours.
inline constexpr std::size_t kRequestIdSizeMax = 128;

}  // namespace ml_inference
