// SPDX-License-Identifier: MIT
#include "formats/xgboost/testing/xgboost_files.h"

#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/xgboost/reader.h"

#include <boost/json.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace ml_inference::testing {
namespace {

namespace json = boost::json;

constexpr std::string_view kSmall = R"({"learner":{"attributes":{"best_iteration":"1"},
"feature_names":["age","income","visits"],"feature_types":["float","int","q"],
"gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"2"},
"iteration_indptr":[0,1,2],"tree_info":[0,0],"trees":[
{"base_weights":[0E0,1E0,2E0,3E0,4E0],"categories":[],"categories_nodes":[],
"categories_segments":[],"categories_sizes":[],"default_left":[0,0,1,0,0],"id":0,
"left_children":[1,-1,3,-1,-1],"loss_changes":[1E0,0E0,1E0,0E0,0E0],
"parents":[2147483647,0,0,2,2],"right_children":[2,-1,4,-1,-1],
"split_conditions":[3.5E0,-1.25E0,1E-45,2.5E-1,7.5E-1],"split_indices":[0,0,2,0,0],
"split_type":[0,0,0,0,0],"sum_hessian":[4E0,1E0,3E0,1E0,2E0],
"tree_param":{"num_deleted":"0","num_feature":"3","num_nodes":"5","size_leaf_vector":"1"}},
{"base_weights":[5E-1],"categories":[],"categories_nodes":[],"categories_segments":[],
"categories_sizes":[],"default_left":[0],"id":1,"left_children":[-1],"loss_changes":[0E0],
"parents":[2147483647],"right_children":[-1],"split_conditions":[5E-1],"split_indices":[0],
"split_type":[0],"sum_hessian":[4E0],
"tree_param":{"num_deleted":"0","num_feature":"3","num_nodes":"1","size_leaf_vector":"1"}}]},
"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","boost_from_average":"1",
"num_class":"0","num_feature":"3","num_target":"1"},"objective":{"name":"reg:squarederror",
"reg_loss_param":{"scale_pos_weight":"1"}}},"version":[2,1,4]})";

// The body of a learner with one tree of five nodes.
std::string with_tree(const std::string& lists, const std::string& targets,
                      const std::string& version) {
  return R"({"learner":{"gradient_booster":{"model":{"gbtree_model_param":{"num_trees":"1"},
"tree_info":[0],"trees":[{)" +
         lists + R"(,"id":0,"tree_param":{"num_nodes":"5","size_leaf_vector":")" + targets +
         R"("}}]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0",
"num_feature":"3","num_target":")" +
         targets + R"("},"objective":{"name":"reg:squarederror"}},"version":)" + version + "}";
}

// How wide the numbers of a list are in files of XGBoost.
char type_of(std::string_view key) {
  if (key == "default_left" || key == "split_type") return 'U';
  if (key == "categories_segments" || key == "categories_sizes") return 'L';
  for (const std::string_view name :
       {"split_conditions", "base_weights", "leaf_weights", "loss_changes", "sum_hessian"}) {
    if (key == name) return 'd';
  }
  return 'l';
}

class Writer {
 public:
  void value(const json::value& value, std::string_view key) {
    switch (value.kind()) {
      case json::kind::object: return object(value.get_object());
      case json::kind::array: return list(value.get_array(), key);
      case json::kind::string: out_ += 'S'; return text(value.get_string());
      case json::kind::bool_: out_ += value.get_bool() ? 'T' : 'F'; return;
      case json::kind::null: out_ += 'Z'; return;
      default: {
        const char type = value.is_double() ? 'd' : 'L';
        out_ += type;
        return number(value, type);
      }
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void object(const json::object& object) {
    out_ += '{';
    for (const auto& [key, inside] : object) {
      text(key);
      value(inside, key);
    }
    out_ += '}';
  }

  void list(const json::array& list, std::string_view key) {
    const bool is_typed =
        std::ranges::all_of(list, [](const json::value& inside) { return inside.is_number(); });
    const char type = type_of(key);
    out_ += '[';
    if (is_typed) (out_ += '$') += type;
    out_ += "#L";
    big_endian(list.size(), 8);
    for (const json::value& inside : list) {
      if (is_typed) {
        number(inside, type);
      } else {
        value(inside, key);
      }
    }
  }

  void number(const json::value& value, char type) {
    switch (type) {
      case 'd':
        return big_endian(
            std::bit_cast<std::uint32_t>(static_cast<float>(value.to_number<double>())), 4);
      case 'U': return big_endian(static_cast<std::uint64_t>(value.to_number<std::int64_t>()), 1);
      case 'l': return big_endian(static_cast<std::uint64_t>(value.to_number<std::int64_t>()), 4);
      default: return big_endian(static_cast<std::uint64_t>(value.to_number<std::int64_t>()), 8);
    }
  }

  void text(std::string_view text) {
    out_ += 'L';
    big_endian(text.size(), 8);
    out_ += text;
  }

  void big_endian(std::uint64_t value, int size) {
    for (int byte = size - 1; byte >= 0; --byte) {
      out_ += static_cast<char>(value >> static_cast<unsigned>(8 * byte));
    }
  }

  std::string out_;
};

}  // namespace

std::string small_xgboost_json() { return std::string(kSmall); }

std::string categorical_xgboost_json() {
  return with_tree(R"("categories":[2,40],"categories_nodes":[0],"categories_segments":[0],
"categories_sizes":[2],"default_left":[1,0,0,0,0],"left_children":[1,-1,3,-1,-1],
"right_children":[2,-1,4,-1,-1],"split_conditions":[1E-45,1E0,2E0,3E0,4E0],
"split_indices":[1,0,2,0,0],"split_type":[1,0,0,0,0])",
                   "1", "[2,0,3]");
}

std::string vector_xgboost_json(bool is_by_leaf) {
  const std::string shared = R"("base_weights":[0E0,1E0,2E0,3E0,4E0,5E0,6E0,7E0,8E0,9E0],
"default_left":[0,0,0,0,0],"left_children":[1,-1,3,-1,-1],
"split_conditions":[1E0,0E0,2E0,0E0,0E0],"split_indices":[0,0,1,0,0],)";
  if (!is_by_leaf) return with_tree(shared + R"("right_children":[2,-1,4,-1,-1])", "2", "[2,1,4]");
  return with_tree(shared + R"("leaf_weights":[20E0,21E0,22E0,23E0,24E0,25E0],
"right_children":[2,0,4,1,2])",
                   "2", "[3,2,0]");
}

std::string as_xgboost_ubjson(std::string_view json) {
  Writer writer;
  writer.value(json::parse(json), "");
  return writer.take();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ASSERT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string xgboost_refusal(std::string_view bytes) {
  try {
    static_cast<void>(read_xgboost_file(bytes));
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return "read";
}

}  // namespace ml_inference::testing
