// SPDX-License-Identifier: MIT
// Rows as JSON has them, by position or by name, become cells of a request: what the dialects of
// JSON have in common.
#pragma once

#include "api/json_tape.h"
#include "api/validation.h"
#include "model/schema.h"
#include "serving/cell_reader.h"
#include "serving/served_model.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ml_inference {

/// Whether a request held one row or a list of them: the answer has the same form.
enum class RowForm { single, list };

/// A request that was understood.
struct PredictCall {
  PredictRequest request;
  RowForm form = RowForm::single;

  /// Back to no rows; keeps the memory.
  void clear();
};

/// What is wrong with rows, and where they stand.
struct RowFaults {
  FaultList& list;
  Location base;  ///< of the rows in the request: {"body", "features"}
};

/// What a dialect lets a row be, beyond lists of cells and objects by name.
struct RowRules {
  /// Where a feature takes numbers, true and false are 1 and 0: rows of a file were a table's.
  bool takes_truth = false;

  /// A list of one value is that value, and a row of the only feature may be the value itself.
  bool takes_lists = false;

  /// A text may be {"b64": "..."}, its bytes as base64.
  bool takes_base64 = false;

  /// A feature that an object does not name is missing, where the model takes that.
  bool absent_is_missing = false;

  /// What an object of a row calls the row itself: {"input": [5.1, 3.5]}; empty: nothing.
  std::string_view row_name = {};
};

/// Reads rows for one schema.
/// Threads: immutable; each caller brings its own call.
class JsonRows {
 public:
  explicit JsonRows(const Schema& schema);

  /// Reads nodes[index] as a row or, where its values are rows, as a list of them, and adds what it
  /// reads to `call`. With a fault, `call` means nothing.
  void read(const std::vector<JsonNode>& nodes, std::size_t index, PredictCall& call,
            const RowFaults& faults, const RowRules& rules = {}) const;

  /// Reads nodes[index], which must be a list, as one of rows, however many it has.
  void read_list(const std::vector<JsonNode>& nodes, std::size_t index, PredictCall& call,
                 const RowFaults& faults, const RowRules& rules = {}) const;

  /// Reads nodes[index] as a row.
  void read_row(const std::vector<JsonNode>& nodes, std::size_t index, PredictCall& call,
                const RowFaults& faults, const RowRules& rules = {}) const;

  /// Reads nodes[index] as the value of one cell. where  the way to it behind faults.base.
  [[nodiscard]] double read_cell(const std::vector<JsonNode>& nodes, std::size_t index,
                                 std::size_t feature, const Location& where,
                                 const RowFaults& faults, const RowRules& rules = {}) const;

  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] const CellReader& cells() const { return cells_; }

  /// The feature of that name, if there is one.
  [[nodiscard]] std::optional<std::size_t> feature_index(std::string_view name) const;

 private:
  class Reader;

  [[nodiscard]] Cell cell_of(const std::vector<JsonNode>& nodes, std::size_t index,
                             std::size_t feature, const RowRules& rules) const;

  [[nodiscard]] Cell base64_cell(const std::vector<JsonNode>& nodes, std::size_t index,
                                 std::size_t feature) const;

  // Lets string_view look up in a map of strings without making one.
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };

  Schema schema_;
  std::optional<std::string_view> number_prefix_;  // of the features' names, if they are numbered
  // By name; empty where they are numbered.
  std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>> feature_indices_;
  CellReader cells_;
};

/// The key as an answer may show it: cut where it is longer than kEchoedKeySizeMax.
[[nodiscard]] std::string echoed_key(std::string_view key);

/// Adds that the body is no JSON.
void add_json_fault(const JsonFault& fault, FaultList& faults);

/// Adds what nodes[index] is refused for. The value is echoed if it is short.
void add_fault(const std::vector<JsonNode>& nodes, std::size_t index, RequestFault fault,
               FaultList& faults);

}  // namespace ml_inference
