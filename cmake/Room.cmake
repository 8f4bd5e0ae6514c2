# SPDX-License-Identifier: MIT
# ml_inference_room(NAME [DEPENDS rooms...] [LIBRARIES targets...] [TESTING rooms...])
#
# Makes the library ml_inference_NAME of all *.cc in the calling folder and in its folders, except
#   *_test.cc   one test program, NAME_test, linked with GoogleTest (label: unit)
#   *_fuzz.cc   one libFuzzer program each, named after the file
#   *_bench.cc  one Google Benchmark program each, named after the file
# and what lies under testing/, which is a library of its own, ml_inference_NAME_testing, linked by
# the room's tests, fuzzers and benchmarks, and by those of a room that names it after TESTING.
# An interface library stands in while a room has no sources of its own.
function(ml_inference_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LIBRARIES;TESTING" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc */*.cc)
  list(FILTER sources EXCLUDE REGEX "/testing/[^/]*$")
  file(GLOB tests CONFIGURE_DEPENDS *_test.cc */*_test.cc)
  file(GLOB fuzzers CONFIGURE_DEPENDS *_fuzz.cc */*_fuzz.cc)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cc */*_bench.cc)
  file(GLOB testing CONFIGURE_DEPENDS testing/*.cc */testing/*.cc)
  list(REMOVE_ITEM sources ${tests} ${fuzzers} ${benches} "${CMAKE_CURRENT_SOURCE_DIR}/main.cc")

  list(TRANSFORM ROOM_DEPENDS PREPEND ml_inference_ OUTPUT_VARIABLE rooms)
  set(target ml_inference_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${target} ${scope} ${rooms} ${ROOM_LIBRARIES})

  list(TRANSFORM ROOM_TESTING PREPEND ml_inference_)
  list(TRANSFORM ROOM_TESTING APPEND _testing OUTPUT_VARIABLE helpers)
  if(testing)
    add_library(${target}_testing STATIC EXCLUDE_FROM_ALL ${testing})
    target_link_libraries(${target}_testing PUBLIC ${target})
    list(APPEND helpers ${target}_testing)
  endif()

  if(ML_INFERENCE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${target} ${helpers} GTest::gmock GTest::gtest_main)
    target_precompile_headers(${name}_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    target_compile_definitions(
      ${name}_test PRIVATE ML_INFERENCE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
  if(ML_INFERENCE_FUZZERS)
    foreach(fuzzer ${fuzzers})
      get_filename_component(program "${fuzzer}" NAME_WE)
      add_executable(${program} ${fuzzer})
      target_link_libraries(${program} PRIVATE ${target} ${helpers})
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
  if(ML_INFERENCE_BENCHMARKS)
    foreach(bench ${benches})
      get_filename_component(program "${bench}" NAME_WE)
      add_executable(${program} ${bench})
      target_link_libraries(${program} PRIVATE ${target} ${helpers} benchmark::benchmark_main)
    endforeach()
  endif()
endfunction()

# ml_inference_messages(PATH): the messages of PATH.proto in the calling room's folder (PATH is a
# name, or folder/name), as the library ml_inference_NAME_proto of their own: generated code meets
# no warnings of ours, and the runtime is linked statically: the program needs no shared library of
# protobuf. They are included as "ROOM/PATH.pb.h".
function(ml_inference_messages path)
  get_filename_component(room "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  get_filename_component(name "${path}" NAME)
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/${path}.pb")
  add_custom_command(
    OUTPUT ${generated}.cc ${generated}.h
    COMMAND protobuf::protoc --proto_path=${CMAKE_CURRENT_SOURCE_DIR}/..
            --cpp_out=lite:${CMAKE_CURRENT_BINARY_DIR}/.. ${room}/${path}.proto
    DEPENDS ${path}.proto)
  find_library(PROTOBUF_LITE_STATIC libprotobuf-lite.a REQUIRED)
  set(target ml_inference_${name}_proto)
  add_library(${target} STATIC ${generated}.cc ${generated}.h)
  target_compile_options(${target} PRIVATE -w)
  target_include_directories(${target} SYSTEM PUBLIC
    "${CMAKE_CURRENT_BINARY_DIR}/.." ${Protobuf_INCLUDE_DIRS})
  target_link_libraries(${target} PUBLIC ${PROTOBUF_LITE_STATIC} Threads::Threads)
endfunction()

# ml_inference_well_known_messages(NAMES...): protobuf's own google/protobuf/NAME.proto for the lite
# runtime, which does not bring them, as the library ml_inference_well_known_proto of the calling
# room.
function(ml_inference_well_known_messages)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/..")
  set(sources "")
  foreach(name ${ARGN})
    set(generated "${folder}/google/protobuf/${name}.pb")
    add_custom_command(
      OUTPUT ${generated}.cc ${generated}.h
      COMMAND protobuf::protoc --cpp_out=lite:${folder} google/protobuf/${name}.proto)
    list(APPEND sources ${generated}.cc ${generated}.h)
  endforeach()
  find_library(PROTOBUF_LITE_STATIC libprotobuf-lite.a REQUIRED)
  add_library(ml_inference_well_known_proto STATIC ${sources})
  target_compile_options(ml_inference_well_known_proto PRIVATE -w)
  target_include_directories(ml_inference_well_known_proto SYSTEM PUBLIC "${folder}")
  target_link_libraries(ml_inference_well_known_proto PUBLIC ${PROTOBUF_LITE_STATIC})
endfunction()

# ml_inference_descriptors(FUNCTION HEADER PATHS...): a source of the calling room that defines
# ml_inference::FUNCTION(), declared in HEADER: the serialized google.protobuf.FileDescriptorSet of
# the files PATH.proto in its folder and of all that they import.
function(ml_inference_descriptors function header)
  get_filename_component(room "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  list(TRANSFORM ARGN APPEND .proto OUTPUT_VARIABLE files)
  list(TRANSFORM files PREPEND ${room}/ OUTPUT_VARIABLE protos)
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/${function}")
  add_custom_command(
    OUTPUT ${generated}.binpb
    COMMAND protobuf::protoc --proto_path=${CMAKE_CURRENT_SOURCE_DIR}/.. --include_imports
            --descriptor_set_out=${generated}.binpb ${protos}
    DEPENDS ${files})
  set(script "${CMAKE_SOURCE_DIR}/cmake/EmbedBytes.cmake")
  add_custom_command(
    OUTPUT ${generated}.cc
    COMMAND ${CMAKE_COMMAND} -DINPUT=${generated}.binpb -DOUTPUT=${generated}.cc
            -DFUNCTION=${function} -DHEADER=${header} -P ${script}
    DEPENDS ${generated}.binpb ${script})
  target_sources(ml_inference_${room} PRIVATE ${generated}.cc)
endfunction()

# ml_inference_compressed_bytes(FUNCTION HEADER FILE): a source of the calling room that defines
# ml_inference::FUNCTION(), declared in HEADER: the bytes of FILE, compressed by gzip, the same ones
# each time.
function(ml_inference_compressed_bytes function header file)
  get_filename_component(room "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/${function}")
  set(script "${CMAKE_SOURCE_DIR}/cmake/EmbedBytes.cmake")
  add_custom_command(
    OUTPUT ${generated}.cc
    COMMAND gzip -9nc "${file}" > ${generated}.gz
    COMMAND ${CMAKE_COMMAND} -DINPUT=${generated}.gz -DOUTPUT=${generated}.cc
            -DFUNCTION=${function} -DHEADER=${header} -P ${script}
    DEPENDS "${file}" ${script})
  target_sources(ml_inference_${room} PRIVATE ${generated}.cc)
endfunction()
