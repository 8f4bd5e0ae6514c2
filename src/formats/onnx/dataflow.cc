// SPDX-License-Identifier: MIT
#include "formats/onnx/dataflow.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/answers.h"
#include "formats/onnx/ensemble.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/metadata.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/scope.h"
#include "formats/onnx/stated_categories.h"
#include "formats/onnx/wire.h"
#include "model/graph/movement.h"
#include "model/limits.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ml_inference {
namespace {

// The newest sets that ONNX 1.23 has; a newer one may give an operator another meaning.
constexpr std::int64_t kVersionMax = 28;
constexpr std::int64_t kMlVersionMax = 5;

// What a version is when the file says nothing.
constexpr std::int64_t kVersionOtherwise = 1;

std::string_view domain_of(std::string_view domain) {
  return domain == "ai.onnx" ? std::string_view() : domain;  // two names of one
}

constexpr std::uint32_t kStringData = 6;  // in a TensorProto

// Calls use(std::string_view) with each text that a node looks for.
template <class Use>
void for_each_category(std::string_view node, const Use& use) {
  for_each_bytes(node, 5, [&use](std::string_view attribute) {
    std::string_view name;
    std::string_view tensor;
    for (WireFields fields(attribute); fields.next();) {
      if (fields.field().is(1, WireType::bytes)) name = fields.field().bytes;
      if (fields.field().is(5, WireType::bytes)) tensor = fields.field().bytes;
    }
    if (name == "keys_strings" || name == "cats_strings" || name == "classes_strings") {
      for_each_bytes(attribute, OnnxAttributes::kOnnxTexts, use);
    }
    if (name == "keys_tensor") for_each_bytes(tensor, kStringData, use);
  });
}

// One input of the graph.
struct Input {
  std::string_view name;
  ElementType type = ElementType::float32;
  GraphShape shape;
  std::size_t width = 0;  // features
};

class DataflowReader {
 public:
  DataflowReader(const OnnxFile& file, std::size_t name_count)
      : file_(file),
        is_ours_(file.producer_name == kOnnxProducer),
        stated_(read_stated_categories(file)),
        name_count_(name_count),
        versions_(onnx_versions(file)) {
    for (const std::string_view tensor : file_.initializers) {
      const std::string_view name = OnnxTensorFields(tensor).name;
      if (!initializers_.emplace(name, tensor).second) {
        refuse(Code::data_loss, "onnx: the constant {} is given twice", quoted_text(name));
      }
    }
    for (const std::string_view input : file_.inputs) read_input(OnnxValueInfo(input));
    std::size_t feature_count = 0;
    for (const Input& input : inputs_) feature_count += input.width;
    if (feature_count == 0 || feature_count > kFeatureCountMax) {
      refuse(Code::resource_exhausted, "onnx: the inputs have {} features, expected 1 to {}",
             feature_count, kFeatureCountMax);
    }
    result_.feature_count = feature_count;
    scope_.emplace(feature_count, *file_.memory);
  }

  OnnxDataflow read() {
    add_inputs();
    for (std::size_t index = 0; index < file_.nodes.size(); ++index) read_node(index);
    read_outputs();
    return std::move(result_);
  }

 private:
  void read_input(const OnnxValueInfo& info) {
    // Before IR version 4 every constant stands among the inputs, too.
    if (initializers_.contains(info.name)) return;
    const std::string what = fmt::format("input {}", quoted_text(info.name));
    if (info.name.size() > kNameSizeMax) {
      refuse(Code::resource_exhausted, "onnx: {} has a name of {} bytes, expected at most {}", what,
             info.name.size(), kNameSizeMax);
    }
    if (!info.is_tensor) refuse(Code::unimplemented, "onnx: {} is no tensor", what);
    Input input{.name = info.name, .type = onnx_element_type(info.element_type, what)};
    if (info.dim_count != 1 && info.dim_count != 2) {
      refuse(Code::unimplemented, "onnx: {} has {} dimensions, expected 2 (rows, features)", what,
             info.dim_count);
    }
    if (info.dims[0].value > 1) {
      refuse(Code::unimplemented, "onnx: {} takes {} rows at once, expected any number of rows",
             what, info.dims[0].value);
    }
    input.width = info.dim_count == 1 ? 1 : width_of(info, info.dims[1]);
    input.shape = {1};
    if (info.dim_count == 2) input.shape.push_back(input.width);
    inputs_.push_back(std::move(input));
  }

  std::size_t width_of(const OnnxValueInfo& info, OnnxValueInfo::Dimension dim) const {
    if (dim.has_value && dim.value != 0) {
      if (dim.value < 0 || dim.value > static_cast<std::int64_t>(kFeatureCountMax)) {
        refuse(Code::resource_exhausted, "onnx: an input has {} features, expected 1 to {}",
               dim.value, kFeatureCountMax);
      }
      return static_cast<std::size_t>(dim.value);
    }
    if (name_count_ != 0) return name_count_;
    const bool is_only =
        file_.inputs.size() == file_.initializers.size() + 1 || file_.inputs.size() == 1;
    const std::size_t width = is_only ? width_by_use(info.name) : 0;
    if (width != 0) return width;
    refuse(Code::unimplemented, "onnx: input {} does not say how many features it has",
           quoted_text(info.name));
  }

  // How many features the operators behind an input ask for; 0 when they do not tell.
  [[nodiscard]] std::size_t width_by_use(std::string_view input) const {
    std::set<std::string_view> same = {input};
    for (std::size_t index = 0; index < file_.nodes.size(); ++index) {
      const OnnxNode node = file_.node(index);
      const bool uses = std::ranges::any_of(
          node.inputs, [&](std::string_view name) { return same.contains(name); });
      if (!uses) continue;
      const OnnxAttributes here(node, quoted_text(node.op_type));
      if (node.op_type == "Cast" || node.op_type == "Identity" || node.op_type == "Imputer") {
        same.insert(node.outputs.begin(), node.outputs.end());
      } else if (node.op_type == "Scaler" && here.reals("offset").size() > 1) {
        return here.reals("offset").size();
      } else if (node.op_type == "LinearRegressor" || node.op_type == "LinearClassifier") {
        const std::int64_t rows = node.op_type == "LinearRegressor"
                                      ? here.integer("targets", 1)
                                      : static_cast<std::int64_t>(here.reals("intercepts").size());
        if (rows > 0) return here.reals("coefficients").size() / static_cast<std::size_t>(rows);
      } else if (node.op_type.starts_with("TreeEnsemble")) {
        return read_onnx_ensemble(here, node.op_type).least_feature_count();
      }
    }
    return 0;
  }

  // --- inputs

  void add_inputs() {
    const bool has_text = stated_.empty() && std::ranges::any_of(inputs_, [](const Input& input) {
                            return input.type == ElementType::text;
                          });
    const std::vector<Label> categories = has_text ? text_categories() : std::vector<Label>{};
    std::size_t begin = 0;
    for (const Input& input : inputs_) {
      scope_->enter(fmt::format("input {}", quoted_text(input.name)));
      std::vector<double> elements;
      if (const Categories* stated = stated_at(begin); stated != nullptr) {
        elements = add_stated(input, *stated);
      } else if (input.type == ElementType::text) {
        elements = add_categories(input, begin, categories);
      }
      scope_->reserve(input.shape);
      scope_->define(input.name, scope_->add(std::make_unique<Columns>(input.type, begin,
                                                                       input.width, elements),
                                             {scope_->builder().row()},
                                             ValueSpec{.type = input.type, .shape = input.shape}));
      begin += input.width;
    }
    if (result_.categories.size() < stated_.size()) {
      refuse(Code::data_loss, "onnx: metadata {} names a feature that is no input", kCategoriesKey);
    }
    name_features();
  }

  [[nodiscard]] const Categories* stated_at(std::size_t feature) const {
    const auto found = std::ranges::find(stated_, feature, &Categories::feature);
    return found == stated_.end() ? nullptr : &*found;
  }

  // A column whose categories our own file states.
  std::vector<double> add_stated(const Input& input, const Categories& categories) {
    const bool are_texts = std::holds_alternative<std::string>(categories.labels.front());
    if (input.width != 1 || are_texts != (input.type == ElementType::text)) {
      scope_->refuse_here(Code::data_loss, "its categories do not fit its type");
    }
    text_size_ += categories.labels.size() * sizeof(Label);
    expect_text_size();
    result_.categories.push_back(categories);
    std::vector<double> elements;
    for (const Label& label : categories.labels) {
      const auto* truth = std::get_if<bool>(&label);
      const auto* number = std::get_if<double>(&label);
      elements.push_back(truth != nullptr    ? (*truth ? 1 : 0)
                         : number != nullptr ? *number
                                             : scope_->element_of(label));
    }
    return elements;
  }

  // A text may be whatever an operator looks for; any other one is none of these.
  [[nodiscard]] std::vector<Label> text_categories() const {
    std::vector<std::string_view> texts;
    const auto add = [&texts](std::string_view text) {
      if (!text.empty() && text.size() <= kNameSizeMax) texts.push_back(text);
    };
    for (const std::string_view node : file_.nodes) for_each_category(node, add);
    for (const auto& [name, tensor] : initializers_) for_each_bytes(tensor, kStringData, add);
    std::ranges::sort(texts);
    const auto repeated = std::ranges::unique(texts);
    texts.erase(repeated.begin(), repeated.end());
    std::vector<Label> labels;
    labels.reserve(texts.size());
    for (const std::string_view text : texts) {
      // Once here, and once more while the schema looks for twins.
      file_.memory->take(1, sizeof(Label) + sizeof(std::string) + 2 * text.size());
      labels.emplace_back(std::string(text));
    }
    return labels;
  }

  std::vector<double> add_categories(const Input& input, std::size_t begin,
                                     const std::vector<Label>& categories) {
    if (categories.empty()) {
      scope_->refuse_here(Code::unimplemented, "texts of which the graph looks for none");
    }
    const std::size_t before = text_size_;
    text_size_ += sizeof(Categories) * input.width;
    for (const Label& label : categories) {
      text_size_ += (std::get<std::string>(label).size() + sizeof(Label)) * input.width;
    }
    expect_text_size();
    file_.memory->take(text_size_ - before, 1);
    result_.categories.reserve(result_.categories.size() + input.width);
    for (std::size_t column = 0; column < input.width; ++column) {
      result_.categories.push_back(
          {.feature = begin + column, .labels = categories, .unknown = UnknownCategory::missing});
    }
    std::vector<double> texts;
    for (const Label& label : categories) texts.push_back(scope_->element_of(label));
    return texts;
  }

  void expect_text_size() const {
    if (text_size_ > kOnnxInputTextMax) {
      scope_->refuse_here(Code::resource_exhausted,
                          "the names and categories of the features take more than {} bytes",
                          kOnnxInputTextMax);
    }
  }

  // One input of all features leaves their names to the caller.
  void name_features() {
    if (inputs_.size() == 1 && inputs_[0].width != 1) return;
    for (const Input& input : inputs_) {
      const std::size_t size = (input.name.size() + sizeof(std::string)) * input.width;
      text_size_ += size;
      expect_text_size();
      file_.memory->take(size, 1);
      for (std::size_t column = 0; column < input.width; ++column) {
        result_.feature_names.push_back(
            input.width == 1 ? std::string(input.name) : fmt::format("{}_{}", input.name, column));
      }
    }
  }

  // --- nodes

  void read_node(std::size_t index) {
    OnnxNode entered = file_.node(index);
    const std::string_view domain = domain_of(entered.domain);
    const auto version = versions_.find(domain);
    scope_->enter(std::move(entered), index,
                  version == versions_.end() ? kVersionOtherwise : version->second);
    const OnnxNode& node = scope_->node();
    for (const std::string_view name : node.inputs) add_initializer(name);
    const OnnxOperator* known = find_onnx_operator(domain, node.op_type);
    if (known == nullptr) {
      const std::string names = onnx_operator_names(domain);
      scope_->refuse_here(Code::unimplemented,
                          "the operator (domain {}) is not known here, expected one of: {}",
                          quoted_text(domain), names.empty() ? "none of this domain" : names);
    }
    known->read(*scope_);
  }

  // Constants come into memory when a node asks for them.
  void add_initializer(std::string_view name) {
    const auto found = initializers_.find(name);
    if (found == initializers_.end() || scope_->is_defined(name)) return;
    scope_->define(found->first, scope_->constant(read_onnx_tensor(
                                     OnnxTensorFields(found->second), kModelFileSizeMax,
                                     quoted_text(name), *file_.memory)));
  }

  // --- outputs

  void read_outputs() {
    if (file_.outputs.empty()) refuse(Code::data_loss, "onnx: the graph has no outputs");
    std::vector<OnnxOutput> outputs;
    for (const std::string_view bytes : file_.outputs) {
      const std::string_view name = OnnxValueInfo(bytes).name;
      scope_->enter(fmt::format("output {}", quoted_text(name)));
      add_initializer(name);
      outputs.emplace_back(name, scope_->named(name));
    }
    OnnxAnswers answers = read_onnx_answers(*scope_, outputs, is_ours_);
    result_.targets = std::move(answers.targets);
    result_.estimator = std::move(scope_->builder()).build(std::move(answers.answer));
  }

  const OnnxFile& file_;
  bool is_ours_;
  std::vector<Categories> stated_;
  std::size_t name_count_;
  std::map<std::string_view, std::int64_t> versions_;
  std::unordered_map<std::string_view, std::string_view> initializers_;  // their messages
  std::vector<Input> inputs_;
  std::optional<OnnxScope> scope_;
  std::size_t text_size_ = 0;  // of names and categories, for each feature
  OnnxDataflow result_;
};

}  // namespace

std::map<std::string_view, std::int64_t> onnx_versions(const OnnxFile& file) {
  std::map<std::string_view, std::int64_t> versions;
  for_each_bytes(file.bytes, kOnnxOperatorSets, [&versions](std::string_view bytes) {
    const OnnxEntry set(bytes);
    const std::string_view domain = domain_of(set.key);
    const bool is_known = domain.empty() || domain == "ai.onnx.ml";
    if (!is_known) return;  // no operator of it is known either
    const std::int64_t most = domain.empty() ? kVersionMax : kMlVersionMax;
    if (set.version < 1 || set.version > most) {
      refuse(Code::unimplemented, "onnx: the operators are of {} {}, expected 1 to {}",
             domain.empty() ? "ai.onnx" : domain, set.version, most);
    }
    versions[domain] = set.version;
  });
  return versions;
}

OnnxDataflow read_onnx_dataflow(const OnnxFile& file, std::size_t name_count) {
  return DataflowReader(file, name_count).read();
}

}  // namespace ml_inference
