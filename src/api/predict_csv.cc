// SPDX-License-Identifier: MIT
#include "api/predict_csv.h"

#include "base/number_text.h"

#include <set>
#include <utility>

namespace ml_inference {
namespace {

std::string cell_of(std::string_view text) {
  std::string cell;
  append_csv_cell(cell, text);
  return cell;
}

// What stands before the names of each target's columns.
std::vector<std::string> prefixes(const Schema& schema) {
  if (schema.targets.size() == 1) return {""};
  std::set<std::string> names;
  for (const Target& target : schema.targets) names.insert(target.name);
  const bool has_names = names.size() == schema.targets.size() && !names.contains("");
  std::vector<std::string> texts;
  for (std::size_t index = 0; index < schema.targets.size(); ++index) {
    texts.push_back((has_names ? schema.targets[index].name : std::to_string(index)) + ".");
  }
  return texts;
}

void append_names(std::vector<std::string>& columns, const Target& target,
                  const std::string& prefix) {
  columns.push_back(cell_of(prefix + "prediction"));
  if (target.task == Task::classification && target.has_probabilities) {
    for (const Label& label : target.class_labels) {
      columns.push_back(cell_of(prefix + "probability_" + label_text(label)));
    }
  }
  if (target.score_count == 1) columns.push_back(cell_of(prefix + "score"));
  for (std::size_t index = 0; target.score_count > 1 && index < target.score_count; ++index) {
    columns.push_back(cell_of(prefix + "score_" + std::to_string(index)));
  }
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  const bool is_plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos &&
                        text.front() != ' ' && text.back() != ' ';
  if (is_plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char byte : text) {
    if (byte == '"') out += '"';
    out += byte;
  }
  out += '"';
}

PredictCsv::PredictCsv(const Schema& schema, ErrorColumn error_column)
    : error_column_(error_column) {
  const std::vector<std::string> before = prefixes(schema);
  for (const TargetAnswer& answer : target_answers(schema)) {
    append_names(columns_, answer.target, before[targets_.size()]);
    TargetCells& cells = targets_.emplace_back(TargetCells{answer, {}});
    for (const Label& label : cells.target.class_labels) {
      cells.labels.push_back(cell_of(label_text(label)));
    }
  }
}

void PredictCsv::append_header(std::string& out) const {
  for (const std::string& column : columns_) {
    if (&column != &columns_.front()) out += ',';
    out += column;
  }
  out += error_column_ == ErrorColumn::last ? ",error\n" : "\n";
}

void PredictCsv::append_row(std::string& out, std::span<const double> answer) const {
  for (const TargetCells& target : targets_) {
    if (&target != &targets_.front()) out += ',';
    if (target.target.task == Task::classification) {
      out += target.labels[target.best_class(answer)];
      if (target.target.has_probabilities) {
        for (const double probability : target.outputs(answer)) {
          out += ',';
          append_number(out, probability);
        }
      }
    } else {
      append_number(out, target.outputs(answer)[0]);
    }
    for (const double score : target.scores(answer)) {
      out += ',';
      append_number(out, score);
    }
  }
  out += error_column_ == ErrorColumn::last ? ",\n" : "\n";
}

void PredictCsv::append_no_answer(std::string& out, std::string_view reason) const {
  out.append(columns_.size() - 1, ',');
  if (error_column_ == ErrorColumn::last) {
    out += ',';
    append_csv_cell(out, reason);
  } else if (columns_.size() == 1) {
    out += "\"\"";  // an empty line would be no row
  }
  out += '\n';
}

}  // namespace ml_inference
