// SPDX-License-Identifier: MIT
// ai.onnx.ml: tree ensembles and linear models.
#include "formats/onnx/ensemble.h"
#include "formats/onnx/forest.h"
#include "formats/onnx/operators.h"
#include "model/graph/elementwise.h"
#include "model/graph/reduction.h"
#include "model/graph/trees.h"

#include <array>

namespace ml_inference {
namespace {

// A row of features as an operator of ai.onnx.ml takes it: [F] or [1, F].
std::size_t row_width(OnnxScope& scope, ValueId value) {
  const GraphShape& shape = scope.shape(value);
  const bool is_row = shape.size() == 1 || (shape.size() == 2 && shape[0] == 1);
  if (!is_row || element_count(shape) == 0 || scope.type_of(value) == ElementType::text) {
    scope.refuse_here(Code::unimplemented, "an input that is no row of numbers");
  }
  return element_count(shape);
}

// Sums in float64 where the input is, else in float32; thresholds likewise.
ForestForm form_for(OnnxScope& scope, ValueId value) {
  const NumberType type =
      scope.type_of(value) == ElementType::float64 ? NumberType::float64 : NumberType::float32;
  return {.feature_count = row_width(scope, value), .feature_type = type, .sum_type = type};
}

TreeScoresPlan plan_for(const OnnxScope& scope, ValueId value, const OnnxEnsemble& ensemble) {
  const bool is_double = scope.type_of(value) == ElementType::float64;
  return {.score_count = ensemble.output_count,
          .aggregate = ensemble.aggregate,
          .tree_count = ensemble.tree_count,
          .sum_type = is_double ? ElementType::float64 : ElementType::float32,
          .base = ensemble.base_values,
          .transform = ensemble.transform};
}

ValueId add_sums(OnnxScope& scope, ValueId value, const OnnxEnsemble& ensemble,
                 const ForestForm& form) {
  Forest forest = make_onnx_forest(ensemble, form);
  const GraphShape shape = {1, forest.output_count()};
  scope.reserve(shape);
  return scope.add(std::make_unique<Trees>(std::move(forest)), {value},
                   ValueSpec{.type = ElementType::float64, .shape = shape});
}

// A transform that onnxruntime leaves half done.
void refuse_probit_of_two(OnnxScope& scope, const OnnxEnsemble& ensemble) {
  if (ensemble.transform == PostTransform::probit && ensemble.two == TwoClasses::by_first) {
    scope.refuse_here(Code::unimplemented, "post_transform 'PROBIT' of two classes by one weight");
  }
}

void read_tree_classifier(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const ValueId value = scope.input(0);
  const OnnxEnsemble ensemble =
      read_onnx_ensemble(OnnxAttributes(scope.node(), scope.where()), scope.type());
  refuse_probit_of_two(scope, ensemble);
  ForestForm form = form_for(scope, value);
  TreeClasses::Plan plan{.scores = plan_for(scope, value, ensemble),
                         .two = ensemble.two,
                         .all_positive = ensemble.all_positive};
  const bool is_decided = ensemble.two == TwoClasses::by_first ||
                          (ensemble.two == TwoClasses::no && !ensemble.base_values.empty());
  if (!is_decided && may_leave_outputs_out(ensemble)) {
    form.leaves = LeafForm::counted;
    plan.scores.has_counts = true;
  }
  ValueSpec label{.type = ElementType::int64, .shape = {1}};
  const bool is_text = std::holds_alternative<std::string>(ensemble.class_labels[0]);
  if (is_text) label.type = ElementType::text;
  for (const Label& known : ensemble.class_labels) plan.labels.push_back(scope.element_of(known));
  // Of two classes that both have weights onnxruntime answers the place and not the label.
  if (ensemble.two == TwoClasses::by_both && !is_text) plan.labels = {0, 1};
  label.possible = plan.labels;
  const ValueId sums = add_sums(scope, value, ensemble, form);
  const GraphShape shape = {1, ensemble.output_count};
  scope.reserve(shape);
  const std::vector<ValueId> made =
      scope.add(std::make_unique<TreeClasses>(std::move(plan)), {sums},
                {std::move(label), {.type = ElementType::float32, .shape = shape}});
  scope.define(0, made[0]);
  scope.define(1, made[1]);
}

void read_tree_scores(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const ValueId value = scope.input(0);
  const OnnxEnsemble ensemble =
      read_onnx_ensemble(OnnxAttributes(scope.node(), scope.where()), scope.type());
  ForestForm form = form_for(scope, value);
  TreeScoresPlan plan = plan_for(scope, value, ensemble);
  if (scope.type() == "TreeEnsemble") {
    plan.out_type = plan.sum_type;
    form.takes_base = plan.aggregate == TreeAggregate::sum;
  }
  if (plan.aggregate == TreeAggregate::smallest || plan.aggregate == TreeAggregate::largest) {
    form.keeps_trees_apart = true;
    form.leaves = LeafForm::counted;
    plan.has_counts = true;
  } else if (ensemble.output_count > 1 && may_leave_outputs_out(ensemble)) {
    form.leaves = LeafForm::counted;
    plan.has_counts = true;
  }
  form.takes_base = form.takes_base && form.leaves == LeafForm::each_output;
  const ValueId sums = add_sums(scope, value, ensemble, form);
  const GraphShape shape = {1, ensemble.output_count};
  scope.reserve(shape);
  const ElementType type = plan.out_type;
  scope.define(0, scope.add(std::make_unique<TreeScores>(std::move(plan)), {sums},
                            ValueSpec{.type = type, .shape = shape}));
}

// --- linear models

// features x coefficients^T + intercepts, in float32.
ValueId add_products(OnnxScope& scope, std::size_t count, const OnnxNumbers& coefficients,
                     const OnnxNumbers& intercepts) {
  ValueId value = scope.input(0);
  const std::size_t width = row_width(scope, value);
  if (coefficients.size() != count * width) {
    scope.refuse_here(Code::data_loss, "coefficients has {} values, expected {} times {}",
                      coefficients.size(), count, width);
  }
  if (intercepts.size() != 0 && intercepts.size() != count) {
    scope.refuse_here(Code::data_loss, "intercepts has {} values, expected {}", intercepts.size(),
                      count);
  }
  if (scope.type_of(value) != ElementType::float32) {
    scope.reserve(scope.shape(value));
    value =
        scope.add(std::make_unique<Convert>(scope.type_of(value), ElementType::float32), {value},
                  ValueSpec{.type = ElementType::float32, .shape = scope.shape(value)});
  }
  scope.memory().take(coefficients.size(), sizeof(double));
  std::vector<double> weights(coefficients.size());
  for (std::size_t index = 0; index < weights.size(); ++index) weights[index] = coefficients[index];
  std::vector<ValueId> in = {
      value, scope.builder().constant({.shape = {count, width}}, std::move(weights))};
  std::optional<std::vector<std::uint32_t>> addend;
  if (intercepts.size() != 0) {
    std::vector<double> starts(count);
    for (std::size_t index = 0; index < count; ++index) starts[index] = intercepts[index];
    in.push_back(scope.builder().constant({.shape = {count}}, std::move(starts)));
    addend.emplace();
  }
  scope.reserve({1, count});
  return scope.add(
      std::make_unique<MatrixProduct>(
          MatrixProduct::Shape{
              .rows = 1, .inner = width, .columns = count, .right_is_transposed = true},
          ElementType::float32, std::move(addend)),
      in, ValueSpec{.type = ElementType::float32, .shape = {1, count}});
}

void read_linear_regressor(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here =
      scope.attributes({"coefficients", "intercepts", "post_transform", "targets"});
  const std::int64_t targets = here.integer("targets", 1);
  if (targets < 1 || targets > 10'000) {
    scope.refuse_here(Code::resource_exhausted, "{} targets, expected 1 to 10000", targets);
  }
  const PostTransform transform =
      post_transform_named(here.text("post_transform", "NONE"), scope.where());
  const ValueId products = add_products(scope, static_cast<std::size_t>(targets),
                                        here.reals("coefficients"), here.reals("intercepts"));
  const bool is_changed =
      transform == PostTransform::probit || (transform != PostTransform::none && targets > 1);
  if (!is_changed) return scope.define(0, products);
  scope.define(0, scope.add(std::make_unique<Transformed>(transform), {products},
                            ValueSpec{.shape = scope.shape(products)}));
}

void read_linear_classifier(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here =
      scope.attributes({"classlabels_ints", "classlabels_strings", "coefficients", "intercepts",
                        "multi_class", "post_transform"});
  LinearClasses::Plan plan;
  plan.transform = post_transform_named(here.text("post_transform", "NONE"), scope.where());
  std::vector<Label> labels = onnx_class_labels(here, "classlabels_ints", "classlabels_strings");
  // onnxruntime counts the classes by the intercepts.
  const std::size_t count = here.reals("intercepts").size();
  const bool is_text = !labels.empty() && std::holds_alternative<std::string>(labels[0]);
  if (count == 1 && labels.size() != 2) {
    labels = is_text ? std::vector<Label>{"0", "1"}
                     : std::vector<Label>{std::int64_t{0}, std::int64_t{1}};
  } else if (count == 1) {
    plan.adds_second = true;
  } else if (count == 0 || labels.size() != count) {
    scope.refuse_here(Code::data_loss, "{} class labels and {} intercepts", labels.size(), count);
  }
  if (plan.adds_second && plan.transform == PostTransform::probit) {
    scope.refuse_here(Code::unimplemented, "post_transform 'PROBIT' of two classes by one row");
  }
  for (const Label& label : labels) plan.labels.push_back(scope.element_of(label));
  const ValueId products =
      add_products(scope, count, here.reals("coefficients"), here.reals("intercepts"));
  ValueSpec label{.type = is_text ? ElementType::text : ElementType::int64,
                  .shape = {1},
                  .possible = plan.labels};
  const GraphShape shape = {1, plan.adds_second ? 2 : count};
  scope.reserve(shape);
  const std::vector<ValueId> made = scope.add(std::make_unique<LinearClasses>(std::move(plan)),
                                              {products}, {std::move(label), {.shape = shape}});
  scope.define(0, made[0]);
  scope.define(1, made[1]);
}

constexpr auto kOperators = std::to_array<OnnxOperator>({
    {"LinearClassifier", read_linear_classifier},
    {"LinearRegressor", read_linear_regressor},
    {"TreeEnsemble", read_tree_scores},
    {"TreeEnsembleClassifier", read_tree_classifier},
    {"TreeEnsembleRegressor", read_tree_scores},
});

}  // namespace

std::span<const OnnxOperator> ensemble_operators() { return kOperators; }

}  // namespace ml_inference
