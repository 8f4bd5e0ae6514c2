// SPDX-License-Identifier: MIT
// A version's folder becomes a model that answers: digest, reading, golden rows, a first row.
#pragma once

#include "base/result.h"
#include "serving/repository/layout.h"
#include "serving/repository/repository_options.h"
#include "serving/served_model.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace ml_inference {

/// What loading a file takes at most beside the process as it is: measured with
/// bench/model_load/memory.py, rounded up (docs/model-repository.md has the figures).
/// begin  as model_format() takes it: a file that may be compressed takes more.
[[nodiscard]] std::size_t load_memory_bytes(std::string_view begin, std::size_t file_size);

/// A model, and what its golden rows said.
struct LoadedVersion {
  std::shared_ptr<const ServedModel> model;
  std::string verified;  ///< for people; empty: no golden rows
};

/// Whether the memory that is left will do for a version: refused before it is read, since a
/// process that the kernel ends answers nobody.
/// Errors: resource_exhausted, with the figures; those of find_model_file().
[[nodiscard]] Result<void> check_memory(const std::string& folder, const FileStamps& files,
                                        const RepositoryDoors& doors);

/// Loads the only model file of a version's folder, whatever memory there is.
/// folder  its path. files  what stamp_files() saw there.
/// shown   "iris/3": for the model's name.
/// Errors: not_found and invalid_argument (find_model_file()), data_loss (the digest beside it, the
/// golden rows, the bytes), unimplemented, resource_exhausted, and unavailable: a file has changed
/// while it was read, so that what was read means nothing.
/// Threads: any.
[[nodiscard]] Result<LoadedVersion> load_version(const std::string& folder, const FileStamps& files,
                                                 const std::string& shown,
                                                 const RepositoryDoors& doors);

/// The same of files in memory, by name, if they fit into what is left of it. Golden rows are
/// refused: they are read from files alone. Errors: resource_exhausted (memory), invalid_argument
/// (all else: what was sent is no model).
[[nodiscard]] Result<LoadedVersion> load_uploaded(const std::map<std::string, std::string>& files,
                                                  const std::string& shown,
                                                  const RepositoryDoors& doors);

}  // namespace ml_inference
