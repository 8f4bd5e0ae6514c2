// SPDX-License-Identifier: MIT
#include "formats/load_model.h"

#include "base/digest.h"
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

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <sys/mman.h>
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

std::string known_formats() {
  std::string names;
  for (const Format& format : kFormats) {
    if (!names.empty()) names += ", ";
    names += format.name;
  }
  return names;
}

// A large file is digested while it is read. A small one is done before a thread would have begun.
std::future<std::string> begin_digest(std::string_view bytes) {
  constexpr std::size_t kLarge = std::size_t{1} << 20;
  const std::launch when = bytes.size() < kLarge ? std::launch::deferred : std::launch::async;
  return std::async(when, sha256_text, bytes);
}

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

// Fewer and larger pages for a large file: giving them out takes a fifth of its loading.
void advise_large_pages(char* bytes, std::size_t size) {
  constexpr std::uintptr_t kPage = 4096;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(bytes);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + size) / kPage * kPage;
  // Advice only: where it is not taken, all is as before.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

Result<std::string> read_model_file(const std::string& path) {
  ASSIGN_OR_RETURN(const std::size_t size, model_file_size(path));
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Code::invalid_argument,
                fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
  }
  std::string bytes;
  // Not filled with zeros first: the memory of a large file would be written twice.
  bytes.resize_and_overwrite(size, [&file](char* into, std::size_t count) {
    advise_large_pages(into, count);
    file.read(into, static_cast<std::streamsize>(count));
    return count;
  });
  if (static_cast<std::size_t>(file.gcount()) != size) {
    return fail(
        Code::data_loss,
        fmt::format("read {} bytes, expected {}: the file is being changed", file.gcount(), size));
  }
  return bytes;
}

}  // namespace

Result<Model> load_model(std::string_view bytes, std::string_view source_name) {
  if (bytes.empty()) {
    return fail_at(source_name,
                   {Code::invalid_argument,
                    fmt::format("the file is empty, expected a model ({})", known_formats())});
  }
  for (const Format& format : kFormats) {
    if (!format.begins(bytes)) continue;
    try {
      std::future<std::string> digest = begin_digest(bytes);
      Model model = format.read(bytes);
      return std::move(model).with_sha256(digest.get());
    } catch (FormatError& refusal) {
      return fail_at(source_name, std::move(refusal.error));
    }
  }
  return fail_at(source_name,
                 {Code::unimplemented, fmt::format("the file begins with {}, expected a model ({})",
                                                   first_bytes(bytes), known_formats())});
}

Result<Model> load_model_file(const std::string& path) {
  Result<std::string> bytes = read_model_file(path);
  if (!bytes) return fail_at(path, std::move(bytes).error());
  return load_model(*bytes, path);
}

}  // namespace ml_inference
