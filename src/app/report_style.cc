// SPDX-License-Identifier: MIT
#include "app/report_style.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>

namespace ml_inference {
namespace {

constexpr std::string_view kRules = R"(
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.25rem .75rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:0 0 .25rem}
p{margin:.25rem 0 .75rem;max-width:46rem;overflow-wrap:anywhere}
.note{color:var(--muted);font-size:.9rem}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));
align-items:start;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--grid);border-radius:.6rem;
padding:.9rem;min-width:0}
.scores{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:.5rem 0 0}
.scores div{min-width:6rem}
.scores dt{color:var(--muted);font-size:.85rem}
.scores dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
figure{margin:0}
svg{display:block;width:100%;max-width:25rem;height:auto;margin:.75rem auto}
details{margin-top:.5rem}
summary{cursor:pointer;color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.scroll{overflow-x:auto;max-height:24rem;margin-top:.5rem}
table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.25rem .5rem;border-bottom:1px solid var(--grid);text-align:left;max-width:14rem;
overflow-wrap:break-word}
th{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}
.ink{fill:var(--ink)}.muted{fill:var(--muted)}.grid{stroke:var(--grid)}
.track{fill:var(--track)}.bar{fill:var(--accent)}
.line0{stroke:var(--accent)}.dot0,.band0{fill:var(--accent)}
.line1{stroke:var(--second)}.dot1,.band1{fill:var(--second)}
)";

std::string variables(std::string_view ThemeColour::* side) {
  std::string text;
  for (const ThemeColour& colour : kThemeColours) {
    text += fmt::format("--{}:{};", colour.name, colour.*side);
  }
  return text;
}

}  // namespace

std::string light_colour(std::string_view name) {
  const auto found = std::ranges::find(kThemeColours, name, &ThemeColour::name);
  ASSERT(found != kThemeColours.end());
  return std::string(found->light);
}

std::string report_style() {
  std::string style = fmt::format(
      ":root{{color-scheme:light dark;{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}{}",
      variables(&ThemeColour::light), variables(&ThemeColour::dark), kRules);
  for (std::size_t step = 0; step < kShadeCount; ++step) {
    style += fmt::format(".shade{0}{{fill:var(--shade{0})}}.on{0}{{fill:var(--on{0})}}\n", step);
  }
  return style;
}

}  // namespace ml_inference
