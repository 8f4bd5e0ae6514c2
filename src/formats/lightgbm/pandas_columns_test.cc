// SPDX-License-Identifier: MIT
#include "formats/lightgbm/pandas_columns.h"

#include "formats/format_error.h"
#include "formats/lightgbm/reader.h"
#include "formats/lightgbm/testing/golden_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kNumerical = LightgbmFeatureKind::numerical;
constexpr auto kCategorical = LightgbmFeatureKind::categorical;
constexpr auto kUnused = LightgbmFeatureKind::unused;

constexpr const char* kOneList =
    "lightgbm: pandas_categorical has 1 list, and the file does not tell of which features";
constexpr const char* kTwoLists =
    "lightgbm: pandas_categorical has 2 lists, and the file does not tell of which features";

// Puts features together: their kind, and how many codes training saw.
class Builder {
 public:
  Builder& feature(LightgbmFeatureKind kind, std::uint32_t codes) {
    LightgbmFeature feature{.name = "f", .kind = kind};
    feature.category_begin = static_cast<std::uint32_t>(file_.categories.size());
    if (kind == kCategorical) {
      feature.category_count = codes + 1;
      for (std::uint32_t code = 0; code <= codes; ++code) {
        file_.categories.push_back(static_cast<std::int32_t>(code) - 1);  // -1 was missing
      }
    } else {
      feature.code_end = codes;
    }
    file_.features.push_back(feature);
    return *this;
  }

  Builder& list(std::size_t size) {
    file_.pandas_categorical.emplace_back(size, LightgbmCategory("a"));
    return *this;
  }

  Builder& said_to_be_categorical(std::uint32_t feature) {
    file_.categorical_feature.push_back(feature);
    return *this;
  }

  [[nodiscard]] std::vector<std::uint32_t> columns() const { return find_pandas_columns(file_); }

  [[nodiscard]] std::string refusal() const {
    try {
      static_cast<void>(columns());
    } catch (const FormatError& refusal) {
      return refusal.error.message;
    }
    return "";
  }

 private:
  LightgbmFile file_;
};

TEST(LightgbmPandasColumns, AreNoneWithoutLists) {
  EXPECT_THAT(Builder().feature(kCategorical, 3).columns(), IsEmpty());
}

TEST(LightgbmPandasColumns, AreTheCategoricalFeatures) {
  EXPECT_THAT(Builder()
                  .feature(kNumerical, 0)
                  .feature(kCategorical, 3)
                  .feature(kNumerical, 2)
                  .feature(kCategorical, 2)
                  .list(3)
                  .list(4)
                  .columns(),
              ElementsAre(1U, 3U));
}

TEST(LightgbmPandasColumns, AreThoseThatWereSaidToBeCategoricalAndAreUnused) {
  EXPECT_THAT(Builder()
                  .feature(kUnused, 0)
                  .feature(kCategorical, 3)
                  .feature(kUnused, 0)
                  .said_to_be_categorical(1)
                  .said_to_be_categorical(2)
                  .list(3)
                  .list(1)
                  .columns(),
              ElementsAre(1U, 2U));
}

TEST(LightgbmPandasColumns, MayBeOrderedCategoriesThatTrainingTookForNumbers) {
  EXPECT_THAT(Builder()
                  .feature(kNumerical, 9)
                  .feature(kCategorical, 3)
                  .feature(kNumerical, 3)
                  .list(3)
                  .list(3)
                  .columns(),
              ElementsAre(1U, 2U));
}

TEST(LightgbmPandasColumns, MayLeaveOutWholeNumbersThatTheUserCalledCategorical) {
  EXPECT_THAT(Builder().feature(kCategorical, 40).feature(kCategorical, 3).list(3).columns(),
              ElementsAre(1U));
}

TEST(LightgbmPandasColumns, AreRefusedWhenTwoChoicesFit) {
  EXPECT_EQ(Builder().feature(kCategorical, 3).feature(kCategorical, 3).list(3).refusal(),
            kOneList);
  EXPECT_EQ(Builder()
                .feature(kNumerical, 2)
                .feature(kCategorical, 3)
                .feature(kUnused, 0)
                .list(3)
                .list(3)
                .refusal(),
            kTwoLists);
}

TEST(LightgbmPandasColumns, AreRefusedWhenNoneFit) {
  EXPECT_EQ(Builder().feature(kCategorical, 4).list(3).refusal(), kOneList);
  EXPECT_EQ(Builder().feature(kNumerical, 0).list(3).refusal(), kOneList);
  EXPECT_EQ(Builder().feature(kCategorical, 3).list(3).list(3).refusal(), kTwoLists);
}

TEST(LightgbmPandasColumns, AreRefusedWhenThereAreTooManyToCompare) {
  Builder builder;
  for (int count = 0; count < 4'000; ++count) builder.feature(kUnused, 0).list(1);
  EXPECT_EQ(builder.refusal(),
            "lightgbm: 4000 lists of pandas_categorical and 4000 features are more than 10000000 "
            "pairs");
}

TEST(LightgbmPandasColumns, AreFoundInFilesOfAllVersions) {
  const std::filesystem::path folder =
      std::filesystem::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/lightgbm";
  for (const std::string& name : testing::lightgbm_golden_names(folder)) {
    if (!name.contains("pandas")) continue;
    const LightgbmFile file = read_lightgbm_file(testing::file_text(folder / (name + ".txt")));
    EXPECT_THAT(find_pandas_columns(file), ElementsAre(1U, 3U, 4U, 5U, 6U)) << name;
  }
}

}  // namespace
}  // namespace ml_inference
