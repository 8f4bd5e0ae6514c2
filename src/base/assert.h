// SPDX-License-Identifier: MIT
// Assertions: what must hold unless the program itself is wrong. Input never reaches one.
#pragma once

namespace ml_inference {

/// Writes where and what to stderr and ends the process (abort). Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace ml_inference

/// Stays on in release builds: an unknown state costs more than a restart.
#define ASSERT(condition)             \
  ((condition) ? static_cast<void>(0) \
               : ::ml_inference::assertion_failed(#condition, __FILE__, __LINE__))

/// For the inner loops of engines only: on in debug and sanitizer builds.
#ifdef NDEBUG
#define DCHECK(condition) static_cast<void>(sizeof(condition))
#else
#define DCHECK(condition) ASSERT(condition)
#endif
