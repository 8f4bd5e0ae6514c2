// SPDX-License-Identifier: MIT
#include "formats/load_model.h"

#include "base/digest.h"
#include "base/large_pages.h"
#include "formats/digest_beside.h"
#include "formats/format_error.h"
#include "formats/lightgbm/lightgbm_model.h"
#include "formats/lightgbm/reader.h"
#include "formats/limits.h"
#include "formats/onnx/reader.h"
#include "formats/pickle/reader.h"
#include "formats/python/access.h"
#include "formats/sklearn/reader.h"
#include "formats/skops/reader.h"
#include "formats/wrappers/wrapped_booster.h"
#include "formats/xgboost/reader.h"
#include "formats/xgboost/xgboost_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace ml_inference {
namespace {

struct Format {
  std::string_view name;
  bool (*begins)(std::string_view bytes);  // whether a file of this format begins so
  Model (*read)(std::string_view bytes);   // throws FormatError
};

// Objects of Python are the same ones whatever file they come from.
template <PyDocument (*read)(std::string_view bytes)>
Model read_python_model(std::string_view bytes) {
  const PyDocument document = read(bytes);
  const PyValue root = document.root();
  return is_wrapped_booster(class_of(root)) ? read_wrapped_booster(root, "model")
                                            : read_sklearn(document);
}

// All formats. No two begin alike.
constexpr std::array kFormats{Format{"onnx", begins_like_onnx, read_onnx},
                              Format{"pickle", begins_like_pickle, read_python_model<read_pickle>},
                              Format{"skops", begins_like_skops, read_python_model<read_skops>},
                              Format{"xgboost", begins_like_xgboost, read_xgboost},
                              Format{"lightgbm", begins_like_lightgbm, read_lightgbm}};

std::string first_bytes(std::string_view bytes) {
  constexpr std::size_t kShownMax = 8;
  std::string out;
  for (const char byte : bytes.substr(0, kShownMax)) {
    fmt::format_to(std::back_inserter(out), "{}{:02x}", out.empty() ? "" : " ",
                   static_cast<unsigned char>(byte));
  }
  return out;
}

std::unexpected<Error> fail_at(std::string_view source_name, Error error) {
  error.message.insert(0, fmt::format("{}: ", source_name));
  return std::unexpected(std::move(error));
}

Result<std::size_t> model_file_size(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(Code::not_found, "no such file, expected a model");
  }
  if (error) return fail(Code::invalid_argument, error.message());
  if (status.type() == std::filesystem::file_type::directory) {
    return fail(Code::invalid_argument, "is a directory, expected a model file");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    return fail(Code::invalid_argument, "is not a regular file, expected a model file");
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fail(Code::invalid_argument, error.message());
  if (size > kModelFileSizeMax) {
    return fail(Code::resource_exhausted,
                fmt::format("the file has {} bytes, expected at most {}", size, kModelFileSizeMax));
  }
  return static_cast<std::size_t>(size);
}

// What a model is made of, and its digest, which is asked for when the model is there.
struct Source {
  std::string_view bytes;
  std::string_view name;
  std::function<std::string()> digest;
};

Result<Model> load(const Source& source) {
  if (source.bytes.empty()) {
    return fail_at(source.name,
                   {Code::invalid_argument, fmt::format("the file is empty, expected a model ({})",
                                                        known_model_formats())});
  }
  for (const Format& format : kFormats) {
    if (!format.begins(source.bytes)) continue;
    try {
      Model model = format.read(source.bytes);
      return std::move(model).with_sha256(source.digest());
    } catch (FormatError& refusal) {
      return fail_at(source.name, std::move(refusal.error));
    }
  }
  return fail_at(source.name, {Code::unimplemented,
                               fmt::format("the file begins with {}, expected a model ({})",
                                           first_bytes(source.bytes), known_model_formats())});
}

// So much is read at once: many of them in a large file, and few calls.
constexpr std::size_t kPieceSize = std::size_t{4} << 20;

// The bytes of a file, which are digested while they are read and made a model of.
class FileBytes {
 public:
  explicit FileBytes(std::size_t size)
      : size_(size),
        bytes_(static_cast<char*>(allocate_pages(size, alignof(std::max_align_t)))),
        digest_(view()) {}

  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::string digest() { return digest_.text(); }

  Result<void> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return fail(Code::invalid_argument,
                  fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
    }
    for (std::size_t filled = 0; filled < size_;) {
      const std::size_t piece = std::min(kPieceSize, size_ - filled);
      file.read(bytes_.get() + filled, static_cast<std::streamsize>(piece));
      const auto got = static_cast<std::size_t>(file.gcount());
      filled += got;
      if (got < piece) {
        return fail(
            Code::data_loss,
            fmt::format("read {} bytes, expected {}: the file is being changed", filled, size_));
      }
      digest_.announce(filled);
    }
    return {};
  }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };

  std::size_t size_;
  std::unique_ptr<char, Free> bytes_;
  DigestBeside digest_;
};

}  // namespace

std::string_view model_format(std::string_view begin) {
  const auto found =
      std::ranges::find_if(kFormats, [&](const Format& format) { return format.begins(begin); });
  return begin.empty() || found == kFormats.end() ? std::string_view() : found->name;
}

std::string known_model_formats() {
  std::string names;
  for (const Format& format : kFormats) {
    if (!names.empty()) names += ", ";
    names += format.name;
  }
  return names;
}

Result<Model> load_model(std::string_view bytes, std::string_view source_name) {
  return load({.bytes = bytes, .name = source_name, .digest = [&] { return sha256_text(bytes); }});
}

Result<Model> load_model_file(const std::string& path) {
  const Result<std::size_t> size = model_file_size(path);
  if (!size) return fail_at(path, size.error());
  FileBytes bytes(*size);
  if (Result<void> read = bytes.read(path); !read) return fail_at(path, std::move(read).error());
  return load({.bytes = bytes.view(), .name = path, .digest = [&bytes] { return bytes.digest(); }});
}

}  // namespace ml_inference
