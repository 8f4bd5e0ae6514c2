// SPDX-License-Identifier: MIT
// Any bytes as the body of a prediction: faults that can be told, or rows that the model takes.
#include "api/limits.h"
#include "api/predict_json.h"
#include "base/assert.h"
#include "base/utf8.h"
#include "model/input_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace ml_inference;

Schema make_schema(bool accepts_missing) {
  Schema schema;
  schema.feature_names = {"a", "b"};
  schema.targets[0].class_labels = {"x", "y", "z"};
  schema.input.accepts_missing = accepts_missing;
  return schema;
}

void check_faults(const FaultList& faults) {
  std::string told;
  faults.append_to(told);
  ASSERT(is_utf8(told) && told.starts_with(R"({"detail":[{"type":")") && told.ends_with("}]}"));
  ASSERT(!faults.summary().empty() && faults.faults().size() <= kFaultCountMax);
}

void check_call(const Schema& schema, const PredictCall& call) {
  const PredictRequest& rows = call.request;
  ASSERT(rows.row_count >= 1 && rows.row_count <= kRowsPerRequestMax);
  ASSERT(call.form == RowForm::list || rows.row_count == 1);
  ASSERT(rows.cells.size() == rows.row_count * schema.feature_count());
  ASSERT(std::ranges::all_of(
      rows.cells, [&](double cell) { return cell_fault(schema.input, cell) == CellFault::none; }));
}

void check_body(bool accepts_missing, std::string_view body) {
  const Schema schema = make_schema(accepts_missing);
  const PredictDialect dialect(schema);
  JsonTape tape;
  PredictCall call;
  FaultList faults;
  dialect.read(body, tape, call, faults);
  if (!faults.empty()) return check_faults(faults);
  check_call(schema, call);
  const std::vector<double> outputs(call.request.row_count * schema.output_count(), 0.25);
  std::string answer;
  dialect.append_answer(answer, call.form, outputs);
  ASSERT(tape.parse(answer).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check_body(false, body);
  check_body(true, body);
  return 0;
}
