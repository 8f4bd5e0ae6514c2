// SPDX-License-Identifier: MIT
// The digest that a model file must have where somebody has written it beside the file.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// Of a text as sha256sum prints it: "HEX  NAME" lines, or a digest alone. Names are compared
/// without "./" and "*" before them.
/// Returns the digest in lower case; nothing when the text has lines, and none names the file.
/// Errors: data_loss, a text without any digest, or one that is not 64 hexadecimal digits.
[[nodiscard]] Result<std::optional<std::string>> digest_in(std::string_view text,
                                                           std::string_view name);

/// Of a signature as OpenSSF's model signing writes it (a Sigstore bundle whose statement lists
/// resources with name, algorithm and digest). Only the digest is taken: who signed is not checked.
/// Source: github.com/sigstore/model-transparency, README and docs; in-toto Statement v1.
/// Errors: data_loss, unimplemented (another algorithm than sha256).
[[nodiscard]] Result<std::optional<std::string>> digest_in_signature(std::string_view text,
                                                                     std::string_view name);

/// What lies beside folder/name: NAME.sha256, SHA256SUMS, model.sig (the first of these that
/// says something of the file). Nothing where none does.
/// Errors: also those of reading.
[[nodiscard]] Result<std::optional<std::string>> expected_digest(const std::string& folder,
                                                                 const std::string& name);

/// SHA-256 of a file, read piece by piece. Errors: not_found, invalid_argument (not regular).
[[nodiscard]] Result<std::string> file_digest(const std::string& path);

}  // namespace ml_inference
