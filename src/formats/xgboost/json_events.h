// SPDX-License-Identifier: MIT
// JSON as XGBoost writes it -> events.
#pragma once

#include "formats/xgboost/events.h"

#include <string_view>

namespace ml_inference {

/// Reads one JSON document. Beyond RFC 8259 the words NaN, Infinity and -Infinity are numbers: so
/// XGBoost writes them. Bytes of a text need not be UTF-8.
/// Numbers become the nearest float32 of their text (std::from_chars); those beyond all floats are
/// infinite, and those below all zero.
///
/// Throws FormatError, data_loss: "xgboost: the JSON breaks off or is damaged at byte 17 of 40:
/// syntax error"; and whatever the events throw.
/// Cost: linear; memory for one text at most.
void read_xgboost_json(std::string_view bytes, XgboostEvents& events);

}  // namespace ml_inference
