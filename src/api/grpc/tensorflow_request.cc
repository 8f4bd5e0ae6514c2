// SPDX-License-Identifier: MIT
#include "api/grpc/tensorflow_request.h"

#include "api/grpc/tensorflow_serving.pb.h"
#include "api/grpc/tensorflow_spec.h"
#include "api/grpc/tensorflow_types.h"
#include "api/oip/oip_request.h"
#include "api/tensor_elements.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

namespace ml_inference {
namespace {

using tensorflow::TensorProto;
using tensorflow::TensorShapeProto;
using tensorflow::serving::PredictRequest;

std::unexpected<Error> invalid(std::string message) {
  return fail(Code::invalid_argument, std::move(message));
}

std::unexpected<Error> broken() {
  return invalid("the message is no tensorflow.serving.PredictRequest");
}

// The field that has a type's values, and an empty list of what it holds.
struct TypedField {
  int number;
  std::string_view name;
  FieldValues values;
};

TypedField typed_field(TensorType type) {
  switch (type) {
    case TensorType::boolean:
      return {TensorProto::kBoolValFieldNumber, "bool_val", std::vector<std::uint8_t>()};
    case TensorType::float16:
      return {TensorProto::kHalfValFieldNumber, "half_val", std::vector<std::int32_t>()};
    case TensorType::uint8:
    case TensorType::uint16:
    case TensorType::int8:
    case TensorType::int16:
    case TensorType::int32:
      return {TensorProto::kIntValFieldNumber, "int_val", std::vector<std::int32_t>()};
    case TensorType::int64:
      return {TensorProto::kInt64ValFieldNumber, "int64_val", std::vector<std::int64_t>()};
    case TensorType::uint32:
      return {TensorProto::kUint32ValFieldNumber, "uint32_val", std::vector<std::uint32_t>()};
    case TensorType::uint64:
      return {TensorProto::kUint64ValFieldNumber, "uint64_val", std::vector<std::uint64_t>()};
    case TensorType::float32:
      return {TensorProto::kFloatValFieldNumber, "float_val", std::vector<float>()};
    case TensorType::float64:
      return {TensorProto::kDoubleValFieldNumber, "double_val", std::vector<double>()};
    case TensorType::bytes: break;
  }
  return {TensorProto::kStringValFieldNumber, "string_val", std::vector<std::string_view>()};
}

// The numbers that half-precision values are sent as become numbers.
std::vector<float> numbers_of_halves(const std::vector<std::int32_t>& halves) {
  std::vector<float> numbers(halves.size());
  std::ranges::transform(halves, numbers.begin(), [](std::int32_t bits) {
    return half_to_float(static_cast<std::uint16_t>(bits));
  });
  return numbers;
}

// Elements that a shape asks for; none where it is no shape.
std::optional<std::size_t> element_count(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(count, static_cast<std::size_t>(size), &count)) {
      return std::nullopt;
    }
  }
  return count;
}

// As TensorFlow has it: the last value stands for those that follow, and zero for no value at all.
void fill(FieldValues& values, std::size_t count) {
  std::visit(
      [count](auto& list) {
        using Value = typename std::decay_t<decltype(list)>::value_type;
        const Value last = list.empty() ? Value() : list.back();
        if (list.size() < count) list.resize(count, last);
      },
      values);
}

class MessageReader {
 public:
  MessageReader(const SpokenModel& model, AnswerForm& form) : model_(model), form_(form) {}

  Result<GivenTensors> read(std::string_view body) {
    ASSIGN_OR_RETURN(const ReadSpec spec, read_request_spec(body));
    fillable_count_ = body.size();
    std::vector<std::string_view> entries;
    WireFields fields(body);
    while (fields.next_bytes()) {
      if (fields.number() == PredictRequest::kInputsFieldNumber) {
        RETURN_IF_ERROR(take_entry(fields.bytes(), entries));
      } else if (fields.number() == PredictRequest::kOutputFilterFieldNumber) {
        RETURN_IF_ERROR(want(fields.bytes()));
      }
    }
    if (fields.is_broken()) return broken();
    given_.values.reserve(entries.size());
    for (const std::string_view entry : entries) RETURN_IF_ERROR(read_entry(entry));
    RETURN_IF_ERROR(want_signature(spec.signature));
    form_.id = spec.signature;
    return std::move(given_);
  }

 private:
  Result<void> take_entry(std::string_view entry, std::vector<std::string_view>& entries) const {
    const std::size_t count_max = std::max<std::size_t>(model_.schema().feature_count(), 1);
    if (entries.size() == count_max) {
      return invalid(fmt::format("there are more inputs than the model's {} features", count_max));
    }
    entries.push_back(entry);
    return {};
  }

  Result<void> want(std::string_view name) {
    ASSIGN_OR_RETURN(const OutputTensor* const output, wanted_output(model_.tensors, name));
    return want_output({.tensor = output}, form_);
  }

  // A filter says it all; else the signature does: the first output, or one by its name; of several
  // targets all that begin so.
  Result<void> want_signature(std::string_view signature) {
    const std::vector<OutputTensor>& outputs = model_.tensors.outputs();
    std::vector<const OutputTensor*> wanted;
    for (const OutputTensor& output : outputs) {
      const bool is_wanted =
          signature.empty()
              ? &output == &outputs.front()
              : output.name == signature || output.name.starts_with(std::string(signature) + "_");
      if (is_wanted) wanted.push_back(&output);
    }
    if (wanted.empty()) {
      std::string names(kDefaultSignature);
      for (const OutputTensor& output : outputs) names += ", " + output.name;
      return invalid(fmt::format("signature_name is '{}', expected one of {}",
                                 printable_text(signature), names));
    }
    if (!form_.outputs.empty()) return {};
    for (const OutputTensor* const output : wanted) form_.outputs.push_back({.tensor = output});
    return {};
  }

  Result<void> read_entry(std::string_view entry) {
    std::string_view name;
    std::string_view tensor;
    WireFields fields(entry);
    while (fields.next_bytes()) {
      if (fields.number() == 1) name = fields.bytes();
      if (fields.number() == 2) tensor = fields.bytes();
    }
    if (fields.is_broken()) return broken();
    return read_tensor(name, tensor);
  }

  Result<void> read_tensor(std::string_view name, std::string_view message) {
    GivenTensor tensor{.name = name};
    std::uint64_t data_type = 0;
    std::optional<std::string_view> content;
    WireFields fields(message);
    while (fields.next()) {
      if (fields.is_varint(TensorProto::kDtypeFieldNumber)) data_type = fields.value();
      if (!fields.has_bytes()) continue;
      switch (fields.number()) {
        case TensorProto::kTensorShapeFieldNumber:
          RETURN_IF_ERROR(read_shape(fields.bytes(), tensor));
          break;
        case TensorProto::kTensorContentFieldNumber: content = fields.bytes(); break;
        default: break;
      }
    }
    if (fields.is_broken()) return broken();
    const auto type = tensor_type_of(static_cast<int>(std::min<std::uint64_t>(data_type, 1'000)));
    if (!type) {
      return invalid(
          fmt::format("input '{}' has the dtype {}, expected numbers, DT_BOOL or "
                      "DT_STRING",
                      printable_text(name), data_type));
    }
    tensor.type = *type;
    if (content && !content->empty()) return take_content(*content, std::move(tensor));
    return read_values(message, std::move(tensor));
  }

  static Result<void> read_shape(std::string_view message, GivenTensor& tensor) {
    WireFields fields(message);
    while (fields.next()) {
      if (fields.is_varint(TensorShapeProto::kUnknownRankFieldNumber) && fields.value() != 0) {
        return invalid(
            fmt::format("input '{}' has a shape of unknown rank", printable_text(tensor.name)));
      }
      if (fields.number() != TensorShapeProto::kDimFieldNumber || !fields.has_bytes()) continue;
      std::int64_t size = 0;
      WireFields dimension(fields.bytes());
      while (dimension.next()) {
        if (dimension.is_varint(1)) size = static_cast<std::int64_t>(dimension.value());
      }
      if (dimension.is_broken()) return broken();
      tensor.shape.push_back(size);
    }
    if (fields.is_broken()) return broken();
    return {};
  }

  Result<void> take_content(std::string_view content, GivenTensor tensor) {
    if (tensor.type == TensorType::bytes) {
      return invalid(fmt::format("input '{}' has texts in tensor_content, expected in string_val",
                                 printable_text(tensor.name)));
    }
    tensor.elements = RawElements{.bytes = content};
    given_.tensors.push_back(std::move(tensor));
    given_.values.emplace_back();
    return {};
  }

  Result<void> read_values(std::string_view message, GivenTensor tensor) {
    TypedField field = typed_field(tensor.type);
    WireFields fields(message);
    while (fields.next()) {
      if (fields.number() == field.number && !append_field(fields, field.values)) return broken();
    }
    if (tensor.type == TensorType::float16) {
      field.values = numbers_of_halves(std::get<std::vector<std::int32_t>>(field.values));
      tensor.type = TensorType::float32;
    }
    if (!fit_type(field.values, tensor.type)) {
      return invalid(fmt::format("input '{}' is of type {}, which not all of its {} are",
                                 printable_text(tensor.name), tensor_type_name(tensor.type),
                                 field.name));
    }
    RETURN_IF_ERROR(fill_tensor(field, tensor));
    given_.values.push_back(std::move(field.values));
    tensor.elements = take_source(given_.values.back());
    given_.tensors.push_back(std::move(tensor));
    return {};
  }

  Result<void> fill_tensor(TypedField& field, const GivenTensor& tensor) {
    const std::size_t got = value_count(field.values);
    const auto count = element_count(tensor.shape);
    if (!count || got >= *count) return {};  // whether they fit is seen when they are read
    if (*count > fillable_count_) {
      return invalid(
          fmt::format("input '{}' has {} values in {} for the shape {}, and {} more elements at "
                      "most are filled",
                      printable_text(tensor.name), got, field.name, tensor_shape_text(tensor.shape),
                      fillable_count_));
    }
    fillable_count_ -= *count;
    fill(field.values, *count);
    return {};
  }

  const SpokenModel& model_;
  AnswerForm& form_;
  GivenTensors given_;
  std::size_t fillable_count_ = 0;  // elements that may still be made of fewer values
};

}  // namespace

Result<GivenTensors> read_tensorflow_message(std::string_view body, const SpokenModel& model,
                                             AnswerForm& form) {
  return MessageReader(model, form).read(body);
}

}  // namespace ml_inference
