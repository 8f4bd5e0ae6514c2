// SPDX-License-Identifier: MIT
#include "formats/skops/reader.h"

#include "formats/format_error.h"
#include "formats/load_model.h"
#include "formats/skops/limits.h"
#include "formats/skops/testing/skops_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the makers of our own tests
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kTwo = [] {
  std::string bytes(16, '\0');
  bytes[0] = 3;
  bytes[8] = 4;
  return bytes;
}();

std::string array_node(const std::string& file, const std::string& name = "ndarray",
                       const std::string& more = "") {
  return node_of("NdArrayNode", "numpy", name, R"("type": "numpy", "file": ")" + file + '"' + more);
}

std::string container(const std::string& kind, const std::string& items,
                      const std::string& more = "") {
  const std::string loader =
      kind == "list" ? "ListNode" : (kind == "tuple" ? "TupleNode" : "SetNode");
  return node_of(loader, "builtins", kind, R"("content": [)" + items + "]" + more);
}

std::string dict_node(const std::string& content, const std::string& types,
                      const std::string& name = "dict") {
  return node_of("DictNode", name == "Bunch" ? "sklearn.utils._bunch" : "builtins", name,
                 R"("content": {)" + content + R"(}, "key_types": )" + container("list", types));
}

std::string type_node(const std::string& name) { return node_of("TypeNode", "builtins", name, ""); }

std::string text_of_schema(const std::string& schema, const std::vector<ZipPart>& parts = {}) {
  const std::string stored = skops_as_text(skops_of(schema, parts));
  EXPECT_EQ(skops_as_text(skops_of(schema, parts, true)), stored);
  return stored;
}

TEST(SkopsReader, BeginsLikeAnArchive) {
  EXPECT_TRUE(begins_like_skops(skops_of(container("list", ""))));
  EXPECT_TRUE(begins_like_skops(zip_of({})));
  EXPECT_FALSE(begins_like_skops("PK"));
  EXPECT_FALSE(begins_like_skops("\x80\x04"));
}

TEST(SkopsReader, ReadsJsonInJson) {
  EXPECT_EQ(text_of_schema(container(
                "list", json_of(R"("null")") + "," + json_of(R"("true")") + "," +
                            json_of(R"("-3")") + "," + json_of(R"("0.5")") + "," +
                            json_of(R"("\"a\\u00e9\\\"\"")") + "," + json_of(R"("NaN")") + "," +
                            json_of(R"("-Infinity")") + "," + json_of(R"("1e16")"))),
            "[None, True, -3, 0.5, 'a\xc3\xa9\"', nan, -inf, 1e+16]");
}

TEST(SkopsReader, ReadsContainers) {
  const std::string one = json_of(R"("1")");
  EXPECT_EQ(text_of_schema(container("tuple", one + "," + container("list", one))), "(1, [1])");
  EXPECT_EQ(text_of_schema(container("set", one)), "{1}");
  EXPECT_EQ(text_of_schema(dict_node(R"("a": )" + one + R"(, "5": )" + one + R"(, "0.5": )" + one +
                                         R"(, "true": )" + one,
                                     type_node("str") + "," + type_node("int") + "," +
                                         type_node("float") + "," + type_node("bool"))),
            "{'a': 1, 5: 1, 0.5: 1, True: 1}");
  EXPECT_THAT(text_of_schema(dict_node(R"("a": )" + one, type_node("str"), "Bunch")),
              HasSubstr("sklearn.utils._bunch.Bunch"));
  EXPECT_EQ(text_of_schema(node_of("SliceNode", "builtins", "slice",
                                   R"("content": {"start": 1, "stop": null, "step": null})")),
            "slice(1, None, None)");
}

TEST(SkopsReader, ReadsArraysAndNumbersOfNumpy) {
  const std::vector<ZipPart> parts{
      {.name = "1.npy", .bytes = npy_of("'<i8'", "(2,)", kTwo)},
      {.name = "2.npy", .bytes = npy_of("'<i8'", "()", kTwo.substr(0, 8))}};
  EXPECT_EQ(text_of_schema(array_node("1.npy"), parts), "array(<i8(2,) 3, 4)");
  EXPECT_THAT(text_of_schema(array_node("2.npy", "int64"), parts), HasSubstr("3"));
  EXPECT_THAT(
      text_of_schema(node_of("DTypeNode", "numpy", "dtype", R"("content": )" + array_node("1.npy")),
                     parts),
      HasSubstr("i8"));
}

TEST(SkopsReader, ReadsArraysOfObjects) {
  const std::string one = json_of(R"("1")");
  const std::string row = container("list", one + "," + one);
  const auto array = [](const std::string& items, const std::string& shape) {
    return node_of(
        "NdArrayNode", "numpy", "ndarray",
        R"("content": [)" + items + R"(], "type": "json", "shape": )" + container("tuple", shape));
  };
  const std::string two = json_of(R"("2")");
  EXPECT_THAT(text_of_schema(array(one + "," + one, two)), HasSubstr("1, 1"));
  EXPECT_THAT(text_of_schema(array(row + "," + row, two + "," + two)), HasSubstr("1, 1, 1, 1"));
  EXPECT_THAT(text_of_schema(array(one, two)), HasSubstr("is no list of 2 values"));
  EXPECT_THAT(text_of_schema(array(row + "," + one, two + "," + two)),
              HasSubstr("is no list of 2 values"));
  EXPECT_THAT(text_of_schema(array(one, "")), HasSubstr("0 dimensions"));
  EXPECT_THAT(text_of_schema(array(one, json_of(R"("-1")"))), HasSubstr("a shape of no numbers"));
  EXPECT_THAT(text_of_schema(array("", json_of(R"("4611686018427387904")"))),
              HasSubstr("larger than any memory"));
}

TEST(SkopsReader, ReadsFunctionsOfBothProtocols) {
  const std::string now = node_of("FunctionNode", "numpy", "log1p", "");
  const std::string before = node_of("FunctionNode", "numpy", "ufunc",
                                     R"("content": {"module_path": "numpy", "function": "log1p"})");
  EXPECT_EQ(text_of_schema(now), text_of_schema(before));
}

TEST(SkopsReader, TakesANodeThatWasMetBefore) {
  const std::string id = R"(, "__id__": 17)";
  const std::string first = container("list", json_of(R"("1")"), id);
  EXPECT_EQ(
      text_of_schema(container(
          "list", first + "," + container("list", json_of(R"("2")"), id) + "," +
                      R"({"__class__": null, "__module__": null, "__loader__": "CachedNode")" + id +
                      "}")),
      "[[1], [1], [1]]");
}

TEST(SkopsReader, RefusesNodesInThemselvesAndMissingOnes) {
  const std::string id = R"(, "__id__": 17)";
  const std::string cached =
      R"({"__class__": null, "__module__": null, "__loader__": "CachedNode", "__id__": 17})";
  EXPECT_THAT(text_of_schema(container("list", container("list", "", id), id)),
              HasSubstr("node 17 contains itself"));
  EXPECT_THAT(text_of_schema(container("list", cached, id)),
              HasSubstr("refers to node 17, which does not stand before that"));
  EXPECT_THAT(text_of_schema(container("list", cached)),
              HasSubstr("refers to node 17, which does not stand before that"));
}

TEST(SkopsReader, RefusesNodesOfAnotherForm) {
  EXPECT_THAT(text_of_schema(node_of("EvilNode", "os", "system", "")),
              HasSubstr("'EvilNode' of 'os'.'system' is a node that is not known here"));
  EXPECT_THAT(text_of_schema(node_of("ListNode", "builtins", "list", R"("content": {})")),
              HasSubstr("content is not a list"));
  EXPECT_THAT(text_of_schema(node_of("ListNode", "builtins", "list", "")),
              HasSubstr("content is not a list"));
  EXPECT_THAT(text_of_schema(node_of("JsonNode", "builtins", "str", R"("content": 3)")),
              HasSubstr("has no text content"));
  EXPECT_THAT(text_of_schema(json_of(R"("[1, 2]")")), HasSubstr("expected a number or a text"));
  EXPECT_THAT(text_of_schema(json_of(R"("\"a")")), HasSubstr("no text of JSON"));
  EXPECT_THAT(text_of_schema(json_of(R"("\"a\" 1")")), HasSubstr("no text of JSON"));
  EXPECT_THAT(text_of_schema(array_node("9.npy")), HasSubstr("'9.npy', which is not there"));
  EXPECT_THAT(text_of_schema(array_node("1.npy"), {{.name = "1.npy", .bytes = "x"}}),
              HasSubstr("no array of numpy"));
  EXPECT_THAT(text_of_schema(array_node("1.npy"),
                             {{.name = "1.npy", .bytes = npy_of("'<i8'", "(3,)", kTwo)}}),
              HasSubstr("an array of 3 elements of 8 bytes, and 16 bytes for them"));
}

TEST(SkopsReader, RefusesNamesThatNoModelHas) {
  EXPECT_EQ(text_of_schema(node_of("ObjectNode", "posix", "system", "")),
            "skops: the file names posix.system, which is not data of a model");
  EXPECT_THAT(text_of_schema(node_of("FunctionNode", "builtins", "eval", "")),
              HasSubstr("builtins.eval"));
  EXPECT_THAT(text_of_schema(node_of("OperatorFuncNode", "operator", "methodcaller",
                                     R"("attrs": )" + container("tuple", ""))),
              HasSubstr("operator.methodcaller"));
}

TEST(SkopsReader, RefusesOtherSchemas) {
  const auto refusal = [](const std::string& schema) {
    return skops_as_text(zip_of({{.name = "schema.json", .bytes = schema}}));
  };
  EXPECT_THAT(skops_as_text(zip_of({{.name = "a.npy", .bytes = "x"}})),
              HasSubstr("has no entry schema.json"));
  EXPECT_THAT(refusal(""), HasSubstr("it is empty"));
  EXPECT_THAT(refusal("[]"), HasSubstr("is a list"));
  EXPECT_THAT(refusal("3"), HasSubstr("is no object"));
  EXPECT_THAT(refusal(R"("text")"), HasSubstr("is no object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("it has no protocol"));
  EXPECT_THAT(refusal(R"({"protocol": "2"})"), HasSubstr("it has no protocol"));
  EXPECT_THAT(refusal(R"({"protocol": 3})"), HasSubstr("protocol 3, expected 0 to 2"));
  EXPECT_THAT(refusal(R"({"protocol": 2} x)"), HasSubstr("damaged at byte"));
  EXPECT_THAT(refusal(std::string(1'000, '[')), HasSubstr("damaged at byte"));
  std::string deep;
  for (int depth = 0; depth < 500; ++depth) deep += R"({"a":)";
  EXPECT_THAT(refusal(deep), HasSubstr("damaged at byte"));
  EXPECT_THAT(refusal("{\"a\": \"\xff\"}"), HasSubstr("damaged at byte"));
}

TEST(SkopsReader, RefusesASchemaThatAsksForTooMuch) {
  std::string many = R"({"protocol": 2, "a": [)";
  for (int index = 0; index < 1'500'000; ++index) many += "{},";
  const std::string bytes =
      zip_of({{.name = "schema.json", .bytes = many + "{}]}", .is_deflated = true}});
  EXPECT_THAT(skops_as_text(bytes), HasSubstr("bytes of memory"));
}

TEST(SkopsReader, KeepsLargeTextsInPlace) {
  std::string text = R"("\")";
  for (std::size_t index = 0; index < kSkopsTextSmall; ++index) text += R"(\\n)";
  text += R"(\"")";
  const std::string bytes =
      skops_of(object_of("lightgbm.basic", "Booster", R"("_handle": )" + json_of(text)));
  const PyDocument document = read_skops(bytes);
  const PyValue handle = document.root().state().value(0);
  ASSERT_TRUE(handle.is(PyKind::text));
  EXPECT_EQ(handle.text(), std::string(kSkopsTextSmall, '\n'));
}

std::string golden_bytes() {
  const std::filesystem::path folder =
      std::filesystem::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/skops";
  std::filesystem::path smallest;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".skops") continue;
    if (smallest.empty() || file.file_size() < std::filesystem::file_size(smallest)) {
      smallest = file.path();
    }
  }
  std::ifstream file(smallest, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SkopsReader, RefusesEveryPieceOfAModel) {
  const std::string bytes = golden_bytes();
  ASSERT_TRUE(load_model(bytes, "file").has_value());
  for (std::size_t size = 4; size < bytes.size(); size += 97) {
    const Result<Model> model = load_model(bytes.substr(0, size), "file");
    ASSERT_FALSE(model.has_value()) << size;
    EXPECT_THAT(model.error().message, StartsWith("file: skops: ")) << size;
  }
}

}  // namespace
}  // namespace ml_inference
