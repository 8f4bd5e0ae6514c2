// SPDX-License-Identifier: MIT
// The report of a training as a page.
#pragma once

#include "app/train_report.h"

#include <string>

namespace ml_inference {

/// One HTML file that needs nothing else: no script, no font, no image from elsewhere. Its only
/// style sheet is named by its hash in a Content-Security-Policy that allows nothing besides; where
/// a server's stricter policy refuses that too, the page is plain and still complete.
///
/// Plots of importances, of the confusion matrix, of the learning curve and of losses, as far as
/// the report has them, each with its numbers as a table. Light or dark as the reader's device
/// asks.
///
/// Names and labels come from the training data, and are text, whatever is in them. The same
/// report gives the same bytes.
[[nodiscard]] std::string report_page(const TrainReport& report);

}  // namespace ml_inference
