// SPDX-License-Identifier: MIT
// The files of /docs: Swagger UI, and the page that shows /openapi.json by it.
#pragma once

#include "api/http.h"

#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// A file as the program carries it.
struct DocsFile {
  std::string_view path;          ///< "/docs/swagger-ui.css"
  std::string_view content_type;  ///< a literal
  std::string_view gzip;          ///< its bytes, compressed
};

/// Null where there is none: another path, or a program that was built without (ML_INFERENCE_DOCS).
[[nodiscard]] const DocsFile* find_docs_file(std::string_view path);

/// Fills the response with the file, compressed where the client takes that, or says that the
/// client's copy is still the same (304). What the page may do is said by a content security policy
/// that allows nothing from elsewhere and nothing inline.
/// Cost: without gzip the file is decompressed, which takes some milliseconds.
void answer_docs(const DocsFile& file, const HttpRequest& request, HttpResponse& response);

/// Whether Accept-Encoding lets an answer be gzip.
/// Source: RFC 9110, section 12.5.3.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// The bytes that a whole gzip stream stands for; nothing where it is none.
[[nodiscard]] std::optional<std::string> gunzip(std::string_view gzip);

}  // namespace ml_inference
