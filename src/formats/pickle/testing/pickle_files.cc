// SPDX-License-Identifier: MIT
#include "formats/pickle/testing/pickle_files.h"

#include "base/assert.h"
#include "formats/format_error.h"

#include <bit>
#include <cstring>

namespace ml_inference::testing {

template <class T>
PickleAssembler& PickleAssembler::number(T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  bytes_.append(bytes, sizeof value);
  return *this;
}

PickleAssembler::PickleAssembler(int protocol) { op(Opcode::proto).byte(protocol); }

PickleAssembler& PickleAssembler::op(Opcode opcode) { return byte(static_cast<int>(opcode)); }

PickleAssembler& PickleAssembler::raw(std::string_view bytes) {
  bytes_.append(bytes);
  return *this;
}

PickleAssembler& PickleAssembler::byte(int value) {
  bytes_ += static_cast<char>(value);
  return *this;
}

PickleAssembler& PickleAssembler::integer(std::int64_t value) {
  if (value == static_cast<std::int32_t>(value)) {
    return op(Opcode::binint).number(static_cast<std::int32_t>(value));
  }
  return op(Opcode::long1).byte(sizeof value).number(value);
}

PickleAssembler& PickleAssembler::real(double value) {
  return op(Opcode::binfloat).number(__builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
}

PickleAssembler& PickleAssembler::text(std::string_view text) {
  return op(Opcode::binunicode).number(static_cast<std::uint32_t>(text.size())).raw(text);
}

PickleAssembler& PickleAssembler::bytes(std::string_view bytes) {
  return op(Opcode::binbytes).number(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

PickleAssembler& PickleAssembler::global(std::string_view module, std::string_view name) {
  return op(Opcode::global).raw(module).raw("\n").raw(name).raw("\n");
}

PickleAssembler& PickleAssembler::tuple(int size) {
  constexpr int kTuple1 = static_cast<int>(Opcode::tuple1);
  return byte(kTuple1 - 1 + size);
}

PickleAssembler& PickleAssembler::put(int index) { return op(Opcode::binput).byte(index); }
PickleAssembler& PickleAssembler::get(int index) { return op(Opcode::binget).byte(index); }

PickleAssembler& PickleAssembler::dtype(std::string_view code, std::string_view order) {
  global("numpy", "dtype").text(code).op(Opcode::newfalse).op(Opcode::newtrue).tuple(3);
  op(Opcode::reduce).op(Opcode::mark).integer(3).text(order);
  op(Opcode::none).op(Opcode::none).op(Opcode::none).integer(-1).integer(-1).integer(0);
  return op(Opcode::tuple).op(Opcode::build);
}

PickleAssembler& PickleAssembler::shape(const std::vector<std::int64_t>& shape) {
  op(Opcode::mark);
  for (const std::int64_t size : shape) integer(size);
  return op(Opcode::tuple);
}

PickleAssembler& PickleAssembler::array(std::string_view code,
                                        const std::vector<std::int64_t>& sizes,
                                        std::string_view elements) {
  global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
  integer(0).tuple(1).bytes("b").tuple(3).op(Opcode::reduce);
  op(Opcode::mark).integer(1).shape(sizes).dtype(code).op(Opcode::newfalse).bytes(elements);
  return op(Opcode::tuple).op(Opcode::build);
}

std::string refusal_of(std::string_view bytes) {
  try {
    static_cast<void>(read_pickle(bytes));
    return "read";
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

std::string read_as_text(std::string_view bytes) {
  try {
    const PyDocument document = read_pickle(bytes);
    return repr_of(document.root());
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

}  // namespace ml_inference::testing
