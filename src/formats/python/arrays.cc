// SPDX-License-Identifier: MIT
#include "formats/python/arrays.h"

#include "formats/format_error.h"
#include "formats/python/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ml_inference {
namespace {

bool is_plain_array(const PyValue& value) {
  return value.is(PyKind::array) && value.type().kind != 'O';
}

void check_count(std::size_t count, std::size_t count_max, std::string_view where) {
  if (count > count_max) {
    refuse(Code::resource_exhausted, "{} has {} elements, expected at most {}", where, count,
           count_max);
  }
}

ElementReader reader_of(const ArrayType& type, std::string_view where) {
  const std::optional<ElementReader> reader = ElementReader::of(type);
  if (!reader) {
    refuse(Code::data_loss, "{} is an array of {}, expected numbers", where, type_text(type));
  }
  return *reader;
}

// Calls use(element) with each element's bytes, as they lie.
template <class Use>
void for_each_element(const PyValue& array, Use&& use) {
  const auto unit = static_cast<std::size_t>(array.type().item_size);
  if (unit == 0) {
    for (std::int64_t index = 0; index < array.layout().count; ++index) use("");
    return;
  }
  for (PyStream stream(array); stream.left() > 0;) {
    const std::string_view piece = stream.next(unit);
    for (std::size_t at = 0; at < piece.size(); at += unit) use(piece.data() + at);
  }
}

// Counts through an array whose first index runs fastest, and says where each element stands when
// the last one does.
class FortranPlaces {
 public:
  explicit FortranPlaces(std::span<const std::int64_t> shape)
      : shape_(shape), index_(shape.size(), 0), stride_(shape.size(), 1) {
    for (std::size_t axis = shape.size(); axis-- > 1;) {
      stride_[axis - 1] = stride_[axis] * shape[axis];
    }
  }

  [[nodiscard]] std::size_t place() const { return static_cast<std::size_t>(place_); }

  void advance() {
    for (std::size_t axis = 0; axis < index_.size(); ++axis) {
      place_ += stride_[axis];
      if (++index_[axis] < shape_[axis]) return;
      place_ -= stride_[axis] * shape_[axis];
      index_[axis] = 0;
    }
  }

 private:
  std::span<const std::int64_t> shape_;
  std::vector<std::int64_t> index_;
  std::vector<std::int64_t> stride_;
  std::int64_t place_ = 0;
};

template <class T, class Take>
std::vector<T> plain_elements(const PyValue& array, Take&& take) {
  const ArrayLayout& layout = array.layout();
  const auto count = static_cast<std::size_t>(layout.count);
  std::vector<T> out;
  if (!layout.is_fortran || layout.shape.size() < 2) {
    out.reserve(count);
    for_each_element(array, [&](const char* at) { out.push_back(take(at)); });
    return out;
  }
  out.resize(count);
  FortranPlaces places(layout.shape);
  for_each_element(array, [&](const char* at) {
    out[places.place()] = take(at);
    places.advance();
  });
  return out;
}

// The elements of a plain array by take(const char*), of other containers by convert(value).
template <class T, class Take, class Convert>
std::vector<T> elements_of(const PyValue& value, std::string_view where, Take&& take,
                           Convert&& convert) {
  check_count(count_of(value, where), kArrayReadSize / sizeof(T), where);
  if (is_plain_array(value)) return plain_elements<T>(value, take);
  const PyItems items(value, where);
  std::vector<T> out;
  out.reserve(items.size());
  for (std::size_t index = 0; index < items.size(); ++index) {
    out.push_back(convert(items[index], fmt::format("{}[{}]", where, index)));
  }
  return out;
}

}  // namespace

std::vector<double> doubles_of(const PyValue& value, std::string_view where) {
  std::optional<ElementReader> reader;
  if (is_plain_array(value)) reader = reader_of(value.type(), where);
  return elements_of<double>(
      value, where, [&](const char* at) { return reader->number(at); },
      [](const PyValue& item, std::string_view at) { return number_of(item, at); });
}

std::vector<std::int64_t> int64s_of(const PyValue& value, std::string_view where) {
  std::optional<ElementReader> reader;
  if (is_plain_array(value)) {
    reader = reader_of(value.type(), where);
    if (reader->is_float()) {
      refuse(Code::data_loss, "{} is an array of {}, expected integers", where,
             type_text(value.type()));
    }
  }
  const bool may_overflow = reader && reader->form() == ElementForm::u8;
  return elements_of<std::int64_t>(
      value, where,
      [&](const char* at) {
        const std::int64_t integer = reader->integer(at);
        if (may_overflow && integer < 0) {
          refuse(Code::data_loss, "{} holds an integer of 2^63 or more", where);
        }
        return integer;
      },
      [](const PyValue& item, std::string_view at) { return integer_of(item, at); });
}

std::vector<std::string> texts_of(const PyValue& value, std::string_view where) {
  const bool is_plain = is_plain_array(value);
  if (is_plain && value.type().kind != 'U' && value.type().kind != 'S') {
    refuse(Code::data_loss, "{} is an array of {}, expected texts", where, type_text(value.type()));
  }
  return elements_of<std::string>(
      value, where,
      [&](const char* at) {
        std::optional<std::string> text = element_text(value.type(), at);
        if (!text) refuse(Code::data_loss, "{} holds no text of Unicode", where);
        return *std::move(text);
      },
      [](const PyValue& item, std::string_view at) { return text_of(item, at); });
}

std::size_t count_of(const PyValue& value, std::string_view where) {
  if (value.is(PyKind::array)) return static_cast<std::size_t>(value.layout().count);
  return PyItems(value, where).size();
}

std::vector<std::int64_t> shape_of(const PyValue& value, std::string_view where) {
  if (value.is(PyKind::array)) {
    const std::span<const std::int64_t> shape = value.layout().shape;
    return {shape.begin(), shape.end()};
  }
  return {static_cast<std::int64_t>(PyItems(value, where).size())};
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string out = "(";
  for (const std::int64_t size : shape) {
    if (out.size() > 1) out += ", ";
    out += size < 0 ? "any" : fmt::format("{}", size);
  }
  return out + (shape.size() == 1 ? ",)" : ")");
}

void check_shape(const PyValue& array, std::initializer_list<std::int64_t> expected,
                 std::string_view where) {
  const std::vector<std::int64_t> shape = shape_of(array, where);
  const std::span<const std::int64_t> wanted(expected.begin(), expected.size());
  const bool is_equal = std::ranges::equal(
      shape, wanted, [](std::int64_t has, std::int64_t want) { return want < 0 || has == want; });
  if (!is_equal) {
    refuse(Code::data_loss, "{} has the shape {}, expected {}", where, shape_text(shape),
           shape_text(wanted));
  }
}

PyNumbers::PyNumbers(const PyValue& array, std::string_view where)
    : reader_(reader_of(array_of(array, where).type(), where)),
      stream_(array),
      item_size_(array.type().item_size),
      size_(static_cast<std::size_t>(array.layout().count)) {
  const bool is_flat =
      std::ranges::count_if(array.layout().shape, [](std::int64_t size) { return size > 1; }) < 2;
  if (array.layout().is_fortran && !is_flat) {
    refuse(Code::unimplemented, "{} lies in Fortran order, expected C order", where);
  }
}

PyRecords::PyRecords(const PyValue& array, std::string_view where)
    : where_(where), type_(&array_of(array, where).type()), stream_(array), size_(0) {
  check_shape(array, {-1}, where);
  if (type_->fields.empty() || type_->has_objects || type_->item_size == 0) {
    refuse(Code::data_loss, "{} is an array of {}, expected records", where, type_text(*type_));
  }
  size_ = static_cast<std::size_t>(array.layout().count);
}

bool PyRecords::has(std::string_view name) const {
  return std::ranges::find(type_->fields, name, &ArrayField::name) != type_->fields.end();
}

PyField PyRecords::field(std::string_view name) const {
  const auto found = std::ranges::find(type_->fields, name, &ArrayField::name);
  if (found == type_->fields.end()) refuse(Code::data_loss, "{} has no field {}", where_, name);
  return {reader_of(*found->type, fmt::format("{}.{}", where_, name)), found->offset};
}

PyField PyRecords::integer_field(std::string_view name) const {
  const PyField found = field(name);
  if (found.reader.is_float()) {
    refuse(Code::data_loss, "{}.{} is a float, expected an integer", where_, name);
  }
  return found;
}

}  // namespace ml_inference
