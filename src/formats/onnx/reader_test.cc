// SPDX-License-Identifier: MIT
#include "formats/onnx/reader.h"

#include "formats/load_model.h"
#include "formats/onnx/testing/onnx_files.h"
#include "formats/onnx/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the messages of our own tests
using onnx::ModelProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void set_property(ModelProto& model, const char* key, const char* value) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

std::vector<std::string> names_of(const ModelProto& model) {
  const Result<Model> read = load_model(model.SerializeAsString(), "test");
  return read ? read->schema().feature_names : std::vector<std::string>{read.error().message};
}

// No prefix of a file is a model, except where only the metadata is missing; none ends the process.
TEST(OnnxReader, RefusesAFileCutAtEveryByte) {
  for (const ModelProto& model : {small_classifier(), small_regressor()}) {
    const std::string bytes = model.SerializeAsString();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Result<Model> read = load_model(bytes.substr(0, size), "test");
      if (read) {
        EXPECT_GE(size, bytes.size() - 16) << "only the operator set may be missing";
      }
    }
  }
}

TEST(OnnxReader, SurvivesEveryChangedByte) {
  const std::string bytes = small_classifier().SerializeAsString();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char changed : {'\x00', '\x01', '\x7F', '\x80', '\xFF'}) {
      std::string damaged = bytes;
      damaged[at] = changed;
      const Result<Model> read = load_model(damaged, "test");
      if (!read) {
        EXPECT_THAT(read.error().message, HasSubstr("test: "));
      }
    }
  }
}

TEST(OnnxReader, BeginsWithASmallVersionNumber) {
  EXPECT_TRUE(begins_like_onnx(small_classifier().SerializeAsString()));
  EXPECT_FALSE(begins_like_onnx("\x08"));
  EXPECT_FALSE(begins_like_onnx("\x08\x80\x01"));
  EXPECT_FALSE(begins_like_onnx("tree\nversion=v4"));
  EXPECT_FALSE(begins_like_onnx("\x80\x04\x95"));
}

TEST(OnnxReader, RefusesAFileWithoutAGraph) {
  ModelProto model = small_classifier();
  model.clear_graph();
  EXPECT_EQ(refusal_of(model), "onnx: the file has no graph");
}

TEST(OnnxReader, RefusesOperatorSetsThatItDoesNotKnow) {
  ModelProto model = small_classifier();
  model.mutable_opset_import(0)->set_version(6);
  EXPECT_EQ(refusal_of(model), "onnx: the operators are of ai.onnx.ml 6, expected 1 to 5");
}

TEST(OnnxReader, TakesNamesFromTheMetadataOfAnyFileWhenTheyFit) {
  ModelProto model = small_classifier();
  set_property(model, "feature_names", R"(["length","gr\u00f6\u00dfe"])");
  EXPECT_THAT(names_of(model), ElementsAre("length",
                                           "gr\xC3\xB6\xC3\x9F"
                                           "e"));
  model.mutable_metadata_props(0)->set_value("[1, 2]");
  EXPECT_THAT(names_of(model), ElementsAre("x0", "x1"));
  model.mutable_metadata_props(0)->set_value(R"(["one"])");
  EXPECT_THAT(names_of(model), ElementsAre("x0", "x1"));
  model.mutable_metadata_props(0)->set_value("length,width");
  EXPECT_THAT(names_of(model), ElementsAre("x0", "x1"));
}

TEST(OnnxReader, RefusesWrongMetadataInAFileOfOurs) {
  ModelProto model = small_classifier();
  model.set_producer_name("ml-inference");
  set_property(model, "feature_names", R"(["one"])");
  EXPECT_EQ(refusal_of(model),
            "onnx: metadata feature_names has 1 names, expected a JSON array of 2");
  model.mutable_metadata_props(0)->set_value(R"(["one","two"])");
  set_property(model, "accepts_missing", "yes");
  EXPECT_EQ(refusal_of(model), "onnx: metadata accepts_missing is 'yes', expected true or false");
}

TEST(OnnxReader, RefusesNamesThatASchemaRefuses) {
  ModelProto model = small_classifier();
  set_property(model, "feature_names", R"(["same","same"])");
  EXPECT_EQ(refusal_of(model), "onnx: feature name 'same' stands twice");
  model = small_classifier();
  set_texts(ensemble_of(model), "classlabels_strings", {"a", "\xFF", "c"});
  EXPECT_EQ(refusal_of(model), "onnx: class label 1 is not UTF-8");
}

TEST(OnnxReader, AcceptsMissingAndInfiniteValuesAsOnnxruntimeDoes) {
  const Result<Model> read = load_model(small_regressor().SerializeAsString(), "test");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->schema().input.accepts_missing);
  EXPECT_TRUE(read->schema().input.accepts_infinite);
  EXPECT_EQ(read->schema().task(), Task::regression);
  EXPECT_TRUE(read->schema().class_labels().empty());
}

}  // namespace
}  // namespace ml_inference
