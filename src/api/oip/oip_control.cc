// SPDX-License-Identifier: MIT
#include "api/oip/oip_control.h"

#include "api/prediction.h"
#include "api/upload_parameter.h"
#include "base/base64.h"
#include "base/json_text.h"
#include "base/printable_text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace ml_inference {
namespace {

std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }

Result<void> take_parameter(std::string_view name, const boost::json::value& value,
                            ModelUpload& upload) {
  using enum UploadParameter::Kind;
  ASSIGN_OR_RETURN(UploadParameter parameter, parse_upload_parameter(name));
  if (parameter.kind == dependents) return {};
  if (!value.is_string()) {
    return fail(Code::invalid_argument,
                fmt::format("parameter '{}' is no text", printable_text(name)));
  }
  const std::string_view text = view(value.get_string());
  if (parameter.kind == config) {
    upload.config_json = text;
    return {};
  }
  std::optional<std::string> bytes = decode_base64(text);
  if (!bytes) {
    return fail(Code::invalid_argument,
                fmt::format("parameter '{}' is no base64", printable_text(name)));
  }
  upload.files[std::move(parameter.file)] = *std::move(bytes);
  return {};
}

}  // namespace

Result<ModelUpload> upload_of(std::string_view body) {
  ModelUpload upload;
  if (body.empty()) return upload;
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse({body.data(), body.size()}, error);
  const boost::json::object* const object = error ? nullptr : parsed.if_object();
  if (object == nullptr) {
    return fail(Code::invalid_argument, R"(the body is no JSON object such as {"parameters":{}})");
  }
  for (const auto& [name, value] : *object) {
    if (name == "parameters") continue;
    return fail(Code::invalid_argument, fmt::format("'{}' is unknown, expected parameters",
                                                    printable_text({name.data(), name.size()})));
  }
  const boost::json::value* const given = object->if_contains("parameters");
  if (given == nullptr) return upload;
  if (!given->is_object()) return fail(Code::invalid_argument, "parameters is no object");
  for (const auto& [name, value] : given->get_object()) {
    RETURN_IF_ERROR(take_parameter({name.data(), name.size()}, value, upload));
  }
  return upload;
}

void change_oip_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                      std::stop_token stop, HttpResponse& response) {
  Result<ModelUpload> upload = upload_of(body);
  if (!upload) return write_error(Dialect::oip, upload.error(), response);
  const bool loads = match.entry().operation == Operation::model_load;
  Result<void> done;
  if (loads) {
    done = control.load(match.model, *std::move(upload), std::move(stop));
  } else if (const auto unloaded = control.unload(match.model, std::move(stop)); !unloaded) {
    done = std::unexpected(unloaded.error());
  }
  if (!done) return write_error(Dialect::oip, done.error(), response);
  response.body = R"({"name":)";
  append_json_string(response.body, match.model);
  response.body += loads ? R"(,"load":true})" : R"(,"unload":true})";
}

}  // namespace ml_inference
