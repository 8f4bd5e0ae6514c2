// SPDX-License-Identifier: MIT
#include "api/grpc/reflection_service.h"

#include "api/grpc/descriptor_names.pb.h"
#include "api/grpc/descriptors.h"
#include "api/grpc/grpc_message.h"
#include "api/grpc/reflection.pb.h"
#include "base/assert.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;

using Names = std::map<std::string, std::size_t, std::less<>>;

// The described files, and where each name stands.
class Descriptors {
 public:
  Descriptors() {
    const std::string_view bytes = grpc_descriptors();
    descriptor_names::FileSet set;
    ASSERT(set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    for (std::string& file : *set.mutable_file()) {
      files_.push_back(std::move(file));
      index(files_.size() - 1);
    }
  }

  [[nodiscard]] const Names& file_names() const { return file_names_; }
  [[nodiscard]] const Names& symbols() const { return symbols_; }
  [[nodiscard]] const std::vector<std::string>& services() const { return services_; }
  [[nodiscard]] const std::string& file(std::size_t index) const { return files_[index]; }

 private:
  void index(std::size_t at) {
    descriptor_names::File file;
    ASSERT(file.ParseFromString(files_[at]));
    file_names_[file.name()] = at;
    for (const auto& type : file.message_type()) index_type(file.package(), type, at);
    for (const auto& type : file.enum_type()) symbols_[file.package() + "." + type.name()] = at;
    for (const auto& service : file.service()) {
      services_.push_back(file.package() + "." + service.name());
      symbols_[services_.back()] = at;
      for (const auto& method : service.method()) {
        symbols_[services_.back() + "." + method.name()] = at;
      }
    }
  }

  // Types nest as deep as our own files let them.
  void index_type(const std::string& scope, const descriptor_names::Type& type, std::size_t at) {
    const std::string name = scope + "." + type.name();
    symbols_[name] = at;
    for (const auto& nested : type.nested_type()) index_type(name, nested, at);
    for (const auto& nested : type.enum_type()) symbols_[name + "." + nested.name()] = at;
  }

  std::vector<std::string> files_;
  Names file_names_;
  Names symbols_;
  std::vector<std::string> services_;
};

const Descriptors& descriptors() {
  static const Descriptors all;
  return all;
}

void write_failure(int code, std::string message, ServerReflectionResponse& answer) {
  answer.mutable_error_response()->set_error_code(code);
  answer.mutable_error_response()->set_error_message(std::move(message));
}

void answer_file(const Names& names, const std::string& name, std::string_view kind,
                 ServerReflectionResponse& answer) {
  const auto found = names.find(name);
  if (found == names.end()) {
    return write_failure(kNotFound, fmt::format("there is no {} '{}'", kind, printable_text(name)),
                         answer);
  }
  *answer.mutable_file_descriptor_response()->add_file_descriptor_proto() =
      descriptors().file(found->second);
}

void answer_services(ServerReflectionResponse& answer) {
  auto& list = *answer.mutable_list_services_response();
  for (const std::string& name : descriptors().services()) list.add_service()->set_name(name);
}

void answer_numbers(const std::string& type, ServerReflectionResponse& answer) {
  if (!descriptors().symbols().contains(type)) {
    return write_failure(kNotFound, fmt::format("there is no type '{}'", printable_text(type)),
                         answer);
  }
  answer.mutable_all_extension_numbers_response()->set_base_type_name(type);
}

void answer_request(const ServerReflectionRequest& request, ServerReflectionResponse& answer) {
  const Descriptors& all = descriptors();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      return answer_file(all.file_names(), request.file_by_filename(), "file", answer);
    case ServerReflectionRequest::kFileContainingSymbol:
      return answer_file(all.symbols(), request.file_containing_symbol(), "symbol", answer);
    case ServerReflectionRequest::kListServices: return answer_services(answer);
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      return answer_numbers(request.all_extension_numbers_of_type(), answer);
    case ServerReflectionRequest::kFileContainingExtension:
      return write_failure(kNotFound, "there are no extensions", answer);
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET: break;
  }
  write_failure(kInvalidArgument, "the request asks for nothing that is known", answer);
}

}  // namespace

void reflect(std::string_view body, HttpResponse& response) {
  ServerReflectionRequest request;
  if (!read_message(body, request, response)) return;
  ServerReflectionResponse answer;
  answer.set_valid_host(request.host());
  answer_request(request, answer);
  *answer.mutable_original_request() = std::move(request);
  write_message(answer, response);
}

}  // namespace ml_inference
