// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace ml_inference {

/// In what form rows come or predictions go.
enum class ScoringForm { json, csv, json_lines };

/// What text/csv says of its first line.
enum class CsvHeader { unsaid, present, absent };

/// A Content-Type that is understood.
struct ScoringType {
  ScoringForm form = ScoringForm::json;
  CsvHeader header = CsvHeader::unsaid;
};

/// Reads a Content-Type; empty is JSON. Parameters: charset (UTF-8 alone), of text/csv header
/// (present or absent, RFC 4180) and label_size (0), as SageMaker's algorithms have it. Nothing for
/// any other type or parameter.
[[nodiscard]] std::optional<ScoringType> parse_scoring_type(std::string_view content_type);

/// What an Accept header wants: the first of its types that there is; JSON where none is.
[[nodiscard]] ScoringForm wanted_scoring_form(std::string_view accept);

}  // namespace ml_inference
