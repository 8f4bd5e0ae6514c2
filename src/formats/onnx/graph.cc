// SPDX-License-Identifier: MIT
#include "formats/onnx/graph.h"

#include "formats/format_error.h"
#include "formats/onnx/forest.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/tensor.h"
#include "model/limits.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ml_inference {
namespace {

using onnx::TensorProto;

constexpr std::string_view kMlDomain = "ai.onnx.ml";

using Names = std::initializer_list<std::string_view>;

// What a name of the graph stands for.
enum class Meaning {
  features,    // the row, or columns of it
  own_label,   // the label that the ensemble chose
  best_label,  // the label of the largest score
  best_index,  // its index
  scores,      // a number a class
  prediction,  // the regression's number
  map,         // scores by label; only an output can be one
  constant,
};

struct Value {
  Meaning meaning = Meaning::constant;
  bool is_rounded = false;               // features: to float32, as our rows are
  bool is_float64 = false;               // features: and then held as float64
  std::optional<std::size_t> width;      // features: how many
  std::optional<std::string_view> name;  // features: of the input, when it has one column
  bool is_joined = false;                // features: by a Concat, which joined_names_ tells of
  bool is_divided = false;               // scores, prediction, map: by OnnxGraph::divisor
  std::string_view tensor;               // constant: its message
};

std::vector<Label> class_labels_of(const OnnxAttributes& attributes) {
  return onnx_class_labels(attributes, "classlabels_int64s", "classlabels_strings");
}

// Walks over the nodes in their order and says what each output means.
class GraphReader {
 public:
  GraphReader(const OnnxFile& file, bool is_ours) : file_(file), is_ours_(is_ours) {}

  OnnxGraph read() {
    for (const std::string_view tensor : file_.initializers) {
      define(OnnxTensorFields(tensor).name, {.meaning = Meaning::constant, .tensor = tensor});
    }
    for (const std::string_view input : file_.inputs) read_input(OnnxValueInfo(input));
    for (std::size_t index = 0; index < file_.nodes.size(); ++index) {
      node_ = file_.node(index);
      where_ = onnx_node_text(index, node_);
      read_node();
    }
    read_outputs();
    return *std::move(result_);
  }

 private:
  void read_input(const OnnxValueInfo& input) {
    // Before IR version 4 every constant stands among the inputs, too.
    const auto known = values_.find(input.name);
    if (known != values_.end() && known->second.meaning == Meaning::constant) return;
    if (input.element_type != TensorProto::FLOAT && input.element_type != TensorProto::DOUBLE) {
      refuse(Code::unimplemented,
             "onnx: input {} has element type {}, expected 1 (float) or 11 (double)",
             quoted_text(input.name), input.element_type);
    }
    if (input.dim_count != 2) {
      refuse(Code::unimplemented, "onnx: input {} has {} dimensions, expected 2 (rows, features)",
             quoted_text(input.name), input.dim_count);
    }
    if (input.dims[0].value > 1) not_known("a batch of a fixed size");
    Value value{.meaning = Meaning::features,
                .is_rounded = input.element_type == TensorProto::FLOAT};
    const OnnxValueInfo::Dimension columns = input.dims[1];
    if (columns.has_value && columns.value != 0) {
      value.width = checked_width(columns.value);
      if (*value.width == 1) value.name = input.name;
    }
    ++input_count_;
    define(input.name, value);
  }

  static std::size_t checked_width(std::int64_t width) {
    if (width < 0 || width > static_cast<std::int64_t>(kFeatureCountMax)) {
      refuse(Code::resource_exhausted, "onnx: an input has {} features, expected 1 to {}", width,
             kFeatureCountMax);
    }
    return static_cast<std::size_t>(width);
  }

  void read_node() {
    std::string_view domain = node_.domain;
    if (domain == "ai.onnx") domain = "";  // two names of one domain
    const std::string_view type = node_.op_type;
    if (domain == kMlDomain) {
      if (type == "TreeEnsembleClassifier") return read_ensemble(Task::classification);
      if (type == "TreeEnsembleRegressor") return read_ensemble(Task::regression);
      if (type == "ZipMap") return read_zip_map();
    } else if (domain.empty()) {
      if (type == "Identity") return define_output(only_input());
      if (type == "Cast") return read_cast();
      if (type == "Concat") return read_concat();
      if (type == "Div") return read_div();
      if (type == "ArgMax") return read_argmax();
      if (type == "Gather") return read_gather();
    }
    refuse(Code::unimplemented, "onnx: {}: the operator (domain {}) is not known here", where_,
           quoted_text(domain));
  }

  void read_ensemble(Task task) {
    if (result_)
      refuse(Code::unimplemented, "onnx: {}: a second tree ensemble, expected one", where_);
    const Value& input = only_input();
    if (input.meaning != Meaning::features) {
      refuse(Code::unimplemented, "onnx: {}: input {} is computed, expected the graph's input",
             where_, quoted_text(node_.inputs[0]));
    }
    if (!input.is_rounded || (input.is_float64 && !is_ours_)) not_known("these features");
    result_.emplace(
        OnnxGraph{.ensemble = read_onnx_ensemble(OnnxAttributes(node_, where_), node_.op_type),
                  .task = task,
                  .feature_count = input.width,
                  .is_float64 = input.is_float64});
    if (input.is_joined) result_->input_names = joined_names_;
    if (input.name) result_->input_names = {std::string(*input.name)};
    used_input_count_ = std::max<std::size_t>(1, result_->input_names.size());
    if (task == Task::regression) return define_output({.meaning = Meaning::prediction});
    expect_outputs(2);
    define(node_.outputs[0], {.meaning = Meaning::own_label});
    define(node_.outputs[1], {.meaning = Meaning::scores});
  }

  void read_cast() {
    Value value = only_input();
    const std::int64_t to = attributes({"to", "saturate"}).integer("to", TensorProto::UNDEFINED);
    const bool is_float = to == TensorProto::FLOAT || to == TensorProto::DOUBLE;
    switch (value.meaning) {
      case Meaning::features:
        if (!is_float) not_known(fmt::format("a Cast of features to type {}", to));
        value.is_rounded = value.is_rounded || to == TensorProto::FLOAT;
        value.is_float64 = to == TensorProto::DOUBLE;
        break;
      case Meaning::scores:
      case Meaning::prediction:
        if (!is_float) not_known(fmt::format("a Cast of scores to type {}", to));
        break;
      case Meaning::own_label:
      case Meaning::best_label:
        if (to != label_type()) not_known(fmt::format("a Cast of labels to type {}", to));
        break;
      default: not_known("a Cast of this input");
    }
    define_output(value);
  }

  // The columns of several inputs side by side.
  void read_concat() {
    const std::int64_t axis = attributes({"axis"}).integer("axis", 0);
    if (axis != 1 && axis != -1) not_known(fmt::format("axis {}, expected 1", axis));
    if (!joined_names_.empty()) not_known("a second Concat");
    if (node_.inputs.size() == 0) not_known("no inputs");
    Value joined{.meaning = Meaning::features, .is_rounded = true, .is_joined = true};
    for (const std::string_view name : node_.inputs) {
      const Value& part = value_of(name);
      if (part.meaning != Meaning::features || !part.name) {
        not_known(fmt::format("input {}, expected an input of one column", quoted_text(name)));
      }
      joined.is_rounded = joined.is_rounded && part.is_rounded;
      joined.is_float64 = joined.is_float64 || part.is_float64;
      joined_names_.emplace_back(*part.name);
    }
    joined.width = node_.inputs.size();
    define_output(joined);
  }

  void read_div() {
    if (!is_ours_) not_known("a division");
    if (node_.inputs.size() != 2) not_known(fmt::format("{} inputs", node_.inputs.size()));
    const Value& value = value_of(node_.inputs[0]);
    const Value& constant = value_of(node_.inputs[1]);
    if (constant.meaning != Meaning::constant ||
        (value.meaning != Meaning::scores && value.meaning != Meaning::prediction)) {
      not_known("what is divided, expected scores by a constant");
    }
    const OnnxNumbers numbers(OnnxTensorFields(constant.tensor), quoted_text(node_.inputs[1]),
                              *node_.memory);
    if (numbers.size() != 1) not_known(fmt::format("{} divisors, expected 1", numbers.size()));
    if (result_->divisor) not_known("a second division");
    static_cast<void>(attributes({}));
    result_->divisor = numbers[0];
    Value divided = value;
    divided.is_divided = true;
    define_output(divided);
  }

  void read_argmax() {
    const OnnxAttributes here = attributes({"axis", "keepdims", "select_last_index"});
    const std::int64_t axis = here.integer("axis", 0);
    if (only_input().meaning != Meaning::scores || (axis != 1 && axis != -1) ||
        here.integer("select_last_index", 0) != 0) {
      not_known("what is compared, expected the scores of a row and the first largest");
    }
    define_output({.meaning = Meaning::best_index});
  }

  void read_gather() {
    if (node_.inputs.size() != 2) not_known(fmt::format("{} inputs", node_.inputs.size()));
    const Value& constant = value_of(node_.inputs[0]);
    if (constant.meaning != Meaning::constant || attributes({"axis"}).integer("axis", 0) != 0 ||
        value_of(node_.inputs[1]).meaning != Meaning::best_index) {
      not_known("what is gathered, expected class labels by the index of the largest score");
    }
    if (labels_in(OnnxTensorFields(constant.tensor)) != class_labels()) {
      not_known("other labels than those of the ensemble");
    }
    define_output({.meaning = Meaning::best_label});
  }

  [[nodiscard]] std::vector<Label> labels_in(const OnnxTensorFields& tensor) const {
    const OnnxTensor read = read_onnx_tensor(tensor, kOutputCountMax, where_, *node_.memory);
    std::vector<Label> labels;
    for (const std::string_view text : read.texts) labels.emplace_back(std::string(text));
    for (const double number : read.numbers) labels.emplace_back(static_cast<std::int64_t>(number));
    return labels;
  }

  [[nodiscard]] const std::vector<Label>& class_labels() const {
    return result_->ensemble.class_labels;
  }

  void read_zip_map() {
    if (only_input().meaning != Meaning::scores) not_known("what is mapped, expected scores");
    if (class_labels_of(attributes({"classlabels_int64s", "classlabels_strings"})) !=
        class_labels()) {
      not_known("other labels than those of the ensemble");
    }
    Value map = only_input();
    map.meaning = Meaning::map;
    define_output(map);
  }

  void read_outputs() {
    if (!result_) {
      refuse(Code::unimplemented, "onnx: the graph has {} nodes and no tree ensemble, expected one",
             file_.nodes.size());
    }
    if (file_.outputs.empty()) refuse(Code::data_loss, "onnx: the graph has no outputs");
    if (used_input_count_ != input_count_) {
      refuse(Code::unimplemented, "onnx: the graph has {} inputs, of which the ensemble takes {}",
             input_count_, used_input_count_);
    }
    for (const std::string_view bytes : file_.outputs) {
      const OnnxValueInfo output(bytes);
      where_ = fmt::format("output {}", quoted_text(output.name));
      const Value& value = value_of(output.name);
      const Meaning meaning = value.meaning;
      if (meaning == Meaning::features || meaning == Meaning::constant) {
        not_known("an output that no tree decides");
      }
      const bool is_scores =
          meaning == Meaning::scores || meaning == Meaning::map || meaning == Meaning::prediction;
      if (is_scores && value.is_divided != result_->divisor.has_value()) {
        not_known("a score beside the same score divided");
      }
      result_->uses_own_label = result_->uses_own_label || meaning == Meaning::own_label;
    }
  }

  [[nodiscard]] std::int64_t label_type() const {
    const bool is_text = std::holds_alternative<std::string>(class_labels().front());
    return is_text ? TensorProto::STRING : TensorProto::INT64;
  }

  // The attributes of the node being read, which has no others than these.
  [[nodiscard]] OnnxAttributes attributes(Names known) const {
    const OnnxAttributes here(node_, where_);
    here.refuse_others_than({known.begin(), known.size()});
    return here;
  }

  const Value& only_input() {
    if (node_.inputs.size() != 1)
      not_known(fmt::format("{} inputs, expected 1", node_.inputs.size()));
    return value_of(node_.inputs[0]);
  }

  const Value& value_of(std::string_view name) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      refuse(Code::data_loss, "onnx: {}: nothing before it makes {}", where_, quoted_text(name));
    }
    return found->second;
  }

  void expect_outputs(std::size_t count) {
    if (node_.outputs.size() != count) {
      refuse(Code::data_loss, "onnx: {}: {} outputs, expected {}", where_, node_.outputs.size(),
             count);
    }
  }

  void define_output(const Value& value) {
    expect_outputs(1);
    define(node_.outputs[0], value);
  }

  void define(std::string_view name, const Value& value) {
    if (!values_.emplace(name, value).second) {
      refuse(Code::data_loss, "onnx: {}: {} is made twice", where_, quoted_text(name));
    }
  }

  [[noreturn]] void not_known(std::string_view what) const {
    refuse(Code::unimplemented, "onnx: {}: {} is not known here", where_, what);
  }

  const OnnxFile& file_;
  const bool is_ours_;
  std::unordered_map<std::string_view, Value> values_;
  std::optional<OnnxGraph> result_;
  std::vector<std::string> joined_names_;  // of the inputs of the Concat
  std::size_t input_count_ = 0;
  std::size_t used_input_count_ = 0;
  OnnxNode node_;  // the one being read
  std::string where_ = "graph";
};

}  // namespace

std::optional<OnnxGraph> read_onnx_graph(const OnnxFile& file, bool is_ours) {
  try {
    return GraphReader(file, is_ours).read();
  } catch (const FormatError& refusal) {
    // Whatever is not known here may be known as a dataflow.
    if (refusal.error.code == Code::unimplemented) return std::nullopt;
    throw;
  }
}

std::optional<OnnxForest> read_onnx_forest(const OnnxGraph& graph) {
  const OnnxEnsemble& ensemble = graph.ensemble;
  if (ensemble.transform != PostTransform::none || ensemble.output_count > kOutputCountMax) {
    return std::nullopt;
  }
  const bool is_average = ensemble.aggregate == TreeAggregate::average;
  if (ensemble.aggregate != TreeAggregate::sum && !is_average) return std::nullopt;
  if (!ensemble.is_classifier && ensemble.output_count != 1) return std::nullopt;
  const bool has_base = !ensemble.base_values.empty();
  if (has_base && (is_average || ensemble.two != TwoClasses::no)) return std::nullopt;
  ForestForm form{
      .feature_count = graph.feature_count.value_or(ensemble.least_feature_count()),
      .sum_type = graph.is_float64 ? NumberType::float64 : NumberType::float32,
      .aggregation = is_average || graph.divisor ? Aggregation::average : Aggregation::sum,
      .adds_base = has_base,
      .may_be_narrow = false};
  if (graph.divisor && *graph.divisor != static_cast<double>(ensemble.tree_count + has_base)) {
    return std::nullopt;
  }
  Link link;
  if (ensemble.two == TwoClasses::by_first && !ensemble.all_positive) {
    form.leaves = LeafForm::minus_and_plus;
  } else if (ensemble.two == TwoClasses::by_first) {
    form.leaves = LeafForm::only_weight;
    link = {.two_classes = true,
            .type = graph.is_float64 ? NumberType::float64 : NumberType::float32};
  } else if (ensemble.two == TwoClasses::by_second) {
    return std::nullopt;
  } else if (ensemble.is_classifier) {
    if (ensemble.two == TwoClasses::by_both && graph.uses_own_label) return std::nullopt;
    if (!has_base && may_leave_outputs_out(ensemble)) return std::nullopt;
  }
  return OnnxForest{make_onnx_forest(ensemble, form), link};
}

}  // namespace ml_inference
