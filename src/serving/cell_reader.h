// SPDX-License-Identifier: MIT
// What a client writes into a cell -> the number that the model sees, or why it is refused. Every
// way in asks here: HTTP, CSV, JSON lines, golden rows.
#pragma once

#include "model/schema.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ml_inference {

/// Why a cell is refused.
enum class CellRefusal {
  none,
  not_a_number,      ///< text or a truth value where a number is expected
  missing,           ///< and the model accepts no missing values
  infinite,          ///< and the model accepts no infinities
  too_large,         ///< beyond the float32 numbers that the model computes with
  unknown_category,  ///< none of the feature's categories
};

/// For people: "is missing, and the model accepts no missing values". Empty for none.
[[nodiscard]] std::string_view cell_refusal_text(CellRefusal refusal);

/// A cell that was read.
struct Cell {
  double value = 0;  ///< NaN: missing
  CellRefusal refusal = CellRefusal::none;
};

/// Reads cells for one schema. A feature with categories gives the category's number; any other
/// takes numbers, and the texts "NaN", "Infinity" and "-Infinity" for those that JSON lacks.
/// Threads: immutable.
class CellReader {
 public:
  explicit CellReader(const Schema& schema);

  /// feature  from 0, below the schema's feature_count() (ASSERT).
  [[nodiscard]] Cell missing(std::size_t feature) const;
  [[nodiscard]] Cell number(std::size_t feature, double value) const;
  [[nodiscard]] Cell text(std::size_t feature, std::string_view text) const;
  [[nodiscard]] Cell truth(std::size_t feature, bool value) const;

  /// truth() of a cell in a file of rows: where the feature takes numbers, 1 or 0, as numpy and
  /// pandas have it.
  [[nodiscard]] Cell truth_or_number(std::size_t feature, bool value) const;

  /// A cell of a CSV file: text of a category, or as parse_number() reads it; empty is missing, and
  /// what parse_truth() knows is a truth_or_number().
  [[nodiscard]] Cell csv(std::size_t feature, std::string_view text) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  // The categories of one feature, by kind of label.
  struct Codes {
    UnknownCategory unknown = UnknownCategory::refused;
    std::unordered_map<std::string, double, TextHash, std::equal_to<>> of_text;
    std::unordered_map<double, double> of_number;
    double of_truth[2] = {-1, -1};  // -1: is no category
    // Of a text whose end nobody knows: how it begins, its characters (0: there is none), its code.
    std::string cut_text;
    std::size_t cut_characters = 0;
    double cut_code = 0;
  };

  [[nodiscard]] const Codes* codes_of(std::size_t feature) const;
  [[nodiscard]] static std::optional<double> code_of(const Codes& codes, std::string_view text);
  [[nodiscard]] Cell unknown(const Codes& codes) const;

  InputRules rules_;
  std::vector<std::size_t> code_index_;  // by feature, in codes_, from 1; 0: it takes numbers
  std::vector<Codes> codes_;
};

}  // namespace ml_inference
