// SPDX-License-Identifier: MIT
// How a report looks, on a light page and on a dark one.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace ml_inference {

/// A colour by its use, "#rrggbb" for either page.
struct ThemeColour {
  std::string_view name;
  std::string_view light;
  std::string_view dark;
};

/// Text has a contrast of 4.5 to 1 or more to what it stands on, lines and bars 3 to 1 (WCAG 2.1,
/// 1.4.3 and 1.4.11): ink, muted and link on page and card, onN on shadeN.
inline constexpr std::array<ThemeColour, 20> kThemeColours{{
    {"page", "#f4f6f8", "#101317"},   {"card", "#ffffff", "#191d23"},
    {"ink", "#1a1d21", "#e8eaed"},    {"muted", "#565d66", "#a9b1ba"},
    {"grid", "#d5dae0", "#39414b"},   {"track", "#eceff3", "#2a3038"},
    {"accent", "#1f5fa8", "#7fb4f0"}, {"second", "#a8480a", "#f0a36b"},
    {"shade0", "#f3f5f7", "#22272e"}, {"on0", "#565d66", "#a9b1ba"},
    {"shade1", "#dce8f5", "#1d3148"}, {"on1", "#1a1d21", "#e8eaed"},
    {"shade2", "#b5cfea", "#22476e"}, {"on2", "#1a1d21", "#e8eaed"},
    {"shade3", "#8cb3dc", "#2b5f97"}, {"on3", "#1a1d21", "#ffffff"},
    {"shade4", "#2f6db3", "#82b4ea"}, {"on4", "#ffffff", "#101317"},
    {"shade5", "#164a85", "#b4d4f8"}, {"on5", "#ffffff", "#101317"},
}};

/// Steps from an empty cell to a full one: shade0 to shade5.
inline constexpr std::size_t kShadeCount = 6;

/// The colour that a plot has where no style sheet is let in. name  one of kThemeColours (ASSERT).
[[nodiscard]] std::string light_colour(std::string_view name);

/// The style sheet.
[[nodiscard]] std::string report_style();

}  // namespace ml_inference
