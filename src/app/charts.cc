// SPDX-License-Identifier: MIT
#include "app/charts.h"

#include "app/report_style.h"
#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

constexpr double kWidth = 320;
constexpr double kLetterWidth = 7.4;     // of an average letter, in a wide font
constexpr double kWideLetterWidth = 13;  // of one of Chinese, Japanese or Korean

// The largest share of their line that cells of a shade have.
constexpr std::array<double, kShadeCount> kShareMax{0, .05, .25, .5, .8, 1};

std::string unit(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

double width_of(std::string_view text) {
  double width = 0;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0xE1) {  // begins a character from U+1000 on: most of the wide ones
      width += kWideLetterWidth;
    } else if (value < 0x80 || value >= 0xC0) {
      width += kLetterWidth;
    }
  }
  return width;
}

// As much of the text as is likely to fit.
std::string fitted(const std::string& text, double room) {
  std::string fitting = text;
  for (auto length = static_cast<std::size_t>(room / kLetterWidth);
       width_of(fitting) > room && length > 0; --length) {
    fitting = shortened(text, length);
  }
  return fitting;
}

// The frame of a chart; the caller closes it.
Markup start_chart(const std::string& id, double height, const std::string& title,
                   const std::string& description) {
  Markup chart;
  chart.open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                     {"viewBox", fmt::format("0 0 {} {}", unit(kWidth), unit(height))},
                     {"width", unit(kWidth)},
                     {"height", unit(height)},
                     {"role", "img"},
                     {"aria-labelledby", fmt::format("{0}title {0}text", id)},
                     {"font-family", "system-ui, sans-serif"},
                     {"font-size", "12.5"}});
  chart.element("title", title, {{"id", id + "title"}});
  chart.element("desc", description, {{"id", id + "text"}});
  return chart;
}

// What text there is: where, and how it stands to that place.
struct Lettering {
  double x = 0;
  double y = 0;
  std::string_view anchor = "start";
  std::string_view style = "ink";  // ink, muted
};

void add_text(Markup& chart, const Lettering& at, std::string_view text) {
  chart.element("text", text,
                {{"x", unit(at.x)},
                 {"y", unit(at.y)},
                 {"text-anchor", std::string(at.anchor)},
                 {"class", std::string(at.style)},
                 {"fill", light_colour(at.style)}});
}

void add_line(Markup& chart, double x1, double y1, double x2, double y2) {
  chart.empty("line", {{"x1", unit(x1)},
                       {"y1", unit(y1)},
                       {"x2", unit(x2)},
                       {"y2", unit(y2)},
                       {"class", "grid"},
                       {"stroke", light_colour("grid")}});
}

std::size_t row_count_of(const ConfusionMatrix& confusion, std::int32_t row_class) {
  std::size_t sum = 0;
  for (const auto& [pair, count] : confusion.counts()) sum += pair.first == row_class ? count : 0;
  return sum;
}

// Where the cells of a confusion matrix are.
struct Grid {
  double left = 92;
  double top = 42;
  double cell_width = 0;
  double cell_height = 0;
  double name_width_max = 0;  // of the classes above
  bool are_names_turned = false;
};

Grid grid_of(const std::vector<std::string>& labels) {
  Grid grid;
  const auto count = static_cast<double>(labels.size());
  grid.cell_width = (kWidth - grid.left) / count;
  grid.cell_height = std::min(grid.cell_width, 42.0);
  double longest = 0;
  for (const std::string& label : labels) longest = std::max(longest, width_of(label));
  grid.name_width_max = grid.cell_width - 4;
  grid.are_names_turned = longest > grid.name_width_max;
  if (grid.are_names_turned) {
    grid.name_width_max = std::min(longest, grid.left);
    grid.top = 34 + grid.name_width_max * 0.8;
  }
  return grid;
}

void add_class_names(Markup& chart, const Grid& grid, const std::vector<std::string>& labels,
                     bool are_percent) {
  add_text(chart, {.x = kWidth, .y = 14, .anchor = "end", .style = "muted"},
           are_percent ? "predicted, in percent of the line" : "predicted");
  add_text(chart, {.x = 0, .y = grid.top - 9, .style = "muted"}, "true class");
  for (std::size_t number = 0; number < labels.size(); ++number) {
    const auto place = static_cast<double>(number) + 0.5;
    add_text(chart,
             {.x = grid.left - 8, .y = grid.top + place * grid.cell_height + 4, .anchor = "end"},
             fitted(labels[number], grid.left - 8));
    const std::string name = fitted(labels[number], grid.name_width_max);
    const double x = grid.left + place * grid.cell_width;
    if (!grid.are_names_turned) {
      add_text(chart, {.x = x, .y = grid.top - 9, .anchor = "middle"}, name);
      continue;
    }
    chart.element(
        "text", name,
        {{"transform", fmt::format("translate({} {}) rotate(50)", unit(x), unit(grid.top - 6))},
         {"text-anchor", "end"},
         {"class", "ink"},
         {"fill", light_colour("ink")}});
  }
}

// What stands in the cells: counts, or percent of the line where those would be too small to read.
struct Figures {
  double size = 12.5;
  bool are_percent = false;
};

Figures figures_of(const Grid& grid, const ConfusionMatrix& confusion) {
  constexpr double kSizeMin = 8.5;
  constexpr double kDigitWidth = 0.62;  // of the size
  std::size_t longest = 1;
  for (const auto& [pair, row_count] : confusion.counts()) {
    longest = std::max(longest, std::to_string(row_count).size());
  }
  const double room = grid.cell_width - 3;
  Figures figures;
  figures.are_percent = room / (kDigitWidth * static_cast<double>(longest)) < kSizeMin;
  if (figures.are_percent) longest = 3;
  figures.size = std::min(figures.size, room / (kDigitWidth * static_cast<double>(longest)));
  return figures;
}

struct Cell {
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t row_count = 0;
  double share = 0;  // of the line
};

void add_cell(Markup& chart, const Grid& grid, const Figures& figures, const Cell& cell) {
  std::size_t step = 0;
  while (cell.share > kShareMax[step] && step + 1 < kShadeCount) ++step;
  const double x = grid.left + static_cast<double>(cell.column) * grid.cell_width;
  const double y = grid.top + static_cast<double>(cell.line) * grid.cell_height;
  chart.empty("rect", {{"x", unit(x + 1)},
                       {"y", unit(y + 1)},
                       {"width", unit(grid.cell_width - 2)},
                       {"height", unit(grid.cell_height - 2)},
                       {"rx", "3"},
                       {"class", fmt::format("shade{}", step)},
                       {"fill", light_colour(fmt::format("shade{}", step))}});
  const std::string figure = figures.are_percent ? fmt::format("{:.0f}", cell.share * 100)
                                                 : std::to_string(cell.row_count);
  chart.element("text", figure,
                {{"x", unit(x + grid.cell_width / 2)},
                 {"y", unit(y + grid.cell_height / 2 + figures.size / 3)},
                 {"font-size", unit(figures.size)},
                 {"text-anchor", "middle"},
                 {"class", fmt::format("on{}", step)},
                 {"fill", light_colour(fmt::format("on{}", step))}});
}

// From the numbers of a line chart to places on it.
class Scales {
 public:
  static constexpr double kLeft = 44;
  static constexpr double kRight = kWidth - 12;
  static constexpr double kTop = 54;
  static constexpr double kBottom = 226;

  explicit Scales(const LineChart& chart) : has_log_x_(chart.has_log_x) {
    for (const Line& line : chart.lines) {
      for (const LinePoint& point : line.points) {
        low_x_ = std::min(low_x_, place(point.x));
        high_x_ = std::max(high_x_, place(point.x));
        low_y_ = std::min(low_y_, point.low);
        high_y_ = std::max(high_y_, point.high);
      }
    }
    const double magnitude = std::max({std::abs(low_y_), std::abs(high_y_), 1.0});
    if (high_y_ - low_y_ < magnitude * 1e-6) {  // a level line in the middle
      low_y_ -= magnitude * 0.05;
      high_y_ += magnitude * 0.05;
    }
    y_ticks_ = round_ticks(low_y_, high_y_, 5);
    low_y_ = y_ticks_.values.front();
    high_y_ = y_ticks_.values.back();
  }

  [[nodiscard]] double x(double value) const {
    if (high_x_ == low_x_) return (kLeft + kRight) / 2;
    return kLeft + 8 + (place(value) - low_x_) / (high_x_ - low_x_) * (kRight - kLeft - 16);
  }

  [[nodiscard]] double y(double value) const {
    return kBottom - (value - low_y_) / (high_y_ - low_y_) * (kBottom - kTop);
  }

  [[nodiscard]] const Ticks& y_ticks() const { return y_ticks_; }

  /// Round numbers within the plot.
  [[nodiscard]] std::vector<double> x_ticks() const {
    std::vector<double> values = round_ticks(low_x_, high_x_, 6).values;
    std::erase_if(values, [this](double value) { return value < low_x_ || value > high_x_; });
    return values;
  }

 private:
  [[nodiscard]] double place(double value) const { return has_log_x_ ? std::log2(value) : value; }

  bool has_log_x_;
  double low_x_ = std::numeric_limits<double>::infinity();
  double high_x_ = -std::numeric_limits<double>::infinity();
  double low_y_ = std::numeric_limits<double>::infinity();
  double high_y_ = -std::numeric_limits<double>::infinity();
  Ticks y_ticks_;
};

std::string tick_text(double value, int decimals) {
  if (std::abs(value) >= 1e5 || decimals > 4) return fmt::format("{:.2g}", value);
  return fmt::format("{:.{}f}", value == 0 ? 0.0 : value, decimals);  // no -0
}

void add_axes(Markup& svg, const LineChart& chart, const Scales& scales) {
  for (const double value : scales.y_ticks().values) {
    const double y = scales.y(value);
    add_line(svg, Scales::kLeft, y, Scales::kRight, y);
    add_text(svg, {.x = Scales::kLeft - 6, .y = y + 4, .anchor = "end", .style = "muted"},
             tick_text(value, scales.y_ticks().decimals));
  }
  std::vector<double> marks = scales.x_ticks();
  if (chart.has_log_x) {
    marks.clear();
    for (const LinePoint& point : chart.lines.front().points) marks.push_back(point.x);
  }
  for (const double value : marks) {
    add_text(
        svg,
        {.x = scales.x(value), .y = Scales::kBottom + 18, .anchor = "middle", .style = "muted"},
        fmt::format("{:.0f}", value));
  }
  add_text(svg, {.x = 0, .y = 36, .style = "muted"}, chart.y_name);
  add_text(svg, {.x = Scales::kRight, .y = Scales::kBottom + 36, .anchor = "end", .style = "muted"},
           chart.x_name);
}

// Along the upper edge and back along the lower one.
void add_band(Markup& svg, const Line& line, const Scales& scales, std::size_t number) {
  std::string points;
  for (const LinePoint& point : line.points) {
    points += unit(scales.x(point.x)) + ',' + unit(scales.y(point.high)) + ' ';
  }
  for (auto point = line.points.rbegin(); point != line.points.rend(); ++point) {
    points += unit(scales.x(point->x)) + ',' + unit(scales.y(point->low)) + ' ';
  }
  svg.empty("polygon", {{"points", points},
                        {"class", fmt::format("band{}", number)},
                        {"fill", light_colour(number == 0 ? "accent" : "second")},
                        {"fill-opacity", "0.15"}});
}

Markup::Attributes stroke_of(const Line& line, std::size_t number) {
  Markup::Attributes attributes{{"class", fmt::format("line{}", number)},
                                {"fill", "none"},
                                {"stroke", light_colour(number == 0 ? "accent" : "second")},
                                {"stroke-width", "2"}};
  if (line.is_dashed) attributes.emplace_back("stroke-dasharray", "5 4");
  return attributes;
}

constexpr std::size_t kMarkedPointCountMax = 20;  // more become one thick line

void add_series(Markup& svg, const Line& line, const Scales& scales, std::size_t number) {
  std::string points;
  for (const LinePoint& point : line.points) {
    points += unit(scales.x(point.x)) + ',' + unit(scales.y(point.y)) + ' ';
  }
  Markup::Attributes attributes = stroke_of(line, number);
  attributes.emplace_back("points", points);
  svg.empty("polyline", attributes);
  if (line.points.size() > kMarkedPointCountMax) return;
  for (const LinePoint& point : line.points) {
    svg.empty("circle", {{"cx", unit(scales.x(point.x))},
                         {"cy", unit(scales.y(point.y))},
                         {"r", "3"},
                         {"class", fmt::format("dot{}", number)},
                         {"fill", light_colour(number == 0 ? "accent" : "second")}});
  }
}

// Which line is which, above the plot, from the right.
void add_legend(Markup& svg, const std::vector<Line>& lines) {
  double x = 0;
  for (std::size_t number = 0; number < lines.size(); ++number) {
    Markup::Attributes attributes = stroke_of(lines[number], number);
    attributes.insert(attributes.end(),
                      {{"x1", unit(x)}, {"y1", "8"}, {"x2", unit(x + 22)}, {"y2", "8"}});
    svg.empty("line", attributes);
    add_text(svg, {.x = x + 28, .y = 12}, lines[number].name);
    x += 42 + width_of(lines[number].name);
  }
}

std::string described(const LineChart& chart) {
  std::string text;
  for (const Line& line : chart.lines) {
    text += fmt::format("{} goes from {:.4g} at {:.0f} to {:.4g} at {:.0f} ({}). ", line.name,
                        line.points.front().y, line.points.front().x, line.points.back().y,
                        line.points.back().x, chart.x_name);
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace

Markup bar_chart(const std::string& id, const std::string& title, const std::vector<Bar>& bars) {
  constexpr double kStep = 34;
  std::string description;
  for (const Bar& bar : bars) {
    description += fmt::format("{}{}: {:.1f} %", description.empty() ? "" : ", ",
                               shortened(bar.name, 60), bar.value * 100);
    if (description.size() > 400) break;
  }
  double longest = 0;
  for (const Bar& bar : bars) longest = std::max(longest, bar.value);
  Markup chart =
      start_chart(id, kStep * static_cast<double>(bars.size()), title, description + ".");
  double y = 0;
  for (const Bar& bar : bars) {
    add_text(chart, {.x = 0, .y = y + 13}, fitted(bar.name, kWidth - 58));
    add_text(chart, {.x = kWidth, .y = y + 13, .anchor = "end", .style = "muted"},
             fmt::format("{:.1f} %", bar.value * 100));
    for (const bool is_whole : {true, false}) {
      const double share = is_whole ? 1.0 : longest > 0 ? bar.value / longest : 0.0;
      chart.empty("rect", {{"x", "0"},
                           {"y", unit(y + 18)},
                           {"width", unit(kWidth * share)},
                           {"height", "8"},
                           {"rx", "2"},
                           {"class", is_whole ? "track" : "bar"},
                           {"fill", light_colour(is_whole ? "track" : "accent")}});
    }
    y += kStep;
  }
  return std::move(chart.close());
}

Markup confusion_chart(const std::string& id, const std::string& title,
                       const std::vector<std::string>& labels, const ConfusionMatrix& confusion) {
  ASSERT(labels.size() >= 2 && labels.size() <= kDrawnClassCountMax);
  const Grid grid = grid_of(labels);
  const Figures figures = figures_of(grid, confusion);
  std::string description;
  std::vector<std::size_t> line_counts;
  for (std::size_t line = 0; line < labels.size(); ++line) {
    const auto number = static_cast<std::int32_t>(line);
    line_counts.push_back(row_count_of(confusion, number));
    description += fmt::format("{}{} of {} rows of {} are right", line == 0 ? "" : ", ",
                               confusion.row_count(number, number), line_counts.back(),
                               shortened(labels[line], 60));
  }
  Markup chart =
      start_chart(id, grid.top + grid.cell_height * static_cast<double>(labels.size()) + 2, title,
                  description + ".");
  add_class_names(chart, grid, labels, figures.are_percent);
  for (std::size_t line = 0; line < labels.size(); ++line) {
    for (std::size_t column = 0; column < labels.size(); ++column) {
      const std::size_t row_count =
          confusion.row_count(static_cast<std::int32_t>(line), static_cast<std::int32_t>(column));
      const auto whole = static_cast<double>(std::max(line_counts[line], std::size_t{1}));
      add_cell(chart, grid, figures,
               {.line = line,
                .column = column,
                .row_count = row_count,
                .share = static_cast<double>(row_count) / whole});
    }
  }
  return std::move(chart.close());
}

Markup line_chart(const std::string& id, const LineChart& chart) {
  const Scales scales(chart);
  Markup svg = start_chart(id, Scales::kBottom + 42, chart.title, described(chart));
  add_legend(svg, chart.lines);
  add_axes(svg, chart, scales);
  for (std::size_t number = 0; number < chart.lines.size(); ++number) {
    const Line& line = chart.lines[number];
    const bool has_band = std::ranges::any_of(
        line.points, [](const LinePoint& point) { return point.low < point.high; });
    if (has_band) add_band(svg, line, scales, number);
  }
  for (std::size_t number = 0; number < chart.lines.size(); ++number) {
    add_series(svg, chart.lines[number], scales, number);
  }
  return std::move(svg.close());
}

Ticks round_ticks(double low, double high, std::size_t count) {
  ASSERT(std::isfinite(low) && std::isfinite(high) && low <= high && count >= 2);
  const double span = std::max({high - low, std::abs(high) * 1e-6, 1e-300});
  const double rough = span / static_cast<double>(count - 1);
  const double power = std::floor(std::log10(rough));
  const double digit = rough / std::pow(10, power);
  const double round = digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10;
  const double step = round * std::pow(10, power);
  Ticks ticks{.decimals = static_cast<int>(std::max(0.0, round == 10 ? -power - 1 : -power))};
  const double last = std::ceil(high / step - 1e-9);
  for (double tick = std::floor(low / step + 1e-9); tick <= last; ++tick) {
    ticks.values.push_back(tick * step);
  }
  return ticks;
}

}  // namespace ml_inference
