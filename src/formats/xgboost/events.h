// SPDX-License-Identifier: MIT
// What XGBoost's two notations, JSON and UBJSON, have in common: one document as a row of events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ml_inference {

/// Nesting of a file: models are eight levels deep, a booster's state with its configuration ten.
inline constexpr std::size_t kXgboostDepthMax = 64;

/// A text in bytes. The longest are attributes: scikit-learn's wrapper keeps its parameters there.
inline constexpr std::size_t kXgboostTextSizeMax = std::size_t{16} << 20;

/// A key in bytes. Those that mean something have at most 32; attributes have names of their own.
inline constexpr std::size_t kXgboostKeySizeMax = std::size_t{64} << 10;

/// Takes the events of one document in the order of the file. Readers see to the notation: brackets
/// match, a value stands behind each key, nesting is at most kXgboostDepthMax. Members may throw
/// FormatError, which ends the reading. Texts live as long as the call.
class XgboostEvents {
 public:
  virtual void begin_object() = 0;
  virtual void key(std::string_view text) = 0;
  virtual void end_object() = 0;

  /// count  the values that are coming, where the notation says it before; else 0. So many bytes at
  ///        least are left in the file.
  /// Returns false when nobody cares for the numbers in it; a reader may leave them out then.
  virtual bool begin_list(std::size_t count) = 0;
  virtual void end_list() = 0;

  virtual void text(std::string_view text) = 0;
  virtual void integer(std::int64_t value) = 0;
  /// A number with a fraction or exponent, NaN or an infinity: the nearest float.
  virtual void real(float value) = 0;
  virtual void boolean(bool value) = 0;
  virtual void null() = 0;

 protected:
  XgboostEvents() = default;
  XgboostEvents(const XgboostEvents&) = default;
  XgboostEvents& operator=(const XgboostEvents&) = default;
  ~XgboostEvents() = default;
};

}  // namespace ml_inference
