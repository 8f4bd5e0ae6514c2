// SPDX-License-Identifier: MIT
#include "formats/skops/npy.h"

#include "formats/format_error.h"
#include "formats/python/limits.h"
#include "formats/skops/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// Reads the header's text, a dict in Python's own notation:
//   {'descr': [('left_child', '<i8'), ('', '|V7')], 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  HeaderText(std::string_view text, Arena& arena, std::string_view where)
      : text_(text), arena_(arena), where_(where) {}

  ArrayLayout read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        type_ = type(0);
      } else if (key == "fortran_order") {
        is_fortran_ = truth();
      } else if (key == "shape") {
        shape_ = shape();
      } else {
        broken(fmt::format("its header has the key {}", quoted_text(key)));
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (!type_ || !is_fortran_ || !shape_) broken("its header lacks descr, fortran_order or shape");
    if (!left().empty()) broken("its header goes on behind its end");
    return layout();
  }

 private:
  [[noreturn]] void broken(std::string_view what) const {
    refuse(Code::data_loss, "{}: {}", where_, what);
  }

  [[nodiscard]] ArrayLayout layout() const {
    const std::optional<std::int64_t> count = element_count(*shape_, type_->item_size);
    if (!count) broken("its shape is larger than any memory");
    return {.type = arena_.make_one(*type_),
            .shape = *shape_,
            .is_fortran = *is_fortran_,
            .count = *count};
  }

  // --- words

  std::string_view left() {
    const std::size_t blanks = std::min(text_.find_first_not_of(" \n"), text_.size());
    text_.remove_prefix(blanks);
    return text_;
  }

  bool take(char c) {
    if (!left().starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) {
      broken(fmt::format("its header has {}, expected '{}'", quoted_text(left().substr(0, 8)), c));
    }
  }

  std::string_view quoted() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t size = text_.find(quote);
    const std::string_view found = text_.substr(0, size);
    if (size == std::string_view::npos || found.find('\\') != std::string_view::npos) {
      broken("its header has a name with an escape, or without an end");
    }
    text_.remove_prefix(size + 1);
    return found;
  }

  bool truth() {
    const std::string_view rest = left();
    const bool is_true = rest.starts_with("True");
    if (!is_true && !rest.starts_with("False")) broken("its fortran_order is no bool");
    text_.remove_prefix(is_true ? 4 : 5);
    return is_true;
  }

  std::int64_t count() {
    const std::string_view rest = left();
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0) broken("its header has no number where one belongs");
    text_.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    take('L');  // of Python 2
    return number;
  }

  // --- values

  std::span<const std::int64_t> shape() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!take(')')) {
      if (sizes.size() == kArrayDimensionMax) broken("it has too many dimensions");
      sizes.push_back(count());
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    const std::span<std::int64_t> made = arena_.make<std::int64_t>(sizes.size());
    std::ranges::copy(sizes, made.begin());
    return made;
  }

  ArrayType type(int depth) {
    if (depth > kNpyDepthMax) broken("its type has types in one another too deep");
    if (take('[')) return record(depth);
    const std::string_view code = quoted();
    // What a time is counted in says nothing of its bytes.
    const std::optional<ArrayType> found = array_type_of(code.substr(0, code.find('[')));
    if (!found) broken(fmt::format("its type is {}, which is not known here", quoted_text(code)));
    if (found->has_objects) broken("its elements are pickled objects");
    return *found;
  }

  // Fields lie one behind the other; those without a name are gaps.
  ArrayType record(int depth) {
    std::vector<ArrayField> fields;
    ArrayType made{.kind = 'V'};
    while (!take(']')) {
      expect('(');
      const std::string_view name = quoted();
      expect(',');
      ArrayType field = type(depth + 1);
      if (take(',') && left().starts_with('(')) repeat(field, shape());
      take(',');
      expect(')');
      const bool is_gap = name.empty() && field.kind == 'V' && field.fields.empty();
      if (!is_gap) {
        if (fields.size() == kArrayFieldMax) broken("its records have too many fields");
        fields.push_back(
            {.name = arena_.copy(name), .type = arena_.make_one(field), .offset = made.item_size});
      }
      made.item_size += field.item_size;
      if (made.item_size > kArrayItemSizeMax) broken("its records are too large");
      if (!take(',')) {
        expect(']');
        break;
      }
    }
    const std::span<ArrayField> kept = arena_.make<ArrayField>(fields.size());
    std::ranges::copy(fields, kept.begin());
    made.fields = kept;
    return made;
  }

  void repeat(ArrayType& field, std::span<const std::int64_t> sizes) const {
    const std::optional<std::int64_t> count = element_count(sizes, field.item_size);
    if (!count || *count * field.item_size > kArrayItemSizeMax) broken("its records are too large");
    field.has_subarray = true;
    field.item_size *= *count;
  }

  std::string_view text_;
  Arena& arena_;
  std::string_view where_;
  std::optional<ArrayType> type_;
  std::optional<bool> is_fortran_;
  std::optional<std::span<const std::int64_t>> shape_;
};

}  // namespace

NpyHeader read_npy_header(std::string_view begin, Arena& arena, std::string_view where) {
  const auto byte = [begin](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(begin[at]));
  };
  constexpr std::size_t kVersionEnd = 8;
  if (begin.size() < kVersionEnd + 4 || !begin.starts_with(kMagic)) {
    refuse(Code::data_loss, "{} is no array of numpy", where);
  }
  const std::size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0) {
    refuse(Code::unimplemented, "{} has version {}.{} of numpy's format, expected 1.0 to 3.0",
           where, version, byte(7));
  }
  const std::size_t size_end = kVersionEnd + (version == 1 ? 2 : 4);
  std::size_t size = 0;
  for (std::size_t at = size_end; at-- > kVersionEnd;) size = size << 8 | byte(at);
  if (size > kNpyHeaderSizeMax || size > begin.size() - size_end) {
    refuse(Code::data_loss, "{} has a header of {} bytes, expected at most {}", where, size,
           std::min(kNpyHeaderSizeMax, begin.size() - size_end));
  }
  return {.layout = HeaderText(begin.substr(size_end, size), arena, where).read(),
          .size = size_end + size};
}

}  // namespace ml_inference
