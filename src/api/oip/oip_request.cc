// SPDX-License-Identifier: MIT
#include "api/oip/oip_request.h"

#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace ml_inference {
namespace {

// Whole numbers that a double tells from the next ones.
constexpr double kWholeMax = 9007199254740991.0;

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

Result<std::uint64_t> whole_number(const JsonNode& node, std::string_view name) {
  const bool is_whole = node.kind == JsonKind::number && node.number >= 0 &&
                        node.number <= kWholeMax && std::trunc(node.number) == node.number;
  if (!is_whole) return invalid(fmt::format("{} is no whole number from 0 to 2^53-1", name));
  return static_cast<std::uint64_t>(node.number);
}

Result<bool> truth(const JsonNode& node, std::string_view name) {
  if (node.kind != JsonKind::boolean) return invalid(fmt::format("{} is no truth value", name));
  return node.truth;
}

// Calls the function with the key's text and the value's index for each member of an object.
template <class Function>
Result<void> for_members(const std::vector<JsonNode>& nodes, std::size_t index,
                         std::string_view name, Function function) {
  if (nodes[index].kind != JsonKind::object) return invalid(fmt::format("{} is no object", name));
  for (std::size_t key = index + 1; key < nodes[index].end; key = nodes[key + 1].end) {
    RETURN_IF_ERROR(function(nodes[key].text, key + 1));
  }
  return {};
}

// The same where the function refuses all keys but a few, each of which may stand there once.
template <class Function>
Result<void> for_known_members(const std::vector<JsonNode>& nodes, std::size_t index,
                               std::string_view name, Function function) {
  std::vector<std::string_view> seen;
  return for_members(nodes, index, name,
                     [&](std::string_view key, std::size_t value) -> Result<void> {
                       RETURN_IF_ERROR(function(key, value));
                       if (std::ranges::find(seen, key) != seen.end()) {
                         return invalid(fmt::format("'{}' stands twice in {}", key, name));
                       }
                       seen.push_back(key);
                       return {};
                     });
}

// The same for the values of a list.
template <class Function>
Result<void> for_items(const std::vector<JsonNode>& nodes, std::size_t index, std::string_view name,
                       Function function) {
  if (nodes[index].kind != JsonKind::array) return invalid(fmt::format("{} is no list", name));
  for (std::size_t item = index + 1; item < nodes[index].end; item = nodes[item].end) {
    RETURN_IF_ERROR(function(item));
  }
  return {};
}

// One of the request's parameters.
Result<void> read_term(std::string_view name, const JsonNode& node, QuestionTerms& terms) {
  if (name == "priority") {
    ASSIGN_OR_RETURN(const std::uint64_t number, whole_number(node, "parameters.priority"));
    set_priority(number, terms);
  } else if (name == "timeout") {
    ASSIGN_OR_RETURN(const std::uint64_t number, whole_number(node, "parameters.timeout"));
    set_timeout(number, terms);
  }
  return {};
}

class RequestReader {
 public:
  RequestReader(const OipBody& body, const ModelTensors& tensors,
                const std::vector<JsonNode>& nodes, AnswerForm& form)
      : binary_(body.binary), tensors_(tensors), nodes_(nodes), form_(form) {}

  Result<std::vector<GivenTensor>> read() {
    std::optional<std::size_t> outputs;
    std::optional<std::size_t> inputs;
    RETURN_IF_ERROR(for_known_members(
        nodes_, 0, "the body", [&](std::string_view key, std::size_t value) -> Result<void> {
          if (key == "id") return read_id(value);
          if (key == "parameters") return read_parameters(value);
          if (key == "inputs") {
            inputs = value;
          } else if (key == "outputs") {
            outputs = value;
          } else if (key != "model_name" && key != "model_version") {  // the path names them
            return invalid(fmt::format("'{}' is unknown, expected id, parameters, inputs, outputs",
                                       printable_text(key)));
          }
          return {};
        }));
    if (!inputs) return invalid("inputs is missing");
    RETURN_IF_ERROR(for_items(nodes_, *inputs, "inputs",
                              [this](std::size_t item) { return read_input(item); }));
    if (!binary_.empty()) {
      return invalid(fmt::format("{} bytes follow the tensors of the binary part", binary_.size()));
    }
    if (outputs) {
      RETURN_IF_ERROR(for_items(nodes_, *outputs, "outputs",
                                [this](std::size_t item) { return read_output(item); }));
    }
    if (form_.outputs.empty()) want_all_outputs(tensors_, binary_output_, form_);
    return std::move(given_);
  }

 private:
  Result<void> read_id(std::size_t index) {
    if (nodes_[index].kind != JsonKind::string) return invalid("id is no text");
    form_.id = nodes_[index].text;
    return {};
  }

  // Whoever sends a parameter that no server has to know loses nothing when this one does not.
  Result<void> read_parameters(std::size_t index) {
    return for_members(nodes_, index, "parameters",
                       [this](std::string_view key, std::size_t value) -> Result<void> {
                         if (key != "binary_data_output") return {};
                         ASSIGN_OR_RETURN(binary_output_,
                                          truth(nodes_[value], "parameters.binary_data_output"));
                         return {};
                       });
  }

  Result<void> read_input(std::size_t index) {
    GivenTensor tensor;
    std::optional<std::size_t> data;
    std::optional<std::uint64_t> binary_size;
    std::string_view type;
    bool has_shape = false;
    RETURN_IF_ERROR(for_known_members(
        nodes_, index, "an input", [&](std::string_view key, std::size_t value) -> Result<void> {
          const JsonNode& node = nodes_[value];
          if (key == "name") {
            tensor.name = node.kind == JsonKind::string ? node.text : std::string_view();
          } else if (key == "datatype") {
            type = node.kind == JsonKind::string ? node.text : std::string_view();
          } else if (key == "shape") {
            has_shape = true;
            return read_shape(value, tensor);
          } else if (key == "data") {
            data = value;
          } else if (key == "parameters") {
            return read_input_parameters(value, binary_size);
          } else {
            return invalid(fmt::format(
                "'{}' is unknown in an input, expected name, shape, datatype, parameters, data",
                printable_text(key)));
          }
          return {};
        }));
    if (tensor.name.empty()) return invalid("an input has no name");
    const std::string name = printable_text(tensor.name);
    if (!has_shape) return invalid(fmt::format("input '{}' has no shape", name));
    const std::optional<TensorType> known = parse_tensor_type(type);
    if (!known) {
      return invalid(
          fmt::format("input '{}' has the datatype '{}', expected BOOL, UINT8 to UINT64, "
                      "INT8 to INT64, FP16 to FP64 or BYTES",
                      name, printable_text(type)));
    }
    tensor.type = *known;
    if (data.has_value() == binary_size.has_value()) {
      return invalid(
          fmt::format("input '{}' has {}, expected data, or binary_data_size and bytes "
                      "behind the JSON",
                      name, data ? "data twice" : "no data"));
    }
    if (data) {
      tensor.elements = JsonElements{.nodes = &nodes_, .index = *data};
    } else {
      RETURN_IF_ERROR(take_binary(*binary_size, name, tensor));
    }
    given_.push_back(std::move(tensor));
    return {};
  }

  Result<void> read_shape(std::size_t index, GivenTensor& tensor) {
    return for_items(nodes_, index, "shape", [&](std::size_t item) -> Result<void> {
      ASSIGN_OR_RETURN(const std::uint64_t size, whole_number(nodes_[item], "a size of a shape"));
      tensor.shape.push_back(static_cast<std::int64_t>(size));
      return {};
    });
  }

  Result<void> read_input_parameters(std::size_t index, std::optional<std::uint64_t>& size) {
    return for_members(nodes_, index, "parameters of an input",
                       [&](std::string_view key, std::size_t value) -> Result<void> {
                         if (key == kSharedMemoryParameter) return invalid(kNoSharedInput);
                         if (key != "binary_data_size") return {};
                         ASSIGN_OR_RETURN(size, whole_number(nodes_[value], "binary_data_size"));
                         return {};
                       });
  }

  Result<void> take_binary(std::uint64_t size, std::string_view name, GivenTensor& tensor) {
    if (size > binary_.size()) {
      return invalid(fmt::format("input '{}' has binary_data_size {}, {} bytes are left", name,
                                 size, binary_.size()));
    }
    tensor.elements = RawElements{.bytes = binary_.substr(0, size)};
    binary_.remove_prefix(size);
    return {};
  }

  Result<void> read_output(std::size_t index) {
    WantedOutput wanted;
    std::string_view name;
    std::optional<bool> binary;
    RETURN_IF_ERROR(for_known_members(
        nodes_, index, "an output", [&](std::string_view key, std::size_t value) -> Result<void> {
          if (key == "name") {
            name = nodes_[value].kind == JsonKind::string ? nodes_[value].text : std::string_view();
            return {};
          }
          if (key == "parameters") return read_output_parameters(value, wanted, binary);
          return invalid(fmt::format("'{}' is unknown in an output, expected name, parameters",
                                     printable_text(key)));
        }));
    ASSIGN_OR_RETURN(wanted.tensor, wanted_output(tensors_, name));
    wanted.binary = binary.value_or(binary_output_);
    return want_output(wanted, form_);
  }

  Result<void> read_output_parameters(std::size_t index, WantedOutput& wanted,
                                      std::optional<bool>& binary) {
    return for_members(nodes_, index, "parameters of an output",
                       [&](std::string_view key, std::size_t value) -> Result<void> {
                         if (key == kSharedMemoryParameter) return invalid(kNoSharedOutput);
                         if (key == "binary_data") {
                           ASSIGN_OR_RETURN(binary, truth(nodes_[value], "binary_data"));
                         } else if (key == "classification") {
                           ASSIGN_OR_RETURN(wanted.class_count,
                                            whole_number(nodes_[value], "classification"));
                         }
                         return {};
                       });
  }

  std::string_view binary_;
  const ModelTensors& tensors_;
  const std::vector<JsonNode>& nodes_;
  AnswerForm& form_;
  bool binary_output_ = false;
  std::vector<GivenTensor> given_;
};

}  // namespace

Result<OipBody> split_oip_body(std::string_view body, std::string_view json_size) {
  if (json_size.empty()) return OipBody{.json = body, .binary = {}};
  std::size_t size = 0;
  const char* const end = json_size.data() + json_size.size();
  const auto [stop, error] = std::from_chars(json_size.data(), end, size);
  if (error != std::errc() || stop != end || size > body.size()) {
    return invalid(fmt::format(
        "Inference-Header-Content-Length is '{}', expected a number up to the body's {} bytes",
        printable_text(json_size), body.size()));
  }
  return OipBody{.json = body.substr(0, size), .binary = body.substr(size), .is_raw = size == 0};
}

void want_all_outputs(const ModelTensors& tensors, bool binary, AnswerForm& form) {
  for (const OutputTensor& tensor : tensors.outputs()) {
    form.outputs.push_back({.tensor = &tensor, .binary = binary});
  }
}

Result<const OutputTensor*> wanted_output(const ModelTensors& tensors, std::string_view name) {
  if (const OutputTensor* const found = tensors.find_output(name)) return found;
  std::string names;
  for (const OutputTensor& tensor : tensors.outputs()) {
    names += (names.empty() ? "" : ", ") + tensor.name;
  }
  return invalid(fmt::format("output '{}' is unknown, expected {}", printable_text(name), names));
}

Result<void> want_output(const WantedOutput& wanted, AnswerForm& form) {
  const std::string& name = wanted.tensor->name;
  if (std::ranges::find(form.outputs, wanted.tensor, &WantedOutput::tensor) != form.outputs.end()) {
    return invalid(fmt::format("output '{}' stands twice", name));
  }
  if (wanted.class_count > 0 && wanted.tensor->type == TensorType::bytes) {
    return invalid(
        fmt::format("output '{}' holds texts, and no values to choose classes by", name));
  }
  form.outputs.push_back(wanted);
  return {};
}

Result<std::vector<GivenTensor>> read_oip_request(const OipBody& body, const ModelTensors& tensors,
                                                  JsonTape& tape, AnswerForm& form) {
  // Clients written in Python send NaN and Infinity as numbers.
  if (const auto parsed = tape.parse(body.json, JsonNumbers::with_infinite); !parsed) {
    return invalid(fmt::format("the JSON is broken at byte {}: {}", parsed.error().offset,
                               parsed.error().message));
  }
  return RequestReader(body, tensors, tape.nodes(), form).read();
}

// What is broken elsewhere is told when all of it is read.
Result<QuestionTerms> read_oip_terms(const OipBody& body, JsonTape& tape) {
  QuestionTerms terms;
  const bool has_word = body.json.contains(R"("timeout")") || body.json.contains(R"("priority")");
  if (!has_word || !tape.parse(body.json, JsonNumbers::with_infinite)) return terms;
  const std::vector<JsonNode>& nodes = tape.nodes();
  if (nodes[0].kind != JsonKind::object) return terms;
  RETURN_IF_ERROR(for_members(nodes, 0, "the body",
                              [&](std::string_view key, std::size_t index) -> Result<void> {
                                if (key != "parameters" || nodes[index].kind != JsonKind::object)
                                  return {};
                                return for_members(nodes, index, "parameters",
                                                   [&](std::string_view name, std::size_t value) {
                                                     return read_term(name, nodes[value], terms);
                                                   });
                              }));
  return terms;
}

Result<std::vector<GivenTensor>> read_raw_request(std::string_view bytes,
                                                  const ModelTensors& tensors, AnswerForm& form) {
  const InputTensor& input = tensors.inputs().front();
  if (tensors.inputs().size() != 1 || input.type == TensorType::bytes) {
    return invalid("a body without JSON is for models with one input of numbers");
  }
  const std::size_t row_size = input.width * tensor_type_size(input.type);
  if (bytes.empty() || bytes.size() % row_size != 0) {
    return invalid(fmt::format("the body has {} bytes, expected rows of {}: {} times {}",
                               bytes.size(), row_size, input.width, tensor_type_name(input.type)));
  }
  want_all_outputs(tensors, true, form);
  std::vector<GivenTensor> given(1);
  given[0].name = input.name;
  given[0].type = input.type;
  given[0].shape = {static_cast<std::int64_t>(bytes.size() / row_size),
                    static_cast<std::int64_t>(input.width)};
  given[0].elements = RawElements{.bytes = bytes};
  return given;
}

}  // namespace ml_inference
