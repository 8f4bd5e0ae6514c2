// SPDX-License-Identifier: MIT
// Any bytes as a file of skops: they are read or refused, never more; and whoever walks through
// what was read comes to an end. Nearly all changes of an archive break a checksum, so an input is
// either an archive, or the parts of one that is made here: a byte ('d' deflates), the schema, and
// after lines "--" the entries 1.npy, 2.npy ...
//
//   make fuzz, or build/fuzz/src/formats/skops_fuzz tests/corpus/skops tests/golden/skops
#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"
#include "formats/python/access.h"
#include "formats/python/arrays.h"
#include "formats/skops/reader.h"
#include "formats/skops/testing/skops_files.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ml_inference;  // NOLINT: one file

constexpr std::string_view kDivider("\n--\n", 4);

std::string archive_of(std::string_view parts, bool is_deflated) {
  std::vector<testing::ZipPart> made;
  for (std::size_t number = 0; !parts.empty() && number < 8; ++number) {
    const std::size_t size = parts.find(kDivider);
    made.push_back({.name = number == 0 ? "schema.json" : std::to_string(number) + ".npy",
                    .bytes = std::string(parts.substr(0, size)),
                    .is_deflated = is_deflated});
    if (size == std::string_view::npos) break;
    parts.remove_prefix(size + kDivider.size());
  }
  return testing::zip_of(made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string made;
  if (!begins_like_skops(bytes) && size > 0) {
    made = archive_of(bytes.substr(1), bytes[0] == 'd');
    bytes = made;
  }
  try {
    const PyDocument document = read_skops(bytes);
    static_cast<void>(testing::repr_of(document.root()));
    static_cast<void>(value_text(document.root()));
    static_cast<void>(find_attribute(document.root(), "classes_", "fuzz"));
  } catch (const FormatError& refusal) {
    ASSERT(refusal.error.code != Code::internal);
    ASSERT(refusal.error.message.starts_with("skops: ") ||
           refusal.error.message.starts_with("fuzz"));
  }
  return 0;
}
