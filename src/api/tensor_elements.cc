// SPDX-License-Identifier: MIT
#include "api/tensor_elements.h"

#include "base/assert.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace ml_inference {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensors are copied as they are");

struct Half {
  std::uint16_t bits;

  explicit operator double() const { return static_cast<double>(half_to_float(bits)); }
};

// Calls the function with a value of the type that elements of a tensor's type have in memory.
template <class Function>
auto with_type(TensorType type, Function function) {
  switch (type) {
    case TensorType::boolean:
    case TensorType::uint8: return function(std::uint8_t());
    case TensorType::uint16: return function(std::uint16_t());
    case TensorType::uint32: return function(std::uint32_t());
    case TensorType::uint64: return function(std::uint64_t());
    case TensorType::int8: return function(std::int8_t());
    case TensorType::int16: return function(std::int16_t());
    case TensorType::int32: return function(std::int32_t());
    case TensorType::int64: return function(std::int64_t());
    case TensorType::float16: return function(Half());
    case TensorType::float32: return function(float());
    case TensorType::float64: return function(double());
    case TensorType::bytes: break;
  }
  ASSERT(false);
  return function(double());
}

template <class Element>
Element element_at(std::string_view bytes, std::size_t index) {
  Element element;
  std::memcpy(&element, bytes.data() + index * sizeof(Element), sizeof(Element));
  return element;
}

// Numbers of the type that JSON may hold; none where any number is taken. They are long doubles
// because these have a significand of 64 bits: all whole numbers of 64 bits are among them.
static_assert(std::numeric_limits<long double>::digits >= 64);
struct WholeRange {
  long double least;
  long double largest;
};

template <class Whole>
WholeRange range_of() {
  return {std::numeric_limits<Whole>::min(), std::numeric_limits<Whole>::max()};
}

std::optional<WholeRange> whole_range(TensorType type) {
  switch (type) {
    case TensorType::boolean: return WholeRange{0, 1};
    case TensorType::uint8: return range_of<std::uint8_t>();
    case TensorType::uint16: return range_of<std::uint16_t>();
    case TensorType::uint32: return range_of<std::uint32_t>();
    case TensorType::uint64: return range_of<std::uint64_t>();
    case TensorType::int8: return range_of<std::int8_t>();
    case TensorType::int16: return range_of<std::int16_t>();
    case TensorType::int32: return range_of<std::int32_t>();
    case TensorType::int64: return range_of<std::int64_t>();
    default: return std::nullopt;
  }
}

// From 2^53 on a double stands for several whole numbers: the text tells which one it is.
long double exact_number(const JsonNode& leaf) {
  if (std::abs(leaf.number) < 0x1p53 || !std::isfinite(leaf.number)) return leaf.number;
  long double exact = leaf.number;
  std::from_chars(leaf.text.data(), leaf.text.data() + leaf.text.size(), exact);
  return exact;
}

bool is_whole_in(const WholeRange& range, const JsonNode& leaf) {
  const long double number = exact_number(leaf);
  return std::trunc(number) == number && number >= range.least && number <= range.largest;
}

// What the type makes of a number, however that was sent.
double rounded(TensorType type, double number) {
  if (type == TensorType::float32) return static_cast<double>(static_cast<float>(number));
  return type == TensorType::float16 ? round_to_half(number) : number;
}

std::unexpected<Error> fail_for(const GivenTensor& tensor, std::string_view problem) {
  return fail(Code::invalid_argument,
              fmt::format("input '{}' {}", printable_text(tensor.name), problem));
}

Result<std::size_t> count_of(const GivenTensor& tensor) {
  std::size_t count = 1;
  for (const std::int64_t size : tensor.shape) {
    if (size < 0) {
      return fail_for(tensor, fmt::format("has the shape {}, expected sizes from 0",
                                          tensor_shape_text(tensor.shape)));
    }
    if (__builtin_mul_overflow(count, static_cast<std::size_t>(size), &count)) {
      return fail_for(tensor, "has a shape of more elements than there can be");
    }
  }
  return count;
}

std::unexpected<Error> wrong_count(const GivenTensor& tensor, std::size_t got,
                                   std::size_t expected) {
  return fail_for(tensor, fmt::format("has {} elements, expected {} by its shape {}", got, expected,
                                      tensor_shape_text(tensor.shape)));
}

}  // namespace

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {  // zero, or smaller than the smallest with a leading one
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t wide_exponent = exponent == 0x1FU ? 0xFFU : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide_exponent << 23U | fraction << 13U);
}

double round_to_half(double value) {
  constexpr int kFractionSize = 10;
  constexpr int kExponentMin = -14;
  constexpr double kOverflow = 65520;
  if (value == 0 || !std::isfinite(value)) return value;
  if (std::abs(value) >= kOverflow) {
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  }
  const int exponent = std::max(std::ilogb(value), kExponentMin);
  // By powers of two, which are exact: the one rounding is nearbyint's.
  return std::scalbn(std::nearbyint(std::scalbn(value, kFractionSize - exponent)),
                     exponent - kFractionSize);
}

Result<TensorElements> TensorElements::of(const GivenTensor& tensor) {
  TensorElements elements(tensor);
  ASSIGN_OR_RETURN(elements.count_, count_of(tensor));
  RETURN_IF_ERROR(elements.check());
  return elements;
}

Result<void> TensorElements::check() {
  if (const auto* json = std::get_if<JsonElements>(&tensor_->elements)) {
    return find_json_leaves(*json);
  }
  if (const auto* raw = std::get_if<RawElements>(&tensor_->elements)) {
    if (tensor_->type == TensorType::bytes) return find_raw_texts(raw->bytes);
    const std::size_t element_size = tensor_type_size(tensor_->type);
    if (count_ > raw->bytes.size() || raw->bytes.size() != count_ * element_size) {
      return fail_for(
          *tensor_,
          fmt::format("has {} bytes, expected {} elements of {} by its shape {}", raw->bytes.size(),
                      count_, element_size, tensor_shape_text(tensor_->shape)));
    }
    return {};
  }
  const std::size_t got = std::visit(
      [](const auto& source) -> std::size_t {
        if constexpr (requires { source.size(); }) return source.size();
        return 0;
      },
      tensor_->elements);
  if (got != count_) return wrong_count(*tensor_, got, count_);
  return {};
}

Result<void> TensorElements::find_json_leaves(const JsonElements& json) {
  const std::vector<JsonNode>& nodes = *json.nodes;
  if (nodes[json.index].kind != JsonKind::array) {
    return fail_for(*tensor_, "has data that is no list");
  }
  const std::size_t end = nodes[json.index].end;
  leaves_.reserve(end - json.index);
  for (std::size_t node = json.index + 1; node < end; ++node) {
    if (nodes[node].kind == JsonKind::array) continue;
    RETURN_IF_ERROR(check_json_leaf(nodes[node]));
    leaves_.push_back(static_cast<std::uint32_t>(node));
  }
  if (leaves_.size() != count_) return wrong_count(*tensor_, leaves_.size(), count_);
  return {};
}

Result<void> TensorElements::check_json_leaf(const JsonNode& leaf) const {
  if (leaf.kind == JsonKind::object || leaf.kind == JsonKind::key) {
    return fail_for(*tensor_, "has an object among its elements");
  }
  const bool is_truth = leaf.kind == JsonKind::boolean;
  if (leaf.kind != JsonKind::number && !is_truth) return {};
  if (tensor_->type == TensorType::bytes) {
    const std::string_view text = !is_truth ? leaf.text : leaf.truth ? "true" : "false";
    return fail_for(*tensor_, fmt::format("is of type BYTES, and {} is no text", text));
  }
  if (is_truth) return {};
  const auto range = whole_range(tensor_->type);
  if (!range || is_whole_in(*range, leaf)) return {};
  return fail_for(*tensor_, fmt::format("is of type {}, which {} is not",
                                        tensor_type_name(tensor_->type), leaf.text));
}

Result<void> TensorElements::find_raw_texts(std::string_view bytes) {
  constexpr std::size_t kSizeSize = 4;
  while (!bytes.empty()) {
    if (bytes.size() < kSizeSize) return fail_for(*tensor_, "ends within a text's size");
    const auto size = element_at<std::uint32_t>(bytes, 0);
    bytes.remove_prefix(kSizeSize);
    if (size > bytes.size()) {
      return fail_for(
          *tensor_, fmt::format("ends within a text: {} bytes are left of {}", bytes.size(), size));
    }
    texts_.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (texts_.size() > count_) break;
  }
  if (texts_.size() != count_) return wrong_count(*tensor_, texts_.size(), count_);
  return {};
}

bool TensorElements::are_numbers() const {
  return tensor_->type != TensorType::bytes && tensor_->type != TensorType::boolean &&
         !std::holds_alternative<JsonElements>(tensor_->elements) &&
         !std::holds_alternative<std::vector<std::string_view>>(tensor_->elements);
}

void TensorElements::copy_numbers(std::span<double> out) const {
  ASSERT(are_numbers() && out.size() == count_);
  if (const auto* raw = std::get_if<RawElements>(&tensor_->elements)) {
    with_type(tensor_->type, [&](auto element) {
      for (std::size_t index = 0; index < out.size(); ++index) {
        out[index] = static_cast<double>(element_at<decltype(element)>(raw->bytes, index));
      }
    });
    return;
  }
  std::visit(
      [&](const auto& source) {
        using Source = std::decay_t<decltype(source)>;
        if constexpr (requires { static_cast<double>(source[0]); }) {
          for (std::size_t index = 0; index < out.size(); ++index) {
            out[index] = static_cast<double>(source[index]);
          }
        } else {
          static_assert(!std::is_arithmetic_v<Source>);
          ASSERT(false);
        }
      },
      tensor_->elements);
}

std::optional<PackedCells> TensorElements::packed() const {
  const auto* const raw = std::get_if<RawElements>(&tensor_->elements);
  if (raw == nullptr || raw->bytes.empty()) return std::nullopt;
  if (tensor_->type == TensorType::float32) {
    return PackedCells(PackedCells::Type::float32, raw->bytes);
  }
  if (tensor_->type == TensorType::float64) {
    return PackedCells(PackedCells::Type::float64, raw->bytes);
  }
  return std::nullopt;
}

Cell TensorElements::json_cell(const CellReader& cells, std::size_t feature,
                               std::size_t index) const {
  const JsonNode& node = (*std::get<JsonElements>(tensor_->elements).nodes)[leaves_[index]];
  switch (node.kind) {
    case JsonKind::number:
      if (tensor_->type == TensorType::boolean) {
        return cells.truth_or_number(feature, node.number != 0);
      }
      return cells.number(feature, rounded(tensor_->type, node.number));
    case JsonKind::string: return cells.text(feature, node.text);
    case JsonKind::boolean: return cells.truth_or_number(feature, node.truth);
    case JsonKind::null: return cells.missing(feature);
    default: return {.refusal = CellRefusal::not_a_number};
  }
}

Cell TensorElements::cell(const CellReader& cells, std::size_t feature, std::size_t index) const {
  if (!leaves_.empty()) return json_cell(cells, feature, index);
  if (!texts_.empty()) return cells.text(feature, texts_[index]);
  if (const auto* raw = std::get_if<RawElements>(&tensor_->elements)) {
    const double value = with_type(tensor_->type, [&](auto element) {
      return static_cast<double>(element_at<decltype(element)>(raw->bytes, index));
    });
    return tensor_->type == TensorType::boolean ? cells.truth_or_number(feature, value != 0)
                                                : cells.number(feature, value);
  }
  return std::visit(
      [&](const auto& source) -> Cell {
        using Source = std::decay_t<decltype(source)>;
        if constexpr (std::is_same_v<Source, std::span<const bool>>) {
          return cells.truth_or_number(feature, source[index]);
        } else if constexpr (std::is_same_v<Source, std::vector<std::string_view>>) {
          return cells.text(feature, source[index]);
        } else if constexpr (requires { static_cast<double>(source[0]); }) {
          return cells.number(feature, static_cast<double>(source[index]));
        } else {
          return {.refusal = CellRefusal::not_a_number};
        }
      },
      tensor_->elements);
}

}  // namespace ml_inference
