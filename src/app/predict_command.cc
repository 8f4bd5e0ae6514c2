// SPDX-License-Identifier: MIT
// ml-inference predict
#include "api/predict_json.h"
#include "app/command_line.h"
#include "app/rows_file.h"
#include "base/json_text.h"
#include "formats/load_model.h"
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

// One batch: the rows that the model takes, and for each row of the file why it does not, if so.
struct Batch {
  PredictRequest request;
  std::vector<std::string> refusals;
};

Batch read_batch(RowsFile& rows, std::size_t begin, std::size_t end) {
  Batch batch;
  for (std::size_t row = begin; row < end; ++row) {
    const Result<void> appended = rows.append(row, batch.request);
    batch.refusals.push_back(appended ? "" : appended.error().message);
  }
  return batch;
}

void append_refusal(std::string& out, std::string_view reason) {
  out += R"({"error":)";
  append_json_string(out, reason);
  out += '}';
}

Result<void> print(const std::string& lines) {
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size() &&
      std::fflush(stdout) == 0) {
    return {};
  }
  return fail(Code::unavailable, "stdout takes no more");
}

// An answer, or the reason why there is none, a line a row.
std::string lines_of(const ServedModel& model, const PredictDialect& dialect, const Batch& batch,
                     PredictScratch& scratch) {
  std::span<const double> answers = model.predict(batch.request, scratch);
  const std::size_t width = model.schema().answer_width();
  std::string lines;
  for (const std::string& refusal : batch.refusals) {
    if (refusal.empty()) {
      dialect.append_row(lines, answers.first(width));
      answers = answers.subspan(width);
    } else {
      append_refusal(lines, refusal);
    }
    lines += '\n';
  }
  return lines;
}

Result<void> predict(const PredictOptions& options) {
  ASSIGN_OR_RETURN(Model model, load_model_file(options.model_path));
  ASSIGN_OR_RETURN(const auto served, ServedModel::make(std::move(model), options.model_path));
  ASSIGN_OR_RETURN(RowsFile rows, RowsFile::read(options.rows_path, *served));
  const PredictDialect dialect(served->schema());
  PredictScratch scratch;
  for (std::size_t begin = 0; begin < rows.row_count(); begin += kBatchRowCount) {
    const Batch batch = read_batch(rows, begin, std::min(begin + kBatchRowCount, rows.row_count()));
    RETURN_IF_ERROR(print(lines_of(*served, dialect, batch, scratch)));
  }
  return {};
}

}  // namespace

void add_predict_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* const command = app.add_subcommand(
      "predict", "predict the rows of a CSV or JSON lines file, one JSON object a line");
  command->add_option("MODEL", options->model_path, "model file")->required();
  command
      ->add_option(
          "ROWS", options->rows_path,
          "rows: CSV with the model's feature names in the first line, where an empty cell "
          "or nan is a missing value; or JSON lines, a row an array or an object by name, "
          "where null is a missing value and \"NaN\", \"Infinity\" and \"-Infinity\" stand "
          "for what JSON lacks. true and false are 1 and 0 where the feature takes numbers. A row "
          "that the model does not take gives {\"error\":...}")
      ->required();
  command->callback([options, &action] { action = [options] { return predict(*options); }; });
}

}  // namespace ml_inference
