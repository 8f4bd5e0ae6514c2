// SPDX-License-Identifier: MIT
#include "formats/onnx/budget.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/wire.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace ml_inference {
namespace {

// What the content of a length-delimited field is.
enum class Content {
  text,  // a string, bytes, or a field that we do not know
  counted_text,
  varints,
  floats,
  doubles,
  model,
  graph,
  node,
  attribute,
  tensor,
  value_info,
  type,
  tensor_type,
  shape,
  leaf_message,  // a message without messages or repeated fields in it
};

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

struct Field {
  Content parent;
  std::uint32_t number;
  Content content;
  std::size_t most;            // of them in one parent
  std::string_view name = {};  // in messages, where there is a limit
};

// The fields of onnx.proto that are not text, or limited.
constexpr auto kFields = std::to_array<Field>({
    {Content::model, 7, Content::graph, 1, "graphs"},
    {Content::model, 8, Content::leaf_message, kAny},
    {Content::model, 14, Content::leaf_message, kAny},
    {Content::graph, 1, Content::node, kOnnxGraphNodeCountMax, "nodes"},
    {Content::graph, 5, Content::tensor, kOnnxValueCountMax, "constants"},
    {Content::graph, 11, Content::value_info, kOnnxValueCountMax, "inputs"},
    {Content::graph, 12, Content::value_info, kOnnxValueCountMax, "outputs"},
    {Content::node, 1, Content::text, kOnnxValueCountMax, "inputs"},
    {Content::node, 2, Content::text, kOnnxValueCountMax, "outputs"},
    {Content::node, 5, Content::attribute, kOnnxAttributeCountMax, "attributes"},
    {Content::attribute, 5, Content::tensor, 1, "tensors"},
    {Content::attribute, 7, Content::floats, kAny},
    {Content::attribute, 8, Content::varints, kAny},
    {Content::attribute, 9, Content::counted_text, kAny},
    {Content::tensor, 1, Content::varints, kAny},
    {Content::tensor, 4, Content::floats, kAny},
    {Content::tensor, 5, Content::varints, kAny},
    {Content::tensor, 6, Content::counted_text, kAny},
    {Content::tensor, 7, Content::varints, kAny},
    {Content::tensor, 10, Content::doubles, kAny},
    {Content::value_info, 2, Content::type, 1, "types"},
    {Content::type, 1, Content::tensor_type, 1, "tensor types"},
    {Content::tensor_type, 2, Content::shape, 1, "shapes"},
    {Content::shape, 1, Content::leaf_message, kAny},
});

// The field's place in kFields, or behind its end.
std::size_t find_field(Content parent, std::uint32_t number) {
  const auto* field = std::ranges::find_if(kFields, [&](const Field& candidate) {
    return candidate.parent == parent && candidate.number == number;
  });
  return static_cast<std::size_t>(field - kFields.begin());
}

std::string_view name_of(Content parent) {
  switch (parent) {
    case Content::model: return "file";
    case Content::graph: return "graph";
    case Content::node: return "node";
    case Content::attribute: return "attribute";
    default: return "type";
  }
}

class Walk {
 public:
  explicit Walk(std::string_view bytes) : bytes_(bytes) {}

  // The messages of onnx.proto do not contain themselves, so this goes at most eight levels down.
  void message(Content parent, std::string_view bytes) {
    std::array<std::size_t, kFields.size()> counts{};
    std::string_view name;  // of an attribute
    std::size_t text_count = 0;
    WireFields fields(bytes);
    while (fields.next()) {
      const WireField& field = fields.field();
      if (field.type != WireType::bytes) continue;
      if (field.number == 1) name = field.bytes;
      const std::size_t place = find_field(parent, field.number);
      if (place == kFields.size()) continue;
      ++counts[place];
      if (kFields[place].content == Content::counted_text) ++text_count;
      content(kFields[place].content, field.bytes);
    }
    if (fields.is_damaged()) damaged(fields.at());
    check_counts(parent, counts);
    // The modes of a tree's nodes are texts that nobody keeps.
    if (parent != Content::attribute || name != "nodes_modes") take_texts(text_count);
  }

 private:
  void content(Content content, std::string_view bytes) {
    switch (content) {
      case Content::text:
      case Content::counted_text: return;
      case Content::varints: return varints(bytes);
      case Content::floats: return fixed(bytes, sizeof(float));
      case Content::doubles: return fixed(bytes, sizeof(double));
      default: return message(content, bytes);
    }
  }

  void varints(std::string_view bytes) const {
    std::uint64_t ignored = 0;
    const char* const end = bytes.data() + bytes.size();
    for (const char* at = bytes.data(); at != end;) {
      const char* const next = read_varint(at, end, ignored);
      if (next == nullptr) damaged(at);
      at = next;
    }
  }

  void fixed(std::string_view bytes, std::size_t width) const {
    if (bytes.size() % width != 0) damaged(bytes.data() + bytes.size());
  }

  static void check_counts(Content parent, const std::array<std::size_t, kFields.size()>& counts) {
    for (std::size_t place = 0; place < kFields.size(); ++place) {
      const Field& field = kFields[place];
      if (counts[place] <= field.most) continue;
      refuse(field.most == 1 ? Code::data_loss : Code::resource_exhausted,
             "onnx: the {} has {} {}, expected at most {}", name_of(parent), counts[place],
             field.name, field.most);
    }
  }

  void take_texts(std::size_t count) {
    text_count_ += count;
    if (text_count_ > kOnnxTextCountMax) {
      refuse(Code::resource_exhausted, "onnx: the file has more than {} texts in its lists",
             kOnnxTextCountMax);
    }
  }

  [[noreturn]] void damaged(const char* at) const {
    refuse(Code::data_loss, "onnx: the file breaks off or is damaged at byte {} of {}",
           at - bytes_.data(), bytes_.size());
  }

  const std::string_view bytes_;
  std::size_t text_count_ = 0;
};

}  // namespace

void check_onnx_budget(std::string_view bytes) {
  if (bytes.size() > kModelFileSizeMax) {
    refuse(Code::resource_exhausted, "onnx: the file has {} bytes, expected at most {}",
           bytes.size(), kModelFileSizeMax);
  }
  Walk(bytes).message(Content::model, bytes);
}

}  // namespace ml_inference
