// SPDX-License-Identifier: MIT
#include "api/grpc/example_request.h"

#include "api/cell_faults.h"
#include "api/grpc/tensorflow_serving.pb.h"
#include "api/grpc/wire_fields.h"
#include "api/limits.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using tensorflow::Feature;
using tensorflow::serving::ClassificationRequest;
using tensorflow::serving::ExampleListWithContext;

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

std::unexpected<Error> broken() { return invalid("the message has no tensorflow.serving.Input"); }

// The bytes of a message's field, of the last one where there are several; empty without one.
Result<std::string_view> member(std::string_view message, int number) {
  std::string_view bytes;
  WireFields fields(message);
  while (fields.next_bytes()) {
    if (fields.number() == number) bytes = fields.bytes();
  }
  if (fields.is_broken()) return broken();
  return bytes;
}

class ExampleReader {
 public:
  ExampleReader(const SpokenModel& model, PredictMemory& memory)
      : rows_(model.json.rows()),
        row_name_(model.tensors.inputs().size() == 1 ? model.tensors.inputs().front().name : ""),
        memory_(memory),
        common_(rows_.schema().feature_count()),
        cells_(common_.size()) {}

  Result<void> read(std::string_view body) {
    static_assert(ClassificationRequest::kInputFieldNumber == 2);
    ASSIGN_OR_RETURN(const std::string_view input, member(body, 2));
    // Both kinds of lists have their examples in the same field.
    static_assert(ExampleListWithContext::kExamplesFieldNumber == 1);
    WireFields kinds(input);
    std::string_view list;
    std::string_view context;
    while (kinds.next_bytes()) {
      list = kinds.bytes();
      context = {};
      if (kinds.number() != 2) continue;
      ASSIGN_OR_RETURN(context, member(list, ExampleListWithContext::kContextFieldNumber));
    }
    if (kinds.is_broken()) return broken();
    size_left_ = body.size() + cells_.size();
    memory_.call.form = RowForm::list;
    RETURN_IF_ERROR(read_example(context));
    common_ = cells_;
    return read_list(list);
  }

 private:
  // A cell as it was found, or that there is none.
  struct Found {
    bool is_there = false;
    Cell cell;
  };

  Result<void> read_list(std::string_view list) {
    PredictRequest& rows = memory_.call.request;
    WireFields fields(list);
    while (fields.next_bytes() && !memory_.faults.is_full()) {
      if (fields.number() != 1) continue;
      RETURN_IF_ERROR(count_row());
      cells_ = common_;
      RETURN_IF_ERROR(read_example(fields.bytes()));
      take_cells();
      ++rows.row_count;
    }
    if (fields.is_broken()) return broken();
    if (rows.row_count == 0) return invalid("there are no examples");
    return {};
  }

  // What an example may need is bounded by the message: a context makes rows of few bytes.
  Result<void> count_row() {
    if (memory_.call.request.row_count == kRowsPerRequestMax) {
      return fail(Code::resource_exhausted,
                  fmt::format("there are more than {} examples", kRowsPerRequestMax));
    }
    if (size_left_ < cells_.size()) {
      return invalid(
          "the examples have more cells than the message has bytes: features belong "
          "into the examples, not into the context");
    }
    size_left_ -= cells_.size();
    return {};
  }

  Result<void> read_example(std::string_view example) {
    ASSIGN_OR_RETURN(const std::string_view features, member(example, 1));
    WireFields fields(features);
    while (fields.next_bytes()) {
      if (fields.number() != 1) continue;
      ASSIGN_OR_RETURN(const std::string_view name, member(fields.bytes(), 1));
      ASSIGN_OR_RETURN(const std::string_view feature, member(fields.bytes(), 2));
      RETURN_IF_ERROR(read_feature(name, feature));
    }
    if (fields.is_broken()) return broken();
    return {};
  }

  // One feature by its name; or all of them, by the name of the input.
  Result<void> read_feature(std::string_view name, std::string_view feature) {
    if (const auto index = rows_.feature_index(name)) return read_cells(name, feature, *index, 1);
    if (!row_name_.empty() && name == row_name_) {
      return read_cells(name, feature, 0, cells_.size());
    }
    if (rows_.schema().takes_any_width) return {};
    return invalid(fmt::format("feature '{}' is unknown", printable_text(name)));
  }

  Result<void> read_cells(std::string_view name, std::string_view feature, std::size_t begin,
                          std::size_t count) {
    values_.clear();
    WireFields kinds(feature);
    while (kinds.next_bytes()) {
      values_.clear();
      RETURN_IF_ERROR(read_values(kinds.number(), kinds.bytes(), begin));
    }
    if (kinds.is_broken()) return broken();
    if (values_.empty() && count == 1) return {};  // is missing
    if (values_.size() != count) {
      return invalid(fmt::format("feature '{}' has {} values, expected {}", printable_text(name),
                                 values_.size(), count));
    }
    for (std::size_t index = 0; index < count; ++index) {
      cells_[begin + index] = {.is_there = true, .cell = values_[index]};
    }
    return {};
  }

  Result<void> read_values(int kind, std::string_view list, std::size_t begin) {
    switch (kind) {
      case Feature::kBytesListFieldNumber: return read_values_as<std::string_view>(list, begin);
      case Feature::kFloatListFieldNumber: return read_values_as<float>(list, begin);
      case Feature::kInt64ListFieldNumber: return read_values_as<std::int64_t>(list, begin);
      default: return {};
    }
  }

  template <class Value>
  Result<void> read_values_as(std::string_view list, std::size_t begin) {
    std::vector<Value> values;
    WireFields fields(list);
    while (fields.next()) {
      if (fields.number() == 1 && !append_values(fields, values)) return broken();
    }
    if (fields.is_broken()) return broken();
    const CellReader& cells = rows_.cells();
    for (std::size_t index = 0; index < values.size(); ++index) {
      const std::size_t feature = std::min(begin + index, cells_.size() - 1);
      if constexpr (std::is_same_v<Value, std::string_view>) {
        values_.push_back(cells.text(feature, values[index]));
      } else {
        values_.push_back(cells.number(feature, static_cast<double>(values[index])));
      }
    }
    return {};
  }

  void take_cells() {
    if (rows_.schema().takes_any_width) return;
    PredictRequest& rows = memory_.call.request;
    for (std::size_t feature = 0; feature < cells_.size(); ++feature) {
      const Found& found = cells_[feature];
      const Cell cell = found.is_there ? found.cell : rows_.cells().missing(feature);
      rows.cells.push_back(cell.value);
      if (cell.refusal == CellRefusal::none || memory_.faults.is_full()) continue;
      const CellFaultText text = cell_fault_message(cell.refusal);
      memory_.faults.add(
          {.type = text.type,
           .location = {"input", rows.row_count, rows_.schema().feature_names[feature]},
           .message = std::string(text.message),
           .input = "null"});
    }
  }

  const JsonRows& rows_;
  const std::string row_name_;  // what an example calls all features; empty: nothing
  PredictMemory& memory_;
  std::vector<Found> common_;  // of the context
  std::vector<Found> cells_;   // of the example that is read
  std::vector<Cell> values_;   // of the feature that is read
  std::size_t size_left_ = 0;  // cells that examples may still have
};

}  // namespace

Result<void> read_examples(std::string_view body, const SpokenModel& model, PredictMemory& memory) {
  return ExampleReader(model, memory).read(body);
}

}  // namespace ml_inference
