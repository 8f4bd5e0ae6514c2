// SPDX-License-Identifier: MIT
#include "api/oip/oip_dialect.h"

#include "api/limits.h"
#include "api/oip/oip_request.h"
#include "api/tensor_output.h"
#include "base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ml_inference {
namespace {

// Names, shapes and brackets around an output's elements.
constexpr std::size_t kOutputFrameSize = 256;

// Of one element as JSON, at most, unless it is a text.
constexpr std::size_t kElementSizeMax = 26;

void append_output(std::string& out, const WantedOutput& output, const SpokenModel& model,
                   std::span<const double> answers) {
  const std::size_t row_count = answers.size() / model.schema().answer_width();
  out += R"({"name":)";
  append_json_string(out, output.tensor->name);
  fmt::format_to(std::back_inserter(out), R"(,"datatype":"{}","shape":[{}])",
                 tensor_type_name(wanted_type(output)),
                 fmt::join(wanted_shape(output, row_count), ","));
  if (output.binary) {
    fmt::format_to(std::back_inserter(out), R"(,"parameters":{{"binary_data_size":{}}})",
                   raw_size(output, model, answers));
  } else {
    out += R"(,"data":[)";
    append_json_elements(out, output, model, answers);
    out += ']';
  }
  out += '}';
}

}  // namespace

// Servers of this protocol do not look at the type, and curl names one of its own for what it
// posts.
bool OipDialect::takes(std::string_view) const { return true; }

// Of a value in JSON: its node, its place among the elements, its cell, and a word in a list that
// has just grown. Of all of the text: decoded, and once more where words are numbers. Rows are at
// most row_count_max(), but of a model that looks at no cell there may be as many in a few bytes.
std::size_t OipDialect::memory_size_max(const Question& question) const {
  constexpr std::size_t kWordMemory = 32;
  constexpr std::size_t kNodeMemory =
      sizeof(JsonNode) + sizeof(std::uint32_t) + sizeof(double) + kWordMemory;
  const SpokenModel& model = question.model;
  const std::size_t size = question.body.size();
  // One that cannot be split is not read either.
  const OipBody body = split_oip_body(question.body, question.json_size).value_or(OipBody{});
  const std::size_t read = JsonTape::node_count_max(body.json) * kNodeMemory +
                           2 * body.json.size() + body.binary.size() * kRawByteMemory;
  const std::size_t width = model.schema().takes_any_width ? 1 : model.schema().feature_count();
  const std::size_t rows = model.schema().takes_any_width
                               ? model.tensors.row_count_max()
                               : std::min(size / width + 1, model.tensors.row_count_max());
  const bool wants_classes = question.body.find("classification") != std::string_view::npos;
  const std::size_t row_size = output_row_size_max(model, wants_classes);
  return read + 2 * rows * (model.schema().answer_width() * sizeof(double) + row_size);
}

Result<QuestionTerms> OipDialect::terms(const Question& question, PredictMemory& memory) const {
  ASSIGN_OR_RETURN(const OipBody body, split_oip_body(question.body, question.json_size));
  return read_oip_terms(body, memory.tape);
}

Result<void> OipDialect::read(const Question& question, PredictMemory& memory) const {
  ASSIGN_OR_RETURN(const OipBody body, split_oip_body(question.body, question.json_size));
  const ModelTensors& tensors = question.model.tensors;
  ASSIGN_OR_RETURN(const std::vector<GivenTensor> given,
                   body.is_raw ? read_raw_request(body.binary, tensors, memory.form)
                               : read_oip_request(body, tensors, memory.tape, memory.form));
  return read_tensors(question.model.json.rows(), given, memory.call, memory.faults,
                      tensors.row_count_max());
}

void OipDialect::write(const Question& question, const PredictMemory& memory,
                       std::span<const double> answers, HttpResponse& response) const {
  const SpokenModel& model = question.model;
  std::string& out = response.body;
  const std::vector<WantedOutput>& outputs = memory.form.outputs;
  out.reserve(kOutputFrameSize * (1 + outputs.size()) + answers.size() * kElementSizeMax);
  out += R"({"model_name":)";
  append_json_string(out, model.name);
  out += R"(,"model_version":")" + model.version_text + '"';
  if (!memory.form.id.empty()) {
    out += R"(,"id":)";
    append_json_string(out, memory.form.id);
  }
  out += R"(,"outputs":[)";
  for (const WantedOutput& output : outputs) {
    if (&output != &outputs.front()) out += ',';
    append_output(out, output, model, answers);
  }
  out += "]}";
  const bool has_binary = std::ranges::any_of(outputs, &WantedOutput::binary);
  if (!has_binary) return;
  response.json_size = out.size();
  response.content_type = "application/octet-stream";
  for (const WantedOutput& output : outputs) {
    if (output.binary) append_raw(out, output, model, answers);
  }
}

void OipDialect::write_faults(const FaultList& faults, HttpResponse& response) const {
  write_error(Dialect::oip, 400, faults.summary(), response);
}

}  // namespace ml_inference
