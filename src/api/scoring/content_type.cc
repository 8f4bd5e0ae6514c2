// SPDX-License-Identifier: MIT
#include "api/scoring/content_type.h"

#include "api/prediction.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace ml_inference {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts what stands before the separator off the text.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return lowered(value);
}

std::optional<ScoringForm> form_of(std::string_view media) {
  if (media == "text/csv") return ScoringForm::csv;
  if (media == "application/jsonlines" || media == "application/jsonl" ||
      media == "application/x-jsonlines" || media == "application/x-ndjson") {
    return ScoringForm::json_lines;
  }
  return is_json(media) ? std::optional(ScoringForm::json) : std::nullopt;
}

bool take_parameter(const std::string& name, const std::string& value, ScoringType& type) {
  if (name == "charset") return value == "utf-8" || value == "utf8";
  if (type.form != ScoringForm::csv) return false;
  if (name == "label_size") return value == "0";
  if (name != "header") return false;
  type.header = value == "present" ? CsvHeader::present : CsvHeader::absent;
  return value == "present" || value == "absent";
}

}  // namespace

std::optional<ScoringType> parse_scoring_type(std::string_view content_type) {
  const std::optional<ScoringForm> form = form_of(lowered(take_until(content_type, ';')));
  if (!form) return std::nullopt;
  ScoringType type{.form = *form};
  while (!content_type.empty()) {
    std::string_view value = take_until(content_type, ';');
    if (value.empty()) continue;
    const std::string name = lowered(take_until(value, '='));
    if (!take_parameter(name, unquoted(value), type)) return std::nullopt;
  }
  return type;
}

ScoringForm wanted_scoring_form(std::string_view accept) {
  while (!accept.empty()) {
    std::string_view range = take_until(accept, ',');
    const std::string media = lowered(take_until(range, ';'));
    if (media == "*/*" || media == "application/*") return ScoringForm::json;
    if (media.empty()) continue;
    if (const std::optional<ScoringForm> form = form_of(media)) return *form;
  }
  return ScoringForm::json;
}

}  // namespace ml_inference
