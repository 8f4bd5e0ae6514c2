// SPDX-License-Identifier: MIT
// Writes HTML and the SVG inside it, so that no text can become markup.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {

/// Any bytes as text that stands in markup or in a quoted attribute and means itself: & < > " ' are
/// references, control characters and the marks that turn the direction of writing are shown as
/// \u escapes, what is no UTF-8 is U+FFFD.
[[nodiscard]] std::string escaped_markup(std::string_view text);

/// The first characters of a text, with an ellipsis in place of the rest when there are more than
/// length_max of them.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t length_max);

/// Elements one inside another. Names of elements and attributes are the program's own; whatever
/// is given as text or as an attribute's value is escaped.
/// Threads: belongs to one thread.
class Markup {
 public:
  /// Names and values, in their order.
  using Attributes = std::vector<std::pair<std::string_view, std::string>>;

  Markup& open(std::string_view element, const Attributes& attributes = {});

  /// Ends the element that was opened last.
  Markup& close();

  Markup& text(std::string_view text);

  /// An element that holds text alone.
  Markup& element(std::string_view element, std::string_view text,
                  const Attributes& attributes = {});

  /// An element that holds nothing: <rect/>, <meta/>.
  Markup& empty(std::string_view element, const Attributes& attributes = {});

  /// What another one has written.
  Markup& add(const Markup& other);

  /// As it is: for the program's own style sheet, never for what comes from elsewhere.
  Markup& raw(std::string_view own);

  /// What is written; every element is closed (ASSERT).
  [[nodiscard]] const std::string& str() const;

 private:
  void start(std::string_view element, const Attributes& attributes);

  std::string out_;
  std::vector<std::string_view> open_;
};

}  // namespace ml_inference
