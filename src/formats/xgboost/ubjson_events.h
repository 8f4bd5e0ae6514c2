// SPDX-License-Identifier: MIT
// UBJSON as XGBoost writes it -> events.
#pragma once

#include "formats/xgboost/events.h"

#include <string_view>

namespace ml_inference {

/// Reads one UBJSON document (draft 12): objects and lists with and without a count, lists of one
/// type of number, numbers of every width, texts. Objects of one type, lists of one type that is no
/// number, and numbers as text (H) are refused: XGBoost writes none, and their elements may take no
/// byte at all.
///
/// Throws FormatError: data_loss ("xgboost: the UBJSON breaks off at byte 17 of 40"), unimplemented
/// as said above; and whatever the events throw.
/// Cost: linear, since each value takes a byte; no memory.
void read_xgboost_ubjson(std::string_view bytes, XgboostEvents& events);

}  // namespace ml_inference
