#include "coordinator/options/command_line.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/cgroup.h"
#include "coordinator/options/listen_address.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_reader.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shown_config.h"
#include "coordinator/options/status_file_name.h"

namespace headcount {
namespace {

// --- Values -----------------------------------------------------------------------------------------------

// A field name must have one spelling only, apart from \u escapes (common/decode/json/scan/keys.h).
Result<std::string> ParseFieldName(std::string_view option, const std::string& text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '/'; };
  const bool right =
      !text.empty() && text.size() <= limits::kMaxFieldNameBytes && std::all_of(text.begin(), text.end(), plain);
  if (right) return text;
  return OptionError(option, text,
                     "a field's name is 1 to " + std::to_string(limits::kMaxFieldNameBytes) +
                         " printable ASCII characters without quotes, slashes and backslashes");
}

Result<StartFrom> ParseFrom(std::string_view option, const std::string& text) {
  StartFrom from;
  if (text == "earliest") return from;
  from.kind = StartFrom::Kind::kLatest;
  if (text == "latest") return from;
  from.kind = StartFrom::Kind::kTime;
  const Result<EventTime> time = ParseTime(option, text);
  if (!time) {
    return Error{ExitCode::kUsage, time.error().message + "; or one of the words earliest and latest"};
  }
  from.time = *time;
  return from;
}

Result<OnLostInput> ParseOnLostInput(std::string_view option, const std::string& text) {
  if (text == "fail") return OnLostInput::kFail;
  if (text == "continue") return OnLostInput::kContinue;
  return OptionError(option, text, "fail or continue is needed");
}

Result<bool> ParseIgnoreTombstones(std::string_view option, const std::string& text) {
  if (text == "ignore") return true;
  if (text == "invalid") return false;
  return OptionError(option, text, "ignore or invalid is needed");
}

Result<LogFormat> ParseLogFormat(std::string_view option, const std::string& text) {
  if (text == "text") return LogFormat::kText;
  if (text == "ecs") return LogFormat::kEcs;
  return OptionError(option, text, "text or ecs is needed");
}

Result<LogLevel> ParseLogLevel(std::string_view option, const std::string& text) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (text == Name(level)) return level;
  }
  return OptionError(option, text, "debug, info, warning or error is needed");
}

Result<int64_t> ParseMaxHold(std::string_view option, const std::string& text) {
  if (text == "off") return 0;
  Result<int64_t> hold_ms = ParseDurationMs(option, text);
  if (hold_ms && *hold_ms < limits::kMinIdleTimeoutMs) {
    return OptionError(option, text, "at least " + FormatDurationMs(limits::kMinIdleTimeoutMs) + ", or off");
  }
  return hold_ms;
}

Result<int64_t> ParseWorkers(std::string_view option, const std::string& text) {
  return ParseCount(option, text, "workers", 1, limits::kMaxWorkers);
}

Result<std::string> ParseMetricsListen(std::string_view option, const std::string& text) {
  const Result<ListenAddress> address = ParseListenAddress(option, text);
  if (!address) return address.error();
  return address->Text();
}

// --- The parts of RunOptions ------------------------------------------------------------------------------

void ReadKafka(OptionReader* reader, const HostEnvironment& host, RunOptions* options) {
  reader->Get("bootstrap-server", &options->bootstrap_server, ParseBrokers);
  reader->Get("input-topic", &options->input_topic, ParseTopic);
  reader->Get("output-topic", &options->output_topic, ParseTopic);
  reader->Require(options->input_topic != options->output_topic,
                  reader->given().Has("output-topic") ? "output-topic" : "input-topic",
                  "input and output must be two topics, or the job would count its own records");
  reader->Get("group", &options->group, ParseGroup);
  reader->Get("from", &options->from, ParseFrom);
  reader->Get("on-lost-input", &options->on_lost_input, ParseOnLostInput);
  reader->Get("tombstones", &options->ignore_tombstones, ParseIgnoreTombstones);
  ReadProperties(reader, host, &options->properties);
}

void ReadHowFar(OptionReader* reader, RunOptions* options) {
  options->files = reader->given().Values("input");
  options->until_end = reader->given().Has("until-end") || options->reads_files();
  options->leave_open = reader->given().Has("leave-open");
  reader->Require(!options->leave_open || options->until_end, "leave-open",
                  "it needs --until-end, which says where to stop");
  options->publish_open = reader->given().Has("publish-open");
  reader->Require(!options->publish_open || options->until_end, "publish-open",
                  "it needs --until-end, which says where to stop");
  reader->Require(!options->publish_open || !options->leave_open, "publish-open", "--leave-open asks for the opposite");
  if (!options->reads_files()) return;
  for (const std::string_view name : KafkaOnlyOptions()) {
    if (!reader->given().Has(name)) continue;  // WithoutKafka() left the flags
    reader->Fail(MeaninglessWithInput(name));
  }
  reader->Require(std::count(options->files.begin(), options->files.end(), "-") <= 1, "input",
                  "stdin (-) can be read once only");
  reader->Require(options->files.size() <= static_cast<size_t>(limits::kMaxPartitions), "input",
                  "at most " + std::to_string(limits::kMaxPartitions) + " files");
}

void ReadRule(OptionReader* reader, RunOptions* options) {
  reader->Get("time-field", &options->fields.time, ParseFieldName);
  reader->Get("id-field", &options->fields.id, ParseFieldName);
  reader->Require(options->fields.time != options->fields.id, "id-field", "--time-field has the same name");
  CountingRule& rule = options->rule;
  reader->Get("window", &rule.window_s, ParseDurationS);
  reader->Require(rule.window_s >= 1, "window", "at least 1s");
  reader->Get("allowed-lateness", &rule.lateness_s, ParseDurationS);
  rule.max_jump_s = std::min(limits::kDefaultMaxJumpS, rule.lateness_s);
  reader->Get("max-jump", &rule.max_jump_s, ParseDurationS);
  reader->Require(rule.max_jump_s <= rule.lateness_s, "max-jump",
                  "at most --allowed-lateness (" + FormatDurationMs(rule.lateness_s * 1000) +
                      "), or one frame alone could close a window that others still fill");
}

// Whatever the skew, a worker always reads the slowest partition that is not idle, so the job cannot lock up. But
// idleness may be short: it ends with the partition's next record, and that record may be late and move nothing. The
// job gets on only if such an idleness lets at least one window pass. So the other partitions must have been read to
// that window's end + lateness by then. The partition that holds a boundary is less than a window before that point,
// because the boundary before it was sealed. Hence a skew of one window is enough, and a smaller one is not.
void ReadClock(OptionReader* reader, RunOptions* options) {
  options->max_skew_s = std::max(limits::kDefaultMaxSkewS, std::min(2 * options->rule.window_s, limits::kMaxDurationS));
  reader->Get("max-skew", &options->max_skew_s, ParseDurationS);
  reader->Require(options->max_skew_s >= options->rule.window_s, "max-skew",
                  "at least --window (" + FormatDurationMs(options->rule.window_s * 1000) +
                      "), or the job could stand still behind a partition that holds the clock");
  reader->Get("idle-timeout", &options->idle_timeout_ms, ParseDurationMs);
  reader->Require(options->idle_timeout_ms >= limits::kMinIdleTimeoutMs, "idle-timeout",
                  "at least " + FormatDurationMs(limits::kMinIdleTimeoutMs) +
                      ", or every pause between two batches would pass for silence");
  reader->Get("max-hold", &options->max_hold_ms, ParseMaxHold);
}

void ReadResources(OptionReader* reader, const HostEnvironment& host, RunOptions* options) {
  options->workers = std::clamp(host.cores, 1, limits::kMaxWorkers);
  const std::string* workers = reader->given().Value("workers");
  if (workers == nullptr || *workers != "auto") reader->Get("workers", &options->workers, ParseWorkers);
  options->memory_bytes = DefaultMemoryBytes(host.memory_limit_bytes, options->workers);
  reader->Get("memory", &options->memory_bytes, ParseSizeBytes);
  reader->Require(
      options->memory_bytes >= limits::kMinMemoryBytes && options->memory_bytes <= limits::kMaxMemoryBytes, "memory",
      FormatSizeBytes(limits::kMinMemoryBytes) + " to " + FormatSizeBytes(limits::kMaxMemoryBytes) + " a worker");
  const uint64_t most_bytes = limits::kMaxTotalMemoryBytes / static_cast<uint64_t>(options->workers);
  reader->Require(options->memory_bytes <= most_bytes, "memory",
                  "with " + std::to_string(options->workers) + " workers at most " +
                      FormatSizeBytes(most_bytes >> 30 << 30) + " each can be addressed");
  reader->Get("max-frame", &options->max_frame_bytes, ParseSizeBytes);
  reader->Require(options->max_frame_bytes >= limits::kMinMaxFrameBytes &&
                      options->max_frame_bytes <= limits::kMaxFrameBytesCeiling,
                  "max-frame",
                  FormatSizeBytes(limits::kMinMaxFrameBytes) + " (the smallest frame that can be counted) to " +
                      FormatSizeBytes(limits::kMaxFrameBytesCeiling));
}

void ReadMetrics(OptionReader* reader, RunOptions* options) {
  const std::string* path = reader->given().Value("metrics-file");
  if (path != nullptr && *path != kNoFile) options->metrics_file = *path;
  reader->Require(options->metrics_file.empty() || options->metrics_file != options->status_file, "metrics-file",
                  "the status file is another one (--status-file)");
  reader->Get("metrics-listen", &options->metrics_listen, ParseMetricsListen);
}

void ReadLog(OptionReader* reader, RunOptions* options) {
  reader->Get("log-format", &options->log_format, ParseLogFormat);
  reader->Get("log-level", &options->log_level, ParseLogLevel);
  if (const std::string* path = reader->given().Value("log-file")) options->log_file = *path;
}

RunRequest::What ReadWhat(OptionReader* reader) {
  const bool checks = reader->given().Has("check-config");
  const bool prints = reader->given().Has("print-config");
  const bool ready = reader->given().Has("ready");
  reader->Require(!checks || !prints, "print-config", "it is one of the two: print or check");
  reader->Require(!ready || checks, "ready", "it needs --check-config: what is to be ready for a job");
  reader->Require(!ready || !reader->given().Has("input"), "ready",
                  "it asks the broker, and with --input there is none");
  if (prints) return RunRequest::What::kPrintConfig;
  if (!checks) return RunRequest::What::kRun;
  return ready ? RunRequest::What::kCheckReady : RunRequest::What::kCheckConfig;
}

std::string StatusFileToKeep(const ParsedOptions& given, const HostEnvironment& host, const std::string& group) {
  const std::string* path = given.Value("status-file");
  if (path == nullptr) return DefaultStatusFile(group, host);
  return *path == kNoFile ? "" : *path;
}

}  // namespace

Result<RunRequest> ParseRunRequest(const std::vector<std::string>& args, const HostEnvironment& host) {
  const Result<ParsedOptions> all = ReadLayers("run", RunOptionTable(), RunOptionTable(), args, host);
  if (!all) return all.error();
  const ParsedOptions given = all->Has("input") ? WithoutKafka(*all) : *all;
  OptionReader reader(given);
  RunRequest request;
  RunOptions& options = request.options;
  request.what = ReadWhat(&reader);
  ReadKafka(&reader, host, &options);
  ReadHowFar(&reader, &options);
  ReadRule(&reader, &options);
  ReadClock(&reader, &options);
  ReadResources(&reader, host, &options);
  ReadLog(&reader, &options);
  options.status_file = StatusFileToKeep(given, host, options.group);
  ReadMetrics(&reader, &options);
  if (reader.error()) return *reader.error();
  if (request.what == RunRequest::What::kPrintConfig) {
    request.shown_config = ShownConfig(RunOptionTable(), given, options);
  }
  request.reread = [args, again = host]() mutable {
    again.read_file = again.read_file_again;
    return ParseRun(args, again);
  };
  return request;
}

Result<RunOptions> ParseRun(const std::vector<std::string>& args, const HostEnvironment& host) {
  Result<RunRequest> request = ParseRunRequest(args, host);
  if (!request) return request.error();
  return std::move(request->options);
}

HelpOrVersion ParseHelpOrVersion(const std::vector<std::string>& args) {
  for (const std::string& arg : args) {
    if (arg == "--") break;
    if (arg == "-h" || arg == "--help") return HelpOrVersion::kHelp;
    if (arg == "--version") return HelpOrVersion::kVersion;
  }
  return HelpOrVersion::kNothing;
}

}  // namespace headcount
