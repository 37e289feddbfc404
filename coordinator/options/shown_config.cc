#include "coordinator/options/shown_config.h"

#include <algorithm>
#include <map>

#include "common/base/units.h"
#include "common/job/secret_properties.h"
#include "coordinator/options/config_text.h"
#include "coordinator/options/kafka_property.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/status_file_name.h"

namespace headcount {
namespace {

// The column of the origins, unless a value is too long for it.
constexpr size_t kOriginColumn = 48;

using Show = std::string (*)(const RunOptions&);

std::string Word(bool on) { return on ? "true" : "false"; }
std::string Seconds(int64_t duration_s) { return FormatDurationMs(duration_s * 1000); }

std::string ShowFrom(const RunOptions& options) {
  switch (options.from.kind) {
    case StartFrom::Kind::kEarliest: return "earliest";
    case StartFrom::Kind::kLatest: return "latest";
    case StartFrom::Kind::kTime: return FormatUtc(options.from.time);
  }
  return "earliest";
}

const std::map<std::string_view, Show>& Shows() {
  using Options = const RunOptions&;
  static const std::map<std::string_view, Show> shows = {
      {"bootstrap-server", [](Options o) { return o.bootstrap_server; }},
      {"input-topic", [](Options o) { return o.input_topic; }},
      {"output-topic", [](Options o) { return o.output_topic; }},
      {"group", [](Options o) { return o.group; }},
      {"from", ShowFrom},
      {"on-lost-input",
       [](Options o) { return std::string(o.on_lost_input == OnLostInput::kFail ? "fail" : "continue"); }},
      {"tombstones", [](Options o) { return std::string(o.ignore_tombstones ? "ignore" : "invalid"); }},
      {"until-end", [](Options o) { return Word(o.until_end); }},
      {"leave-open", [](Options o) { return Word(o.leave_open); }},
      {"publish-open", [](Options o) { return Word(o.publish_open); }},
      {"time-field", [](Options o) { return o.fields.time; }},
      {"id-field", [](Options o) { return o.fields.id; }},
      {"window", [](Options o) { return Seconds(o.rule.window_s); }},
      {"allowed-lateness", [](Options o) { return Seconds(o.rule.lateness_s); }},
      {"max-jump", [](Options o) { return Seconds(o.rule.max_jump_s); }},
      {"max-skew", [](Options o) { return Seconds(o.max_skew_s); }},
      {"idle-timeout", [](Options o) { return FormatDurationMs(o.idle_timeout_ms); }},
      {"max-hold", [](Options o) { return o.max_hold_ms == 0 ? "off" : FormatDurationMs(o.max_hold_ms); }},
      {"workers", [](Options o) { return std::to_string(o.workers); }},
      {"memory", [](Options o) { return FormatSizeBytes(o.memory_bytes); }},
      {"max-frame", [](Options o) { return FormatSizeBytes(o.max_frame_bytes); }},
      {"status-file", [](Options o) { return o.status_file.empty() ? std::string(kNoFile) : o.status_file; }},
      {"metrics-file", [](Options o) { return o.metrics_file; }},
      {"metrics-listen", [](Options o) { return o.metrics_listen; }},
      {"log-format", [](Options o) { return std::string(o.log_format == LogFormat::kEcs ? "ecs" : "text"); }},
      {"log-level", [](Options o) { return std::string(Name(o.log_level)); }},
      {"log-file", [](Options o) { return o.log_file; }},
  };
  return shows;
}

std::string Line(std::string text, const std::string& origin) {
  text.resize(std::max(text.size(), kOriginColumn - 1), ' ');
  return text + " # " + origin + "\n";
}

std::string ShowProperty(const ParsedOption& given, const KafkaProperty& property) {
  const std::string& text = given.values.front();
  const std::string key = "X." + text.substr(0, text.find('='));
  if (!property.file.empty()) return Line(key + " = " + ConfigValue(property.file), given.origin.place);
  if (IsSecretProperty(property.key)) return Line("# " + key + " = ******** (a secret)", given.origin.place);
  return Line(key + " = " + ConfigValue(property.value), given.origin.place);
}

// Each X option that was given became an entry of options.properties. Flags may repeat a property; the last one counts.
std::string ShowProperties(const ParsedOptions& given, const RunOptions& options) {
  std::map<std::string_view, const ParsedOption*> last;
  for (const ParsedOption& one : given.all()) {
    if (one.name == kPropertyOption) last[PropertyIdentity(one.values.front())] = &one;
  }
  std::string text;
  size_t next = 0;
  for (const ParsedOption& one : given.all()) {
    if (one.name != kPropertyOption) continue;
    const KafkaProperty& property = options.properties.at(next++);
    if (last[PropertyIdentity(one.values.front())] == &one) text += ShowProperty(one, property);
  }
  return text.empty() ? "# X.KEY = VALUE sets a property of librdkafka; none is set\n" : text;
}

std::string ShowOption(const OptionSpec& spec, const ParsedOptions& given, const RunOptions& options) {
  if (spec.name == kPropertyOption) return ShowProperties(given, options);
  const ParsedOption* const found = given.Find(spec.name);
  std::optional<std::string> value = ShownValue(spec.name, options);
  if (!value && found != nullptr && !found->values.empty()) value = found->values.front();
  if (!value || value->empty()) return "# " + spec.name + " is not set\n";
  const bool follows = found == nullptr && spec.name == "until-end" && options.reads_files();
  const std::string origin = found != nullptr ? found->origin.place : follows ? "--input" : "default";
  return Line(spec.name + " = " + ConfigValue(*value), origin);
}

bool IsSuppressed(const OptionSpec& spec, const RunOptions& options) {
  const std::vector<std::string_view>& kafka_only = KafkaOnlyOptions();
  return spec.flag_only ||
         (options.reads_files() && std::find(kafka_only.begin(), kafka_only.end(), spec.name) != kafka_only.end());
}

}  // namespace

std::optional<std::string> ShownValue(std::string_view option, const RunOptions& options) {
  const auto found = Shows().find(option);
  if (found == Shows().end()) return std::nullopt;
  return found->second(options);
}

std::string ShownConfig(const OptionTable& table, const ParsedOptions& given, const RunOptions& options) {
  std::string text = "# headcount run: every option, its value and where that comes from. A file for --config.\n";
  for (const OptionSection& section : table) {
    std::string lines;
    for (const OptionSpec& spec : section.options) {
      if (!IsSuppressed(spec, options)) lines += ShowOption(spec, given, options);
    }
    if (!lines.empty()) text.append("\n# ").append(section.title).append("\n").append(lines);
  }
  return text;
}

}  // namespace headcount
