// SPDX-License-Identifier: MIT
// Files that Python, numpy and joblib wrote, in tests/golden/pickle, and what they hold. They are
// made by tools/golden/pickle_golden.py.
#include "formats/pickle/reader.h"
#include "formats/pickle/testing/pickle_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;

fs::path golden_dir() { return fs::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/pickle"; }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

std::vector<fs::path> golden_files() {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(golden_dir())) {
    if (entry.path().extension() != ".txt") files.push_back(entry.path());
  }
  return files;
}

TEST(PickleGoldenFiles, AreReadAsWhatTheyWere) {
  const std::vector<fs::path> files = golden_files();
  EXPECT_GE(files.size(), 20);
  for (const fs::path& path : files) {
    const std::string name = path.filename().string();
    const std::string expected =
        read_file(golden_dir() / (name.substr(0, name.find('.')) + ".txt"));
    const std::string bytes = read_file(path);
    EXPECT_TRUE(begins_like_pickle(bytes)) << name;
    EXPECT_EQ(testing::read_as_text(bytes) + "\n", expected) << name;
  }
}

TEST(PickleGoldenFiles, AreRefusedWhenCutAnywhere) {
  for (const fs::path& path : golden_files()) {
    const std::string bytes = read_file(path);
    // Each byte of a small file has its test in reader_test.cc.
    for (std::size_t size = 1; size < bytes.size(); size += 37) {
      EXPECT_NE(testing::refusal_of(bytes.substr(0, size)), "read") << path << " " << size;
    }
  }
}

}  // namespace
}  // namespace ml_inference
