// SPDX-License-Identifier: MIT
// ai.onnx: operators that make one number of several, or look at an axis as a whole.
#include "formats/onnx/operators.h"
#include "model/graph/elementwise.h"
#include "model/graph/reduction.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace ml_inference {
namespace {

AxisView view_of(const GraphShape& shape, std::size_t axis) {
  AxisView view{.axis = shape[axis]};
  for (std::size_t before = 0; before < axis; ++before) view.outer *= shape[before];
  for (std::size_t behind = axis + 1; behind < shape.size(); ++behind) view.inner *= shape[behind];
  return view;
}

// Which axes are reduced: attributes before version 13 or 18, then an input.
std::vector<bool> reduced_axes(OnnxScope& scope, const OnnxAttributes& here, std::size_t rank) {
  const auto given = here.short_integers("axes");
  std::vector<std::int64_t> axes(given.begin(), given.end());
  if (scope.has_input(1)) axes = scope.constant_integers(1);
  const bool takes_all = axes.empty() && here.integer("noop_with_empty_axes", 0) == 0;
  std::vector<bool> is_reduced(rank, takes_all);
  for (const std::int64_t axis : axes) is_reduced[scope.axis_of(axis, rank)] = true;
  return is_reduced;
}

// The elements in an order in which those that become one stand together.
std::vector<std::uint32_t> group_order(const GraphShape& shape,
                                       const std::vector<bool>& is_reduced) {
  std::vector<std::size_t> axes;
  for (const bool wanted : {false, true}) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (is_reduced[axis] == wanted) axes.push_back(axis);
    }
  }
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * shape[axis];
  }
  std::vector<std::uint32_t> order(element_count(shape));
  for (std::size_t index = 0; index < order.size(); ++index) {
    std::size_t rest = index;
    std::size_t at = 0;
    for (std::size_t position = axes.size(); position-- > 0;) {
      at += rest % shape[axes[position]] * strides[axes[position]];
      rest /= shape[axes[position]];
    }
    order[index] = static_cast<std::uint32_t>(at);
  }
  return order;
}

// onnxruntime takes 1 alone for true, the specification any number.
bool keeps_dimensions(const OnnxScope& scope, const OnnxAttributes& here) {
  const std::int64_t keeps = here.integer("keepdims", 1);
  if (keeps != 0 && keeps != 1) {
    scope.refuse_here(Code::unimplemented, "keepdims is {}, expected 0 or 1", keeps);
  }
  return keeps == 1;
}

void read_reduce(OnnxScope& scope) {
  scope.expect_inputs(1, 2);
  const OnnxAttributes here = scope.attributes({"axes", "keepdims", "noop_with_empty_axes"});
  const ValueId value = scope.input(0);
  const ElementType type = scope.type_of(value);
  const GraphShape from = scope.shape(value);
  if (!is_floating(type) && type != ElementType::int64) {
    scope.refuse_here(Code::data_loss, "of {}", element_type_name(type));
  }
  const std::vector<bool> is_reduced = reduced_axes(scope, here, from.size());
  const bool keeps = keeps_dimensions(scope, here);
  GraphShape shape;
  std::size_t group_size = 1;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (is_reduced[axis]) group_size *= from[axis];
    if (!is_reduced[axis]) shape.push_back(from[axis]);
    if (is_reduced[axis] && keeps) shape.push_back(1);
  }
  if (group_size == 0) scope.refuse_here(Code::data_loss, "an empty axis");
  scope.reserve(from);
  scope.reserve(shape);
  scope.define(0, scope.add(std::make_unique<Reduce>(*reduction_named(scope.type()), type,
                                                     group_order(from, is_reduced), group_size),
                            {value}, ValueSpec{.type = type, .shape = shape}));
}

// The shape without one axis, or with 1 there.
GraphShape without(const GraphShape& from, std::size_t axis, bool keeps) {
  GraphShape shape = from;
  if (keeps) {
    shape[axis] = 1;
  } else {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return shape;
}

void read_arg_best(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"axis", "keepdims", "select_last_index"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  const std::size_t axis = scope.axis_of(here.integer("axis", 0), from.size());
  if (from[axis] == 0) scope.refuse_here(Code::data_loss, "an empty axis");
  scope.reserve(from);
  ValueSpec spec{.type = ElementType::int64,
                 .shape = without(from, axis, keeps_dimensions(scope, here))};
  if (from[axis] <= 4096) {
    spec.possible.resize(from[axis]);
    std::iota(spec.possible.begin(), spec.possible.end(), 0.0);
  }
  scope.define(0,
               scope.add(std::make_unique<ArgBest>(
                             view_of(from, axis),
                             ArgBest::Options{.largest = scope.type() == "ArgMax",
                                              .last = here.integer("select_last_index", 0) != 0}),
                         {value}, std::move(spec)));
}

// Up to version 12 the axis splits the array in two halves, of which the second is one line.
void read_softmax(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"axis"});
  const ValueId value = scope.input(0);
  scope.expect_floats(value);
  const GraphShape from = scope.shape(value);
  const bool is_flat = scope.version() < 13;
  const std::size_t axis = scope.axis_of(here.integer("axis", is_flat ? 1 : -1), from.size());
  AxisView view = view_of(from, axis);
  if (is_flat) {
    view.axis *= view.inner;
    view.inner = 1;
  }
  scope.reserve(from);
  const ElementType type = scope.type_of(value);
  scope.define(0, scope.add(std::make_unique<Softmax>(view, type, scope.type() == "LogSoftmax"),
                            {value}, ValueSpec{.type = type, .shape = from}));
}

void read_cumulative_sum(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  const OnnxAttributes here = scope.attributes({"exclusive", "reverse"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  const std::vector<std::int64_t> axes = scope.constant_integers(1);
  if (axes.size() != 1) scope.refuse_here(Code::data_loss, "{} axes, expected 1", axes.size());
  const std::size_t axis = scope.axis_of(axes[0], from.size());
  scope.reserve(from);
  const ElementType type = scope.type_of(value);
  scope.define(0, scope.add(std::make_unique<CumulativeSum>(
                                view_of(from, axis), type,
                                CumulativeSum::Options{here.integer("exclusive", 0) != 0,
                                                       here.integer("reverse", 0) != 0}),
                            {value}, ValueSpec{.type = type, .shape = from}));
}

// The count is an attribute up to version 9, then an input.
void read_top(OnnxScope& scope) {
  scope.expect_inputs(1, 2);
  const OnnxAttributes here = scope.attributes({"axis", "k", "largest", "sorted"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  const std::size_t axis = scope.axis_of(here.integer("axis", -1), from.size());
  const std::vector<std::int64_t> counts = scope.has_input(1)
                                               ? scope.constant_integers(1)
                                               : std::vector<std::int64_t>{here.integer("k", 1)};
  if (counts.size() != 1 || counts[0] < 1 || counts[0] > static_cast<std::int64_t>(from[axis])) {
    scope.refuse_here(Code::data_loss, "of {} elements, expected 1 to {}",
                      counts.empty() ? 0 : counts[0], from[axis]);
  }
  GraphShape shape = from;
  shape[axis] = static_cast<std::size_t>(counts[0]);
  scope.reserve(from);
  scope.reserve(shape);
  const std::vector<ValueId> made = scope.add(
      std::make_unique<Top>(view_of(from, axis), shape[axis], here.integer("largest", 1) != 0),
      {value},
      {{.type = scope.type_of(value), .shape = shape},
       {.type = ElementType::int64, .shape = shape}});
  scope.define(0, made[0]);
  scope.define(1, made[1]);
}

// [.., K] x [K, M] or [K], where a missing size is dropped again.
void read_matrix_product(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  static_cast<void>(scope.attributes({}));
  const ValueId left = scope.input(0);
  const ValueId right = scope.input(1);
  scope.expect_floats(left);
  const GraphShape a = scope.shape(left);
  const GraphShape b = scope.shape(right);
  if (a.empty() || b.empty() || b.size() > 2 || a.back() != b[0] ||
      scope.type_of(right) != scope.type_of(left)) {
    scope.refuse_here(Code::unimplemented,
                      "matrices of these shapes or types, expected [.., K] and [K, M]");
  }
  GraphShape shape(a.begin(), a.end() - 1);
  const std::size_t rows = element_count(shape);
  const std::size_t columns = b.size() == 2 ? b[1] : 1;
  if (b.size() == 2) shape.push_back(columns);
  scope.reserve(shape);
  scope.reserve_products(rows, b[0], columns);
  scope.define(0,
               scope.add(std::make_unique<MatrixProduct>(
                             MatrixProduct::Shape{.rows = rows, .inner = b[0], .columns = columns},
                             scope.type_of(left), std::nullopt),
                         {left, right}, ValueSpec{.type = scope.type_of(left), .shape = shape}));
}

void read_gemm(OnnxScope& scope) {
  scope.expect_inputs(2, 3);
  const OnnxAttributes here = scope.attributes({"alpha", "beta", "transA", "transB"});
  std::vector<ValueId> in = {scope.input(0), scope.input(1)};
  scope.expect_floats(in[0]);
  const ElementType type = scope.type_of(in[0]);
  const GraphShape a = scope.shape(in[0]);
  const GraphShape b = scope.shape(in[1]);
  MatrixProduct::Shape product{.left_is_transposed = here.integer("transA", 0) != 0,
                               .right_is_transposed = here.integer("transB", 0) != 0,
                               .alpha = here.real("alpha", 1),
                               .beta = here.real("beta", 1)};
  if (a.size() != 2 || b.size() != 2 || scope.type_of(in[1]) != type) {
    scope.refuse_here(Code::data_loss, "inputs of {} and {} dimensions, expected 2 of one type",
                      a.size(), b.size());
  }
  product.rows = a[product.left_is_transposed ? 1 : 0];
  product.inner = a[product.left_is_transposed ? 0 : 1];
  product.columns = b[product.right_is_transposed ? 0 : 1];
  if (b[product.right_is_transposed ? 1 : 0] != product.inner) {
    scope.refuse_here(Code::data_loss, "the inner sizes of the inputs differ");
  }
  const GraphShape shape = {product.rows, product.columns};
  scope.reserve(shape);
  scope.reserve_products(product.rows, product.inner, product.columns);
  std::optional<std::vector<std::uint32_t>> addend;
  if (scope.has_input(2)) {
    in.push_back(scope.input(2));
    if (broadcast_shape(scope.shape(in[2]), shape) != shape || scope.type_of(in[2]) != type) {
      scope.refuse_here(Code::data_loss, "the third input does not fit");
    }
    addend = broadcast_map(scope.shape(in[2]), shape);
  }
  scope.define(0, scope.add(std::make_unique<MatrixProduct>(product, type, std::move(addend)), in,
                            ValueSpec{.type = type, .shape = shape}));
}

constexpr auto kOperators = std::to_array<OnnxOperator>({
    {"ArgMax", read_arg_best},
    {"ArgMin", read_arg_best},
    {"CumSum", read_cumulative_sum},
    {"Gemm", read_gemm},
    {"LogSoftmax", read_softmax},
    {"MatMul", read_matrix_product},
    {"ReduceL1", read_reduce},
    {"ReduceL2", read_reduce},
    {"ReduceLogSum", read_reduce},
    {"ReduceLogSumExp", read_reduce},
    {"ReduceMax", read_reduce},
    {"ReduceMean", read_reduce},
    {"ReduceMin", read_reduce},
    {"ReduceProd", read_reduce},
    {"ReduceSum", read_reduce},
    {"ReduceSumSquare", read_reduce},
    {"Softmax", read_softmax},
    {"TopK", read_top},
});

}  // namespace

std::span<const OnnxOperator> reduction_operators() { return kOperators; }

}  // namespace ml_inference
