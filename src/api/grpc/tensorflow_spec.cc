// SPDX-License-Identifier: MIT
#include "api/grpc/tensorflow_spec.h"

#include "api/grpc/tensorflow_serving.pb.h"
#include "api/grpc/wire_fields.h"
#include "base/utf8.h"

namespace ml_inference {
namespace {

using tensorflow::serving::ModelSpec;

std::unexpected<Error> broken() {
  return fail(Code::invalid_argument, "the message has no tensorflow.serving.ModelSpec");
}

Result<void> read_version(std::string_view message, ReadSpec& spec) {
  WireFields fields(message);
  spec.version = 0;
  while (fields.next()) {
    if (fields.is_varint(1)) spec.version = static_cast<std::int64_t>(fields.value());
  }
  if (fields.is_broken()) return broken();
  return {};
}

Result<void> read_spec(std::string_view message, ReadSpec& spec) {
  WireFields fields(message);
  while (fields.next_bytes()) {
    switch (fields.number()) {
      case ModelSpec::kNameFieldNumber: spec.name = fields.bytes(); break;
      case ModelSpec::kSignatureNameFieldNumber: spec.signature = fields.bytes(); break;
      case ModelSpec::kVersionFieldNumber:  // of the two choices the last one holds
        RETURN_IF_ERROR(read_version(fields.bytes(), spec));
        spec.label = {};
        break;
      case ModelSpec::kVersionLabelFieldNumber:
        spec.label = fields.bytes();
        spec.version.reset();
        break;
      default: break;
    }
  }
  if (fields.is_broken() || !is_utf8(spec.signature)) return broken();
  return {};
}

}  // namespace

Result<ReadSpec> read_request_spec(std::string_view body) {
  static_assert(tensorflow::serving::PredictRequest::kModelSpecFieldNumber == 1);
  ReadSpec spec;
  WireFields fields(body);
  while (fields.next_bytes()) {
    if (fields.number() == 1) RETURN_IF_ERROR(read_spec(fields.bytes(), spec));
  }
  if (fields.is_broken()) return broken();
  if (spec.signature == kDefaultSignature) spec.signature = {};
  return spec;
}

Result<void> name_spec_model(std::string_view body, RouteMatch& match) {
  ASSIGN_OR_RETURN(const ReadSpec spec, read_request_spec(body));
  match.model = spec.name;
  match.label = spec.label;
  if (spec.version) match.version = std::to_string(*spec.version);
  return {};
}

void fill_spec(const SpokenModel& model, std::string_view signature, ModelSpec& spec) {
  spec.set_name(model.name);
  spec.mutable_version()->set_value(model.number);
  const std::string_view name = signature.empty() ? kDefaultSignature : signature;
  spec.set_signature_name(name.data(), name.size());
}

}  // namespace ml_inference
