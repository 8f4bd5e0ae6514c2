// SPDX-License-Identifier: MIT
// The endpoints with everything real around them but sockets.
#include "api/endpoints.h"

#include "api/dialects.h"
#include "api/docs/docs_files.h"
#include "api/limits.h"
#include "api/offered_methods.h"
#include "api/routes.h"
#include "api/testing/stumps.h"
#include "serving/testing/called_job.h"
#include "telemetry/exposition.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr std::chrono::microseconds kElapsed{41};

constexpr std::string_view kSetosaBody = R"({"features":[5.1,3.5,1.4,0.2]})";
constexpr std::string_view kSetosaAnswer =
    R"({"prediction":"setosa","prediction_index":0,"probabilities":)"
    R"({"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0})";

HttpRequest get(std::string_view target) { return {.method = "GET", .target = target}; }

HttpRequest predict(std::string_view body) {
  return {.method = "POST",
          .target = "/predict",
          .content_type = "application/json",
          .request_id = "id-1",
          .body = body};
}

class EndpointsTest : public ::testing::Test {
 protected:
  // An answer that must come at once, without a worker.
  HttpResponse ask(const HttpRequest& request) {
    HttpResponse response;
    EXPECT_EQ(endpoints.handle(request, response), nullptr);
    return response;
  }

  // /openapi.json, which a worker may have to make.
  HttpResponse document() {
    HttpResponse response;
    if (auto work = endpoints.handle(get("/openapi.json"), response)) work->run({});
    return response;
  }

  void ask_and_finish(const HttpRequest& request) {
    endpoints.finished(request, ask(request), kElapsed);
  }

  // The lines so far without their timestamps.
  std::vector<std::string> log_lines() {
    log.flush(std::chrono::seconds(30));
    std::string bytes(1 << 20, '\0');
    std::rewind(log_file.get());
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), log_file.get()));
    std::istringstream text(bytes);
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
      EXPECT_THAT(line, StartsWith(R"({"timestamp":")"));
      lines.push_back(line.substr(line.find(R"("level")")));
    }
    return lines;
  }

  struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };

  std::unique_ptr<std::FILE, CloseFile> log_file{std::tmpfile()};
  JsonLog log{::fileno(log_file.get())};
  Readiness readiness;
  Metrics metrics;
  ApiMetrics api_metrics{metrics};
  LiveApi live;
  SpokenModels models;
  ApiContext context{readiness, metrics, api_metrics, log, live, models, {.version = "1.2.3"}};
  Endpoints endpoints{context};
};

class ReadyEndpointsTest : public EndpointsTest {
 protected:
  ReadyEndpointsTest() { readiness.publish("iris", testing::make_stumps(testing::iris_schema())); }
};

TEST_F(EndpointsTest, IsHealthyWhateverTheModelDoes) {
  const HttpResponse response = ask(get("/health"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"healthy"})");
  readiness.model_failed("no such file");
  EXPECT_EQ(ask(get("/health")).status, 200);
}

TEST_F(EndpointsTest, IsNotReadyWithoutAModelAndSaysWhy) {
  HttpResponse response = ask(get("/ready"));
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.retry_later);
  EXPECT_EQ(response.body, R"({"status":"starting"})");
  readiness.model_failed("no \"x.onnx\"");
  response = ask(get("/ready"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"model failed: no \"x.onnx\""})");
  EXPECT_EQ(response.outcome, "model failed: no \"x.onnx\"");
}

TEST_F(EndpointsTest, PredictsNothingWithoutAModelAndSaysWhy) {
  HttpResponse response = ask(predict(kSetosaBody));
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.retry_later);
  EXPECT_EQ(response.body, R"({"detail":"starting"})");
  readiness.model_failed("no such file");
  response = ask(predict("no JSON"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"detail":"model failed: no such file"})");
}

TEST_F(EndpointsTest, DescribesItselfWithoutAModel) {
  EXPECT_THAT(ask(get("/")).body, HasSubstr(R"("model":null)"));
  EXPECT_THAT(document().body, StartsWith(R"({"openapi":"3.1.0")"));
}

TEST_F(ReadyEndpointsTest, IsReadyUntilItDrains) {
  HttpResponse response = ask(get("/ready"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"ready"})");
  readiness.start_draining();
  response = ask(get("/ready"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"draining"})");
  EXPECT_EQ(ask(predict(kSetosaBody)).status, 200) << "who still comes is still answered";
}

TEST_F(ReadyEndpointsTest, ListsItsEndpoints) {
  const HttpResponse response = ask(get("/"));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(
      response.body,
      StartsWith(R"({"name":"ml-inference","version":"1.2.3","status":"alive","description":)"));
  EXPECT_THAT(response.body, HasSubstr(R"("model":"stumps","endpoints":[{"path":"/","methods":)"));
  EXPECT_THAT(response.body,
              HasSubstr(R"({"path":"/predict","methods":"POST","description":"Predict one row )"
                        R"(or a list of rows"},)"));
  JsonTape tape;
  EXPECT_TRUE(tape.parse(response.body)) << response.body;
}

TEST_F(ReadyEndpointsTest, DescribesTheModelThatAnswers) {
  const HttpResponse response = document();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, AllOf(HasSubstr("petal length"), HasSubstr(R"("1.2.3")")));
}

TEST_F(ReadyEndpointsTest, HasAWorkerMakeTheDocumentOnceForEachCatalog) {
  const auto needs_worker = [&] {
    HttpResponse response;
    auto work = endpoints.handle(get("/openapi.json"), response);
    if (work) work->run({});
    EXPECT_THAT(response.body, StartsWith(R"({"openapi":"3.1.0")"));
    return work != nullptr;
  };
  EXPECT_TRUE(needs_worker());
  EXPECT_FALSE(needs_worker());
  readiness.publish("tulip", testing::make_stumps(testing::iris_schema()));
  EXPECT_TRUE(needs_worker());
  live.set_tokens(TokenSet::parse("one").value());
  EXPECT_TRUE(needs_worker());
  EXPECT_FALSE(needs_worker());
}

TEST_F(ReadyEndpointsTest, PublishesMetricsInTheFormatAskedFor) {
  api_metrics.predictions.Increment(3);
  HttpResponse response = ask(get("/metrics"));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(std::string(response.content_type), StartsWith("text/plain"));
  EXPECT_THAT(response.body, HasSubstr("\npredictions_total 3\n"));
  HttpRequest request = get("/metrics");
  request.accept = "application/openmetrics-text; version=1.0.0";
  response = ask(request);
  EXPECT_THAT(std::string(response.content_type), StartsWith("application/openmetrics-text"));
  EXPECT_THAT(response.body, EndsWith("# EOF\n"));
}

TEST_F(ReadyEndpointsTest, PredictsInTheReferencesBytes) {
  const HttpResponse response = ask(predict(kSetosaBody));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, kSetosaAnswer);
  EXPECT_EQ(response.prediction_count, 1U);
  EXPECT_EQ(response.outcome, "setosa");
}

TEST_F(ReadyEndpointsTest, PredictsAListOfRows) {
  const HttpResponse response = ask(predict(R"({"features":[[5.1,3.5,1.4,0.2],[6,3,5,2]]})"));
  EXPECT_EQ(response.body,
            R"({"predictions":[)" + std::string(kSetosaAnswer) +
                R"(,{"prediction":"versicolor","prediction_index":1,"probabilities":)"
                R"({"setosa":0.0,"versicolor":0.5,"virginica":0.5},"confidence":0.5}]})");
  EXPECT_EQ(response.prediction_count, 2U);
  EXPECT_EQ(response.outcome, "2 rows");
}

TEST_F(ReadyEndpointsTest, CountsOneRowOfAListAsOne) {
  EXPECT_EQ(ask(predict(R"({"features":[[5.1,3.5,1.4,0.2]]})")).outcome, "1 row");
}

TEST_F(ReadyEndpointsTest, TellsTheFaultsOfABody) {
  const HttpResponse response = ask(predict(R"({"features":[1,2,"x",4]})"));
  EXPECT_EQ(response.status, 422);
  EXPECT_FALSE(response.retry_later);
  EXPECT_EQ(response.body, R"({"detail":[{"type":"float_type","loc":["body","features",2],)"
                           R"("msg":"Input should be a valid number","input":"x"}]})");
  EXPECT_EQ(response.prediction_count, 0U);
  EXPECT_EQ(response.outcome, "body.features.2: Input should be a valid number");
}

TEST_F(ReadyEndpointsTest, AnswersWithANewModelAsSoonAsItIsThere) {
  EXPECT_EQ(ask(predict(kSetosaBody)).body, kSetosaAnswer);
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {std::int64_t{7}, std::int64_t{8}};
  readiness.publish("iris", testing::make_stumps(schema));
  EXPECT_THAT(ask(predict(kSetosaBody)).body, StartsWith(R"({"prediction":7,)"));
}

TEST_F(ReadyEndpointsTest, LetsAModelGoThatNobodyAsks) {
  std::weak_ptr<const ServedModel> old;
  {
    const auto model = testing::make_stumps(testing::iris_schema());
    old = model;
    readiness.publish("iris", model);
  }
  EXPECT_EQ(ask(predict(kSetosaBody)).status, 200);
  readiness.publish("iris", testing::make_stumps(testing::iris_schema()));
  EXPECT_FALSE(old.expired());
  endpoints.tick();
  EXPECT_TRUE(old.expired());
}

TEST_F(ReadyEndpointsTest, TakesJsonByAnyOfItsNamesAlone) {
  HttpRequest request = predict(kSetosaBody);
  for (const char* type :
       {"", "application/json", "Application/JSON; charset=utf-8", "application/json ;x=y",
        "application/json\t;x=y", "application/vnd.example+json"}) {
    request.content_type = type;
    EXPECT_EQ(ask(request).status, 200) << type;
  }
  for (const char* type : {"text/plain", "application/jsonp", "+json", "application/json+xml"}) {
    request.content_type = type;
    EXPECT_EQ(ask(request).status, 415) << type;
  }
  request.content_type = "text/\"plain\"";
  EXPECT_EQ(ask(request).body,
            R"({"detail":"Content-Type is 'text/\"plain\"', expected application/json"})");
}

TEST_F(ReadyEndpointsTest, KnowsNoOtherPath) {
  for (const char* target : {"/nothing", "/predict/", "*", ""}) {
    const HttpResponse response = ask(get(target));
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(response.body, R"({"detail":"Not Found"})");
    EXPECT_EQ(response.route, 0U);
  }
}

TEST_F(ReadyEndpointsTest, SaysHowAMethodOfGrpcIsCalledToWhoPostsToItsPath) {
  const HttpResponse response =
      ask({.method = "POST", .target = "/inference.GRPCInferenceService/ModelInfer", .body = "{}"});
  EXPECT_EQ(response.status, 415);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr("takes application/grpc by HTTP/2"));
}

TEST_F(ReadyEndpointsTest, SaysWhichMethodsAPathAnswers) {
  HttpResponse response = ask(get("/predict"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.allow, "POST");
  EXPECT_EQ(response.body, R"({"detail":"Method Not Allowed"})");
  for (std::size_t route = 1; route < kRouteCount; ++route) {
    const RouteEntry& entry = route_entry(route);
    if (!entry.path.starts_with('/')) continue;
    if (entry.operation == Operation::docs && find_docs_file(entry.path) == nullptr) continue;
    response = ask({.method = "PATCH", .target = entry.path});
    EXPECT_EQ(response.status, 405) << entry.path;
    EXPECT_EQ(response.allow, offered_methods(entry, {}));
    EXPECT_EQ(response.route, route);
  }
  EXPECT_EQ(ask({.method = "HEAD", .target = "/health"}).status, 200);
}

TEST_F(ReadyEndpointsTest, KeepsTheRequestIdOfTheClient) {
  HttpRequest request = get("/health");
  const std::string longest(kRequestIdSizeMax, 'x');
  for (const std::string& id : {std::string("a-1_~!"), longest}) {
    request.request_id = id;
    EXPECT_EQ(ask(request).request_id, id);
  }
}

TEST_F(ReadyEndpointsTest, MakesARequestIdWhereThereIsNoneOfUse) {
  const std::string too_long(kRequestIdSizeMax + 1, 'x');
  HttpRequest request = get("/nothing");
  std::string before;
  for (const std::string& id : {std::string(), std::string("a b"), std::string("a\nb"),
                                std::string("\x7f"), std::string("\xC3\xA9"), too_long}) {
    request.request_id = id;
    const HttpResponse response = ask(request);
    EXPECT_THAT(response.request_id, MatchesRegex("[0-9a-f]+"));
    EXPECT_EQ(response.request_id.size(), 32U);
    EXPECT_NE(response.request_id, before);
    before = response.request_id;
  }
}

TEST_F(ReadyEndpointsTest, CountsProbesAndMetricsAsVital) {
  for (const char* target : {"/health", "/ready", "/metrics", "/health?x"}) {
    EXPECT_TRUE(endpoints.is_vital(get(target))) << target;
  }
  for (const char* target : {"/", "/openapi.json", "/nothing"}) {
    EXPECT_FALSE(endpoints.is_vital(get(target))) << target;
  }
  EXPECT_FALSE(endpoints.is_vital(predict(kSetosaBody)));
}

TEST_F(ReadyEndpointsTest, LeavesABigBodyToAWorkerWithTheSameAnswer) {
  const std::string spaces(kInlineBodySizeMax, ' ');
  for (const std::string_view small :
       {std::string_view(R"({"features":[[5.1,3.5,1.4,0.2],[6,3,5,2]]})"), kSetosaBody,
        std::string_view(R"({"features":[1]})"), std::string_view("[")}) {
    const HttpResponse inline_response = ask(predict(small));
    const std::string big = std::string(small) + spaces;
    const HttpRequest request = predict(big);
    HttpResponse response;
    auto work = endpoints.handle(request, response);
    ASSERT_NE(work, nullptr);
    EXPECT_THAT(response.body, IsEmpty());
    work->run({});
    EXPECT_EQ(response.status, inline_response.status);
    EXPECT_EQ(response.request_id, "id-1");
    EXPECT_EQ(response.prediction_count, inline_response.prediction_count);
    if (small != "[") {  // whose fault stands at the end of the text
      EXPECT_EQ(response.body, inline_response.body);
      EXPECT_EQ(response.outcome, inline_response.outcome);
    }
  }
}

TEST_F(ReadyEndpointsTest, LeavesAHeavyModelToAWorkerHoweverSmallTheBody) {
  readiness.publish("iris", testing::make_stumps(testing::iris_schema(), 60'000));
  HttpResponse response;
  const HttpRequest request = predict(kSetosaBody);
  auto work = endpoints.handle(request, response);
  ASSERT_NE(work, nullptr);
  work->run({});
  EXPECT_EQ(response.body, kSetosaAnswer);
}

TEST_F(ReadyEndpointsTest, StopsWhenItIsAskedToAndAnswersNothing) {
  const std::string big = std::string(kSetosaBody) + std::string(kInlineBodySizeMax, ' ');
  const HttpRequest request = predict(big);
  HttpResponse response;
  auto work = endpoints.handle(request, response);
  ASSERT_NE(work, nullptr);
  std::stop_source stop;
  stop.request_stop();
  work->run({.stop = stop.get_token()});
  EXPECT_THAT(response.body, IsEmpty());
  EXPECT_EQ(response.prediction_count, 0U);
}

// Answers a row with its first number, and refuses those where that is negative. Dear enough for
// workers to help each other.
class RefusesNegative final : public Estimator {
 public:
  [[nodiscard]] std::size_t feature_count() const override { return 4; }
  [[nodiscard]] std::size_t answer_width() const override { return 1; }
  [[nodiscard]] std::size_t steps_per_row() const override { return 100'000; }
  void predict(MatrixView<const double> rows, std::span<double> out, Workspace&) const override {
    for (std::size_t row = 0; row < rows.row_count(); ++row) out[row] = rows.row(row)[0];
  }
  [[nodiscard]] bool may_refuse() const override { return true; }
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace&) const override {
    return row[0] < 0 ? std::optional<std::string>("is negative") : std::nullopt;
  }
  void for_each_forest(const std::function<void(const Forest&)>&) const override {}
  void run_forests_by(const ForestRunnerMaker&) override {}
};

TEST_F(ReadyEndpointsTest, AnswersTheSameBytesHoweverManyWorkersHelp) {
  Schema schema{.feature_names = {"a", "b", "c", "d"}, .targets = {{.task = Task::regression}}};
  Model model = make_model(schema, std::make_unique<RefusesNegative>(), {}).value();
  readiness.publish("iris", ServedModel::make(std::move(model), "refuses negative").value());
  for (const std::size_t last_refused : {0U, 3U, 100U, 101U, 300U}) {  // of 300 rows
    std::string body = R"({"features":[)";
    for (std::size_t row = 1; row <= 300; ++row) {
      body +=
          fmt::format("{}[{}{},0,0,0]", row == 1 ? "" : ",", row <= last_refused ? "-" : "", row);
    }
    body += "]}";
    const HttpRequest request = predict(body);
    HttpResponse alone;
    endpoints.handle(request, alone)->run({});
    EXPECT_EQ(alone.status, last_refused == 0 ? 200 : 422);
    for (const std::size_t workers : {1U, 2U, 3U}) {
      WorkerPool pool(workers, testing::patient_queue(1));
      HttpResponse together;
      auto work = endpoints.handle(request, together);
      ASSERT_TRUE(testing::is_taken(pool, [&] { work->run({.workers = &pool}); }));
      pool.finish();
      EXPECT_EQ(together.status, alone.status);
      EXPECT_EQ(together.body, alone.body);
      EXPECT_EQ(together.outcome, alone.outcome);
    }
    const bool leaves_rows = alone.body.find("were not looked at") != std::string::npos;
    EXPECT_EQ(leaves_rows, last_refused >= 100);
  }
}

TEST_F(ReadyEndpointsTest, AWorkerKeepsTheModelThatItBeganWith) {
  const std::string big = std::string(kSetosaBody) + std::string(kInlineBodySizeMax, ' ');
  const HttpRequest request = predict(big);
  HttpResponse response;
  auto work = endpoints.handle(request, response);
  ASSERT_NE(work, nullptr);
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {std::int64_t{7}, std::int64_t{8}};
  readiness.publish("iris", testing::make_stumps(schema));
  EXPECT_THAT(ask(predict(kSetosaBody)).body, StartsWith(R"({"prediction":7,)"));
  work->run({});
  EXPECT_EQ(response.body, kSetosaAnswer);
}

TEST_F(ReadyEndpointsTest, RefusesWithTheServersWords) {
  HttpResponse response;
  HttpRequest request = predict("");
  endpoints.refuse(request, 413, "the body is \"too\" large", response);
  EXPECT_EQ(response.status, 413);
  EXPECT_FALSE(response.retry_later);
  EXPECT_EQ(response.body, R"({"detail":"the body is \"too\" large"})");
  EXPECT_EQ(response.request_id, "id-1");
  EXPECT_EQ(response.route, find_route("/predict").route);
  response.clear();
  endpoints.refuse({}, 503, "full", response);
  EXPECT_TRUE(response.retry_later);
  EXPECT_EQ(response.request_id.size(), 32U);
  EXPECT_EQ(response.route, 0U);
}

TEST_F(ReadyEndpointsTest, LogsAPredictionWithItsKeysInOrder) {
  ask_and_finish(predict(kSetosaBody));
  ask_and_finish(predict(R"({"features":[1]})"));
  EXPECT_THAT(log_lines(),
              ElementsAre(R"("level":"INFO","logger":"main","message":"Prediction successful: )"
                          R"(setosa","request_id":"id-1","route":"/predict","status":200,)"
                          R"("duration_ms":0.041})",
                          R"("level":"WARNING","logger":"main","message":"Prediction failed: )"
                          R"(body.features: List should have at least 4 items after validation, )"
                          R"(not 1","request_id":"id-1","route":"/predict","status":422,)"
                          R"("duration_ms":0.041})"));
}

TEST_F(ReadyEndpointsTest, LogsOtherAnswersOnlyWhenTheyWentWrong) {
  ask_and_finish(get("/health"));
  HttpRequest request = get("/nothing");
  request.request_id = "id-2";
  ask_and_finish(request);
  HttpResponse response;
  endpoints.refuse(request, 500, "broken", response);
  endpoints.finished(request, response, kElapsed);
  EXPECT_THAT(log_lines(),
              ElementsAre(R"("level":"WARNING","logger":"main","message":"GET /nothing Not Found",)"
                          R"("request_id":"id-2","route":"other","status":404,)"
                          R"("duration_ms":0.041})",
                          R"("level":"ERROR","logger":"main","message":"GET /nothing broken",)"
                          R"("request_id":"id-2","route":"other","status":500,)"
                          R"("duration_ms":0.041})"));
}

TEST_F(ReadyEndpointsTest, LogsOfATargetOnlyThePath) {
  for (const char* target : {"/nothing?s3cret", "http://s3cret@a/nothing#s3cret", "s3cret@a:443"}) {
    ask_and_finish(get(target));
  }
  const std::vector<std::string> lines = log_lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("\"GET /nothing Not Found\""));
  EXPECT_THAT(lines[1], HasSubstr("\"GET /nothing Not Found\""));
  EXPECT_THAT(lines[2], HasSubstr("\"GET - Not Found\""));
}

TEST_F(ReadyEndpointsTest, LogsWhatIsNoRequestAsTheClientsFault) {
  HttpResponse response;
  HttpRequest request;
  request.request_id = "id-3";
  endpoints.refuse(request, 505, "no such version", response);
  endpoints.finished(request, response, kElapsed);
  EXPECT_THAT(log_lines(),
              ElementsAre(R"("level":"WARNING","logger":"main","message":"no such version",)"
                          R"("request_id":"id-3","route":"other","status":505,)"
                          R"("duration_ms":0.041})"));
}

TEST_F(ReadyEndpointsTest, LogsOneOfSoManySuccessesAndEveryFailure) {
  live.set_log_sample(3);
  for (int i = 0; i < 7; ++i) ask_and_finish(predict(kSetosaBody));
  ask_and_finish(predict("{}"));
  EXPECT_THAT(log_lines(), ElementsAre(HasSubstr("successful"), HasSubstr("successful"),
                                       HasSubstr(R"("status":422)")));
  EXPECT_EQ(api_metrics.log_lines_sampled_out.Value(), 5);
  EXPECT_EQ(api_metrics.predictions.Value(), 7);
}

TEST_F(ReadyEndpointsTest, CountsRowsAndTimesPredictionsThatWentWell) {
  ask_and_finish(predict(R"({"features":[[5.1,3.5,1.4,0.2],[6,3,5,2]]})"));
  ask_and_finish(predict(kSetosaBody));
  ask_and_finish(predict("{}"));
  ask_and_finish(get("/health"));
  EXPECT_EQ(api_metrics.predictions.Value(), 3);
  const Histogram::Reading latency = api_metrics.prediction_latency.read();
  EXPECT_EQ(latency.count, 2U);
  EXPECT_DOUBLE_EQ(latency.sum, 2 * 41e-6);
  const std::string text = ask(get("/metrics")).body;
  for (const char* line : {R"(http_requests_total{method="POST",route="/predict",status="200"} 2)",
                           R"(http_requests_total{method="POST",route="/predict",status="422"} 1)",
                           R"(http_requests_total{method="GET",route="/health",status="200"} 1)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(ReadyEndpointsTest, AdmitsOnlyWhoHasATokenOnceThereAreAny) {
  HttpRequest request = predict(kSetosaBody);
  EXPECT_EQ(ask(request).status, 200);
  live.set_tokens(TokenSet::parse("one\ntwo").value());
  HttpResponse response = ask(request);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.authenticate, R"(Bearer realm="ml-inference")");
  EXPECT_EQ(response.body,
            R"({"detail":"Authorization is missing, expected 'Bearer' and a token"})");
  for (const char* sent : {"Bearer three", "Bearer on", "Bearer onee", "Bearer one two"}) {
    request.authorization = sent;
    response = ask(request);
    EXPECT_EQ(response.status, 401) << sent;
    EXPECT_EQ(response.authenticate, R"(Bearer realm="ml-inference", error="invalid_token")");
  }
  request.authorization = "Basic b25lOnR3bw==";
  EXPECT_EQ(ask(request).body, R"({"detail":"the scheme of Authorization is not Bearer, )"
                               R"(expected 'Bearer' and a token"})");
  request.authorization = "Bearer";
  EXPECT_EQ(ask(request).body,
            R"({"detail":"Authorization has no token, expected 'Bearer' and a token"})");
  for (const char* sent : {"Bearer one", "bearer two"}) {
    request.authorization = sent;
    EXPECT_EQ(ask(request).body, kSetosaAnswer) << sent;
  }
  live.set_tokens(TokenSet::parse("three").value());
  EXPECT_EQ(ask(request).status, 401);
  request.authorization = "Bearer three";
  EXPECT_EQ(ask(request).status, 200);
}

TEST_F(ReadyEndpointsTest, LeavesAllButPredictionsOpen) {
  live.set_tokens(TokenSet::parse("one").value());
  for (const char* target : {"/", "/health", "/ready", "/metrics"}) {
    EXPECT_EQ(ask(get(target)).status, 200) << target;
  }
  EXPECT_THAT(document().body, HasSubstr("securitySchemes"));
  EXPECT_EQ(ask(get("/predict")).status, 405);
}

TEST_F(ReadyEndpointsTest, CountsAndLogsWhoIsNotAdmittedWithoutTheToken) {
  live.set_tokens(TokenSet::parse("one").value());
  HttpRequest request = predict(kSetosaBody);
  request.authorization = "Bearer stolen-4711";
  ask_and_finish(request);
  const std::vector<std::string> lines = log_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("level":"WARNING")"), HasSubstr(R"("status":401)"),
                              ::testing::Not(HasSubstr("4711"))));
  EXPECT_THAT(ask(get("/metrics")).body, HasSubstr(R"(status="401"} 1)"));
}

}  // namespace
}  // namespace ml_inference
