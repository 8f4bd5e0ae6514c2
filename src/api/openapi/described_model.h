// SPDX-License-Identifier: MIT
// A version of a model in the OpenAPI document: its rows and its answers, as every dialect of JSON
// has them.
//
// The schemas say exactly which rows are taken, as far as JSON Schema can: it cannot compare two
// lists' lengths, nor tell rows that a library refuses as a whole.
#pragma once

#include "api/model_tensors.h"
#include "api/openapi/json_schema.h"
#include "serving/model_catalog.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What a dialect of JSON takes in a cell.
enum class CellForm {
  strict,  ///< as our own: the value itself
  loose,   ///< also true and false as numbers, and a list of the one value
};

/// Threads: immutable.
class DescribedModel {
 public:
  /// version  one that answers (asserted). prefix  what the names of its schemas begin with:
  /// "iris.v1."; of [A-Za-z0-9._-] alone. Both live as long.
  DescribedModel(const CatalogModel& model, const ModelVersion& version, std::string prefix);

  [[nodiscard]] const Schema& schema() const { return version_.model->schema(); }
  [[nodiscard]] const ModelTensors& tensors() const { return tensors_; }
  [[nodiscard]] const std::string& name() const { return model_.name; }

  /// Whether its features are few enough to be named one by one.
  [[nodiscard]] bool names_features() const;

  /// Whether they are so few that they may be named again and again.
  [[nodiscard]] bool names_columns() const;

  /// A reference to one of its schemas: "Row".
  [[nodiscard]] Json part(std::string_view name) const;

  /// The schema's name among the components: "iris.v1.Row".
  [[nodiscard]] std::string part_name(std::string_view name) const {
    return prefix_ + std::string(name);
  }

  /// What the cell of a feature may be.
  [[nodiscard]] Json cell(std::size_t feature, CellForm form) const;

  /// The same without a list around it.
  [[nodiscard]] Json loose_scalar(std::size_t feature) const;

  /// A row by position.
  [[nodiscard]] Json row(CellForm form) const;

  /// A row by name. least  how many features it has to name; as many as there are: all.
  [[nodiscard]] Json named_row(CellForm form, std::size_t least) const;
  [[nodiscard]] Json named_row(CellForm form) const {
    return named_row(form, schema().feature_count());
  }

  /// A row that is right: 5.1, 3.5 ... where numbers are taken, else the first category.
  [[nodiscard]] JsonArray example_row() const;

  /// The same by name; empty where the features are not named.
  [[nodiscard]] JsonObject example_named_row() const;

  /// What an output of a row is: a value or a list.
  [[nodiscard]] Json output(std::size_t index) const;

  /// What the answer to one row is where the client has not said which outputs it wants, or any
  /// that it could want.
  [[nodiscard]] Json first_value() const;
  [[nodiscard]] Json any_value() const;

  /// The names by which clients choose an output: those of the outputs, and of several targets'
  /// ones what they have in common.
  [[nodiscard]] std::vector<std::string> method_names() const;

  /// The schemas that the references above lead to.
  [[nodiscard]] JsonObject schemas() const;

 private:
  [[nodiscard]] Json category_cell(const Categories& categories) const;
  [[nodiscard]] Json number_cell() const;
  [[nodiscard]] Json element(const OutputTensor& output) const;

  const CatalogModel& model_;
  const ModelVersion& version_;
  std::string prefix_;
  ModelTensors tensors_;
};

/// A schema of the labels: an enumeration, or of very many what they have in common.
/// as_texts  as label_text() has them.
[[nodiscard]] Json label_schema(const std::vector<Label>& labels, bool as_texts = false);

/// The text as a regular expression that fits it alone.
[[nodiscard]] std::string escaped_pattern(std::string_view text);

/// Of any number of an answer: what JSON has none for is a text.
[[nodiscard]] Json number_schema();

}  // namespace ml_inference
