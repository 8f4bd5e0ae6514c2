// SPDX-License-Identifier: MIT
#include "formats/python/access.h"

#include "formats/format_error.h"
#include "formats/python/elements.h"

#include <fmt/format.h>

#include <algorithm>

namespace ml_inference {
namespace {

[[noreturn]] void refuse_kind(const PyValue& value, std::string_view where,
                              std::string_view expected) {
  refuse(Code::data_loss, "{} is {}, expected {}", where, value_text(value), expected);
}

// A number of numpy, alone or in an array of one. Its bytes are few and so always in memory.
struct Element {
  ElementReader reader;
  PyBytes bytes;
};

std::optional<Element> element_of(const PyValue& value) {
  const bool is_one =
      value.is(PyKind::scalar) || (value.is(PyKind::array) && value.layout().count == 1);
  if (!is_one) return std::nullopt;
  const std::optional<ElementReader> reader = ElementReader::of(value.type());
  if (!reader) return std::nullopt;
  return Element{*reader, value.load()};
}

bool is_integer(const PyValue& value) {
  return value.is(PyKind::integer) || value.is(PyKind::boolean);
}

bool is_numpy_text(const PyValue& value) {
  return value.is(PyKind::scalar) && value.type().kind == 'U';
}

std::optional<PyValue> entry_of(const PyValue& dict, std::string_view key, std::string_view where) {
  if (dict.size() > kAttributeCountMax) {
    refuse(Code::resource_exhausted, "{}: {} attributes, expected at most {}", where, dict.size(),
           kAttributeCountMax);
  }
  dict.charge(dict.size());
  for (std::size_t index = dict.size(); index-- > 0;) {
    const PyValue found = dict.key(index);
    if (found.is(PyKind::text) && found.text() == key) return dict.value(index);
  }
  return std::nullopt;
}

}  // namespace

std::string_view class_of(const PyValue& value) {
  if (value.is(PyKind::global)) return value.name();
  if (!value.is(PyKind::object)) return {};
  const std::string_view name = value.callable().name();
  const bool is_of_old = name == "copyreg._reconstructor" || name == "copy_reg._reconstructor";
  const PyValue arguments = value.arguments();
  if (is_of_old && arguments.size() > 0 && arguments.item(0).is(PyKind::global)) {
    return arguments.item(0).name();
  }
  return name;
}

std::string value_text(const PyValue& value) {
  constexpr std::size_t kNameShownMax = 128;
  const std::string_view name = class_of(value);
  const auto is_printable = [](char byte) { return byte > 0x20 && byte < 0x7F; };
  if (!name.empty()) {
    const bool is_shown = name.size() <= kNameShownMax && std::ranges::all_of(name, is_printable);
    return is_shown ? std::string(name) : quoted_text(name);
  }
  if (value.is(PyKind::array)) {
    return fmt::format("an array of {} {}", value.layout().count, type_text(value.type()));
  }
  if (value.is(PyKind::text)) return quoted_text(value.text());
  return std::string(kind_text(value.kind()));
}

std::optional<PyValue> find_entry(const PyValue& dict, std::string_view key,
                                  std::string_view where) {
  if (dict.is(PyKind::dict)) return entry_of(dict, key, where);
  if (dict.is(PyKind::object) && dict.entries().is(PyKind::dict)) {
    return entry_of(dict.entries(), key, where);
  }
  refuse_kind(dict, where, "a dict");
}

std::optional<PyValue> find_attribute(const PyValue& object, std::string_view name,
                                      std::string_view where) {
  if (!object.is(PyKind::object)) refuse_kind(object, where, "an object");
  const PyValue state = object.state();
  if (state.is(PyKind::dict)) return entry_of(state, name, where);
  if (state.is(PyKind::nothing) || state.is_none()) return std::nullopt;
  if (!state.is(PyKind::tuple) || state.size() != 2) {
    refuse(Code::data_loss, "{}: the state is {}, expected a dict", where, value_text(state));
  }
  for (const std::size_t index : {std::size_t{1}, std::size_t{0}}) {
    if (!state.item(index).is(PyKind::dict)) continue;
    if (const auto found = entry_of(state.item(index), name, where)) return found;
  }
  return std::nullopt;
}

PyValue attribute_of(const PyValue& object, std::string_view name, std::string_view where) {
  const std::optional<PyValue> found = find_attribute(object, name, where);
  if (!found) {
    // scikit-learn's convention: fit() makes what ends so.
    const char* const hint = name.ends_with('_') ? ": is it fitted?" : "";
    refuse(Code::data_loss, "{} has no attribute {}{}", where, name, hint);
  }
  return *found;
}

std::int64_t integer_of(const PyValue& value, std::string_view where) {
  if (is_integer(value)) return value.integer();
  const std::optional<Element> element = element_of(value);
  if (!element || element->reader.is_float()) refuse_kind(value, where, "an integer");
  const std::int64_t integer = element->reader.integer(element->bytes.view().data());
  if (element->reader.form() == ElementForm::u8 && integer < 0) {
    refuse(Code::data_loss, "{} is an integer of 2^63 or more", where);
  }
  return integer;
}

bool is_number(const PyValue& value) {
  return is_integer(value) || value.is(PyKind::real) || element_of(value).has_value();
}

double number_of(const PyValue& value, std::string_view where) {
  if (is_integer(value)) return static_cast<double>(value.integer());
  if (value.is(PyKind::real)) return value.real();
  const std::optional<Element> element = element_of(value);
  if (!element) refuse_kind(value, where, "a number");
  return element->reader.number(element->bytes.view().data());
}

bool boolean_of(const PyValue& value, std::string_view where) {
  const std::optional<Element> element = element_of(value);
  const bool is_numpy = element && !element->reader.is_float();
  if (!is_integer(value) && !is_numpy) refuse_kind(value, where, "a bool");
  const std::int64_t integer = integer_of(value, where);
  if (integer != 0 && integer != 1) {
    refuse(Code::data_loss, "{} is {}, expected a bool", where, integer);
  }
  return integer == 1;
}

bool is_text(const PyValue& value) {
  return value.is(PyKind::text) || value.is(PyKind::long_text) || is_numpy_text(value);
}

std::string text_of(const PyValue& value, std::string_view where) {
  if (!is_text(value)) refuse_kind(value, where, "a text");
  if (is_numpy_text(value)) {
    const PyBytes bytes = value.load();
    const std::optional<std::string> text = element_text(value.type(), bytes.view().data());
    if (!text) refuse(Code::data_loss, "{} is no text of Unicode", where);
    return *text;
  }
  if (value.has_surrogates()) {
    refuse(Code::data_loss, "{} is no text of Unicode: half of a surrogate pair", where);
  }
  if (value.is(PyKind::text)) {
    value.charge(value.text().size());
    return std::string(value.text());
  }
  const PyBytes bytes = value.load();
  return std::string(bytes.view());
}

PyValue array_of(const PyValue& value, std::string_view where) {
  if (!value.is(PyKind::array)) refuse_kind(value, where, "an array");
  return value;
}

PyItems::PyItems(const PyValue& value, std::string_view where) : list_(value), size_(0) {
  const bool is_list = value.is(PyKind::list) || value.is(PyKind::tuple) || value.is(PyKind::set);
  if (is_list) {
    size_ = value.size();
    value.charge(size_);
    return;
  }
  if (!value.is(PyKind::array) || value.type().kind != 'O') {
    refuse_kind(value, where, "a list");
  }
  // The list of an array is that of the file, which may have grown behind the array's back.
  list_ = value.items();
  size_ = static_cast<std::size_t>(value.layout().count);
  value.charge(size_);
  if (!list_.is(PyKind::list) || list_.size() < size_) {
    refuse(Code::data_loss, "{}: an array of {} objects has another number of them", where, size_);
  }
}

PyVisit::Inside PyVisit::enter(std::string_view where) {
  if (depth_ >= kPyDepthMax) {
    refuse(Code::resource_exhausted, "{}: values stand in one another more than {} deep", where,
           kPyDepthMax);
  }
  if (left_ == 0) {
    refuse(Code::resource_exhausted, "{}: too many values, each counted as often as it is reached",
           where);
  }
  --left_;
  return Inside(*this);
}

}  // namespace ml_inference
