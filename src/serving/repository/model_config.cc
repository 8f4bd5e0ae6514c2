// SPDX-License-Identifier: MIT
#include "serving/repository/model_config.h"

#include "base/printable_text.h"
#include "serving/repository/text_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

using Fields = std::span<const TextField>;

constexpr std::size_t kLabelCountMax = 100;
constexpr std::int64_t kPriorityLevelMax = 1000;
constexpr std::size_t kLabelSizeMax = 64;

// What is known, and says nothing that the model file does not: the first bytes decide the format.
constexpr std::array<std::string_view, 3> kKnownBackends{"fil", "onnxruntime", ""};
constexpr std::array<std::string_view, 2> kKnownPlatforms{"onnxruntime_onnx", ""};
constexpr std::array<std::string_view, 4> kTensorKeys{"name", "data_type", "dims", "reshape"};

std::unexpected<Error> wrong(std::string_view key, std::string_view text,
                             std::string_view expected) {
  return fail(Code::invalid_argument,
              fmt::format("{} is '{}', expected {}", key, printable_text(text), expected));
}

const TextField* find(Fields fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &TextField::name);
  return found == fields.end() ? nullptr : &*found;
}

Result<bool> parse_bool(const TextField& field, std::string_view key) {
  if (field.text == "true" || field.text == "1") return true;
  if (field.text == "false" || field.text == "0") return false;
  return wrong(key, field.text, "true or false");
}

Result<double> parse_number(const TextField& field, std::string_view key) {
  double value = 0;
  const char* const last = field.text.data() + field.text.size();
  const auto [end, error] = std::from_chars(field.text.data(), last, value);
  if (error == std::errc() && end == last && std::isfinite(value)) return value;
  return wrong(key, field.text, "a number");
}

Result<std::int64_t> parse_count(const TextField& field, std::string_view key) {
  std::int64_t value = 0;
  const char* const last = field.text.data() + field.text.size();
  const auto [end, error] = std::from_chars(field.text.data(), last, value);
  if (!field.is_message && error == std::errc() && end == last && value >= 0) return value;
  return wrong(key, field.text, "a whole number from 0");
}

class Reader {
 public:
  Result<ModelConfig> read(Fields fields) {
    for (const TextField& field : fields) RETURN_IF_ERROR(take(field));
    name_tensor("input", inputs_, out_.tensor_names.input);
    name_tensor("output", outputs_, out_.tensor_names.output);
    // A class's number is what FIL answers of a classifier without probabilities.
    if (predict_proba_ || is_classifier_) {
      out_.tensor_names.predict_probabilities = predict_proba_.value_or(false);
    }
    return std::move(out_);
  }

 private:
  Result<void> take(const TextField& field) {
    if (field.name == "name") {
      out_.name = field.text;
    } else if (field.name == "backend" || field.name == "platform") {
      return take_runner(field);
    } else if (field.name == "max_batch_size") {
      ASSIGN_OR_RETURN(const std::int64_t count, parse_count(field, field.name));
      if (count > 0) out_.tensor_names.row_count_max = count;
    } else if (field.name == "version_policy") {
      return take_policy(field);
    } else if (field.name == "input" || field.name == "output") {
      take_tensor(field);
    } else if (field.name == "parameters") {
      return take_parameters(field);
    } else if (field.name == "instance_group") {
      return take_instances(field);
    } else if (field.name == "dynamic_batching") {
      return take_batching(field);
    } else if (field.name != "default_model_filename") {
      ignore(field.name);  // the only model file needs no name
    }
    return {};
  }

  Result<void> take_runner(const TextField& field) {
    if (field.text == "ensemble") {
      return fail(Code::unimplemented, "platform is 'ensemble', expected one model");
    }
    const auto& known = field.name;
    const bool is_known = known == "backend" ? std::ranges::count(kKnownBackends, field.text) > 0
                                             : std::ranges::count(kKnownPlatforms, field.text) > 0;
    if (!is_known) ignore(fmt::format("{} '{}'", field.name, printable_text(field.text)));
    return {};
  }

  Result<void> take_policy(const TextField& field) {
    if (field.fields.size() != 1 || !field.fields.front().is_message) {
      return wrong(field.name, field.text, "one of latest, all and specific");
    }
    const TextField& choice = field.fields.front();
    VersionPolicy policy;
    if (choice.name == "latest") {
      if (const TextField* const count = find(choice.fields, "num_versions")) {
        ASSIGN_OR_RETURN(const std::int64_t number, parse_count(*count, "num_versions"));
        if (number == 0) return wrong("num_versions", count->text, "a number above 0");
        policy.count = static_cast<std::size_t>(number);
      }
    } else if (choice.name == "all") {
      policy.kind = VersionPolicy::Kind::all;
    } else if (choice.name == "specific") {
      policy.kind = VersionPolicy::Kind::specific;
      for (const TextField& version : choice.fields) {
        const auto number = version_number(version.text);
        if (version.name != "versions" || !number) {
          return wrong("specific", version.text, "versions, numbers above 0");
        }
        policy.versions.insert(*number);
      }
    } else {
      return wrong("version_policy", choice.name, "latest, all or specific");
    }
    out_.policy = std::move(policy);
    return {};
  }

  // So many instances run at one time; what they are on this machine is the engine's choice.
  Result<void> take_instances(const TextField& field) {
    for (const TextField& below : field.fields) {
      const bool is_cpu = below.text == "KIND_CPU" || below.text == "KIND_AUTO";
      if (below.name == "count") {
        ASSIGN_OR_RETURN(const std::int64_t count, parse_count(below, "instance_group.count"));
        out_.work_limits.concurrency_max += static_cast<std::size_t>(count);
      } else if (below.name != "name" && !(below.name == "kind" && is_cpu)) {
        ignore(fmt::format("instance_group.{}", below.name));
      }
    }
    return {};
  }

  // Requests that wait are merged in any case, and none waits for others.
  Result<void> take_batching(const TextField& field) {
    WorkLimits& limits = out_.work_limits;
    for (const TextField& below : field.fields) {
      if (below.name == "priority_levels") {
        ASSIGN_OR_RETURN(limits.priority_max, parse_level(below));
      } else if (below.name == "default_priority_level") {
        ASSIGN_OR_RETURN(limits.priority, parse_level(below));
      } else if (below.name == "default_queue_policy") {
        RETURN_IF_ERROR(take_queue_policy(below));
      } else {
        ignore(fmt::format("dynamic_batching.{}", below.name));
      }
    }
    const bool has_levels = limits.priority_max > 0;
    if (has_levels && (limits.priority == 0 || limits.priority > limits.priority_max)) {
      return wrong("default_priority_level", std::to_string(limits.priority),
                   fmt::format("a level from 1 to {}", limits.priority_max));
    }
    return {};
  }

  Result<void> take_queue_policy(const TextField& field) {
    for (const TextField& below : field.fields) {
      if (below.name == "max_queue_size") {
        ASSIGN_OR_RETURN(const std::int64_t size, parse_count(below, below.name));
        out_.work_limits.queue_size_max = static_cast<std::size_t>(size);
      } else if (below.name == "default_timeout_microseconds") {
        ASSIGN_OR_RETURN(const std::int64_t time, parse_count(below, below.name));
        const auto most = std::chrono::microseconds(std::chrono::days(1)).count();
        if (time > 0) out_.work_limits.timeout = std::chrono::microseconds(std::min(time, most));
      } else if (below.name != "timeout_action" || below.text != "REJECT") {
        ignore(fmt::format("default_queue_policy.{}", below.name));
      }
    }
    return {};
  }

  static Result<std::uint32_t> parse_level(const TextField& field) {
    ASSIGN_OR_RETURN(const std::int64_t level, parse_count(field, field.name));
    if (level > kPriorityLevelMax) {
      return wrong(field.name, field.text, fmt::format("at most {}", kPriorityLevelMax));
    }
    return static_cast<std::uint32_t>(level);
  }

  void take_tensor(const TextField& field) {
    const TextField* const name = find(field.fields, "name");
    (field.name == "input" ? inputs_ : outputs_).push_back(name == nullptr ? "" : name->text);
    for (const TextField& below : field.fields) {
      if (std::ranges::count(kTensorKeys, below.name) == 0) {
        ignore(fmt::format("{}.{}", field.name, below.name));
      }
    }
  }

  // In text: parameters { key: "threshold" value { string_value: "0.5" } }; in JSON also
  // {"threshold": {"string_value": "0.5"}}.
  Result<void> take_parameters(const TextField& field) {
    if (const TextField* const key = find(field.fields, "key")) {
      const TextField* const value = find(field.fields, "value");
      return take_parameter(key->text, value == nullptr ? TextField{} : *value);
    }
    for (const TextField& parameter : field.fields) {
      RETURN_IF_ERROR(take_parameter(parameter.name, parameter));
    }
    return {};
  }

  Result<void> take_parameter(const std::string& key, const TextField& field) {
    const TextField* const inner = find(field.fields, "string_value");
    const TextField& value = inner == nullptr ? field : *inner;
    if (key == "is_classifier" || key == "output_class") {
      ASSIGN_OR_RETURN(const bool is_classifier, parse_bool(value, key));
      if (is_classifier) is_classifier_ = true;
    } else if (key == "predict_proba") {
      ASSIGN_OR_RETURN(const bool is_asked, parse_bool(value, key));
      if (is_asked) predict_proba_ = true;
    } else if (key == "threshold") {
      ASSIGN_OR_RETURN(out_.tensor_names.threshold, parse_number(value, key));
    } else if (key != "model_type") {  // the first bytes tell the format
      ignore(fmt::format("parameter '{}'", printable_text(key)));
    }
    return {};
  }

  void name_tensor(std::string_view what, const std::vector<std::string>& names,
                   std::string& target) {
    if (names.size() == 1) target = names.front();
    if (names.size() > 1) ignore(fmt::format("the names of {} {}s", names.size(), what));
  }

  void ignore(std::string what) {
    if (std::ranges::count(out_.ignored, what) == 0) out_.ignored.push_back(printable_text(what));
  }

  ModelConfig out_;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
  std::optional<bool> predict_proba_;
  std::optional<bool> is_classifier_;
};

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelSizeMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

Result<ModelConfig> read_model_config(std::string_view text, bool is_json) {
  ASSIGN_OR_RETURN(const std::vector<TextField> fields,
                   is_json ? parse_json_message(text) : parse_text_message(text));
  return Reader().read(fields);
}

Result<std::map<std::string, std::int64_t>> read_version_labels(std::string_view text) {
  ASSIGN_OR_RETURN(const std::vector<TextField> fields, parse_json_message(text));
  if (fields.size() > kLabelCountMax) {
    return fail(Code::resource_exhausted,
                fmt::format("{} labels, expected at most {}", fields.size(), kLabelCountMax));
  }
  std::map<std::string, std::int64_t> labels;
  for (const TextField& field : fields) {
    if (!is_label(field.name)) {
      return wrong("a label", field.name, "letters, digits, '.', '_' and '-'");
    }
    const auto number = version_number(field.text);
    if (field.is_message || !number) {
      return wrong(fmt::format("label '{}'", field.name), field.text, "a version's number");
    }
    if (!labels.emplace(field.name, *number).second) {
      return wrong("a label", field.name, "each label once");
    }
  }
  return labels;
}

}  // namespace ml_inference
