// SPDX-License-Identifier: MIT
#include "api/grpc/wire_fields.h"

#include "api/grpc/tensorflow.pb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;

TEST(WireFields, GivesNumbersAndBytesInTheirOrder) {
  const std::string message(
      "\x08\x96\x01\x12\x03"
      "abc\x1d\x01\0\0\0\x21\x02\0\0\0\0\0\0\0",
      22);
  WireFields fields(message);
  ASSERT_TRUE(fields.next());
  EXPECT_EQ(fields.number(), 1);
  EXPECT_EQ(fields.value(), 150U);
  EXPECT_EQ(fields.kind(), WireKind::varint);
  EXPECT_TRUE(fields.is_varint(1));
  ASSERT_TRUE(fields.next());
  EXPECT_EQ(fields.number(), 2);
  EXPECT_EQ(fields.bytes(), "abc");
  EXPECT_EQ(fields.bytes().data(), message.data() + 5) << "no copy is made";
  ASSERT_TRUE(fields.next());
  EXPECT_EQ(fields.value(), 1U);
  ASSERT_TRUE(fields.next());
  EXPECT_EQ(fields.number(), 4);
  EXPECT_EQ(fields.value(), 2U);
  EXPECT_FALSE(fields.next());
  EXPECT_FALSE(fields.is_broken());
}

TEST(WireFields, PassesOverWhatIsOfAnotherKind) {
  WireFields fields(std::string_view("\x08\x01\x15\x01\0\0\0\x1a\x01z", 10));
  ASSERT_TRUE(fields.next_bytes());
  EXPECT_EQ(fields.number(), 3);
  EXPECT_FALSE(fields.next_bytes());
  EXPECT_FALSE(fields.is_broken());
  WireFields numbers(std::string_view("\x0d\x01\0\0\0", 5));
  ASSERT_TRUE(numbers.next());
  std::vector<std::int64_t> wholes;
  std::vector<double> doubles;
  std::vector<std::string_view> texts;
  EXPECT_TRUE(append_values(numbers, wholes) && append_values(numbers, doubles) &&
              append_values(numbers, texts));
  EXPECT_TRUE(wholes.empty() && doubles.empty() && texts.empty());
}

TEST(WireFields, IsBrokenWhereTheMessageIs) {
  for (const std::string& message :
       {std::string("\x08"),
        std::string("\x12\x05"
                    "ab"),
        std::string("\0", 1), std::string("\x0b"), std::string("\x0c"), std::string("\x0f"),
        std::string("\x1d\0\0", 3), std::string("\x12\xff\xff\xff\xff\x0f"),
        std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")}) {
    WireFields fields(message);
    while (fields.next()) {
    }
    EXPECT_TRUE(fields.is_broken()) << message.size();
  }
  WireFields nothing("");
  EXPECT_FALSE(nothing.next());
  EXPECT_FALSE(nothing.is_broken());
}

TEST(WireFields, ReadsWhatTheLibraryWrites) {
  tensorflow::TensorProto tensor;
  const std::vector<std::int64_t> wholes{0, -1, 300, std::numeric_limits<std::int64_t>::min(),
                                         std::numeric_limits<std::int64_t>::max()};
  for (const std::int64_t value : wholes) {
    tensor.add_int64_val(value);
    tensor.add_int_val(static_cast<std::int32_t>(value));
  }
  tensor.add_float_val(0.5F);
  tensor.add_float_val(-2);
  tensor.add_double_val(1e300);
  tensor.add_bool_val(true);
  const std::string message = tensor.SerializeAsString();
  std::vector<std::int64_t> int64s;
  std::vector<std::int32_t> ints;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<std::uint8_t> truths;
  WireFields fields(message);
  while (fields.next()) {
    switch (fields.number()) {
      case 10: EXPECT_TRUE(append_values(fields, int64s)); break;
      case 7: EXPECT_TRUE(append_values(fields, ints)); break;
      case 5: EXPECT_TRUE(append_values(fields, floats)); break;
      case 6: EXPECT_TRUE(append_values(fields, doubles)); break;
      case 11: EXPECT_TRUE(append_values(fields, truths)); break;
      default: FAIL() << fields.number();
    }
  }
  EXPECT_EQ(int64s, wholes);
  EXPECT_THAT(ints, ElementsAre(0, -1, 300, 0, -1));
  EXPECT_THAT(floats, ElementsAre(0.5F, -2.0F));
  EXPECT_THAT(doubles, ElementsAre(1e300));
  EXPECT_THAT(truths, ElementsAre(1));
}

TEST(WireFields, RefusesPackedNumbersThatAreCutOff) {
  WireFields floats(std::string_view("\x2a\x03\0\0\0", 5));
  ASSERT_TRUE(floats.next());
  std::vector<float> numbers;
  EXPECT_FALSE(append_values(floats, numbers));
  WireFields wholes("\x2a\x02\x01\x80");
  ASSERT_TRUE(wholes.next());
  std::vector<std::int64_t> values;
  EXPECT_FALSE(append_values(wholes, values));
}

TEST(WireFields, WritesBytesThatTheLibraryReads) {
  std::string message;
  append_bytes_field(message, tensorflow::TensorProto::kTensorContentFieldNumber,
                     std::string(300, 'x'));
  append_bytes_field(message, tensorflow::TensorProto::kStringValFieldNumber, "");
  tensorflow::TensorProto tensor;
  ASSERT_TRUE(tensor.ParseFromString(message));
  EXPECT_EQ(tensor.tensor_content(), std::string(300, 'x'));
  EXPECT_EQ(tensor.string_val_size(), 1);
}

}  // namespace
}  // namespace ml_inference
