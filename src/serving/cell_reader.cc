// SPDX-License-Identifier: MIT
#include "serving/cell_reader.h"

#include "base/assert.h"
#include "data/table.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace ml_inference {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

CellRefusal refusal_of(CellFault fault) {
  switch (fault) {
    case CellFault::none: return CellRefusal::none;
    case CellFault::missing: return CellRefusal::missing;
    case CellFault::infinite: return CellRefusal::infinite;
    case CellFault::too_large: return CellRefusal::too_large;
  }
  return CellRefusal::none;
}

// The numbers that JSON has no way to write, as Python's json.dumps() names them.
std::optional<double> number_named(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return kMissing;
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  return std::nullopt;
}

// Of UTF-8: all bytes but those that continue a character.
std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string_view cell_refusal_text(CellRefusal refusal) {
  switch (refusal) {
    case CellRefusal::none: return "";
    case CellRefusal::not_a_number: return "is no number";
    case CellRefusal::missing: return cell_fault_text(CellFault::missing);
    case CellRefusal::infinite: return cell_fault_text(CellFault::infinite);
    case CellRefusal::too_large: return cell_fault_text(CellFault::too_large);
    case CellRefusal::unknown_category: return "is none of the feature's categories";
  }
  return "";
}

CellReader::CellReader(const Schema& schema)
    : rules_(schema.input), code_index_(schema.feature_count(), 0) {
  for (const Categories& categories : schema.categories) {
    Codes& codes = codes_.emplace_back();
    codes.unknown = categories.unknown;
    for (std::size_t index = 0; index < categories.labels.size(); ++index) {
      const auto code = static_cast<double>(index);
      const Label& label = categories.labels[index];
      if (const auto* text = std::get_if<std::string>(&label)) {
        const bool is_cut =
            categories.last_label_characters > 0 && index + 1 == categories.labels.size();
        if (!is_cut) {
          codes.of_text.emplace(*text, code);
        } else {
          codes.cut_text = *text;
          codes.cut_characters = categories.last_label_characters;
          codes.cut_code = code;
        }
      }
      if (const auto* whole = std::get_if<std::int64_t>(&label)) {
        codes.of_number.emplace(static_cast<double>(*whole), code);
      }
      if (const auto* number = std::get_if<double>(&label)) codes.of_number.emplace(*number, code);
      if (const auto* truth = std::get_if<bool>(&label)) {
        codes.of_truth[*truth ? 1 : 0] = code;
        codes.of_number.emplace(*truth ? 1.0 : 0.0, code);  // in Python True == 1
      }
    }
    code_index_[categories.feature] = codes_.size();
  }
}

const CellReader::Codes* CellReader::codes_of(std::size_t feature) const {
  ASSERT(feature < code_index_.size());
  return code_index_[feature] == 0 ? nullptr : &codes_[code_index_[feature] - 1];
}

std::optional<double> CellReader::code_of(const Codes& codes, std::string_view text) {
  const auto found = codes.of_text.find(text);
  if (found != codes.of_text.end()) return found->second;
  if (codes.cut_characters == 0 || !text.starts_with(codes.cut_text)) return std::nullopt;
  return character_count(text) == codes.cut_characters ? std::optional(codes.cut_code)
                                                       : std::nullopt;
}

Cell CellReader::unknown(const Codes& codes) const {
  if (codes.unknown == UnknownCategory::missing) return {.value = kMissing};
  return {.refusal = CellRefusal::unknown_category};
}

Cell CellReader::missing(std::size_t feature) const {
  ASSERT(feature < code_index_.size());
  return {.value = kMissing, .refusal = refusal_of(cell_fault(rules_, kMissing))};
}

Cell CellReader::number(std::size_t feature, double value) const {
  const Codes* const codes = codes_of(feature);
  if (codes == nullptr || value != value) {
    return {.value = value, .refusal = refusal_of(cell_fault(rules_, value))};
  }
  const auto found = codes->of_number.find(value);
  return found == codes->of_number.end() ? unknown(*codes) : Cell{.value = found->second};
}

Cell CellReader::text(std::size_t feature, std::string_view text) const {
  const Codes* const codes = codes_of(feature);
  if (codes != nullptr) {
    if (const auto code = code_of(*codes, text)) return {.value = *code};
  }
  if (const auto value = number_named(text)) return number(feature, *value);
  return codes != nullptr ? unknown(*codes) : Cell{.refusal = CellRefusal::not_a_number};
}

Cell CellReader::truth(std::size_t feature, bool value) const {
  const Codes* const codes = codes_of(feature);
  if (codes == nullptr) return {.refusal = CellRefusal::not_a_number};
  const double code = codes->of_truth[value ? 1 : 0];
  return code < 0 ? unknown(*codes) : Cell{.value = code};
}

Cell CellReader::truth_or_number(std::size_t feature, bool value) const {
  return codes_of(feature) == nullptr ? number(feature, value ? 1 : 0) : truth(feature, value);
}

Cell CellReader::csv(std::size_t feature, std::string_view cell) const {
  const Codes* const codes = codes_of(feature);
  if (codes != nullptr) {
    if (const auto code = code_of(*codes, cell)) return {.value = *code};
    if (cell.empty()) return missing(feature);
  }
  if (const std::optional<double> value = parse_number(cell)) return number(feature, *value);
  if (const std::optional<bool> truth = parse_truth(cell)) return truth_or_number(feature, *truth);
  return codes != nullptr ? unknown(*codes) : Cell{.refusal = CellRefusal::not_a_number};
}

}  // namespace ml_inference
