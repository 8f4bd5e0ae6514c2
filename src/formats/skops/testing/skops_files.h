// SPDX-License-Identifier: MIT
// Files of skops for tests, which may be wrong in any way.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference::testing {

/// An entry of an archive. What is not set is as it should be.
struct ZipPart {
  std::string name;
  std::string bytes;
  bool is_deflated = false;
  std::uint16_t flags = 0;
  std::optional<std::uint16_t> method = std::nullopt;
  std::optional<std::uint32_t> crc = std::nullopt;
  std::optional<std::uint32_t> size = std::nullopt;         ///< inflated
  std::optional<std::uint32_t> stored_size = std::nullopt;  ///< in the archive
  std::optional<std::size_t> lies_at = std::nullopt;        ///< of another part, by its number
};

/// The archive.
/// has_zip64  with the records of large archives at its end.
[[nodiscard]] std::string zip_of(const std::vector<ZipPart>& parts, bool has_zip64 = false);

/// An array in numpy's format.
/// descr  as it stands in the header: "'<f8'", "[('a', '<i8')]".
[[nodiscard]] std::string npy_of(std::string_view descr, std::string_view shape,
                                 std::string_view bytes, int version = 1, bool is_fortran = false);

/// A file of skops with this schema and these entries beside it. The schema's outermost object is
/// given without its protocol.
[[nodiscard]] std::string skops_of(std::string_view schema, std::vector<ZipPart> parts = {},
                                   bool is_deflated = false);

/// A node: members  what stands behind the three that all have: R"("content": [])".
[[nodiscard]] std::string node_of(std::string_view loader, std::string_view module,
                                  std::string_view name, std::string_view members);

/// A JsonNode.
/// content  as it stands in the schema, quoted: R"("\"gini\"")".
[[nodiscard]] std::string json_of(std::string_view content);

/// An object with these attributes: R"("a": NODE, "b": NODE)".
[[nodiscard]] std::string object_of(std::string_view module, std::string_view name,
                                    std::string_view attributes);

/// The value in these bytes in the way of Python's repr(), or what they are refused by.
[[nodiscard]] std::string skops_as_text(std::string_view bytes);

}  // namespace ml_inference::testing
