// SPDX-License-Identifier: MIT
#include "formats/xgboost/ubjson_events.h"

#include "formats/format_error.h"

#include <bit>
#include <type_traits>

namespace ml_inference {
namespace {

// How many bytes a number of this type takes; 0 for what is no number.
std::size_t number_size(char type) {
  switch (type) {
    case 'i':
    case 'U': return 1;
    case 'I': return 2;
    case 'l':
    case 'd': return 4;
    case 'L':
    case 'D': return 8;
    default: return 0;
  }
}

template <class Unsigned>
Unsigned big_endian(const char* bytes) {
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < sizeof(Unsigned); ++index) {
    value = value << 8U | static_cast<unsigned char>(bytes[index]);
  }
  return static_cast<Unsigned>(value);
}

class Reader {
 public:
  Reader(std::string_view bytes, XgboostEvents& events) : bytes_(bytes), events_(events) {}

  void read() {
    value(marker());
    while (at_ < bytes_.size() && bytes_[at_] == 'N') ++at_;
    if (at_ < bytes_.size()) damaged("bytes behind the end of the document");
  }

 private:
  void value(char type) {
    switch (type) {
      case '{': return object();
      case '[': return list();
      case 'S': return events_.text(text(size(), kXgboostTextSizeMax));
      case 'C': return events_.text(take(1));
      case 'T': return events_.boolean(true);
      case 'F': return events_.boolean(false);
      case 'Z': return events_.null();
      default: break;
    }
    const std::size_t width = number_size(type);
    if (width == 0) unknown(type);
    number(type, take(width).data());
  }

  void number(char type, const char* bytes) {
    switch (type) {
      case 'i': return events_.integer(static_cast<std::int8_t>(*bytes));
      case 'U': return events_.integer(static_cast<std::uint8_t>(*bytes));
      case 'I': return events_.integer(static_cast<std::int16_t>(big_endian<std::uint16_t>(bytes)));
      case 'l': return events_.integer(static_cast<std::int32_t>(big_endian<std::uint32_t>(bytes)));
      case 'L': return events_.integer(static_cast<std::int64_t>(big_endian<std::uint64_t>(bytes)));
      case 'd': return events_.real(std::bit_cast<float>(big_endian<std::uint32_t>(bytes)));
      default:
        return events_.real(
            static_cast<float>(std::bit_cast<double>(big_endian<std::uint64_t>(bytes))));
    }
  }

  void object() {
    descend();
    events_.begin_object();
    if (next_is('$')) refuse_type("an object of one type");
    if (next_is('#')) {
      for (std::size_t left = count(); left > 0; --left) entry(marker());
    } else {
      for (char type = marker(); type != '}'; type = marker()) entry(type);
    }
    events_.end_object();
    --depth_;
  }

  void entry(char size_type) {
    events_.key(text(size(size_type), kXgboostKeySizeMax));
    value(marker());
  }

  void list() {
    descend();
    if (next_is('$')) {
      numbers();
    } else if (next_is('#')) {
      std::size_t left = count();
      events_.begin_list(left);
      for (; left > 0; --left) value(marker());
    } else {
      events_.begin_list(0);
      for (char type = marker(); type != ']'; type = marker()) value(type);
    }
    events_.end_list();
    --depth_;
  }

  void numbers() {
    const char type = take(1).front();
    const std::size_t width = number_size(type);
    if (width == 0) refuse_type("a list of one type that is no number");
    if (take(1) != "#") damaged("a list of one type without a count");
    const std::size_t values = count();
    if (values > (bytes_.size() - at_) / width) breaks_off();
    const bool is_wanted = events_.begin_list(values);
    const char* const begin = take(values * width).data();
    if (!is_wanted) return;
    for (std::size_t index = 0; index < values; ++index) number(type, begin + index * width);
  }

  // The type of the next value; N means nothing.
  char marker() {
    char type = take(1).front();
    while (type == 'N') type = take(1).front();
    return type;
  }

  bool next_is(char type) {
    if (at_ >= bytes_.size() || bytes_[at_] != type) return false;
    ++at_;
    return true;
  }

  std::size_t size() { return size(marker()); }

  std::size_t size(char type) {
    const std::size_t width = number_size(type);
    const bool is_integer = width > 0 && type != 'd' && type != 'D';
    if (!is_integer) damaged("a length that is no whole number");
    const char* const bytes = take(width).data();
    std::int64_t value = 0;
    switch (type) {
      case 'i': value = static_cast<std::int8_t>(*bytes); break;
      case 'U': value = static_cast<std::uint8_t>(*bytes); break;
      case 'I': value = static_cast<std::int16_t>(big_endian<std::uint16_t>(bytes)); break;
      case 'l': value = static_cast<std::int32_t>(big_endian<std::uint32_t>(bytes)); break;
      default: value = static_cast<std::int64_t>(big_endian<std::uint64_t>(bytes)); break;
    }
    if (value < 0) damaged("a negative length");
    return static_cast<std::size_t>(value);
  }

  // Of values that take a byte each at least: so many have to be there.
  std::size_t count() {
    const std::size_t values = size();
    if (values > bytes_.size() - at_) breaks_off();
    return values;
  }

  std::string_view text(std::size_t size, std::size_t size_max) {
    const std::string_view bytes = take(size);
    if (size > size_max) {
      refuse(Code::resource_exhausted,
             "xgboost: the text at byte {} has {} bytes, expected at most {}", at_ - size, size,
             size_max);
    }
    return bytes;
  }

  std::string_view take(std::size_t size) {
    if (size > bytes_.size() - at_) breaks_off();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }

  void descend() {
    if (++depth_ > kXgboostDepthMax) damaged("nested too deeply");
  }

  [[noreturn]] void breaks_off() const {
    refuse(Code::data_loss, "xgboost: the UBJSON breaks off at byte {} of {}", at_, bytes_.size());
  }

  [[noreturn]] void damaged(std::string_view how) const {
    refuse(Code::data_loss, "xgboost: the UBJSON is damaged at byte {} of {}: {}", at_,
           bytes_.size(), how);
  }

  [[noreturn]] void unknown(char type) const {
    refuse(Code::data_loss, "xgboost: the UBJSON is damaged at byte {} of {}: {} begins no value",
           at_ - 1, bytes_.size(), quoted_text({&type, 1}));
  }

  [[noreturn]] void refuse_type(std::string_view what) const {
    refuse(Code::unimplemented, "xgboost: the UBJSON has {} at byte {}, which XGBoost never writes",
           what, at_);
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  XgboostEvents& events_;
};

}  // namespace

void read_xgboost_ubjson(std::string_view bytes, XgboostEvents& events) {
  Reader(bytes, events).read();
}

}  // namespace ml_inference
