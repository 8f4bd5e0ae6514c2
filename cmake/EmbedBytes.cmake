# SPDX-License-Identifier: MIT
# cmake -DINPUT=FILE -DOUTPUT=SOURCE -DFUNCTION=NAME -DHEADER=PATH -P EmbedBytes.cmake: a source
# that defines ml_inference::NAME(), which HEADER declares: the bytes of FILE.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace ml_inference {
namespace {
constexpr unsigned char kBytes[] = {${bytes}};
}

std::string_view ${FUNCTION}() {
  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)};
}

}  // namespace ml_inference
")
