// SPDX-License-Identifier: MIT
// A JSON document as a flat list of nodes in the order of the text: quick to make, cheap to throw
// away.
//
// Boost.JSON's event parser reads the text; this file keeps its events. Its document class is not
// used because Boost 1.81 may read a decimal number one unit in the last place wrong; the tape
// reads numbers with std::from_chars, which is exact.
#pragma once

#include "api/limits.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object, key };

/// One value or one key. An object is followed by key, value, key, value ...; an array by its
/// values.
struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool truth = false;       ///< boolean
  std::uint32_t count = 0;  ///< array: values; object: keys
  std::uint32_t end = 0;    ///< the index just behind this node and everything inside it
  double number = 0;        ///< number: the nearest double, infinite when beyond all of them
  std::string_view text;    ///< string, key: the decoded text; number: as it was written
};

/// Which numbers a document may hold.
enum class JsonNumbers : std::uint8_t {
  standard,      ///< those of RFC 8259
  with_infinite  ///< and NaN, Infinity, Inf, -Infinity, -Inf, as Python and RapidJSON read them
};

/// Why a text is no JSON, and where.
struct JsonFault {
  std::size_t offset = 0;  ///< in bytes from the start of the text
  std::string message;
};

/// Reads documents one after the other, reusing its memory.
/// Threads: belongs to one thread.
class JsonTape {
 public:
  /// node_count_max  nodes of a document; one that has more is at fault. Each takes 40 bytes: who
  ///                 does not count the memory of a document beforehand sets a smaller one.
  explicit JsonTape(std::size_t node_count_max = kJsonNodeCountMax);
  ~JsonTape();
  JsonTape(const JsonTape&) = delete;
  JsonTape& operator=(const JsonTape&) = delete;

  /// Reads one document: RFC 8259, UTF-8, at most kJsonDepthMax deep and of so many nodes as the
  /// tape takes. nodes() then describes it, until the next parse() or the end of `text`, whichever
  /// comes first. NaN and Infinity, which Python writes but JSON does not know, are faults unless
  /// `numbers` takes them: then they are numbers whose text is a string, "NaN" with its quotes, and
  /// the text may be copied.
  [[nodiscard]] std::expected<void, JsonFault> parse(std::string_view text,
                                                     JsonNumbers numbers = JsonNumbers::standard);

  /// Nodes that the text has at most, by its punctuation: at most kJsonNodeCountMax.
  [[nodiscard]] static std::size_t node_count_max(std::string_view text);

  /// The document; its root is nodes()[0]. Empty after a fault.
  [[nodiscard]] const std::vector<JsonNode>& nodes() const { return nodes_; }

  /// Gives back the memory that a large document needed.
  void shrink();

 private:
  class Handler;
  struct Parser;

  // A word in the place of a number.
  struct Word {
    std::size_t offset = 0;
    std::size_t kind = 0;  // in the table of them
  };

  void mask_words(std::string_view text);
  void unmask_words();

  const std::size_t node_count_max_;
  std::vector<JsonNode> nodes_;
  std::vector<std::uint32_t> open_;  // indices of the containers around the next node
  std::string strings_;              // decoded text that differs from the document's
  std::string masked_;               // the document with a number for each word
  std::vector<Word> words_;          // by ascending offset
  std::unique_ptr<Parser> parser_;
};

/// Appends the value at nodes[index], with everything inside it, as compact JSON.
void append_json(std::string& out, const std::vector<JsonNode>& nodes, std::size_t index);

}  // namespace ml_inference
