// SPDX-License-Identifier: MIT
#include "api/grpc/oip_grpc_request.h"

#include "api/grpc/oip.pb.h"
#include "api/oip/oip_request.h"
#include "base/printable_text.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

using Request = inference::ModelInferRequest;
using Input = Request::InferInputTensor;
using Output = Request::InferRequestedOutputTensor;
using Contents = inference::InferTensorContents;
using Parameter = inference::InferParameter;

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

std::unexpected<Error> broken() { return invalid("the message is no inference.ModelInferRequest"); }

// The field of the contents that has a type's values, and an empty list of what it holds; none for
// half precision.
struct TypedField {
  int number = 0;
  std::string_view name;
  FieldValues values;
};

std::optional<TypedField> typed_field(TensorType type) {
  switch (type) {
    case TensorType::boolean:
      return TypedField{Contents::kBoolContentsFieldNumber, "bool_contents",
                        std::vector<std::uint8_t>()};
    case TensorType::int8:
    case TensorType::int16:
    case TensorType::int32:
      return TypedField{Contents::kIntContentsFieldNumber, "int_contents",
                        std::vector<std::int32_t>()};
    case TensorType::int64:
      return TypedField{Contents::kInt64ContentsFieldNumber, "int64_contents",
                        std::vector<std::int64_t>()};
    case TensorType::uint8:
    case TensorType::uint16:
    case TensorType::uint32:
      return TypedField{Contents::kUintContentsFieldNumber, "uint_contents",
                        std::vector<std::uint32_t>()};
    case TensorType::uint64:
      return TypedField{Contents::kUint64ContentsFieldNumber, "uint64_contents",
                        std::vector<std::uint64_t>()};
    case TensorType::float32:
      return TypedField{Contents::kFp32ContentsFieldNumber, "fp32_contents", std::vector<float>()};
    case TensorType::float64:
      return TypedField{Contents::kFp64ContentsFieldNumber, "fp64_contents", std::vector<double>()};
    case TensorType::bytes:
      return TypedField{Contents::kBytesContentsFieldNumber, "bytes_contents",
                        std::vector<std::string_view>()};
    case TensorType::float16: break;
  }
  return std::nullopt;
}

// An entry of a map of parameters.
struct ParameterEntry {
  std::string_view key;
  int choice = 0;  // the member of the oneof, if it is a whole number or a truth value
  std::uint64_t number = 0;
};

Result<ParameterEntry> read_parameter(std::string_view message) {
  ParameterEntry entry;
  WireFields fields(message);
  while (fields.next_bytes()) {
    if (fields.number() == 1) entry.key = fields.bytes();
    if (fields.number() != 2) continue;
    WireFields choice(fields.bytes());
    while (choice.next()) {
      if (choice.kind() != WireKind::varint) continue;  // no other kind is looked at
      entry.choice = choice.number();
      entry.number = choice.value();
    }
    if (choice.is_broken()) return broken();
  }
  if (fields.is_broken()) return broken();
  return entry;
}

class MessageReader {
 public:
  MessageReader(const SpokenModel& model, AnswerForm& form) : model_(model), form_(form) {}

  Result<GivenTensors> read(std::string_view body) {
    std::vector<std::string_view> outputs;
    WireFields fields(body);
    while (fields.next_bytes()) {
      switch (fields.number()) {
        case Request::kIdFieldNumber: RETURN_IF_ERROR(read_id(fields.bytes())); break;
        case Request::kInputsFieldNumber: RETURN_IF_ERROR(read_input(fields.bytes())); break;
        case Request::kOutputsFieldNumber: outputs.push_back(fields.bytes()); break;
        case Request::kRawInputContentsFieldNumber: raw_.push_back(fields.bytes()); break;
        default: break;
      }
    }
    if (fields.is_broken()) return broken();
    RETURN_IF_ERROR(raw_.empty() ? read_contents() : take_raw());
    for (const std::string_view output : outputs) RETURN_IF_ERROR(read_output(output));
    if (form_.outputs.empty()) want_all_outputs(model_.tensors, !raw_.empty(), form_);
    return std::move(given_);
  }

 private:
  Result<void> read_id(std::string_view id) {
    if (!is_utf8(id)) return invalid("id is no text");
    form_.id = id;
    return {};
  }

  Result<void> read_input(std::string_view message) {
    const std::size_t count_max = std::max<std::size_t>(model_.schema().feature_count(), 1);
    if (given_.tensors.size() == count_max) {
      return invalid(fmt::format("there are more inputs than the model's {} features", count_max));
    }
    GivenTensor tensor;
    std::string_view type;
    WireFields fields(message);
    bool is_sound = true;
    while (is_sound && fields.next()) {
      if (!fields.has_bytes() && fields.number() != Input::kShapeFieldNumber) continue;
      switch (fields.number()) {
        case Input::kNameFieldNumber: tensor.name = fields.bytes(); break;
        case Input::kDatatypeFieldNumber: type = fields.bytes(); break;
        case Input::kShapeFieldNumber: is_sound = append_values(fields, tensor.shape); break;
        case Input::kParametersFieldNumber:
          RETURN_IF_ERROR(check_input_parameter(fields.bytes()));
          break;
        case Input::kContentsFieldNumber:
          contents_.push_back({given_.tensors.size(), fields.bytes()});
          break;
        default: break;
      }
    }
    if (!is_sound || fields.is_broken()) return broken();
    const std::optional<TensorType> known = parse_tensor_type(type);
    if (!known) return unknown_type(tensor.name, type);
    tensor.type = *known;
    given_.tensors.push_back(std::move(tensor));
    return {};
  }

  static std::unexpected<Error> unknown_type(std::string_view name, std::string_view type) {
    return invalid(
        fmt::format("input '{}' has the datatype '{}', expected BOOL, UINT8 to UINT64, "
                    "INT8 to INT64, FP16 to FP64 or BYTES",
                    printable_text(name), printable_text(type)));
  }

  // A parameter that no server has to know is passed over; one that says where the values are is
  // not.
  static Result<void> check_input_parameter(std::string_view message) {
    ASSIGN_OR_RETURN(const ParameterEntry entry, read_parameter(message));
    if (entry.key != kSharedMemoryParameter) return {};
    return fail(Code::unimplemented, kNoSharedInput);
  }

  Result<void> take_raw() {
    if (!contents_.empty()) {
      const std::string_view name = given_.tensors[contents_.front().tensor].name;
      return invalid(
          fmt::format("input '{}' has contents beside raw_input_contents", printable_text(name)));
    }
    if (raw_.size() != given_.tensors.size()) {
      return invalid(
          fmt::format("there are {} raw_input_contents, expected one for each of {} "
                      "inputs",
                      raw_.size(), given_.tensors.size()));
    }
    for (std::size_t index = 0; index < raw_.size(); ++index) {
      given_.tensors[index].elements = RawElements{.bytes = raw_[index]};
    }
    return {};
  }

  // Contents that stand in several parts are one, as protocol buffers have it.
  Result<void> read_contents() {
    given_.values.reserve(given_.tensors.size());
    std::span<const Part> rest = contents_;
    for (std::size_t index = 0; index < given_.tensors.size(); ++index) {
      GivenTensor& tensor = given_.tensors[index];
      std::optional<TypedField> field = typed_field(tensor.type);
      if (!field) {
        return invalid(
            fmt::format("input '{}' is of type FP16, which raw_input_contents alone hold",
                        printable_text(tensor.name)));
      }
      for (; !rest.empty() && rest.front().tensor == index; rest = rest.subspan(1)) {
        RETURN_IF_ERROR(read_part(rest.front().message, *field, tensor));
      }
      if (!fit_type(field->values, tensor.type)) {
        return invalid(fmt::format("input '{}' is of type {}, which not all of its {} are",
                                   printable_text(tensor.name), tensor_type_name(tensor.type),
                                   field->name));
      }
      given_.values.push_back(std::move(field->values));
      tensor.elements = take_source(given_.values.back());
    }
    return {};
  }

  static Result<void> read_part(std::string_view message, TypedField& field,
                                const GivenTensor& tensor) {
    WireFields fields(message);
    while (fields.next()) {
      if (fields.number() != field.number) {
        return invalid(
            fmt::format("input '{}' is of type {}, whose values are expected in {} alone",
                        printable_text(tensor.name), tensor_type_name(tensor.type), field.name));
      }
      if (!append_field(fields, field.values)) return broken();
    }
    if (fields.is_broken()) return broken();
    return {};
  }

  Result<void> read_output(std::string_view message) {
    WantedOutput wanted{.tensor = nullptr, .binary = !raw_.empty()};
    std::string_view name;
    WireFields fields(message);
    while (fields.next_bytes()) {
      if (fields.number() == Output::kNameFieldNumber) name = fields.bytes();
      if (fields.number() != Output::kParametersFieldNumber) continue;
      ASSIGN_OR_RETURN(const ParameterEntry entry, read_parameter(fields.bytes()));
      RETURN_IF_ERROR(read_output_parameter(entry, wanted));
    }
    if (fields.is_broken()) return broken();
    ASSIGN_OR_RETURN(wanted.tensor, wanted_output(model_.tensors, name));
    return want_output(wanted, form_);
  }

  static Result<void> read_output_parameter(const ParameterEntry& entry, WantedOutput& wanted) {
    if (entry.key == kSharedMemoryParameter) {
      return fail(Code::unimplemented, kNoSharedOutput);
    }
    if (entry.key != "classification") return {};
    const bool is_whole = entry.choice == Parameter::kInt64ParamFieldNumber ||
                          entry.choice == Parameter::kUint64ParamFieldNumber;
    if (!is_whole || static_cast<std::int64_t>(entry.number) < 0) {
      return invalid("classification is no whole number from 0");
    }
    wanted.class_count = entry.number;
    return {};
  }

  struct Part {
    std::size_t tensor;
    std::string_view message;
  };

  const SpokenModel& model_;
  AnswerForm& form_;
  GivenTensors given_;
  std::vector<Part> contents_;  // in the order of the tensors
  std::vector<std::string_view> raw_;
};

}  // namespace

Result<void> name_oip_model(std::string_view body, RouteMatch& match) {
  WireFields fields(body);
  while (fields.next_bytes()) {
    if (fields.number() == Request::kModelNameFieldNumber) match.model = fields.bytes();
    if (fields.number() == Request::kModelVersionFieldNumber) match.version = fields.bytes();
  }
  if (fields.is_broken()) return broken();
  return {};
}

// Looks at no tensor: they may be megabytes.
bool wants_oip_classes(std::string_view body) {
  WireFields fields(body);
  while (fields.next_bytes()) {
    if (fields.number() == Request::kOutputsFieldNumber &&
        fields.bytes().contains("classification")) {
      return true;
    }
  }
  return false;
}

std::size_t oip_raw_size(std::string_view body) {
  std::size_t size = 0;
  WireFields fields(body);
  while (fields.next_bytes()) {
    if (fields.number() == Request::kRawInputContentsFieldNumber) size += fields.bytes().size();
  }
  return size;
}

Result<QuestionTerms> read_oip_message_terms(std::string_view body) {
  QuestionTerms terms;
  WireFields fields(body);
  while (fields.next_bytes()) {
    if (fields.number() != Request::kParametersFieldNumber) continue;
    ASSIGN_OR_RETURN(const ParameterEntry entry, read_parameter(fields.bytes()));
    if (entry.key != "priority" && entry.key != "timeout") continue;
    const bool is_signed = entry.choice == Parameter::kInt64ParamFieldNumber;
    const bool is_whole = is_signed || entry.choice == Parameter::kUint64ParamFieldNumber;
    if (!is_whole || (is_signed && entry.number >> 63 != 0)) {
      return invalid(fmt::format("parameter '{}' is no whole number from 0", entry.key));
    }
    entry.key == "priority" ? set_priority(entry.number, terms) : set_timeout(entry.number, terms);
  }
  if (fields.is_broken()) return broken();
  return terms;
}

Result<GivenTensors> read_oip_message(std::string_view body, const SpokenModel& model,
                                      AnswerForm& form) {
  return MessageReader(model, form).read(body);
}

}  // namespace ml_inference
