// SPDX-License-Identifier: MIT
// ai.onnx: operators that put elements elsewhere and compute nothing.
#include "formats/onnx/operators.h"
#include "model/graph/elementwise.h"
#include "model/graph/movement.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <set>

namespace ml_inference {
namespace {

using Sources = std::vector<ElementSource>;

// Makes the node's output of moved elements of its inputs.
ValueId add_move(OnnxScope& scope, Sources sources, std::vector<ValueId> in, GraphShape shape) {
  ValueSpec spec{.type = scope.type_of(in[0]), .shape = std::move(shape)};
  spec.possible = scope.spec(in[0]).possible;
  bool is_known = !spec.possible.empty();
  for (const ValueId value : in) {
    const std::vector<double>& others = scope.spec(value).possible;
    is_known = is_known && !others.empty();
    if (others == spec.possible) continue;
    std::set<double> all(spec.possible.begin(), spec.possible.end());
    all.insert(others.begin(), others.end());
    spec.possible.assign(all.begin(), all.end());
  }
  if (!is_known) spec.possible.clear();
  return scope.add(std::make_unique<Move>(std::move(sources)), std::move(in), std::move(spec));
}

// For each element of an array of that shape, where it lies: calls at(indices).
template <class At>
Sources sources_of(const GraphShape& shape, const At& at) {
  Sources sources(element_count(shape));
  GraphShape indices(shape.size(), 0);
  for (ElementSource& source : sources) {
    source = at(indices);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++indices[axis] < shape[axis]) break;
      indices[axis] = 0;
    }
  }
  return sources;
}

std::uint32_t flat_index(const GraphShape& shape, const GraphShape& indices) {
  std::size_t at = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) at = at * shape[axis] + indices[axis];
  return static_cast<std::uint32_t>(at);
}

AxisView view_of(const GraphShape& shape, std::size_t axis) {
  AxisView view{.axis = shape[axis]};
  for (std::size_t before = 0; before < axis; ++before) view.outer *= shape[before];
  for (std::size_t behind = axis + 1; behind < shape.size(); ++behind) view.inner *= shape[behind];
  return view;
}

void read_concat(OnnxScope& scope) {
  const OnnxAttributes here = scope.attributes({"axis"});
  const std::vector<ValueId> in = scope.inputs();
  if (in.empty()) scope.refuse_here(Code::data_loss, "no inputs, expected at least 1");
  GraphShape shape = scope.shape(in[0]);
  const std::size_t axis = scope.axis_of(here.integer("axis", 1), shape.size());
  shape[axis] = 0;
  for (const ValueId value : in) {
    GraphShape expected = shape;
    if (scope.shape(value).size() != shape.size()) {
      scope.refuse_here(Code::data_loss, "inputs of {} and {} dimensions", shape.size(),
                        scope.shape(value).size());
    }
    expected[axis] = scope.shape(value)[axis];
    if (scope.shape(value) != expected || scope.type_of(value) != scope.type_of(in[0])) {
      scope.refuse_here(Code::data_loss, "the shapes or types of the inputs do not fit");
    }
    shape[axis] += expected[axis];
  }
  scope.reserve(shape);
  const AxisView whole = view_of(shape, axis);
  Sources sources;
  sources.reserve(element_count(shape));
  for (std::size_t outer = 0; outer < whole.outer; ++outer) {
    for (std::size_t part = 0; part < in.size(); ++part) {
      const std::size_t run = scope.shape(in[part])[axis] * whole.inner;
      for (std::size_t index = 0; index < run; ++index) {
        sources.push_back(
            {static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(outer * run + index)});
      }
    }
  }
  scope.define(0, add_move(scope, std::move(sources), in, shape));
}

// 0 keeps a size, -1 takes what is left.
GraphShape reshaped_sizes(OnnxScope& scope, const GraphShape& from,
                          const std::vector<std::int64_t>& wanted, bool zero_is_zero) {
  GraphShape shape;
  std::size_t known = 1;
  std::optional<std::size_t> open;
  if (wanted.size() > 8) scope.refuse_here(Code::resource_exhausted, "{} sizes", wanted.size());
  const std::size_t count = element_count(from);
  for (std::size_t axis = 0; axis < wanted.size(); ++axis) {
    std::int64_t size = wanted[axis];
    if (size == 0 && !zero_is_zero && axis < from.size()) {
      size = static_cast<std::int64_t>(from[axis]);
    }
    if (size == -1 && !open) {
      open = axis;
      size = 1;
    }
    if (size < 0 || size > static_cast<std::int64_t>(std::max<std::size_t>(count, 1))) {
      scope.refuse_here(Code::data_loss, "a size of {} for {} elements", wanted[axis], count);
    }
    shape.push_back(static_cast<std::size_t>(size));
    known *= shape.back();
    if (known > std::max<std::size_t>(count, 1)) {
      scope.refuse_here(Code::data_loss, "more elements than {}", count);
    }
  }
  if (open && known != 0) shape[*open] = count / known;
  if (element_count(shape) != count) {
    scope.refuse_here(Code::data_loss, "{} elements become {}", count, element_count(shape));
  }
  return shape;
}

void read_reshape(OnnxScope& scope) {
  scope.expect_inputs(1, 2);
  const OnnxAttributes here = scope.attributes({"shape", "allowzero"});
  const ValueId value = scope.input(0);
  const auto attribute = here.short_integers("shape");  // version 1
  const std::vector<std::int64_t> wanted =
      scope.has_input(1) ? scope.constant_integers(1)
                         : std::vector<std::int64_t>(attribute.begin(), attribute.end());
  scope.define(0, scope.reshaped(value, reshaped_sizes(scope, scope.shape(value), wanted,
                                                       here.integer("allowzero", 0) != 0)));
}

void read_flatten(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const ValueId value = scope.input(0);
  const GraphShape& shape = scope.shape(value);
  const std::int64_t axis = scope.attributes({"axis"}).integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at > rank)
    scope.refuse_here(Code::data_loss, "axis {} of {} dimensions", axis, rank);
  const auto split = shape.begin() + static_cast<std::ptrdiff_t>(at);
  scope.define(0, scope.reshaped(value, {element_count({shape.begin(), split}),
                                         element_count({split, shape.end()})}));
}

void read_transpose(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"perm"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  std::vector<std::size_t> order(from.size());
  std::iota(order.rbegin(), order.rend(), std::size_t{0});
  const auto given = here.short_integers("perm");
  if (!given.empty()) {
    if (given.size() != from.size()) {
      scope.refuse_here(Code::data_loss, "perm has {} values, expected {}", given.size(),
                        from.size());
    }
    for (std::size_t axis = 0; axis < order.size(); ++axis) {
      order[axis] = scope.axis_of(given[axis], from.size());
    }
    if (std::set<std::size_t>(order.begin(), order.end()).size() != order.size()) {
      scope.refuse_here(Code::data_loss, "perm names an axis twice");
    }
  }
  GraphShape shape;
  for (const std::size_t axis : order) shape.push_back(from[axis]);
  scope.reserve(shape);
  GraphShape indices(from.size());
  Sources sources = sources_of(shape, [&](const GraphShape& at) {
    for (std::size_t axis = 0; axis < order.size(); ++axis) indices[order[axis]] = at[axis];
    return ElementSource{0, flat_index(from, indices)};
  });
  scope.define(0, add_move(scope, std::move(sources), {value}, shape));
}

std::vector<std::int64_t> axes_of(OnnxScope& scope, const OnnxAttributes& here, std::size_t input) {
  if (scope.has_input(input)) return scope.constant_integers(input);
  const auto given = here.short_integers("axes");
  return {given.begin(), given.end()};
}

void read_squeeze(OnnxScope& scope) {
  scope.expect_inputs(1, 2);
  const OnnxAttributes here = scope.attributes({"axes"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  const std::vector<std::int64_t> axes = axes_of(scope, here, 1);
  std::vector<bool> is_dropped(from.size(), false);
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    is_dropped[axis] = axes.empty() && from[axis] == 1;
  }
  for (const std::int64_t axis : axes) is_dropped[scope.axis_of(axis, from.size())] = true;
  GraphShape shape;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (!is_dropped[axis]) shape.push_back(from[axis]);
    if (is_dropped[axis] && from[axis] != 1) {
      scope.refuse_here(Code::data_loss, "axis {} has {} elements, expected 1", axis, from[axis]);
    }
  }
  scope.define(0, scope.reshaped(value, shape));
}

void read_unsqueeze(OnnxScope& scope) {
  scope.expect_inputs(1, 2);
  const OnnxAttributes here = scope.attributes({"axes"});
  const ValueId value = scope.input(0);
  const std::vector<std::int64_t> axes = axes_of(scope, here, 1);
  const std::size_t rank = scope.shape(value).size() + axes.size();
  if (rank > 8) scope.refuse_here(Code::resource_exhausted, "{} dimensions", rank);
  std::vector<bool> is_new(rank, false);
  for (const std::int64_t axis : axes) {
    const std::size_t at = scope.axis_of(axis, rank);
    if (is_new[at]) scope.refuse_here(Code::data_loss, "axis {} stands twice", axis);
    is_new[at] = true;
  }
  GraphShape shape;
  auto next = scope.shape(value).begin();
  for (std::size_t axis = 0; axis < rank; ++axis) shape.push_back(is_new[axis] ? 1 : *next++);
  scope.define(0, scope.reshaped(value, shape));
}

void read_shape(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"start", "end"});
  const GraphShape& shape = scope.shape(scope.input(0));
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto place = [&](std::int64_t at) {
    return std::clamp(at < 0 ? at + rank : at, std::int64_t{0}, rank);
  };
  const std::int64_t begin = place(here.integer("start", 0));
  const std::int64_t end = std::max(begin, place(here.integer("end", rank)));
  std::vector<double> sizes;
  for (std::int64_t axis = begin; axis < end; ++axis) {
    sizes.push_back(static_cast<double>(shape[static_cast<std::size_t>(axis)]));
  }
  scope.define(0, scope.constant(ElementType::int64, {sizes.size()}, sizes));
}

void read_size(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  static_cast<void>(scope.attributes({}));
  const std::size_t count = element_count(scope.shape(scope.input(0)));
  scope.define(0, scope.constant(ElementType::int64, {}, {static_cast<double>(count)}));
}

void read_constant_of_shape(OnnxScope& scope) {
  scope.expect_inputs(1, 1);
  const OnnxAttributes here = scope.attributes({"value"});
  const GraphShape shape = scope.reserved_shape(scope.constant_integers(0));
  OnnxTensor value{.type = ElementType::float32, .numbers = {0}};
  if (here.tensor("value")) {
    value =
        read_onnx_tensor(*here.tensor("value"), 1, "'value' of a ConstantOfShape", scope.memory());
  }
  if (value.numbers.size() != 1) {
    scope.refuse_here(Code::data_loss, "value has {} numbers, expected 1", value.numbers.size());
  }
  const std::size_t count = element_count(shape);
  scope.define(0, scope.builder().constant({.type = value.type, .shape = shape},
                                           std::vector<double>(count, value.numbers[0])));
}

void read_constant(OnnxScope& scope) {
  scope.expect_inputs(0, 0);
  const OnnxAttributes here = scope.attributes({"value", "value_float", "value_floats", "value_int",
                                                "value_ints", "value_string", "value_strings"});
  OnnxTensor value;
  if (here.tensor("value")) {
    value = read_onnx_tensor(*here.tensor("value"), std::size_t{4} << 20, "'value' of a Constant",
                             scope.memory());
  } else if (here.has("value_float")) {
    value = {.type = ElementType::float32, .numbers = {here.real("value_float", 0)}};
  } else if (here.has("value_int")) {
    value = {.type = ElementType::int64,
             .numbers = {static_cast<double>(here.integer("value_int", 0))}};
  } else if (here.has("value_ints")) {
    const OnnxIntegers given = here.integers("value_ints");
    scope.memory().take(given.size(), sizeof(double));
    value = {.type = ElementType::int64, .numbers = {given.begin(), given.end()}};
    value.shape = {given.size()};
  } else if (here.has("value_floats")) {
    const OnnxNumbers given = here.reals("value_floats");
    value = {.type = ElementType::float32, .shape = {given.size()}};
    scope.memory().take(given.size(), sizeof(double));
    value.numbers.reserve(given.size());
    for (std::size_t index = 0; index < given.size(); ++index)
      value.numbers.push_back(given[index]);
  } else if (here.has("value_strings")) {
    value = {.type = ElementType::text, .texts = here.texts("value_strings")};
    value.shape = {value.texts.size()};
  } else {
    value = {.type = ElementType::text, .texts = {here.text("value_string", "")}};
  }
  scope.define(0, scope.constant(std::move(value)));
}

std::vector<double> constant_labels(OnnxScope& scope, ValueId value) {
  if (!scope.builder().is_constant(value)) return scope.spec(value).possible;
  const std::span<const double> elements = scope.builder().elements(value);
  scope.reserve({elements.size()});
  return {elements.begin(), elements.end()};
}

// Whether an index that depends on the row stays within the axis whatever it is.
bool may_leave(OnnxScope& scope, ValueId indices, std::size_t size) {
  const std::vector<double> possible = constant_labels(scope, indices);
  const auto end = static_cast<double>(size);
  return possible.empty() ||
         std::ranges::any_of(possible, [&](double index) { return index < -end || index >= end; });
}

// Where each element of a Gather comes from whose indices are known.
std::vector<ElementSource> gathered(const AxisView& data, std::span<const double> indices) {
  std::vector<ElementSource> sources;
  for (std::size_t outer = 0; outer < data.outer; ++outer) {
    for (const double index : indices) {
      const double place = index < 0 ? index + static_cast<double>(data.axis) : index;
      const std::size_t begin = (outer * data.axis + static_cast<std::size_t>(place)) * data.inner;
      for (std::size_t inner = 0; inner < data.inner; ++inner) {
        sources.push_back({0, static_cast<std::uint32_t>(begin + inner)});
      }
    }
  }
  return sources;
}

void read_gather(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  const OnnxAttributes here = scope.attributes({"axis"});
  const ValueId data = scope.input(0);
  const ValueId indices = scope.input(1);
  const GraphShape from = scope.shape(data);
  const std::size_t axis = scope.axis_of(here.integer("axis", 0), from.size());
  GraphShape shape(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), scope.shape(indices).begin(), scope.shape(indices).end());
  shape.insert(shape.end(), from.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.end());
  if (from[axis] == 0 || scope.type_of(indices) != ElementType::int64) {
    scope.refuse_here(Code::data_loss, "an empty axis, or indices that are no int64");
  }
  const bool may_fail = may_leave(scope, indices, from[axis]);
  if (may_fail && scope.builder().is_constant(indices)) {
    scope.refuse_here(Code::data_loss, "an index lies beyond the axis of {}", from[axis]);
  }
  scope.reserve(shape);
  ValueSpec spec{.type = scope.type_of(data), .shape = shape};
  if (!is_floating(spec.type)) spec.possible = constant_labels(scope, data);
  const bool are_known = scope.builder().is_constant(indices) && !scope.builder().is_constant(data);
  if (are_known) {
    scope.memory().take(element_count(shape), sizeof(ElementSource));
    auto sources = gathered(view_of(from, axis), scope.builder().elements(indices));
    return scope.define(
        0, scope.add(std::make_unique<Move>(std::move(sources)), {data}, std::move(spec)));
  }
  scope.define(0, scope.add(std::make_unique<GatherBy>(view_of(from, axis), true, may_fail),
                            {data, indices}, std::move(spec)));
}

void read_gather_elements(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  const OnnxAttributes here = scope.attributes({"axis"});
  const ValueId data = scope.input(0);
  const ValueId indices = scope.input(1);
  const GraphShape from = scope.shape(data);
  const GraphShape shape = scope.shape(indices);
  const std::size_t axis = scope.axis_of(here.integer("axis", 0), from.size());
  GraphShape expected = from;
  if (shape.size() == from.size()) expected[axis] = shape[axis];
  if (shape != expected || from[axis] == 0 || scope.type_of(indices) != ElementType::int64) {
    scope.refuse_here(Code::unimplemented, "indices of this shape or type are not known here");
  }
  const bool may_fail = may_leave(scope, indices, from[axis]);
  if (may_fail && scope.builder().is_constant(indices)) {
    scope.refuse_here(Code::data_loss, "an index lies beyond the axis of {}", from[axis]);
  }
  scope.reserve(shape);
  ValueSpec spec{.type = scope.type_of(data), .shape = shape};
  if (!is_floating(spec.type)) spec.possible = constant_labels(scope, data);
  scope.define(
      0, scope.add(std::make_unique<GatherElements>(view_of(from, axis), shape[axis], may_fail),
                   {data, indices}, std::move(spec)));
}

// Of one axis: where it begins, in which steps it goes, and how many there are.
struct Range {
  std::int64_t begin = 0;
  std::int64_t step = 1;
  std::size_t count = 0;
};

Range sliced(std::int64_t begin, std::int64_t end, std::int64_t step, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t least = step > 0 ? 0 : -1;
  const auto place = [&](std::int64_t at) {
    return std::clamp(at < 0 ? at + length : at, least, step > 0 ? length : length - 1);
  };
  const std::int64_t from = place(begin);
  const std::int64_t to = place(end);
  const std::int64_t reach = step > 0 ? to - from : from - to;
  const std::int64_t stride = step > 0 ? step : -step;
  return {from, step, reach <= 0 ? 0 : static_cast<std::size_t>((reach + stride - 1) / stride)};
}

ValueId add_slice(OnnxScope& scope, ValueId value, const std::vector<Range>& ranges) {
  const GraphShape from = scope.shape(value);
  GraphShape shape;
  for (const Range& range : ranges) shape.push_back(range.count);
  scope.reserve(shape);
  GraphShape indices(from.size());
  Sources sources = sources_of(shape, [&](const GraphShape& at) {
    for (std::size_t axis = 0; axis < from.size(); ++axis) {
      indices[axis] = static_cast<std::size_t>(
          ranges[axis].begin + ranges[axis].step * static_cast<std::int64_t>(at[axis]));
    }
    return ElementSource{0, flat_index(from, indices)};
  });
  return add_move(scope, std::move(sources), {value}, shape);
}

// Attributes up to version 9, then inputs.
void read_slice(OnnxScope& scope) {
  scope.expect_inputs(1, 5);
  const OnnxAttributes here = scope.attributes({"starts", "ends", "axes"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  const auto list = [&](std::size_t input, std::string_view name) {
    if (scope.has_input(input)) return scope.constant_integers(input);
    const auto given = here.short_integers(name);
    return std::vector<std::int64_t>(given.begin(), given.end());
  };
  const std::vector<std::int64_t> begins = list(1, "starts");
  const std::vector<std::int64_t> ends = list(2, "ends");
  std::vector<std::int64_t> axes = list(3, "axes");
  std::vector<std::int64_t> steps = list(4, "steps");
  if (axes.empty()) {
    axes.resize(begins.size());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
  }
  if (steps.empty()) steps.assign(begins.size(), 1);
  if (ends.size() != begins.size() || axes.size() != begins.size() ||
      steps.size() != begins.size()) {
    scope.refuse_here(Code::data_loss, "{} starts, {} ends, {} axes and {} steps", begins.size(),
                      ends.size(), axes.size(), steps.size());
  }
  std::vector<Range> ranges;
  for (const std::size_t size : from) ranges.push_back({0, 1, size});
  for (std::size_t index = 0; index < begins.size(); ++index) {
    const std::size_t axis = scope.axis_of(axes[index], from.size());
    if (steps[index] == 0 || std::abs(steps[index]) > (std::int64_t{1} << 40)) {
      scope.refuse_here(Code::data_loss, "a step of {}", steps[index]);
    }
    ranges[axis] = sliced(begins[index], ends[index], steps[index], from[axis]);
  }
  scope.define(0, add_slice(scope, value, ranges));
}

void read_split(OnnxScope& scope) {
  scope.expect_inputs(1, 2);
  const OnnxAttributes here = scope.attributes({"axis", "split", "num_outputs"});
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  const std::size_t axis = scope.axis_of(here.integer("axis", 0), from.size());
  const auto attribute = here.short_integers("split");
  std::vector<std::int64_t> sizes(attribute.begin(), attribute.end());
  if (scope.has_input(1)) sizes = scope.constant_integers(1);
  const std::size_t parts = scope.output_count();
  if (sizes.empty() && parts > 0) {
    // Equal parts, the last one smaller where it does not come out even.
    const std::size_t each = (from[axis] + parts - 1) / parts;
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t before = std::min(part * each, from[axis]);
      sizes.push_back(static_cast<std::int64_t>(std::min(each, from[axis] - before)));
    }
  }
  std::int64_t begin = 0;
  for (std::size_t part = 0; part < sizes.size(); ++part) {
    const auto left = static_cast<std::int64_t>(from[axis]) - begin;
    if (sizes[part] < 0 || sizes[part] > left) {
      scope.refuse_here(Code::data_loss, "a part of {} of the {} elements that are left",
                        sizes[part], left);
    }
    std::vector<Range> ranges;
    for (const std::size_t size : from) ranges.push_back({0, 1, size});
    ranges[axis] = {begin, 1, static_cast<std::size_t>(sizes[part])};
    scope.define(part, add_slice(scope, value, ranges));
    begin += sizes[part];
  }
  if (sizes.size() != parts) {
    scope.refuse_here(Code::data_loss, "{} outputs, expected {}", parts, sizes.size());
  }
}

ValueId broadcast_to(OnnxScope& scope, ValueId value, const GraphShape& shape) {
  if (element_count(scope.shape(value)) == element_count(shape)) {
    return scope.reshaped(value, shape);
  }
  const std::vector<std::uint32_t> map = broadcast_map(scope.shape(value), shape);
  Sources sources;
  for (const std::uint32_t index : map) sources.push_back({0, index});
  return add_move(scope, std::move(sources), {value}, shape);
}

void read_expand(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  static_cast<void>(scope.attributes({}));
  const ValueId value = scope.input(0);
  const GraphShape wanted = scope.reserved_shape(scope.constant_integers(1));
  const std::optional<GraphShape> shape = broadcast_shape(scope.shape(value), wanted);
  if (!shape) scope.refuse_here(Code::data_loss, "the shapes do not fit");
  scope.reserve(*shape);
  scope.define(0, broadcast_to(scope, value, *shape));
}

void read_tile(OnnxScope& scope) {
  scope.expect_inputs(2, 2);
  static_cast<void>(scope.attributes({}));
  const ValueId value = scope.input(0);
  const GraphShape from = scope.shape(value);
  std::vector<std::int64_t> repeats = scope.constant_integers(1);
  if (repeats.size() != from.size()) {
    scope.refuse_here(Code::data_loss, "{} repeats, expected {}", repeats.size(), from.size());
  }
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (repeats[axis] < 0 || repeats[axis] > (std::int64_t{1} << 30)) {
      scope.refuse_here(Code::resource_exhausted, "{} repeats", repeats[axis]);
    }
    repeats[axis] *= static_cast<std::int64_t>(from[axis]);
  }
  const GraphShape shape = scope.reserved_shape(repeats);
  GraphShape indices(from.size());
  Sources sources = sources_of(shape, [&](const GraphShape& at) {
    for (std::size_t axis = 0; axis < from.size(); ++axis) indices[axis] = at[axis] % from[axis];
    return ElementSource{0, flat_index(from, indices)};
  });
  scope.define(0, add_move(scope, std::move(sources), {value}, shape));
}

constexpr auto kOperators = std::to_array<OnnxOperator>({
    {"Concat", read_concat},
    {"Constant", read_constant},
    {"ConstantOfShape", read_constant_of_shape},
    {"Expand", read_expand},
    {"Flatten", read_flatten},
    {"Gather", read_gather},
    {"GatherElements", read_gather_elements},
    {"Reshape", read_reshape},
    {"Shape", read_shape},
    {"Size", read_size},
    {"Slice", read_slice},
    {"Split", read_split},
    {"Squeeze", read_squeeze},
    {"Tile", read_tile},
    {"Transpose", read_transpose},
    {"Unsqueeze", read_unsqueeze},
});

}  // namespace

std::span<const OnnxOperator> shape_operators() { return kOperators; }

}  // namespace ml_inference
