// SPDX-License-Identifier: MIT
// Pickles for tests, put together opcode by opcode, so that they may be wrong in any way.
#pragma once

#include "formats/pickle/opcodes.h"
#include "formats/pickle/reader.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference::testing {

/// Each member appends an opcode with what belongs to it, and gives the assembler back.
class PickleAssembler {
 public:
  explicit PickleAssembler(int protocol = 4);

  PickleAssembler& op(Opcode opcode);
  PickleAssembler& raw(std::string_view bytes);  ///< without an opcode
  PickleAssembler& byte(int value);
  PickleAssembler& integer(std::int64_t value);
  PickleAssembler& real(double value);
  PickleAssembler& text(std::string_view text);
  PickleAssembler& bytes(std::string_view bytes);
  PickleAssembler& global(std::string_view module, std::string_view name);
  PickleAssembler& empty_tuple() { return op(Opcode::empty_tuple); }
  PickleAssembler& tuple(int size);  ///< of the last 1 to 3 values
  PickleAssembler& put(int index);
  PickleAssembler& get(int index);

  /// The dtype: "f8", "i4", "U3", "O".
  PickleAssembler& dtype(std::string_view code, std::string_view order = "<");
  PickleAssembler& shape(const std::vector<std::int64_t>& shape);

  /// An array by _reconstruct and BUILD, C order.
  PickleAssembler& array(std::string_view code, const std::vector<std::int64_t>& shape,
                         std::string_view bytes);

  /// The value alone; the pickle ends here.
  [[nodiscard]] std::string stop() const { return bytes_ + '.'; }

 private:
  template <class T>
  PickleAssembler& number(T value);

  std::string bytes_;
};

/// The bytes of these numbers in memory.
template <class T>
[[nodiscard]] std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// The document of these bytes, or the refusal of it, as a text.
[[nodiscard]] std::string refusal_of(std::string_view bytes);

/// The value and all in it, in the way of Python's repr(), arrays with their elements: "{'a': [1,
/// 2.5]}". Ends with "..." where it would become too long or go too deep.
[[nodiscard]] std::string repr_of(const PyValue& value);

/// repr_of() the root of these bytes, or what they are refused by.
[[nodiscard]] std::string read_as_text(std::string_view bytes);

/// The bytes compressed as joblib does it.
[[nodiscard]] std::string zlib_of(std::string_view bytes);
[[nodiscard]] std::string gzip_of(std::string_view bytes);
[[nodiscard]] std::string bz2_of(std::string_view bytes);
[[nodiscard]] std::string xz_of(std::string_view bytes, unsigned preset = 3);
[[nodiscard]] std::string lzma_of(std::string_view bytes);
[[nodiscard]] std::string lz4_of(std::string_view bytes);

}  // namespace ml_inference::testing
