// SPDX-License-Identifier: MIT
#include "server/accept_encoding.h"

#include <algorithm>
#include <optional>

namespace ml_inference {
namespace {

// In thousandths, which is as finely as weights are written.
constexpr int kFullWeight = 1000;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// The text before the separator, which is taken off `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

// A qvalue (section 12.4.2): 0 or 1, and up to three digits behind a point. 0 for anything else.
int parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = text[0] == '1' ? kFullWeight : 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int unit = kFullWeight;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    unit /= 10;
    weight += (c - '0') * unit;
  }
  return weight <= kFullWeight ? weight : 0;
}

// The weight of an element, from what follows its name.
int weight_of(std::string_view parameters) {
  if (parameters.empty()) return kFullWeight;
  const bool is_weight =
      parameters.size() >= 2 && (parameters[0] | 0x20) == 'q' && parameters[1] == '=';
  return is_weight ? parse_weight(parameters.substr(2)) : 0;
}

// What the field says of each coding, and of those it does not name.
struct Weights {
  std::optional<int> gzip;
  std::optional<int> deflate;
  std::optional<int> identity;
  std::optional<int> any;

  void take(std::string_view element) {
    const std::string_view name = take_until(element, ';');
    const int weight = weight_of(trim(element));
    if (name.empty()) return;
    if (name == "*") {
      any = weight;
      return;
    }
    const auto coding = find_content_coding(name);
    if (!coding) return;
    switch (*coding) {
      case ContentCoding::gzip: gzip = std::max(weight, gzip.value_or(0)); return;
      case ContentCoding::deflate: deflate = weight; return;
      case ContentCoding::identity: identity = weight; return;
    }
  }
};

}  // namespace

WantedCoding negotiate_coding(std::string_view accept_encoding) {
  Weights weights;
  while (!accept_encoding.empty()) weights.take(take_until(accept_encoding, ','));
  const int others = weights.any.value_or(0);
  const int gzip = weights.gzip.value_or(others);
  const int deflate = weights.deflate.value_or(others);
  const int best = std::max(gzip, deflate);
  // Not named, no coding is acceptable, and a coding that is named is liked better.
  const bool refuses_identity = weights.identity.value_or(weights.any.value_or(1)) == 0;
  if (best == 0 || (weights.identity && *weights.identity > best)) return {};
  return {.coding = gzip == best ? ContentCoding::gzip : ContentCoding::deflate,
          .refuses_identity = refuses_identity};
}

}  // namespace ml_inference
