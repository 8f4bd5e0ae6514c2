// SPDX-License-Identifier: MIT
// ai.onnx.ml: operators that prepare features and name results.
#include "formats/onnx/ensemble.h"
#include "formats/onnx/operators.h"
#include "model/graph/elementwise.h"
#include "model/graph/movement.h"
#include "model/graph/reduction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

// What an operator calls a line: the last size, or all of one dimension.
std::size_t line_width(const GraphShape& shape) {
  return shape.empty() ? 1 : shape.size() == 1 ? shape[0] : shape[1];
}

std::vector<double> numbers_of(OnnxScope& scope, const OnnxNumbers& numbers) {
  scope.memory().take(numbers.size(), sizeof(double));
  std::vector<double> all(numbers.size());
  for (std::size_t index = 0; index < all.size(); ++index) all[index] = numbers[index];
  return all;
}

// (x - offset) * scale. One number may serve for all columns.
void read_scaler(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"offset", "scale"});
  ValueId value = scope.input(0);
  const GraphShape shape = scope.shape(value);
  const bool is_double = scope.type_of(value) == ElementType::float64;
  const ElementType type = is_double ? ElementType::float64 : ElementType::float32;
  const auto by = [&](std::string_view operation, std::string_view name) {
    const std::vector<double> numbers = numbers_of(scope, here.reals(name));
    const std::size_t width = line_width(shape);
    if (numbers.size() != 1 && numbers.size() != width) {
      scope.refuse_here(Code::data_loss, "{} has {} values, expected 1 or {}", name, numbers.size(),
                        width);
    }
    scope.reserve(shape);
    std::vector<std::uint32_t> map(element_count(shape));
    for (std::size_t index = 0; index < map.size(); ++index) {
      map[index] = static_cast<std::uint32_t>(numbers.size() == 1 ? 0 : index % width);
    }
    const ValueId constant =
        scope.builder().constant({.type = type, .shape = {numbers.size()}}, numbers);
    value = scope.add(std::make_unique<Binary>(binary_function(operation, type),
                                               std::vector<std::uint32_t>{}, std::move(map)),
                      {value, constant}, ValueSpec{.type = type, .shape = shape});
  };
  if (scope.type_of(value) == ElementType::int64) {
    scope.reserve(shape);
    value = scope.add(std::make_unique<Convert>(ElementType::int64, type), {value},
                      ValueSpec{.type = type, .shape = shape});
  }
  by("Sub", "offset");
  by("Mul", "scale");
  if (is_double) {
    scope.reserve(shape);
    value = scope.add(std::make_unique<Convert>(type, ElementType::float32), {value},
                      ValueSpec{.type = ElementType::float32, .shape = shape});
  }
  scope.define(0, value);
}

void read_normalizer(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const std::string_view norm = scope.attributes({"norm"}).text("norm", "MAX");
  const ValueId value = scope.input(0);
  const GraphShape shape = scope.shape(value);
  if (shape.empty() || shape.size() > 2 || element_count(shape) == 0) {
    scope.refuse_here(Code::data_loss, "of {} dimensions, expected 1 or 2", shape.size());
  }
  Norm chosen = Norm::largest;
  if (norm == "L1") chosen = Norm::l1;
  if (norm == "L2") chosen = Norm::l2;
  if (norm != "MAX" && chosen == Norm::largest) {
    scope.refuse_here(Code::unimplemented, "norm {} is not known here, expected MAX, L1 or L2",
                      quoted_text(norm));
  }
  scope.reserve(shape);
  scope.define(0, scope.add(std::make_unique<Normalize>(chosen, line_width(shape)), {value},
                            ValueSpec{.type = ElementType::float32, .shape = shape}));
}

void read_imputer(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"imputed_value_floats", "imputed_value_int64s",
                                                "replaced_value_float", "replaced_value_int64"});
  const ValueId value = scope.input(0);
  const ElementType type = scope.type_of(value);
  const GraphShape shape = scope.shape(value);
  std::vector<double> by = numbers_of(scope, here.reals("imputed_value_floats"));
  double replaced = here.real("replaced_value_float", 0);
  if (type == ElementType::int64) {
    const auto whole = here.integers("imputed_value_int64s");
    scope.memory().take(whole.size(), sizeof(double));
    by.assign(whole.begin(), whole.end());
    replaced = static_cast<double>(here.integer("replaced_value_int64", 0));
  }
  if (by.empty())
    scope.refuse_here(Code::data_loss, "no values to impute for {}", element_type_name(type));
  // Another number of values than columns: the first serves for all.
  if (by.size() != line_width(shape)) by.resize(1);
  scope.reserve(shape);
  scope.define(0, scope.add(std::make_unique<Replace>(replaced, std::move(by)), {value},
                            ValueSpec{.type = type, .shape = shape}));
}

void read_binarizer(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const double threshold = scope.attributes({"threshold"}).real("threshold", 0);
  const ValueId value = scope.input(0);
  scope.expect_floats(value);
  const ElementType type = scope.type_of(value);
  const GraphShape shape = scope.shape(value);
  scope.reserve(shape);
  scope.define(0, scope.add(std::make_unique<Binarize>(threshold), {value},
                            ValueSpec{.type = type, .shape = shape}));
}

// --- tables

struct Table {
  ElementType key_type = ElementType::text;
  ElementType value_type = ElementType::int64;
  std::vector<double> keys;
  std::vector<double> values;
  double otherwise = -1;
};

// What an entry of a table takes: its key and its value, and both once more in a map.
constexpr std::size_t kEntrySize = 80;

std::vector<double> text_numbers(OnnxScope& scope, const std::vector<std::string_view>& texts) {
  scope.memory().take(texts.size(), kEntrySize / 2);
  std::vector<double> numbers;
  numbers.reserve(texts.size());
  for (const std::string_view text : texts) numbers.push_back(scope.text_number(text));
  return numbers;
}

std::vector<double> whole_numbers(OnnxScope& scope, const OnnxIntegers& given) {
  scope.memory().take(given.size(), kEntrySize / 2);
  return {given.begin(), given.end()};
}

// keys_strings, keys_int64s, keys_floats or keys_tensor, of which one is there; values likewise.
std::vector<double> table_side(OnnxScope& scope, const OnnxAttributes& here, std::string_view side,
                               ElementType& type) {
  const std::string name(side);
  if (here.has(name + "_strings")) {
    type = ElementType::text;
    return text_numbers(scope, here.texts(name + "_strings"));
  }
  if (here.has(name + "_int64s")) {
    type = ElementType::int64;
    return whole_numbers(scope, here.integers(name + "_int64s"));
  }
  if (here.has(name + "_floats")) {
    type = ElementType::float32;
    const OnnxNumbers numbers = here.reals(name + "_floats");
    scope.memory().take(numbers.size(), kEntrySize / 2);
    return numbers_of(scope, numbers);
  }
  const std::optional<OnnxTensorFields> tensor = here.tensor(name + "_tensor");
  if (!tensor) scope.refuse_here(Code::data_loss, "no {}", name);
  OnnxTensor read = read_onnx_tensor(*tensor, std::size_t{1} << 24,
                                     fmt::format("{}: {}", scope.where(), name), scope.memory());
  type = read.type;
  if (type == ElementType::text) return text_numbers(scope, read.texts);
  scope.memory().take(read.numbers.size(), kEntrySize / 2);
  return std::move(read.numbers);
}

double table_default(OnnxScope& scope, const OnnxAttributes& here, ElementType type) {
  if (const std::optional<OnnxTensorFields> tensor = here.tensor("default_tensor")) {
    const OnnxTensor read =
        read_onnx_tensor(*tensor, 1, scope.where() + ": default_tensor", scope.memory());
    if (read.type != type || read.numbers.size() + read.texts.size() != 1) {
      scope.refuse_here(Code::data_loss, "default_tensor is not one {}", element_type_name(type));
    }
    return read.texts.empty() ? read.numbers[0] : scope.text_number(read.texts[0]);
  }
  switch (type) {
    case ElementType::text: return scope.text_number(here.text("default_string", "_Unused"));
    case ElementType::int64:
    case ElementType::boolean: return static_cast<double>(here.integer("default_int64", -1));
    case ElementType::float32:
    case ElementType::float64: return here.real("default_float", -0.0);
  }
  return 0;
}

// Version 1: texts and their places, one way or the other.
Table places_table(OnnxScope& scope, const OnnxAttributes& here, ElementType from) {
  Table table;
  table.keys = text_numbers(scope, here.texts("classes_strings"));
  for (std::size_t index = 0; index < table.keys.size(); ++index) {
    table.values.push_back(static_cast<double>(index));
  }
  table.otherwise = static_cast<double>(here.integer("default_int64", -1));
  if (from == ElementType::text) return table;
  std::swap(table.keys, table.values);
  std::swap(table.key_type, table.value_type);
  table.otherwise = scope.text_number(here.text("default_string", "_Unused"));
  return table;
}

void add_table(OnnxScope& scope, ValueId value, const Table& table) {
  if (table.keys.size() != table.values.size()) {
    scope.refuse_here(Code::data_loss, "{} keys and {} values", table.keys.size(),
                      table.values.size());
  }
  if (table.key_type != scope.type_of(value)) {
    scope.refuse_here(Code::data_loss, "the keys are {}, the input is {}",
                      element_type_name(table.key_type), element_type_name(scope.type_of(value)));
  }
  std::unordered_map<double, double> values;
  double of_nan = table.otherwise;
  bool has_nan = false;
  ValueSpec spec{.type = table.value_type, .shape = scope.shape(value)};
  for (std::size_t index = 0; index < table.keys.size(); ++index) {
    // The first of equal keys counts; NaN is a key from version 4 on.
    if (std::isnan(table.keys[index])) {
      if (scope.version() >= 4 && !has_nan) of_nan = table.values[index];
      has_nan = true;
      continue;
    }
    values.emplace(table.keys[index], table.values[index]);
  }
  if (!is_floating(spec.type)) {
    spec.possible = table.values;
    const std::vector<double>& before = scope.spec(value).possible;
    const bool is_complete = !before.empty() && std::ranges::all_of(before, [&](double key) {
      return values.contains(key);
    });
    if (!is_complete) spec.possible.push_back(table.otherwise);
    std::vector<double> once;
    for (const double possible : spec.possible) {
      if (once.size() > 4096) break;
      if (std::ranges::find(once, possible) == once.end()) once.push_back(possible);
    }
    spec.possible = once.size() > 4096 ? std::vector<double>{} : once;
  }
  scope.reserve(spec.shape);
  scope.define(0, scope.add(std::make_unique<LookUp>(std::move(values), of_nan, table.otherwise),
                            {value}, std::move(spec)));
}

void read_label_encoder(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes(
      {"classes_strings", "default_float", "default_int64", "default_string", "default_tensor",
       "keys_floats", "keys_int64s", "keys_strings", "keys_tensor", "values_floats",
       "values_int64s", "values_strings", "values_tensor"});
  const ValueId value = scope.input(0);
  if (here.has("classes_strings")) {
    return add_table(scope, value, places_table(scope, here, scope.type_of(value)));
  }
  Table table;
  table.keys = table_side(scope, here, "keys", table.key_type);
  table.values = table_side(scope, here, "values", table.value_type);
  table.otherwise = table_default(scope, here, table.value_type);
  add_table(scope, value, table);
}

void read_category_mapper(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here =
      scope.attributes({"cats_int64s", "cats_strings", "default_int64", "default_string"});
  const ValueId value = scope.input(0);
  Table table;
  table.keys = text_numbers(scope, here.texts("cats_strings"));
  table.values = whole_numbers(scope, here.integers("cats_int64s"));
  table.otherwise = static_cast<double>(here.integer("default_int64", -1));
  if (scope.type_of(value) != ElementType::text) {
    std::swap(table.keys, table.values);
    std::swap(table.key_type, table.value_type);
    table.otherwise = scope.text_number(here.text("default_string", "_Unused"));
  }
  add_table(scope, value, table);
}

void read_one_hot(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"cats_int64s", "cats_strings", "zeros"});
  const ValueId value = scope.input(0);
  std::vector<double> keys = whole_numbers(scope, here.integers("cats_int64s"));
  const bool takes_texts = scope.type_of(value) == ElementType::text;
  if (takes_texts) keys = text_numbers(scope, here.texts("cats_strings"));
  if (keys.empty())
    scope.refuse_here(Code::data_loss, "no categories for {}",
                      element_type_name(scope.type_of(value)));
  std::unordered_map<double, std::size_t> positions;
  for (std::size_t index = 0; index < keys.size(); ++index) positions[keys[index]] = index;
  GraphShape shape = scope.shape(value);
  shape.push_back(keys.size());
  scope.reserve(shape);
  scope.define(0, scope.add(std::make_unique<OneHot>(std::move(positions), keys.size(),
                                                     here.integer("zeros", 1) != 0),
                            {value}, ValueSpec{.type = ElementType::float32, .shape = shape}));
}

// --- columns

// Each input is cut or filled with zeros to its size.
void read_feature_vectorizer(OnnxScope& scope) {
  const OnnxAttributes here = scope.attributes({"inputdimensions"});
  const auto sizes = here.short_integers("inputdimensions");
  std::vector<ValueId> in = scope.inputs();
  if (in.empty() || sizes.size() != in.size()) {
    scope.refuse_here(Code::data_loss, "inputdimensions has {} values, expected {}", sizes.size(),
                      in.size());
  }
  const ValueId zero = scope.constant(ElementType::float32, {}, {0});
  std::vector<ElementSource> sources;
  for (std::size_t part = 0; part < in.size(); ++part) {
    const std::size_t given = element_count(scope.shape(in[part]));
    const std::int64_t size = sizes[part];
    static_cast<void>(scope.reserved_shape({size}));
    for (std::size_t index = 0; index < static_cast<std::size_t>(size); ++index) {
      const bool is_there = index < given;
      sources.push_back({static_cast<std::uint32_t>(is_there ? part : in.size()),
                         static_cast<std::uint32_t>(is_there ? index : 0)});
    }
    if (scope.type_of(in[part]) != ElementType::float32) {
      if (scope.type_of(in[part]) == ElementType::text) {
        scope.refuse_here(Code::data_loss, "input {} is string", part);
      }
      scope.reserve(scope.shape(in[part]));
      in[part] = scope.add(std::make_unique<Convert>(scope.type_of(in[part]), ElementType::float32),
                           {in[part]},
                           ValueSpec{.type = ElementType::float32, .shape = scope.shape(in[part])});
    }
  }
  in.push_back(zero);
  const std::size_t width = sources.size();
  scope.define(0, scope.add(std::make_unique<Move>(std::move(sources)), std::move(in),
                            ValueSpec{.type = ElementType::float32, .shape = {1, width}}));
}

// Elements of the last axis.
void read_array_feature_extractor(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  static_cast<void>(scope.attributes({}));
  const ValueId data = scope.input(0);
  const ValueId indices = scope.input(1);
  const GraphShape from = scope.shape(data);
  const std::size_t count = element_count(scope.shape(indices));
  if (from.empty() || from.back() == 0 || count == 0 ||
      scope.type_of(indices) != ElementType::int64) {
    scope.refuse_here(Code::data_loss, "no elements or no int64 indices");
  }
  const auto size = static_cast<double>(from.back());
  std::vector<double> possible = scope.spec(indices).possible;
  if (scope.builder().is_constant(indices)) possible = scope.constant_numbers(1);
  const bool may_fail = possible.empty() || std::ranges::any_of(possible, [&](double index) {
                          return index < 0 || index >= size;
                        });
  if (may_fail && scope.builder().is_constant(indices)) {
    scope.refuse_here(Code::data_loss, "an index lies beyond the {} elements", from.back());
  }
  GraphShape shape = from;
  shape.back() = count;
  if (from.size() == 1) shape = {1, count};
  scope.reserve(shape);
  ValueSpec spec{.type = scope.type_of(data), .shape = shape};
  if (!is_floating(spec.type)) {
    spec.possible = scope.spec(data).possible;
    if (scope.builder().is_constant(data)) spec.possible = scope.constant_numbers(0);
  }
  const AxisView view{.outer = element_count(from) / from.back(), .axis = from.back()};
  scope.define(0, scope.add(std::make_unique<GatherBy>(view, false, may_fail), {data, indices},
                            std::move(spec)));
}

void read_zip_map(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"classlabels_int64s", "classlabels_strings"});
  const ValueId value = scope.input(0);
  std::vector<Label> labels = onnx_class_labels(here, "classlabels_int64s", "classlabels_strings");
  if (labels.size() != element_count(scope.shape(value))) {
    scope.refuse_here(Code::data_loss, "{} class labels for {} scores", labels.size(),
                      element_count(scope.shape(value)));
  }
  scope.memory().take(labels.size(), sizeof(Label));
  const ValueId map = scope.reshaped(value, scope.shape(value));
  scope.set_map_labels(map, std::move(labels));
  scope.define(0, map);
}

constexpr auto kOperators = std::to_array<OnnxOperator>({
    {"ArrayFeatureExtractor", read_array_feature_extractor},
    {"Binarizer", read_binarizer},
    {"CategoryMapper", read_category_mapper},
    {"FeatureVectorizer", read_feature_vectorizer},
    {"Imputer", read_imputer},
    {"LabelEncoder", read_label_encoder},
    {"Normalizer", read_normalizer},
    {"OneHotEncoder", read_one_hot},
    {"Scaler", read_scaler},
    {"ZipMap", read_zip_map},
});

}  // namespace

std::span<const OnnxOperator> ml_operators() { return kOperators; }

}  // namespace ml_inference
