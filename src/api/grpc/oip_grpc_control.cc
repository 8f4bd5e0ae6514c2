// SPDX-License-Identifier: MIT
#include "api/grpc/oip_grpc_control.h"

#include "api/grpc/grpc_message.h"
#include "api/grpc/oip.pb.h"
#include "api/prediction.h"
#include "api/upload_parameter.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace ml_inference {
namespace {

// Of KServe's form the name stands where Triton's has the repository's, of which there is one.
template <class Request>
bool is_kserves(const Request& request) {
  return request.model_name().empty();
}

template <class Request>
const std::string& name_of(const Request& request) {
  return is_kserves(request) ? request.repository_name() : request.model_name();
}

std::unexpected<Error> wrong_type(std::string_view name, std::string_view expected) {
  return fail(Code::invalid_argument,
              fmt::format("parameter '{}' has no {}", printable_text(name), expected));
}

template <class Request>
Result<ModelUpload> upload_of(const Request& request) {
  using enum UploadParameter::Kind;
  ModelUpload upload;
  for (const auto& [name, value] : request.parameters()) {
    ASSIGN_OR_RETURN(UploadParameter parameter, parse_upload_parameter(name));
    if (parameter.kind == config) {
      if (!value.has_string_param()) return wrong_type(name, "string_param");
      upload.config_json = value.string_param();
    } else if (parameter.kind == file) {
      if (!value.has_bytes_param()) return wrong_type(name, "bytes_param");
      upload.files[std::move(parameter.file)] = value.bytes_param();
    }
  }
  return upload;
}

void load(ModelControl& control, std::string_view body, std::stop_token stop,
          HttpResponse& response) {
  inference::RepositoryModelLoadRequest request;
  if (!read_message(body, request, response)) return;
  Result<ModelUpload> upload = upload_of(request);
  if (!upload) return write_error(Dialect::grpc, upload.error(), response);
  const Result<void> done = control.load(name_of(request), *std::move(upload), std::move(stop));
  if (!done) return write_error(Dialect::grpc, done.error(), response);
  inference::RepositoryModelLoadResponse answer;
  if (is_kserves(request)) {
    answer.set_model_name(name_of(request));
    answer.set_isloaded(true);
  }
  write_message(answer, response);
}

void unload(ModelControl& control, std::string_view body, std::stop_token stop,
            HttpResponse& response) {
  inference::RepositoryModelUnloadRequest request;
  if (!read_message(body, request, response)) return;
  if (const auto known = upload_of(request); !known) {
    return write_error(Dialect::grpc, known.error(), response);
  }
  const Result<bool> done = control.unload(name_of(request), std::move(stop));
  if (!done) return write_error(Dialect::grpc, done.error(), response);
  inference::RepositoryModelUnloadResponse answer;
  if (is_kserves(request)) {
    answer.set_model_name(name_of(request));
    answer.set_isunloaded(true);
  }
  write_message(answer, response);
}

}  // namespace

void change_grpc_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                       std::stop_token stop, HttpResponse& response) {
  if (match.entry().operation == Operation::model_load) {
    return load(control, body, std::move(stop), response);
  }
  unload(control, body, std::move(stop), response);
}

}  // namespace ml_inference
