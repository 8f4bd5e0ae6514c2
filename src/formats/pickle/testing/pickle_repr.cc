// SPDX-License-Identifier: MIT
#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"
#include "formats/python/access.h"
#include "formats/python/arrays.h"

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
  std::string text(const PyValue& value) {
    if (copied_ > kCopiedMax || refused_ > kRefusedMax) return "...";
    try {
      const PyVisit::Inside inside = visit_.enter("repr");
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
  std::string inner(const PyValue& value) {
    switch (value.kind()) {
      case PyKind::nothing: return "nothing";
      case PyKind::none: return "None";
      case PyKind::boolean: return value.integer() != 0 ? "True" : "False";
      case PyKind::integer: return fmt::format("{}", value.integer());
      case PyKind::real: return fmt::format("{}", value.real());
      case PyKind::text:
      case PyKind::long_text: return fmt::format("'{}'", text_of(value, "text"));
      case PyKind::tuple: return "(" + items(value) + (value.size() == 1 ? ",)" : ")");
      case PyKind::list: return "[" + items(value) + "]";
      case PyKind::set: return "{" + items(value) + "}";
      case PyKind::slice: return "slice(" + items(value) + ")";
      case PyKind::dict: return "{" + entries(value) + "}";
      case PyKind::global: return std::string(value.name());
      case PyKind::object: return object(value);
      case PyKind::array: return array(value);
      case PyKind::scalar: return scalar(value);
      case PyKind::dtype: return "dtype(" + type_text(value.type()) + ")";
      case PyKind::bytes:
      case PyKind::big_integer: return bytes(value);
    }
    return "?";
  }

  std::string items(const PyValue& value) {
    std::string out;
    for (std::size_t index = 0; index < value.size(); ++index) {
      if (index > 0) out += ", ";
      out += text(value.item(index));
    }
    return out;
  }

  std::string entries(const PyValue& dict) {
    std::string out;
    for (std::size_t index = 0; index < dict.size(); ++index) {
      if (index > 0) out += ", ";
      out += text(dict.key(index)) + ": " + text(dict.value(index));
    }
    return out;
  }

  std::string object(const PyValue& value) {
    std::string out(value.callable().name());
    out += text(value.arguments());
    const auto part = [&](std::string_view sign, const PyValue& of) {
      if (!of.is(PyKind::nothing)) out += std::string(sign) + text(of);
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

  static std::string bytes(const PyValue& value) {
    const PyBytes loaded = value.load();
    return "x'" + hex(loaded.view()) + "'";
  }

  std::string array(const PyValue& value) {
    std::string out = "array(" + type_text(value.type()) + shape_text(value.layout().shape) + " ";
    const char kind = value.type().kind;
    if (kind == 'O') {
      const PyItems objects(value, "array");
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

  static std::string records(const PyValue& value) {
    std::string out;
    PyRecords records(value, "records");
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

  std::string scalar(const PyValue& value) {
    const ArrayType& type = value.type();
    if (type.kind == 'O') return "scalar(" + text(value.object()) + ")";
    if (is_text(value)) return fmt::format("scalar('{}')", text_of(value, "scalar"));
    if (is_number(value)) {
      return fmt::format("{}({})", type_text(type), number_of(value, "scalar"));
    }
    return "scalar(" + bytes(value) + ")";
  }

  PyVisit visit_{kValuesMax};
  std::size_t copied_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace

std::string repr_of(const PyValue& value) { return Repr().text(value); }

}  // namespace ml_inference::testing
