// SPDX-License-Identifier: MIT
#include "serving/repository/folder_below.h"

#include "serving/repository/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

class FolderBelowTest : public ::testing::Test {
 protected:
  FolderBelowTest() {
    folder_.put("root/a/model/m.onnx", "x");
    folder_.put("outside/m.onnx", "x");
    folder_.put("root-2/m.onnx", "x");
    folder_.link("a/model", "root/inside_link");
    folder_.link("../outside", "root/outside_link");
    folder_.link("root", "root_link");
  }

  std::string at(std::string_view below) const { return folder_.at(below); }

  // The folder's path behind the root's, "no such", or "refused".
  std::string found(const std::string& url, std::string_view root = "root") const {
    const auto path = folder_below(at(root), url);
    if (path) return path->substr(at("root").size());
    return path.error().code == Code::not_found ? "no such" : "refused";
  }

  testing::TemporaryFolder folder_;
};

TEST_F(FolderBelowTest, FindsFoldersBelowTheRoot) {
  EXPECT_EQ(found(at("root/a/model")), "/a/model");
  EXPECT_EQ(found(at("root/a/model/")), "/a/model");
  EXPECT_EQ(found(at("root//a/./model")), "/a/model");
  EXPECT_EQ(found("file://" + at("root/a")), "/a");
  EXPECT_EQ(found(at("root/inside_link")), "/a/model");
}

TEST_F(FolderBelowTest, FollowsALinkThatIsTheRoot) {
  EXPECT_EQ(found(at("root_link/a"), "root_link"), "/a");
  EXPECT_EQ(found(at("root/a"), "root_link"), "/a");
  EXPECT_EQ(found(at("root/a"), "root/"), "/a");
}

TEST_F(FolderBelowTest, RefusesWhatIsNotBelow) {
  for (const std::string& url :
       {at("root"), at("root/"), at("root/."), at("outside"), at("root-2"), at("nothing"),
        at("root/../outside"), at("root/a/../a"), at("root/outside_link"), std::string("/"),
        std::string(""), std::string("root/a"), std::string("s3://bucket/model"),
        "http://host" + at("root/a"), "file://host" + at("root/a"),
        at("root/a") + std::string(1, '\0') + "x", at("root/") + std::string(5000, 'a')}) {
    EXPECT_EQ(found(url), "refused") << url;
  }
}

TEST_F(FolderBelowTest, SaysWhatIsNotThere) {
  EXPECT_EQ(found(at("root/b")), "no such");
  EXPECT_EQ(found(at("root/a/model/m.onnx")), "no such");
  EXPECT_EQ(found(at("outside_link/b")), "refused");
}

TEST_F(FolderBelowTest, ChecksWhereTheFilesAre) {
  ModelFolder model{.name = "a",
                    .path = at("root/a/model"),
                    .versions = {{.number = 1, .path = at("root/a/model")}}};
  EXPECT_TRUE(check_files_below(at("root"), model));
  folder_.link("m.onnx", "root/a/model/same.onnx");
  EXPECT_TRUE(check_files_below(at("root"), model));
  folder_.link("../../../outside/m.onnx", "root/a/model/other.onnx");
  EXPECT_FALSE(check_files_below(at("root"), model));
  folder_.remove("root/a/model/other.onnx");
  folder_.make_folder("root/a/model/2");
  folder_.link("/etc/passwd", "root/a/model/2/m.onnx");
  model.versions.push_back({.number = 2, .path = at("root/a/model/2")});
  EXPECT_FALSE(check_files_below(at("root"), model));
}

}  // namespace
}  // namespace ml_inference
