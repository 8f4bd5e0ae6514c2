// SPDX-License-Identifier: MIT
// What lies in a model repository: folders, versions and files, by looking and without opening.
//
//   <root>/<model>/<version>/<file>   TensorFlow Serving, Triton
//   <root>/<version>/<file>           one model: the base path of one
//   <root>/<file>                     one model, version 1: KServe's /mnt/models, SageMaker's
//                                     /opt/ml/model, a mounted ConfigMap
//
// Names that begin with a dot are skipped, and links are followed: a ConfigMap's files are links
// through ..data. Source: Triton, docs/user_guide/model_repository.md; Kubernetes, ConfigMap.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Entries of one folder: far more than an operator has, and a look at them takes milliseconds.
inline constexpr std::size_t kFolderEntryCountMax = 10'000;

/// A regular file as stat sees it: two that are equal are taken for the same content.
struct FileStamp {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
  std::int64_t changed_ns = 0;   ///< since 1970: of the content, or of what is known of the file
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  bool operator==(const FileStamp&) const = default;
};

/// By name.
using FileStamps = std::vector<FileStamp>;

struct VersionFolder {
  std::int64_t number = 1;
  std::string path;
};

struct ModelFolder {
  std::string name;
  std::string path;                     ///< where config.pbtxt and version_labels.json lie
  std::vector<VersionFolder> versions;  ///< by ascending number
};

struct RepositoryLayout {
  std::vector<ModelFolder> models;  ///< by name

  /// What was skipped and why, for people: "wine/v2 is no version: ..."
  std::vector<std::string> skipped;
};

/// Looks at the root, and at the folders of its models.
/// own_name  of the only model, where the root is one; empty: the root's name.
/// Errors: not_found (no such folder), invalid_argument (it cannot be read, or the only model's
/// name is not one), resource_exhausted (more than kFolderEntryCountMax entries). A model's folder
/// that cannot be read is skipped.
[[nodiscard]] Result<RepositoryLayout> read_layout(const std::string& root,
                                                   std::string_view own_name);

/// The regular files of a folder, hidden ones left out; what is none is skipped, and so is a link
/// that leads nowhere or in a circle.
/// Errors: as of read_layout(), for a folder.
[[nodiscard]] Result<FileStamps> stamp_files(const std::string& folder);

/// What a model's folder says of it (serving/repository/model_config.h).
inline constexpr std::string_view kConfigFile = "config.pbtxt";
inline constexpr std::string_view kLabelsFile = "version_labels.json";

/// Of stamp_files() these two; none where the folder cannot be read.
[[nodiscard]] FileStamps config_files(const std::string& folder);

/// Whether a file's name says that it lies beside a model: golden rows, digests, signatures,
/// config.pbtxt, version_labels.json.
[[nodiscard]] bool is_companion(std::string_view name);

/// Which file of a folder is the model: the only one that begins like one (formats/load_model.h).
/// Opens them. Errors: not_found (none), invalid_argument (two, which are named).
[[nodiscard]] Result<FileStamp> find_model_file(const std::string& folder, const FileStamps& files);

/// Whether a text can be a model's name: at most 128 letters, digits and "._-+@=", not a dot first.
[[nodiscard]] bool is_model_name(std::string_view name);

}  // namespace ml_inference
