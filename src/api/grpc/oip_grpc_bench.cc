// SPDX-License-Identifier: MIT
// What the endpoints take for a call of gRPC, and for the same rows as JSON of /predict; without
// sockets.
#include "api/grpc/oip.pb.h"
#include "api/testing/grpc_caller.h"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kInfer = "/inference.GRPCInferenceService/ModelInfer";

inference::ModelInferRequest make_rows(std::size_t row_count) {
  inference::ModelInferRequest request;
  request.set_model_name("iris");
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(static_cast<std::int64_t>(row_count));
  input.add_shape(4);
  request.add_outputs()->set_name("predict_proba");
  return request;
}

std::string raw_message(std::size_t row_count) {
  inference::ModelInferRequest request = make_rows(row_count);
  const std::vector<float> values(4 * row_count, 1.5F);
  request.add_raw_input_contents(values.data(), values.size() * sizeof(float));
  return request.SerializeAsString();
}

std::string typed_message(std::size_t row_count) {
  inference::ModelInferRequest request = make_rows(row_count);
  for (std::size_t index = 0; index < 4 * row_count; ++index) {
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1.5F);
  }
  return request.SerializeAsString();
}

void run(benchmark::State& state, const HttpRequest& request) {
  testing::GrpcCaller caller;
  HttpResponse response;
  for (auto _ : state) {
    response.clear();
    if (auto work = caller.endpoints().handle(request, response)) work->run({});
    caller.endpoints().finished(request, response, std::chrono::microseconds(5));
    benchmark::DoNotOptimize(response.body.data());
  }
  if (response.status != 200) state.SkipWithError(response.outcome.c_str());
  state.SetBytesProcessed(static_cast<std::int64_t>(request.body.size() + response.body.size()) *
                          state.iterations());
}

HttpRequest grpc_call(std::string_view message) {
  return {.method = "POST",
          .target = kInfer,
          .content_type = "application/grpc",
          .request_id = "id-1",
          .body = message};
}

void BM_JsonRow(benchmark::State& state) {
  run(state, {.method = "POST",
              .target = "/predict",
              .content_type = "application/json",
              .request_id = "id-1",
              .body = R"({"features":[5.1,3.5,1.4,0.2]})"});
}
BENCHMARK(BM_JsonRow);

void BM_RawRows(benchmark::State& state) {
  const std::string message = raw_message(static_cast<std::size_t>(state.range(0)));
  run(state, grpc_call(message));
}
BENCHMARK(BM_RawRows)->Arg(1)->Arg(10'000);

void BM_TypedRows(benchmark::State& state) {
  const std::string message = typed_message(static_cast<std::size_t>(state.range(0)));
  run(state, grpc_call(message));
}
BENCHMARK(BM_TypedRows)->Arg(1)->Arg(10'000);

}  // namespace
}  // namespace ml_inference
