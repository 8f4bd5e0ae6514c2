// SPDX-License-Identifier: MIT
#include "api/v1/v1_request.h"

#include "api/limits.h"
#include "api/rest_answer.h"
#include "api/rest_request.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kDefaultSignature = "serving_default";

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

// What a row in the form {"input": [...]} calls itself: the only input tensor.
std::string_view row_name(const ModelTensors& tensors) {
  return tensors.inputs().size() == 1 ? std::string_view(tensors.inputs().front().name)
                                      : std::string_view();
}

// The output by Vertex AI's "parameters", where the signature does not say. What else stands there
// is between a client and another server.
Result<std::string_view> predict_method(const std::vector<JsonNode>& nodes,
                                        const JsonMember& parameters) {
  if (!parameters.is_there() || nodes[parameters.index].kind == JsonKind::null) {
    return std::string_view();
  }
  const JsonNode& object = nodes[parameters.index];
  if (object.kind != JsonKind::object) return invalid("parameters is no object");
  JsonMember method{.name = "predict_method"};
  for (std::size_t key = parameters.index + 1; key < object.end; key = nodes[key + 1].end) {
    if (nodes[key].text == method.name) method.index = key + 1;
  }
  return member_text(nodes, method);
}

Result<void> read_output(const Question& question, const std::vector<JsonNode>& nodes,
                         const JsonMember& signature, const JsonMember& parameters,
                         AnswerForm& form) {
  ASSIGN_OR_RETURN(std::string_view name, member_text(nodes, signature));
  if (name == kDefaultSignature) name = {};
  ASSIGN_OR_RETURN(const std::string_view method, predict_method(nodes, parameters));
  if (!name.empty() && !method.empty() && name != method) {
    return invalid(fmt::format("signature_name is '{}', and parameters.predict_method '{}'",
                               printable_text(name), printable_text(method)));
  }
  const std::string_view what = name.empty() ? "parameters.predict_method" : "signature_name";
  return want_method(question.model.tensors, name.empty() ? method : name,
                     question.prefers_probabilities, what, form);
}

// Reads examples that share the features of a context.
class ContextReader {
 public:
  ContextReader(const JsonRows& rows, const std::vector<JsonNode>& nodes, PredictMemory& memory)
      : rows_(rows),
        nodes_(nodes),
        memory_(memory),
        width_(rows.schema().feature_count()),
        common_(width_),
        is_common_(width_) {}

  Result<void> read(const JsonMember& context, const JsonMember& examples) {
    const std::size_t count = nodes_[examples.index].count;
    const bool looks_at_cells = !rows_.schema().takes_any_width;
    if (looks_at_cells && count * width_ > kCellsPerValueMax * nodes_.size()) {
      return invalid(fmt::format(
          "context makes {} values of {}, expected at most {} times as many: features belong into "
          "the examples",
          count * width_, nodes_.size(), kCellsPerValueMax));
    }
    memory_.call.form = RowForm::list;
    RETURN_IF_ERROR(read_object(context.index, {"context"}, common_, is_common_));
    std::size_t row = 0;
    for (std::size_t item = examples.index + 1; item < nodes_[examples.index].end;
         item = nodes_[item].end) {
      if (memory_.faults.is_full()) break;
      RETURN_IF_ERROR(read_example(item, row++));
    }
    return {};
  }

 private:
  Result<void> read_example(std::size_t index, std::size_t row) {
    cells_ = common_;
    is_there_ = is_common_;
    RETURN_IF_ERROR(read_object(index, {"examples", row}, cells_, is_there_));
    ++memory_.call.request.row_count;
    if (rows_.schema().takes_any_width) return {};
    for (std::size_t feature = 0; feature < width_; ++feature) {
      if (is_there_[feature]) continue;
      return invalid(fmt::format("examples.{} lacks the feature '{}'", row,
                                 rows_.schema().feature_names[feature]));
    }
    std::vector<double>& all = memory_.call.request.cells;
    all.insert(all.end(), cells_.begin(), cells_.end());
    return {};
  }

  // Fills the cells that the object has; those that stand there already may not be in it.
  Result<void> read_object(std::size_t index, const Location& base, std::vector<double>& cells,
                           std::vector<bool>& is_there) {
    const std::string what = base.size() == 1 ? "context" : "an example";
    if (nodes_[index].kind != JsonKind::object) return invalid(what + " is no object");
    const RowFaults faults{.list = memory_.faults, .base = base};
    for (std::size_t key = index + 1; key < nodes_[index].end; key = nodes_[key + 1].end) {
      const std::string name = echoed_key(nodes_[key].text);
      const auto feature = rows_.feature_index(nodes_[key].text);
      if (!feature && rows_.schema().takes_any_width) continue;
      if (!feature) {
        return invalid(fmt::format("'{}' in {} is no feature", printable_text(name), what));
      }
      if (is_there[*feature]) {
        return invalid(fmt::format("the feature '{}' of {} stands twice, or in context as well",
                                   printable_text(name), what));
      }
      is_there[*feature] = true;
      cells[*feature] = rows_.read_cell(nodes_, key + 1, *feature, {name}, faults, rest_rules({}));
    }
    return {};
  }

  const JsonRows& rows_;
  const std::vector<JsonNode>& nodes_;
  PredictMemory& memory_;
  const std::size_t width_;
  std::vector<double> common_;
  std::vector<bool> is_common_;
  std::vector<double> cells_;   // of the example that is read
  std::vector<bool> is_there_;  // likewise
};

// Whether the model does what is asked for, and what a client may call that.
Result<void> check_task(const Question& question, std::string_view signature) {
  const Schema& schema = question.model.schema();
  const bool classifies = question.route.operation == Operation::classify;
  const std::string_view verb = classifies ? "classify" : "regress";
  const std::string_view other = classifies ? "regress" : "classify";
  const Task task = classifies ? Task::classification : Task::regression;
  if (schema.task() != task) {
    return invalid(fmt::format("the model is a {}, which answers :predict and :{} but not :{}",
                               task_name(schema.task()), other, verb));
  }
  if (schema.targets.size() > 1) {
    return invalid(fmt::format("the model has {} targets, and :{} answers one: use :predict",
                               schema.targets.size(), verb));
  }
  if (classifies && !schema.targets.front().has_probabilities) {
    return invalid("the model gives no probabilities, which :classify answers: use :predict");
  }
  if (!signature.empty() && signature != kDefaultSignature && signature != task_name(task)) {
    return invalid(fmt::format("signature_name is '{}', expected {} or {}",
                               printable_text(signature), kDefaultSignature, task_name(task)));
  }
  return {};
}

}  // namespace

Result<void> read_v1_predict(const Question& question, PredictMemory& memory) {
  const std::vector<JsonNode>& nodes = memory.tape.nodes();
  std::array members{JsonMember{.name = "signature_name"}, JsonMember{.name = "instances"},
                     JsonMember{.name = "inputs"}, JsonMember{.name = "parameters"}};
  RETURN_IF_ERROR(find_members(nodes, 0, "the body", members));
  const auto& [signature, instances, inputs, parameters] = members;
  RETURN_IF_ERROR(read_output(question, nodes, signature, parameters, memory.form));
  if (instances.is_there() == inputs.is_there()) {
    return invalid(
        inputs.is_there()
            ? "there are both instances (rows) and inputs (columns), expected one of them"
            : "there are neither instances (rows) nor inputs (columns), expected one of "
              "them");
  }
  memory.form.columns = inputs.is_there();
  const JsonRows& rows = question.model.json.rows();
  const RowRules rules = rest_rules(row_name(question.model.tensors));
  if (memory.form.columns) return read_columns(rows, nodes, inputs, memory, rules);
  return read_row_list(rows, nodes, instances, memory, rules);
}

Result<void> read_v1_examples(const Question& question, PredictMemory& memory) {
  const std::vector<JsonNode>& nodes = memory.tape.nodes();
  std::array members{JsonMember{.name = "signature_name"}, JsonMember{.name = "context"},
                     JsonMember{.name = "examples"}};
  RETURN_IF_ERROR(find_members(nodes, 0, "the body", members));
  const auto& [signature, context, examples] = members;
  ASSIGN_OR_RETURN(const std::string_view name, member_text(nodes, signature));
  RETURN_IF_ERROR(check_task(question, name));
  if (!examples.is_there()) return invalid("examples is missing");
  const JsonRows& rows = question.model.json.rows();
  if (context.is_there()) {
    const JsonNode& list = nodes[examples.index];
    if (list.kind != JsonKind::array || list.count == 0 || list.count > kRowsPerRequestMax) {
      return invalid(fmt::format("examples is no list of 1 to {} objects", kRowsPerRequestMax));
    }
    return ContextReader(rows, nodes, memory).read(context, examples);
  }
  RowRules rules = rest_rules(row_name(question.model.tensors));
  // TensorFlow leaves a missing value out; but rows of nothing must not become many cells.
  const std::size_t cell_count = nodes[examples.index].count * rows.schema().feature_count();
  rules.absent_is_missing = cell_count <= kCellsPerValueMax * nodes.size();
  return read_row_list(rows, nodes, examples, memory, rules);
}

}  // namespace ml_inference
