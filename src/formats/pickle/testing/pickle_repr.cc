// SPDX-License-Identifier: MIT
#include "formats/format_error.h"
#include "formats/pickle/access.h"
#include "formats/pickle/arrays.h"
#include "formats/pickle/testing/pickle_files.h"

#include <fmt/format.h>

namespace ml_inference::testing {
namespace {

constexpr std::size_t kValuesMax = 20'000;

// Bytes that are copied from the inside outwards, level by level.
constexpr std::size_t kCopiedMax = std::size_t{32} << 20;

// What is too deep or too much is found by an exception each time, and they are slow.
constexpr std::size_t kRefusedMax = 1'000;

class Repr {
 public:
  std::string text(const PickleValue& value) {
    if (copied_ > kCopiedMax || refused_ > kRefusedMax) return "...";
    try {
      const PickleVisit::Inside inside = visit_.enter("repr");
      std::string out = inner(value);
      copied_ += out.size();
      return out;
    } catch (const FormatError& refusal) {
      const bool is_too_much = refusal.error.code == Code::resource_exhausted;
      ++refused_;
      return is_too_much ? "..." : "<" + refusal.error.message + ">";
    }
  }

 private:
  std::string inner(const PickleValue& value) {
    switch (value.kind()) {
      case PickleKind::nothing: return "nothing";
      case PickleKind::none: return "None";
      case PickleKind::boolean: return value.integer() != 0 ? "True" : "False";
      case PickleKind::integer: return fmt::format("{}", value.integer());
      case PickleKind::real: return fmt::format("{}", value.real());
      case PickleKind::text:
      case PickleKind::long_text: return fmt::format("'{}'", text_of(value, "text"));
      case PickleKind::tuple: return "(" + items(value) + (value.size() == 1 ? ",)" : ")");
      case PickleKind::list: return "[" + items(value) + "]";
      case PickleKind::set: return "{" + items(value) + "}";
      case PickleKind::slice: return "slice(" + items(value) + ")";
      case PickleKind::dict: return "{" + entries(value) + "}";
      case PickleKind::global: return std::string(value.name());
      case PickleKind::object: return object(value);
      case PickleKind::array: return array(value);
      case PickleKind::scalar: return scalar(value);
      case PickleKind::dtype: return "dtype(" + type_text(value.type()) + ")";
      case PickleKind::bytes:
      case PickleKind::big_integer: return bytes(value);
    }
    return "?";
  }

  std::string items(const PickleValue& value) {
    std::string out;
    for (std::size_t index = 0; index < value.size(); ++index) {
      if (index > 0) out += ", ";
      out += text(value.item(index));
    }
    return out;
  }

  std::string entries(const PickleValue& dict) {
    std::string out;
    for (std::size_t index = 0; index < dict.size(); ++index) {
      if (index > 0) out += ", ";
      out += text(dict.key(index)) + ": " + text(dict.value(index));
    }
    return out;
  }

  std::string object(const PickleValue& value) {
    std::string out(value.callable().name());
    out += text(value.arguments());
    const auto part = [&](std::string_view sign, const PickleValue& of) {
      if (!of.is(PickleKind::nothing)) out += std::string(sign) + text(of);
    };
    part("**", value.keywords());
    part(" state ", value.state());
    part(" items ", value.items());
    part(" entries ", value.entries());
    return out;
  }

  static std::string hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
      fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
    }
    return out;
  }

  static std::string bytes(const PickleValue& value) {
    const PickleBytes loaded = value.load();
    return "x'" + hex(loaded.view()) + "'";
  }

  std::string array(const PickleValue& value) {
    std::string out = "array(" + type_text(value.type()) + shape_text(value.layout().shape) + " ";
    const char kind = value.type().kind;
    if (kind == 'O') {
      const PickleItems objects(value, "array");
      for (std::size_t index = 0; index < objects.size(); ++index) {
        out += (index > 0 ? ", " : "") + text(objects[index]);
      }
      return out + ")";
    }
    if (kind == 'U' || kind == 'S') {
      return out + fmt::format("{}", fmt::join(texts_of(value, "array"), ", ")) + ")";
    }
    if (ElementReader::of(value.type())) {
      return out + fmt::format("{}", fmt::join(doubles_of(value, "array"), ", ")) + ")";
    }
    return out + (value.type().fields.empty() ? bytes(value) : records(value)) + ")";
  }

  static std::string records(const PickleValue& value) {
    std::string out;
    PickleRecords records(value, "records");
    records.for_each([&](const char* record) {
      out += "(";
      for (const ArrayField& field : value.type().fields) {
        const auto reader = ElementReader::of(*field.type);
        out += reader ? fmt::format("{}={} ", field.name, reader->number(record + field.offset))
                      : fmt::format("{} ", field.name);
      }
      out.back() = ')';
    });
    return out;
  }

  std::string scalar(const PickleValue& value) {
    const ArrayType& type = value.type();
    if (type.kind == 'O') return "scalar(" + text(value.object()) + ")";
    if (is_text(value)) return fmt::format("scalar('{}')", text_of(value, "scalar"));
    if (is_number(value)) {
      return fmt::format("{}({})", type_text(type), number_of(value, "scalar"));
    }
    return "scalar(" + bytes(value) + ")";
  }

  PickleVisit visit_{kValuesMax};
  std::size_t copied_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace

std::string repr_of(const PickleValue& value) { return Repr().text(value); }

}  // namespace ml_inference::testing
