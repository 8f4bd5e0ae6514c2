// SPDX-License-Identifier: MIT
// Makes values of a schema's nodes, told the JSON piece by piece.
#pragma once

#include "formats/python/contents.h"
#include "formats/skops/schema_stack.h"
#include "formats/skops/zip_archive.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ml_inference {

/// A node is an object with a key "__loader__", which says what it is. All else is plain JSON:
/// lists and dicts of nodes, and what a node says of itself.
///
/// Not for several threads. All members throw FormatError; messages begin with "skops: ".
class SchemaNodes {
 public:
  /// archive, contents  outlive this. Values go into the contents.
  SchemaNodes(const ZipArchive& archive, PyContents& contents);

  void begin_list() { begin(false); }
  void begin_object() { begin(true); }
  void key(std::string_view text) { stack_.push_text(text); }
  void text(std::string_view text);
  void large_text(std::string text);

  /// Refuses a large text that is not whole yet, but has grown too large already.
  void check_room(std::size_t size) { nodes_.arena().budget().check(size); }
  void value(const SchemaItem& item);
  void end_list();
  void end_object();

  /// Once the document has ended: its value.
  [[nodiscard]] NodeId root() const;

 private:
  using Make = NodeId (SchemaNodes::*)();
  struct Loader {
    std::string_view name;
    Make make;
  };
  [[nodiscard]] static std::span<const Loader> loaders();

  /// A node that may be meant again by its number.
  struct Remembered {
    NodeId node;
    std::size_t order;
  };

  void begin(bool is_object);
  void add(const SchemaItem& item);
  void add_node(NodeId node);

  // What the innermost object says of itself. Each refuses what is missing or of another form.
  [[nodiscard]] std::string_view word(std::string_view key) const;
  [[nodiscard]] NodeId child(std::string_view key, PyKind kind) const;
  [[nodiscard]] NodeId optional_child(std::string_view key);
  [[nodiscard]] const ZipEntry& file() const;
  [[nodiscard]] std::string title() const;
  [[noreturn]] void broken(std::string_view what) const;
  void check_protocol() const;

  // Nodes of all kinds, out of the innermost object.
  [[nodiscard]] NodeId node_of_object();
  [[nodiscard]] NodeId make_node();
  [[nodiscard]] NodeId make_plain_dict();
  [[nodiscard]] NodeId make_json();
  [[nodiscard]] NodeId make_dict();
  [[nodiscard]] NodeId make_default_dict();
  [[nodiscard]] NodeId make_list();
  [[nodiscard]] NodeId make_tuple();
  [[nodiscard]] NodeId make_set();
  [[nodiscard]] NodeId make_bytes();
  [[nodiscard]] NodeId make_slice();
  [[nodiscard]] NodeId make_function();
  [[nodiscard]] NodeId make_type();
  [[nodiscard]] NodeId make_object();
  [[nodiscard]] NodeId make_array();
  [[nodiscard]] NodeId make_object_array();
  [[nodiscard]] NodeId make_dtype();
  [[nodiscard]] NodeId make_cached();

  // Values.
  [[nodiscard]] NodeId node_of(const SchemaItem& item);
  [[nodiscard]] NodeId text_node(std::string_view text);
  [[nodiscard]] NodeId kept_text_node(std::string_view text);
  [[nodiscard]] NodeId json_node(const SchemaItem& item);
  [[nodiscard]] NodeId json_text_node(const SchemaItem& item);
  [[nodiscard]] NodeId key_node(NodeId key, std::string_view type);
  [[nodiscard]] NodeId global(std::string_view module, std::string_view name);
  [[nodiscard]] NodeId object(NodeId callable, NodeId arguments, NodeId state, NodeId entries);
  [[nodiscard]] const NodeArray& array_of(const ZipEntry& entry);
  void flatten(NodeId list, std::span<const std::int64_t> shape, NodeId to);

  const ZipArchive& archive_;
  std::unique_ptr<ZipReader> reader_;  // of the arrays
  PyContents& contents_;
  NodeStore& nodes_;
  SchemaStack stack_;
  std::unordered_map<std::int64_t, Remembered> remembered_;
  std::unordered_map<std::string_view, NodeId> names_;    // attributes' names, met before
  std::unordered_map<std::string_view, NodeId> globals_;  // by full name
  std::unordered_map<const ZipEntry*, const NodeArray*> arrays_;
  std::vector<char> header_;
  NodeId empty_tuple_;
  std::optional<NodeId> root_;
};

}  // namespace ml_inference
