// SPDX-License-Identifier: MIT
// A fuzzer with a deliberate fault, which `make fuzz` has to find: it shows that coverage,
// sanitizers and the report of a crash work, so that silence of the other fuzzers means something.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto copy = std::make_unique<std::uint8_t[]>(size);
  if (size > 0) std::memcpy(copy.get(), data, size);
  // Three steps that only coverage finds, then a read behind the end.
  if (size < 3 || copy[0] != 'o' || copy[1] != 'n' || copy[2] != 'x') return 0;
  volatile const std::uint8_t* const bytes = copy.get();
  return bytes[size] == 0 ? 0 : 0;
}
