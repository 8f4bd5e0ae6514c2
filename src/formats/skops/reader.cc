// SPDX-License-Identifier: MIT
#include "formats/skops/reader.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/python/contents.h"
#include "formats/skops/limits.h"
#include "formats/skops/schema.h"
#include "formats/skops/zip_archive.h"

#include <memory>
#include <utility>

namespace ml_inference {

bool begins_like_skops(std::string_view bytes) {
  // The second is an archive without entries.
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06");
}

PyDocument read_skops(std::string_view bytes) {
  if (bytes.size() > kModelFileSizeMax) {
    refuse(Code::resource_exhausted, "skops: the file has {} bytes, expected at most {}",
           bytes.size(), kModelFileSizeMax);
  }
  auto contents = std::make_unique<PyContents>("skops", kSkopsMemoryBase + bytes.size());
  const ZipArchive archive(bytes, contents->nodes().arena());
  const NodeId root = read_skops_schema(archive, *contents);
  contents->set_source(archive.reader(kSkopsRereadMax * archive.size()), archive.size());
  return PyDocument(std::move(contents), root);
}

}  // namespace ml_inference
