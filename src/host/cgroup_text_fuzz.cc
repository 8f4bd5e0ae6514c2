// SPDX-License-Identifier: MIT
// Any bytes in place of the kernel's files: no parser may read beyond them, throw, or leave the
// mount.
#include "base/assert.h"
#include "host/cgroup_text.h"
#include "host/process.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto memberships = parse_memberships(text);
  const auto mounts = parse_cgroup_mounts(text);
  if (memberships && mounts) {
    for (const CgroupMount& mount : *mounts) {
      for (const CgroupMembership& membership : *memberships) {
        static_cast<void>(path_below_mount(mount.root, membership.path));
      }
    }
  }
  const auto below = path_below_mount(text.substr(0, size / 2), text.substr(size / 2));
  if (below) ASSERT(below->find("/../") == std::string::npos && !below->ends_with("/.."));
  static_cast<void>(find_number(text, "oom_kill"));
  if (const auto quota = parse_cpu_max(text)) ASSERT(quota->period_us != 0);
  static_cast<void>(parse_pressure(text));
  static_cast<void>(parse_process_stat(text));
  return 0;
}
