// SPDX-License-Identifier: MIT
// Plots as SVG that stands in an HTML page: bars, a confusion matrix, lines.
//
// Each is an image with a title and a description for those who do not see it, laid out for a
// phone: 320 units of about a pixel. It has colours of its own, for pages whose style is not let
// in, and classes by which report_style() gives it those of the light and of the dark page.
//
// id  unique on the page, and the program's own: letters and digits.
#pragma once

#include "app/markup.h"
#include "training/metrics.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {

/// A name and how long its bar is.
struct Bar {
  std::string name;
  double value = 0;  ///< 0 to 1
};

/// Horizontal bars, each under its name and with its value in percent.
[[nodiscard]] Markup bar_chart(const std::string& id, const std::string& title,
                               const std::vector<Bar>& bars);

/// The most classes that a confusion matrix is drawn of: more make cells smaller than a figure.
inline constexpr std::size_t kDrawnClassCountMax = 12;

/// A square of cells: a line a class, a column what its rows were predicted as, each with its count
/// of rows, or percent of the line where counts are too long, and the darker the greater its share
/// of the line.
/// labels  2 to kDrawnClassCountMax of them.
[[nodiscard]] Markup confusion_chart(const std::string& id, const std::string& title,
                                     const std::vector<std::string>& labels,
                                     const ConfusionMatrix& confusion);

struct LinePoint {
  double x = 0;
  double y = 0;
  double low = 0;   ///< a band is drawn from here
  double high = 0;  ///< to here; none where all points have both equal to y
};

struct Line {
  std::string name;
  std::vector<LinePoint> points;  ///< by ascending x
  bool is_dashed = false;         ///< told apart by more than colour
};

struct LineChart {
  std::string title;
  std::string x_name;
  std::string y_name;
  std::vector<Line> lines;  ///< one or two, each with a point or more, all finite
  bool has_log_x = false;   ///< x is positive, and marked where the points are
};

[[nodiscard]] Markup line_chart(const std::string& id, const LineChart& chart);

/// About `count` numbers apart by the same round step, the first at `low` or below and the last at
/// `high` or above, and the decimals that tell them apart.
/// low, high  finite, low <= high.
struct Ticks {
  std::vector<double> values;
  int decimals = 0;
};
[[nodiscard]] Ticks round_ticks(double low, double high, std::size_t count);

}  // namespace ml_inference
