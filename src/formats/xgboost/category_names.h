// SPDX-License-Identifier: MIT
// The category names that XGBoost 3.1 to 3.3 cut wrongly, put together again.
#pragma once

#include "formats/xgboost/xgboost_file.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ml_inference {

/// The names of a column's codes 0, 1, 2 ..., as far as the file has them.
struct XgboostCategoryNames {
  std::vector<std::string> names;  ///< fewer than there are codes where the last ones are lost

  /// 0, or: the last name lost its end, and has so many characters.
  std::size_t last_characters = 0;
};

/// The names, out of the texts of the file.
///
/// Its Python package joined the names and said where each ends in characters, and the library cut
/// the bytes there. So a text is as many bytes long as its name has characters, and at the end of
/// the column as many bytes are lost as there are bytes that continue a character: of "wei\u00df"
/// and "rot" the file has "wei\xC3" and "\x9Fro".
///
/// feature  for the message.
/// Throws FormatError, unimplemented, where two texts are alike: the library itself takes one name
/// for the other then.
/// Source: the files and answers of XGBoost 3.1.3, 3.2.0, 3.3.0 and 3.4.1, which has it right.
[[nodiscard]] XgboostCategoryNames xgboost_category_names(const XgboostFile& file,
                                                          const std::vector<std::string>& texts,
                                                          std::size_t feature);

}  // namespace ml_inference
