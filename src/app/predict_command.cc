// SPDX-License-Identifier: MIT
// ml-inference predict
#include "api/predict_json.h"
#include "app/command_line.h"
#include "base/printable_text.h"
#include "data/csv.h"
#include "data/table.h"
#include "formats/load_model.h"
#include "serving/row_check.h"
#include "serving/served_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

struct PredictOptions {
  std::string model_path;
  std::string rows_path;
};

// Rows that are predicted and printed together: enough to make the engine's start cheap.
constexpr std::size_t kBatchRowCount = 1'024;

// By feature, the column of the table that holds it.
Result<std::vector<std::size_t>> find_feature_columns(const Schema& schema, const Table& table) {
  std::vector<std::size_t> columns;
  std::string missing;
  for (const std::string& name : schema.feature_names) {
    if (const auto column = table.find_column(name)) {
      columns.push_back(*column);
    } else {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", name);
    }
  }
  if (!missing.empty()) {
    return fail(
        Code::invalid_argument,
        fmt::format("the rows lack {} of the model's {} features: {}",
                    schema.feature_count() - columns.size(), schema.feature_count(), missing));
  }
  return columns;
}

void warn_of_other_columns(const Schema& schema, const Table& table) {
  for (const std::string& name : table.column_names()) {
    if (name == schema.target_name || std::ranges::count(schema.feature_names, name) > 0) {
      continue;
    }
    fmt::print(stderr, "ml-inference: warning: column '{}' is no feature of the model: ignored\n",
               printable_text(name));
  }
}

Result<void> read_row(const Schema& schema, const Table& table,
                      const std::vector<std::size_t>& columns, std::size_t row,
                      PredictRequest& request) {
  for (const std::size_t column : columns) {
    ASSIGN_OR_RETURN(const double value, table.number(row, column));
    if (const CellFault fault = cell_fault(schema, value); fault != CellFault::none) {
      return fail(Code::invalid_argument,
                  fmt::format("{} {}", table.place(row, column), cell_fault_text(fault)));
    }
    request.cells.push_back(value);
  }
  ++request.row_count;
  return {};
}

Result<void> print(const std::string& lines) {
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size() &&
      std::fflush(stdout) == 0) {
    return {};
  }
  return fail(Code::unavailable, "stdout takes no more");
}

Result<void> predict_rows(const ServedModel& model, const Table& table) {
  const Schema& schema = model.schema();
  ASSIGN_OR_RETURN(const std::vector<std::size_t> columns, find_feature_columns(schema, table));
  warn_of_other_columns(schema, table);
  const PredictDialect dialect(schema);
  PredictScratch scratch;
  for (std::size_t begin = 0; begin < table.row_count(); begin += kBatchRowCount) {
    PredictRequest batch;
    const std::size_t end = std::min(begin + kBatchRowCount, table.row_count());
    for (std::size_t row = begin; row < end; ++row) {
      RETURN_IF_ERROR(read_row(schema, table, columns, row, batch));
    }
    const std::span<const double> outputs = model.predict(batch, scratch);
    std::string lines;
    for (std::size_t row = 0; row < batch.row_count; ++row) {
      dialect.append_row(lines,
                         outputs.subspan(row * schema.output_count(), schema.output_count()));
      lines += '\n';
    }
    RETURN_IF_ERROR(print(lines));
  }
  return {};
}

Result<void> predict(const PredictOptions& options) {
  ASSIGN_OR_RETURN(Model model, load_model_file(options.model_path));
  ASSIGN_OR_RETURN(const auto served, ServedModel::make(std::move(model), options.model_path));
  ASSIGN_OR_RETURN(const Table table, read_csv_file(options.rows_path));
  if (const Result<void> done = predict_rows(*served, table); !done) {
    return fail(done.error().code, options.rows_path + ": " + done.error().message);
  }
  return {};
}

}  // namespace

void add_predict_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* const command =
      app.add_subcommand("predict", "predict the rows of a CSV file, one JSON object a line");
  command->add_option("MODEL", options->model_path, "model file")->required();
  command
      ->add_option(
          "ROWS.csv", options->rows_path,
          "rows, with the model's feature names in the first line; an empty cell or nan is "
          "a missing value, inf an infinity, where the model allows them")
      ->required();
  command->callback([options, &action] { action = [options] { return predict(*options); }; });
}

}  // namespace ml_inference
