// SPDX-License-Identifier: MIT
// Any bytes as a pickle: they are read or refused, never more; and whoever walks through what was
// read by access.h and arrays.h comes to an end. Half of the mutations put a piece of grammar where
// an opcode begins, because random bytes rarely make one.
//
//   make fuzz, or build/fuzz/src/formats/pickle_fuzz tests/corpus/pickle tests/golden/pickle
#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/pickle/reader.h"
#include "formats/pickle/testing/pickle_files.h"
#include "formats/python/access.h"
#include "formats/python/arrays.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ml_inference;  // NOLINT: one file

// Whatever it throws is a refusal.
void ask(const std::function<void()>& question) {
  try {
    question();
  } catch (const FormatError& refusal) {
    ASSERT(refusal.error.code != Code::internal);
    ASSERT(!refusal.error.message.empty());
  }
}

void ask_all(const PyValue& value) {
  ask([&] { static_cast<void>(value_text(value)); });
  ask([&] { static_cast<void>(find_attribute(value, "classes_", "fuzz")); });
  ask([&] { static_cast<void>(find_entry(value, "a", "fuzz")); });
  ask([&] { static_cast<void>(integer_of(value, "fuzz")); });
  ask([&] { static_cast<void>(number_of(value, "fuzz")); });
  ask([&] { static_cast<void>(boolean_of(value, "fuzz")); });
  ask([&] { static_cast<void>(text_of(value, "fuzz")); });
  ask([&] { static_cast<void>(doubles_of(value, "fuzz")); });
  ask([&] { static_cast<void>(int64s_of(value, "fuzz")); });
  ask([&] { static_cast<void>(texts_of(value, "fuzz")); });
  ask([&] { check_shape(value, {-1, 2}, "fuzz"); });
  ask([&] {
    PyNumbers numbers(value, "fuzz");
    std::array<double, 3> group;
    numbers.for_each_group(group.size(), [&](const char* at) { numbers.read(at, group); });
  });
  ask([&] {
    PyRecords records(value, "fuzz");
    const PyField field = records.integer_field("left");
    records.for_each([&](const char* record) { static_cast<void>(field.integer(record)); });
  });
}

constexpr std::size_t kVisitsMax = 200;

void walk(const PyValue& value, std::vector<PyValue>& open) {
  ask_all(value);
  switch (value.kind()) {
    case PyKind::tuple:
    case PyKind::list:
    case PyKind::set:
    case PyKind::slice:
      for (std::size_t index = 0; index < std::min(value.size(), kVisitsMax); ++index) {
        open.push_back(value.item(index));
      }
      return;
    case PyKind::dict:
      for (std::size_t index = 0; index < std::min(value.size(), kVisitsMax); ++index) {
        open.push_back(value.key(index));
        open.push_back(value.value(index));
      }
      return;
    case PyKind::object:
      open.insert(open.end(), {value.callable(), value.arguments(), value.keywords(), value.state(),
                               value.items(), value.entries()});
      return;
    default: return;
  }
}

std::string grammar_piece(std::mt19937& random) {
  testing::PickleAssembler to(4);
  const int number = static_cast<int>(random() % 4);
  switch (random() % 12) {
    case 0: to.array("f8", {number}, std::string(static_cast<std::size_t>(number) * 8, 'x')); break;
    case 1: to.dtype("i4"); break;
    case 2: to.global("numpy.core.multiarray", "scalar").dtype("f8").bytes("12345678"); break;
    case 3: to.global("joblib.numpy_pickle", "NumpyArrayWrapper").empty_tuple(); break;
    case 4: to.global("_codecs", "encode").text("\xc3\xa9").text("latin1").tuple(2); break;
    case 5: to.op(Opcode::reduce); break;
    case 6: to.op(Opcode::build); break;
    case 7: to.op(Opcode::empty_dict).text("a").integer(number).op(Opcode::setitem); break;
    case 8: to.put(number); break;
    case 9: to.get(number); break;
    case 10: to.op(Opcode::newobj); break;
    default: to.tuple(1 + number % 3); break;
  }
  const std::string bytes = to.stop();
  return bytes.substr(2, bytes.size() - 3);  // without PROTO and STOP
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  std::mt19937 random(seed);
  if (size < 3 || random() % 2 == 0) return LLVMFuzzerMutate(data, size, size_max);
  const std::string piece = grammar_piece(random);
  if (size + piece.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  const std::size_t at = 2 + random() % (size - 2);
  std::memmove(data + at + piece.size(), data + at, size - at);
  std::memcpy(data + at, piece.data(), piece.size());
  return size + piece.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(begins_like_pickle(bytes));
  ask([&] {
    const PyDocument document = read_pickle(bytes);
    std::vector<PyValue> open{document.root()};
    for (std::size_t visits = 0; visits < kVisitsMax && !open.empty(); ++visits) {
      const PyValue value = open.back();
      open.pop_back();
      walk(value, open);
    }
    static_cast<void>(testing::repr_of(document.root()));
  });
  return 0;
}
