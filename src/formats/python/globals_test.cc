// SPDX-License-Identifier: MIT
#include "formats/python/globals.h"

#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

using testing::PickleAssembler;
using testing::refusal_of;

std::string refusal_of_global(std::string_view module, std::string_view name) {
  try {
    check_global(module, name, "pickle");
    return "";
  } catch (const FormatError& refusal) {
    EXPECT_EQ(refusal.error.code, Code::invalid_argument);
    return refusal.error.message;
  }
}

TEST(PyGlobals, KnowsWhatModelsName) {
  for (const auto& [module, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {"_codecs", "encode"},
           {"_loss", "CyHalfBinomialLoss"},
           {"_loss", "__pyx_unpickle_CyHalfBinomialLoss"},
           {"builtins", "slice"},
           {"__builtin__", "bytes"},
           {"collections", "OrderedDict"},
           {"copyreg", "_reconstructor"},
           {"functools", "partial"},
           {"joblib.numpy_pickle", "NumpyArrayWrapper"},
           {"lightgbm.sklearn", "LGBMClassifier"},
           {"numpy", "float64"},
           {"numpy", "log1p"},
           {"numpy", "memmap"},
           {"numpy._core.multiarray", "scalar"},
           {"numpy.core._multiarray_umath", "log1p"},
           {"numpy.ma.core", "_mareconstruct"},
           {"numpy.random._pickle", "__randomstate_ctor"},
           {"numpy.random._mt19937", "MT19937"},
           {"pandas.core.indexes.base", "_new_Index"},
           {"scipy._lib.array_api_compat.numpy._aliases", "asarray"},
           {"scipy.sparse._csr", "csr_matrix"},
           {"sklearn.compose._column_transformer", "_RemainderColsList"},
           {"sklearn.ensemble._forest", "RandomForestClassifier"},
           {"sklearn.feature_selection._univariate_selection", "f_classif"},
           {"sklearn.neighbors._kd_tree", "newObj"},
           {"sklearn.utils.validation", "check_array"},
           {"xgboost.core", "Booster"},
       }) {
    EXPECT_EQ(refusal_of_global(module, name), "") << module << "." << name;
  }
}

TEST(PyGlobals, RefusesAllOthersByTheirFullName) {
  for (const auto& [module, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {"os", "system"},
           {"posix", "system"},
           {"nt", "system"},
           {"subprocess", "Popen"},
           {"builtins", "eval"},
           {"builtins", "exec"},
           {"builtins", "getattr"},
           {"builtins", "open"},
           {"__builtin__", "eval"},
           {"__builtin__", "__import__"},
           {"importlib", "import_module"},
           {"operator", "attrgetter"},
           {"pickle", "loads"},
           {"runpy", "run_path"},
           {"sys", "exit"},
           {"types", "CodeType"},
           {"webbrowser", "open"},
           {"__main__", "MyTransformer"},
           {"joblib", "load"},
           {"joblib.externals.cloudpickle.cloudpickle", "_make_function"},
           {"numpy", "load"},
           {"numpy.os", "remove"},
           {"numpy.f2py", "compile"},
           {"numpy.testing._private.utils", "runstring"},
           {"numpy.distutils.exec_command", "exec_command"},
           {"numpy.ctypeslib", "load_library"},
           {"pandas", "read_pickle"},
           {"pandas", "eval"},
           {"pandas.io.pickle", "read_pickle"},
           {"scipy.io", "loadmat"},
           {"sklearn.datasets", "fetch_openml"},
           {"sklearnx", "Tree"},
           {"sklearn_evil.tree", "Tree"},
           {"", "system"},
       }) {
    EXPECT_EQ(refusal_of_global(module, name), "pickle: the file names " + std::string(module) +
                                                   "." + name + ", which is not data of a model");
  }
}

TEST(PyGlobals, RefusesChainsOfNames) {
  EXPECT_NE(refusal_of_global("numpy", "testing.os.system"), "");
  EXPECT_NE(refusal_of_global("sklearn", "os.system"), "");
  EXPECT_NE(refusal_of_global("numpy", ""), "");
  EXPECT_NE(refusal_of_global("numpy", "a b"), "");
}

TEST(PyGlobals, ShowsNothingUnprintable) {
  EXPECT_EQ(refusal_of_global("o\x1bs", "\nx"),
            "pickle: the file names o?s.?x, which is not data of a model");
}

TEST(PyGlobals, AreRefusedWhereverTheyStand) {
  const std::string expected = "pickle: the file names os.system, which is not data of a model";
  EXPECT_EQ(refusal_of(PickleAssembler().global("os", "system").stop()), expected);
  EXPECT_EQ(
      refusal_of(
          PickleAssembler().global("os", "system").text("true").tuple(1).op(Opcode::reduce).stop()),
      expected);
  EXPECT_EQ(refusal_of(PickleAssembler().text("os").text("system").op(Opcode::stack_global).stop()),
            expected);
  EXPECT_EQ(refusal_of("cos\nsystem\n(S'true'\ntR."), expected);  // protocol 0
}

TEST(PyGlobals, KnowsTheMeaningOfAFew) {
  EXPECT_EQ(known_global("numpy.dtype"), Known::dtype);
  EXPECT_EQ(known_global("numpy._core.multiarray.scalar"), Known::scalar);
  EXPECT_EQ(known_global("sklearn.tree._tree.Tree"), Known::none);
}

}  // namespace
}  // namespace ml_inference
