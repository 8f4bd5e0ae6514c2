// SPDX-License-Identifier: MIT
// Calls of TensorFlow Serving, through the endpoints.
#include "api/grpc/tensorflow_serving.pb.h"
#include "api/testing/grpc_caller.h"
#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace ml_inference {
namespace {

using tensorflow::TensorProto;
using tensorflow::serving::ClassificationRequest;
using tensorflow::serving::ClassificationResponse;
using tensorflow::serving::PredictRequest;
using tensorflow::serving::PredictResponse;
using ::testing::ElementsAre;
using testing::GrpcCaller;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kService = "/tensorflow.serving.PredictionService/";

std::string method(std::string_view name) { return std::string(kService) + std::string(name); }

void set_shape(std::initializer_list<std::int64_t> sizes, TensorProto& tensor) {
  tensor.clear_tensor_shape();
  for (const std::int64_t size : sizes) tensor.mutable_tensor_shape()->add_dim()->set_size(size);
}

TensorProto& input_of(PredictRequest& request) { return (*request.mutable_inputs())["input"]; }

PredictRequest two_rows() {
  PredictRequest request;
  request.mutable_model_spec()->set_name("iris");
  TensorProto& tensor = input_of(request);
  tensor.set_dtype(tensorflow::DT_FLOAT);
  set_shape({2, 4}, tensor);
  for (const float value : {5.1F, 3.5F, 1.4F, 0.2F, 6.0F, 3.0F, 5.0F, 2.0F}) {
    tensor.add_float_val(value);
  }
  return request;
}

class TensorflowTest : public ::testing::Test {
 protected:
  PredictResponse predict(const PredictRequest& request) {
    return caller.call<PredictResponse>(method("Predict"), request);
  }
  std::string fail(const PredictRequest& request) {
    return caller.fail(method("Predict"), request);
  }

  GrpcCaller caller;
};

TEST_F(TensorflowTest, PredictsTheFirstOutputByDefault) {
  PredictRequest request = two_rows();
  for (const char* signature : {"", "serving_default"}) {
    request.mutable_model_spec()->set_signature_name(signature);
    const PredictResponse answer = predict(request);
    EXPECT_EQ(answer.model_spec().name(), "iris");
    EXPECT_EQ(answer.model_spec().version().value(), 1);
    EXPECT_EQ(answer.model_spec().signature_name(), "serving_default");
    ASSERT_THAT(answer.outputs(), SizeIs(1));
    const TensorProto& output = answer.outputs().at("predict");
    EXPECT_EQ(output.dtype(), tensorflow::DT_STRING);
    ASSERT_THAT(output.tensor_shape().dim(), SizeIs(1));
    EXPECT_EQ(output.tensor_shape().dim(0).size(), 2);
    EXPECT_THAT(output.string_val(), ElementsAre("setosa", "versicolor"));
  }
}

TEST_F(TensorflowTest, PredictsTheOutputThatTheSignatureOrTheFilterNames) {
  PredictRequest request = two_rows();
  request.mutable_model_spec()->set_signature_name("predict_proba");
  const PredictResponse answer = predict(request);
  EXPECT_EQ(answer.model_spec().signature_name(), "predict_proba");
  ASSERT_THAT(answer.outputs(), SizeIs(1));
  EXPECT_THAT(answer.outputs().at("predict_proba").double_val(), ElementsAre(1, 0, 0, 0, 0.5, 0.5));
  request.mutable_model_spec()->set_signature_name("nothing");
  EXPECT_EQ(fail(request),
            "3 signature_name is 'nothing', expected one of serving_default, "
            "predict, predict_proba");
  request.mutable_model_spec()->clear_signature_name();
  request.add_output_filter("predict_proba");
  request.add_output_filter("predict");
  EXPECT_THAT(predict(request).outputs(), SizeIs(2));
  request.set_output_filter(1, "nothing");
  EXPECT_THAT(fail(request), HasSubstr("3 output 'nothing' is unknown"));
}

TEST_F(TensorflowTest, FindsTheModelByTheMessage) {
  PredictRequest request = two_rows();
  request.mutable_model_spec()->mutable_version()->set_value(1);
  EXPECT_THAT(predict(request).outputs(), SizeIs(1));
  request.mutable_model_spec()->mutable_version()->set_value(3);
  EXPECT_EQ(fail(request), "5 model 'iris' has no version 3");
  request.mutable_model_spec()->mutable_version()->set_value(0);
  EXPECT_EQ(fail(request), "3 version '0' is no whole number above 0");
  request.mutable_model_spec()->set_version_label("stable");
  EXPECT_EQ(fail(request), "5 model 'iris' has no version with the label 'stable'");
  request.mutable_model_spec()->set_name("wine");
  EXPECT_EQ(fail(request), "5 there is no model 'wine'");
}

TEST_F(TensorflowTest, ReadsRawContent) {
  PredictRequest request = two_rows();
  TensorProto& tensor = input_of(request);
  std::string content(32, '\0');
  std::memcpy(content.data(), tensor.float_val().data(), content.size());
  tensor.clear_float_val();
  tensor.set_tensor_content(content);
  EXPECT_THAT(predict(request).outputs().at("predict").string_val(),
              ElementsAre("setosa", "versicolor"));
  tensor.set_dtype(tensorflow::DT_STRING);
  EXPECT_EQ(fail(request), "3 input 'input' has texts in tensor_content, expected in string_val");
  tensor.set_dtype(tensorflow::DT_COMPLEX64);
  EXPECT_THAT(fail(request), HasSubstr("3 input 'input' has the dtype 8, expected numbers"));
}

TEST_F(TensorflowTest, ReadsEveryTypeOfValues) {
  const auto check = [this](tensorflow::DataType type, auto add) {
    PredictRequest request = two_rows();
    TensorProto& tensor = input_of(request);
    tensor.clear_float_val();
    tensor.set_dtype(type);
    for (const int value : {5, 3, 1, 0, 6, 3, 5, 2}) add(tensor, value);
    const PredictResponse answer = predict(request);
    ASSERT_THAT(answer.outputs(), SizeIs(1)) << type << fail(request);
    EXPECT_THAT(answer.outputs().at("predict").string_val(), ElementsAre("setosa", "versicolor"));
  };
  check(tensorflow::DT_DOUBLE, [](TensorProto& t, int value) { t.add_double_val(value); });
  for (const auto type : {tensorflow::DT_INT8, tensorflow::DT_INT16, tensorflow::DT_INT32,
                          tensorflow::DT_UINT8, tensorflow::DT_UINT16}) {
    check(type, [](TensorProto& t, int value) { t.add_int_val(value); });
  }
  check(tensorflow::DT_INT64, [](TensorProto& t, int value) { t.add_int64_val(value); });
  check(tensorflow::DT_UINT32,
        [](TensorProto& t, int value) { t.add_uint32_val(static_cast<std::uint32_t>(value)); });
  check(tensorflow::DT_UINT64,
        [](TensorProto& t, int value) { t.add_uint64_val(static_cast<std::uint64_t>(value)); });
  constexpr std::array<int, 7> kHalves{0x0000, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
  check(tensorflow::DT_HALF, [&](TensorProto& t, int value) {
    t.add_half_val(kHalves[static_cast<std::size_t>(value)]);
  });
}

TEST_F(TensorflowTest, LetsTheLastValueStandForThoseThatFollow) {
  PredictRequest request = two_rows();
  TensorProto& tensor = input_of(request);
  tensor.clear_float_val();
  tensor.add_float_val(1);
  EXPECT_THAT(predict(request).outputs().at("predict").string_val(),
              ElementsAre("setosa", "setosa"));
  tensor.add_float_val(5);
  EXPECT_THAT(predict(request).outputs().at("predict").string_val(),
              ElementsAre("versicolor", "versicolor"));
  tensor.clear_float_val();
  EXPECT_THAT(predict(request).outputs().at("predict").string_val(),
              ElementsAre("setosa", "setosa"))
      << "no value at all is zeros";
  set_shape({1'000'000, 4}, tensor);
  EXPECT_THAT(fail(request), HasSubstr("3 input 'input' has 0 values in float_val for the shape"));
  set_shape({-1, 4}, tensor);
  EXPECT_THAT(fail(request), HasSubstr("expected sizes from 0"));
  tensor.mutable_tensor_shape()->set_unknown_rank(true);
  EXPECT_EQ(fail(request), "3 input 'input' has a shape of unknown rank");
}

TEST_F(TensorflowTest, ReadsAColumnForEachFeature) {
  PredictRequest request;
  request.mutable_model_spec()->set_name("iris");
  const Schema schema = testing::iris_schema();
  for (const std::string& name : schema.feature_names) {
    TensorProto& tensor = (*request.mutable_inputs())[name];
    tensor.set_dtype(tensorflow::DT_DOUBLE);
    set_shape({2, 1}, tensor);
    tensor.add_double_val(1);
    tensor.add_double_val(3);
  }
  EXPECT_THAT(predict(request).outputs().at("predict").string_val(),
              ElementsAre("setosa", "versicolor"));
  request.mutable_inputs()->erase("petal width");
  EXPECT_EQ(fail(request), "3 input 'petal width' is missing");
}

TEST_F(TensorflowTest, RefusesBrokenMessages) {
  const std::string whole = two_rows().SerializeAsString();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const HttpResponse response =
        caller.ask(method("Predict"), std::string_view(whole).substr(0, size));
    EXPECT_NE(response.grpc_status.value_or(0), 0) << "cut at " << size;
  }
}

void add_example(std::initializer_list<float> values, tensorflow::Example& example) {
  const Schema schema = testing::iris_schema();
  std::size_t feature = 0;
  for (const float value : values) {
    const std::string& name = schema.feature_names[feature++];
    (*example.mutable_features()->mutable_feature())[name].mutable_float_list()->add_value(value);
  }
}

ClassificationRequest two_examples() {
  ClassificationRequest request;
  request.mutable_model_spec()->set_name("iris");
  auto& list = *request.mutable_input()->mutable_example_list();
  add_example({5.1F, 3.5F, 1.4F, 0.2F}, *list.add_examples());
  add_example({6, 3, 5, 2}, *list.add_examples());
  return request;
}

class ExamplesTest : public TensorflowTest {
 protected:
  ClassificationResponse classify(const ClassificationRequest& request) {
    return caller.call<ClassificationResponse>(method("Classify"), request);
  }
  std::string fail(const ClassificationRequest& request) {
    return caller.fail(method("Classify"), request);
  }
};

TEST_F(ExamplesTest, ClassifiesExamples) {
  const ClassificationResponse answer = classify(two_examples());
  EXPECT_EQ(answer.model_spec().name(), "iris");
  ASSERT_THAT(answer.result().classifications(), SizeIs(2));
  const auto& second = answer.result().classifications(1);
  ASSERT_THAT(second.classes(), SizeIs(3));
  EXPECT_EQ(second.classes(1).label(), "versicolor");
  EXPECT_EQ(second.classes(1).score(), 0.5F);
  EXPECT_EQ(answer.result().classifications(0).classes(0).score(), 1.0F);
}

TEST_F(ExamplesTest, TakesAContextAndAllFeaturesInOneList) {
  ClassificationRequest request;
  auto& list = *request.mutable_input()->mutable_example_list_with_context();
  add_example({5.1F, 3.5F, 1.4F, 0.2F}, *list.mutable_context());
  list.add_examples();
  auto& other = *list.add_examples()->mutable_features()->mutable_feature();
  other["petal length"].mutable_int64_list()->add_value(5);
  auto& whole = *list.add_examples()->mutable_features()->mutable_feature();
  for (const float value : {6.0F, 3.0F, 5.0F, 2.0F}) {
    whole["input"].mutable_float_list()->add_value(value);
  }
  const ClassificationResponse answer = classify(request);
  ASSERT_THAT(answer.result().classifications(), SizeIs(3)) << fail(request);
  EXPECT_EQ(answer.result().classifications(0).classes(0).score(), 1.0F);
  EXPECT_EQ(answer.result().classifications(1).classes(0).score(), 0.0F);
  EXPECT_EQ(answer.result().classifications(2).classes(0).score(), 0.0F);
}

TEST_F(ExamplesTest, BoundsTheCellsOfAContextByTheMessage) {
  ClassificationRequest request;
  auto& list = *request.mutable_input()->mutable_example_list_with_context();
  add_example({5.1F, 3.5F, 1.4F, 0.2F}, *list.mutable_context());
  for (int count = 0; count < 1'000; ++count) list.add_examples();
  EXPECT_THAT(fail(request), HasSubstr("3 the examples have more cells than the message"));
}

TEST_F(ExamplesTest, SaysWhatIsWrongWithExamples) {
  ClassificationRequest request = two_examples();
  auto& features = *request.mutable_input()
                        ->mutable_example_list()
                        ->mutable_examples(1)
                        ->mutable_features()
                        ->mutable_feature();
  features["petal length"].mutable_float_list()->add_value(1);
  EXPECT_EQ(fail(request), "3 feature 'petal length' has 2 values, expected 1");
  features["petal length"].mutable_bytes_list()->add_value("long");
  EXPECT_THAT(fail(request), HasSubstr("3 input.1.petal length: "));
  features.erase("petal length");
  EXPECT_THAT(fail(request), HasSubstr("3 input.1.petal length: "));
  features["colour"].mutable_float_list()->add_value(1);
  EXPECT_EQ(fail(request), "3 feature 'colour' is unknown");
  request.clear_input();
  EXPECT_EQ(fail(request), "3 there are no examples");
  request = two_examples();
  request.mutable_model_spec()->set_signature_name("predict");
  EXPECT_EQ(fail(request),
            "3 signature_name is 'predict', expected serving_default or classification");
}

TEST_F(ExamplesTest, RegressesOnlyByARegressor) {
  EXPECT_EQ(caller.fail(method("Regress"), two_examples()),
            "3 the model answers Predict and Classify but not Regress");
  Schema schema = testing::iris_schema();
  schema.targets = {{.task = Task::regression}};
  GrpcCaller numbers(testing::make_stumps(schema));
  tensorflow::serving::RegressionRequest request;
  *request.mutable_input() = two_examples().input();
  const auto answer =
      numbers.call<tensorflow::serving::RegressionResponse>(method("Regress"), request);
  ASSERT_THAT(answer.result().regressions(), SizeIs(2));
  EXPECT_EQ(answer.result().regressions(0).value(), 1.0F);
  EXPECT_EQ(answer.result().regressions(1).value(), 0.0F);
}

TEST_F(TensorflowTest, DescribesTheSignatures) {
  tensorflow::serving::GetModelMetadataRequest request;
  request.mutable_model_spec()->set_name("iris");
  request.add_metadata_field("signature_def");
  const auto answer = caller.call<tensorflow::serving::GetModelMetadataResponse>(
      method("GetModelMetadata"), request);
  EXPECT_EQ(answer.model_spec().version().value(), 1);
  const auto& any = answer.metadata().at("signature_def");
  EXPECT_EQ(any.type_url(), "type.googleapis.com/tensorflow.serving.SignatureDefMap");
  tensorflow::serving::SignatureDefMap map;
  ASSERT_TRUE(map.ParseFromString(any.value()));
  EXPECT_THAT(map.signature_def(), SizeIs(4));
  const auto& signature = map.signature_def().at("serving_default");
  EXPECT_EQ(signature.method_name(), "tensorflow/serving/predict");
  EXPECT_EQ(signature.inputs().at("input").tensor_shape().dim(1).size(), 4);
  EXPECT_EQ(signature.outputs().at("predict").dtype(), tensorflow::DT_STRING);
  request.set_metadata_field(0, "graph");
  EXPECT_EQ(caller.fail(method("GetModelMetadata"), request),
            "3 metadata_field is unknown, expected signature_def");
}

TEST_F(TensorflowTest, TellsTheStatesOfVersions) {
  const std::string status = "/tensorflow.serving.ModelService/GetModelStatus";
  tensorflow::serving::GetModelStatusRequest request;
  EXPECT_EQ(caller.fail(status, request), "3 model_spec names no model");
  request.mutable_model_spec()->set_name("iris");
  auto answer = caller.call<tensorflow::serving::GetModelStatusResponse>(status, request);
  ASSERT_THAT(answer.model_version_status(), SizeIs(1));
  EXPECT_EQ(answer.model_version_status(0).version(), 1);
  EXPECT_EQ(answer.model_version_status(0).state(),
            tensorflow::serving::ModelVersionStatus::AVAILABLE);
  CatalogModel model{.name = "iris"};
  model.versions.push_back({.number = 3, .state = VersionState::failed, .reason = "is broken"});
  caller.readiness().publish(ModelCatalog({model}));
  answer = caller.call<tensorflow::serving::GetModelStatusResponse>(status, request);
  ASSERT_THAT(answer.model_version_status(), SizeIs(1));
  EXPECT_EQ(answer.model_version_status(0).state(), tensorflow::serving::ModelVersionStatus::END);
  EXPECT_EQ(answer.model_version_status(0).status().error_message(), "is broken");
  EXPECT_EQ(answer.model_version_status(0).status().error_code(), 2);
  EXPECT_EQ(fail(two_rows()), "14 model 'iris' version 3 is failed: is broken");
}

TEST_F(TensorflowTest, LeavesTheRestUnimplemented) {
  EXPECT_EQ(caller.fail_bytes(method("MultiInference"), ""),
            "12 there is no such service or method");
  EXPECT_EQ(caller.fail_bytes("/tensorflow.serving.ModelService/HandleReloadConfigRequest", ""),
            "12 there is no such service or method");
}

}  // namespace
}  // namespace ml_inference
