// SPDX-License-Identifier: MIT
#include "formats/python/globals.h"

#include "formats/format_error.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

using namespace std::string_view_literals;

// The libraries whose classes may stand in a model. `_loss` is how scikit-learn 1.5 to 1.8 names
// a module of its own, by mistake.
constexpr std::array kLibraries{"_loss"sv,  "joblib"sv, "lightgbm"sv, "numpy"sv,
                                "pandas"sv, "scipy"sv,  "sklearn"sv,  "xgboost"sv};

// Parts of them that no model needs, and that read, write, load or run something: a file that names
// one is no model but an attempt. They are refused wherever they stand in a module's name.
constexpr std::array kOtherParts{
    "_testing"sv,  "builtins"sv, "cloudpickle"sv, "computation"sv, "conftest"sv,  "ctypes"sv,
    "ctypeslib"sv, "datasets"sv, "distutils"sv,   "f2py"sv,        "importlib"sv, "io"sv,
    "loky"sv,      "npyio"sv,    "os"sv,          "pickle"sv,      "posix"sv,     "pty"sv,
    "runpy"sv,     "shutil"sv,   "socket"sv,      "subprocess"sv,  "sys"sv,       "testing"sv,
    "tests"sv,     "weave"sv,
};

// Functions of them that do, by name.
constexpr std::array kOtherNames{
    "DataSource"sv,  "dump"sv,      "dumps"sv,
    "eval"sv,        "exec"sv,      "exec_command"sv,
    "fromfile"sv,    "fromregex"sv, "genfromtxt"sv,
    "getattr"sv,     "load"sv,      "load_library"sv,
    "loads"sv,       "loadtxt"sv,   "open"sv,
    "open_memmap"sv, "runstring"sv, "save"sv,
    "savetxt"sv,     "savez"sv,     "savez_compressed"sv,
    "setattr"sv,     "system"sv,
};

// Of Python's own modules: these names and no other. Values that a pickle writes as a call, and
// wrappers that honest models hold.
constexpr std::array kPython{
    "_codecs.encode"sv,          "__builtin__.bool"sv,
    "__builtin__.bytearray"sv,   "__builtin__.bytes"sv,
    "__builtin__.complex"sv,     "__builtin__.dict"sv,
    "__builtin__.float"sv,       "__builtin__.frozenset"sv,
    "__builtin__.int"sv,         "__builtin__.list"sv,
    "__builtin__.long"sv,        "__builtin__.object"sv,
    "__builtin__.range"sv,       "__builtin__.set"sv,
    "__builtin__.slice"sv,       "__builtin__.str"sv,
    "__builtin__.tuple"sv,       "__builtin__.unicode"sv,
    "__builtin__.xrange"sv,      "builtins.bool"sv,
    "builtins.bytearray"sv,      "builtins.bytes"sv,
    "builtins.complex"sv,        "builtins.dict"sv,
    "builtins.NoneType"sv,       "builtins.float"sv,
    "builtins.frozenset"sv,      "builtins.int"sv,
    "builtins.list"sv,           "builtins.object"sv,
    "builtins.range"sv,          "builtins.set"sv,
    "builtins.slice"sv,          "builtins.str"sv,
    "builtins.tuple"sv,          "collections.Counter"sv,
    "collections.OrderedDict"sv, "collections.UserList"sv,
    "collections.defaultdict"sv, "collections.deque"sv,
    "copy_reg._reconstructor"sv, "copyreg._reconstructor"sv,
    "datetime.date"sv,           "datetime.datetime"sv,
    "datetime.timedelta"sv,      "datetime.timezone"sv,
    "decimal.Decimal"sv,         "fractions.Fraction"sv,
    "functools.partial"sv,
};

constexpr std::array kKnown{
    std::pair{"__builtin__.bytearray"sv, Known::bytearray},
    std::pair{"__builtin__.bytes"sv, Known::bytes},
    std::pair{"__builtin__.frozenset"sv, Known::frozenset},
    std::pair{"__builtin__.set"sv, Known::set},
    std::pair{"__builtin__.slice"sv, Known::slice},
    std::pair{"_codecs.encode"sv, Known::encode},
    std::pair{"builtins.bytearray"sv, Known::bytearray},
    std::pair{"builtins.bytes"sv, Known::bytes},
    std::pair{"builtins.frozenset"sv, Known::frozenset},
    std::pair{"builtins.set"sv, Known::set},
    std::pair{"builtins.slice"sv, Known::slice},
    std::pair{"collections.OrderedDict"sv, Known::ordered_dict},
    std::pair{"copy_reg._reconstructor"sv, Known::reconstructor},
    std::pair{"copyreg._reconstructor"sv, Known::reconstructor},
    std::pair{"joblib.numpy_pickle.NumpyArrayWrapper"sv, Known::joblib_array},
    std::pair{"numpy._core.multiarray._reconstruct"sv, Known::reconstruct},
    std::pair{"numpy._core.multiarray.scalar"sv, Known::scalar},
    std::pair{"numpy._core.numeric._frombuffer"sv, Known::frombuffer},
    std::pair{"numpy.core.multiarray._reconstruct"sv, Known::reconstruct},
    std::pair{"numpy.core.multiarray.scalar"sv, Known::scalar},
    std::pair{"numpy.core.numeric._frombuffer"sv, Known::frombuffer},
    std::pair{"numpy.dtype"sv, Known::dtype},
    std::pair{"numpy.memmap"sv, Known::memmap},
    std::pair{"numpy.ndarray"sv, Known::ndarray},
};

bool is_one_of(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// A chain of names, as "numpy.os" or as the "a.b" of protocol 4, leads from a library to what that
// library has imported. Modules are such chains; of names no model has one.
bool is_of_a_library(std::string_view module, std::string_view name) {
  if (!is_one_of(kLibraries, module.substr(0, module.find('.')))) return false;
  for (std::string_view rest = module; !rest.empty();) {
    const std::size_t size = std::min(rest.find('.'), rest.size());
    if (is_one_of(kOtherParts, rest.substr(0, size))) return false;
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  const bool is_pandas_io =
      module.starts_with("pandas") && (name.starts_with("read_") || name.starts_with("to_"));
  return !is_pandas_io && !is_one_of(kOtherNames, name);
}

std::string printable_name(std::string_view name) {
  constexpr std::size_t kShownMax = 200;
  std::string out;
  for (const char byte : name.substr(0, kShownMax)) {
    out += byte > 0x20 && byte < 0x7F ? byte : '?';
  }
  return name.size() > kShownMax ? out + "..." : out;
}

bool is_identifier(std::string_view text, std::string_view also) {
  return !text.empty() && std::ranges::all_of(text, [&](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || also.find(byte) != also.npos;
  });
}

}  // namespace

void check_global(std::string_view module, std::string_view name, std::string_view format) {
  std::string full_name(module);
  full_name.append(".").append(name);
  const bool is_name = is_identifier(module, ".") && is_identifier(name, "");
  if (is_name && (is_one_of(kPython, full_name) || is_of_a_library(module, name))) return;
  refuse(Code::invalid_argument, "{}: the file names {}, which is not data of a model", format,
         printable_name(full_name));
}

Known known_global(std::string_view full_name) {
  const auto* found =
      std::ranges::find(kKnown, full_name, &std::pair<std::string_view, Known>::first);
  return found == kKnown.end() ? Known::none : found->second;
}

}  // namespace ml_inference
