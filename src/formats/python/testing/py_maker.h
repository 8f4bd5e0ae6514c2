// SPDX-License-Identifier: MIT
// Values of Python for tests, made by hand: no file is needed to have something wrong.
#pragma once

#include "formats/python/contents.h"
#include "formats/python/value.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference::testing {

/// A key and a value of a dict, or an attribute of an object.
using PyEntry = std::pair<std::string, NodeId>;
using PyEntries = std::vector<PyEntry>;

/// A field of records: "left_child", "i8".
struct PyRecordField {
  std::string name;
  std::string code;
};

/// Makes values one by one; a value may be used in several places. Once the document is taken, the
/// maker is empty.
class PyMaker {
 public:
  PyMaker();

  [[nodiscard]] static NodeId none() { return kNodeNone; }
  [[nodiscard]] static NodeId boolean(bool truth) { return truth ? kNodeTrue : kNodeFalse; }
  NodeId integer(std::int64_t value);
  NodeId real(double value);
  NodeId text(std::string_view text);
  NodeId list(const std::vector<NodeId>& items);
  NodeId tuple(const std::vector<NodeId>& items);
  NodeId dict(const PyEntries& entries);
  NodeId global(std::string_view name);

  /// An object of this class with these attributes.
  NodeId object(std::string_view class_name, const PyEntries& attributes);

  /// One more attribute, behind the others: so it takes the place of one of the same name.
  void set(NodeId object, std::string_view name, NodeId value);

  /// bytes  as many as the shape and the type take.
  NodeId array(std::string_view code, const std::vector<std::int64_t>& shape,
               std::string_view bytes);
  NodeId doubles(const std::vector<std::int64_t>& shape, const std::vector<double>& values);
  NodeId integers(const std::vector<std::int64_t>& values);
  NodeId texts(const std::vector<std::string>& ascii);

  /// An array of objects of one dimension.
  NodeId objects(const std::vector<NodeId>& items);

  /// An array of records without gaps.
  NodeId records(const std::vector<PyRecordField>& fields, std::int64_t count,
                 std::string_view bytes);

  /// The document whose value is the root.
  [[nodiscard]] PyDocument document(NodeId root);

 private:
  NodeId array_of(const ArrayType* type, const std::vector<std::int64_t>& shape,
                  std::string_view bytes);
  NodeStore& nodes() { return contents_->nodes(); }

  std::unique_ptr<PyContents> contents_;
};

}  // namespace ml_inference::testing
