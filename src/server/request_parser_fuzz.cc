// SPDX-License-Identifier: MIT
// Any bytes, whole and in pieces: both ways give the same requests and end the same way.
#include "base/assert.h"
#include "server/request_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace ml_inference;

const std::string kHeaderEnd = "\r\n\r\n";
constexpr RequestLimits kLimits{.header_size_max = 1024, .body_size_max = 4096};

// What a connection would see, as text. Feeds pieces of piece_size bytes after what is left over.
std::string requests_of(std::string_view bytes, std::size_t piece_size) {
  BodyBudget budget(1 << 20);
  RequestParser parser(kLimits, budget);
  std::string seen;
  std::string pending;
  while (true) {
    bool waits = pending.empty();
    if (!waits) {
      const auto progress = parser.feed(pending);
      ASSERT(progress.consumed <= pending.size());
      pending.erase(0, progress.consumed);
      if (progress.status == RequestParser::Status::refused) {
        return seen + "refused " + std::to_string(parser.refusal().status);
      }
      if (progress.status == RequestParser::Status::done) {
        const HttpRequest request = parser.request();
        seen += std::string(request.method) + '|' + std::string(request.target) + '|' +
                std::string(request.request_id) + '|' + std::string(request.body) + '\n';
        parser.reset();
        ASSERT(budget.left() == 1 << 20);
        continue;
      }
      waits = true;
    }
    if (bytes.empty()) return seen;
    const std::size_t size = std::min(piece_size, bytes.size());
    pending += bytes.substr(0, size);
    bytes.remove_prefix(size);
  }
}

bool refuses(const std::string& seen) { return seen.find("refused ") != std::string::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece_size = 1 + data[0] % 16;
  // A fault in a header may be told at once or when the header is whole, whichever the cut shows
  // first: so let it be whole.
  const std::string first = requests_of(bytes, bytes.size() + 1);
  if (refuses(first) != refuses(requests_of(bytes, piece_size))) {
    // What still waits then is in the quotes of a chunk's extension, over the end of its line.
    // Beast takes the chunk out of the body's limit each time that it looks, so pieces end earlier.
    const bool in_quotes = requests_of(bytes + kHeaderEnd, bytes.size() + 5) == first;
    bytes += in_quotes ? '"' + kHeaderEnd : kHeaderEnd;
  }
  const std::string whole = requests_of(bytes, bytes.size() + 1);
  const std::string pieces = requests_of(bytes, piece_size);
  // A header over the limit may be refused as such or for what stands beyond it: there, only that
  // both refuse counts.
  ASSERT(whole == pieces || (refuses(whole) && refuses(pieces)) ||
         bytes.size() > kLimits.header_size_max);
  return 0;
}
