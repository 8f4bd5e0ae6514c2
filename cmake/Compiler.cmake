# SPDX-License-Identifier: MIT
# One language, one set of warnings, one place for sanitizers.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
# A designated initialiser leaves the other members at their defaults on purpose.
add_compile_options(-Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # g++ 12 reports these three inside its own <string> and <vector> once it inlines them.
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()

# A multiplication and an addition stay two roundings on every machine: the same forest from the
# same seed, and the same answer as the library that trained the model.
add_compile_options(-ffp-contract=off)

set(ML_INFERENCE_SANITIZE "" CACHE STRING "address;undefined or thread")
if(ML_INFERENCE_SANITIZE)
  list(JOIN ML_INFERENCE_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With a sanitizer's checks in between, g++ 12 no longer sees that boost::optional is empty.
    add_compile_options(-Wno-maybe-uninitialized)
    if(ML_INFERENCE_SANITIZE MATCHES "thread")
      # Asio has fences, which ThreadSanitizer does not follow; a loop of ours is one thread and
      # needs none of them.
      add_compile_options(-Wno-tsan)
    endif()
  endif()
endif()
