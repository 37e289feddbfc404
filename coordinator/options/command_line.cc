#include "coordinator/options/command_line.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/job/cgroup.h"
#include "coordinator/options/kafka_property.h"
#include "coordinator/options/listen_address.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/other_option_tables.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shown_config.h"
#include "coordinator/status/status_file_name.h"

namespace headcount {
namespace {

// Kafka's own bound on the names of topics. Groups have none there; ours is the same.
constexpr size_t kMaxNameBytes = 249;

// Takes options one by one and keeps the first complaint: nothing after it is looked at.
class OptionReader {
 public:
  explicit OptionReader(const GivenOptions& given) : given_(given) {}

  // `parse(option, text)` gives a Result<T>.
  template <typename T, typename Parse>
  void Get(std::string_view name, T* out, Parse parse) {
    const std::string* text = given_.Value(name);
    if (text == nullptr || complaint_) return;
    auto parsed = parse(given_.Label(name), *text);
    if (parsed.ok()) {
      *out = T(*parsed);
    } else {
      complaint_ = parsed.error();
    }
  }
  // `right` must hold where the option was given.
  void Require(bool right, std::string_view name, std::string_view complaint) {
    if (right || complaint_) return;
    const std::string* text = given_.Value(name);
    const std::string label = given_.Label(name);
    complaint_ = text != nullptr ? OptionError(label, *text, complaint)
                                 : Error{ExitCode::kUsage, label + ": " + std::string(complaint)};
  }
  void Fail(Error error) {
    if (!complaint_) complaint_ = std::move(error);
  }

  const GivenOptions& given() const { return given_; }
  const std::optional<Error>& complaint() const { return complaint_; }

 private:
  const GivenOptions& given_;
  std::optional<Error> complaint_;
};

// --- Values -----------------------------------------------------------------------------------------------

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

Result<std::string> ParseTopic(std::string_view option, const std::string& text) {
  const bool right = text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), IsTopicCharacter) &&
                     text != "." && text != "..";
  if (right) return text;
  return OptionError(option, text, "a topic's name is up to 249 letters, digits, dots, underscores and hyphens");
}

// Kafka takes any group name, but its tools and our own messages cannot show all of them.
Result<std::string> ParseGroup(std::string_view option, const std::string& text) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), printable)) return text;
  return OptionError(option, text, "a group's name is up to 249 ASCII characters without spaces");
}

// What can be spelled in one way only, but for \u escapes (common/decode/json/scan/keys.h).
Result<std::string> ParseFieldName(std::string_view option, const std::string& text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '/'; };
  const bool right =
      !text.empty() && text.size() <= limits::kMaxFieldNameBytes && std::all_of(text.begin(), text.end(), plain);
  if (right) return text;
  return OptionError(option, text,
                     "a field's name is 1 to " + std::to_string(limits::kMaxFieldNameBytes) +
                         " printable ASCII characters without quotes, slashes and backslashes");
}

// host, host:9092, [::1]:9092 or PLAINTEXT://host:9092
bool IsBroker(std::string_view broker) {
  const size_t scheme = broker.find("://");
  if (scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
  const size_t bracket = broker.rfind(']');
  const size_t colon = broker.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view host = has_port ? broker.substr(0, colon) : broker;
  if (host.empty() || host.find_first_of(" \t/,\"") != std::string_view::npos) return false;
  if (host.find(':') != std::string_view::npos && host.front() != '[') return false;
  return !has_port || ParseCount("", broker.substr(colon + 1), "", 1, 65535).ok();
}

Result<std::string> ParseBrokers(std::string_view option, const std::string& text) {
  std::string_view rest = text;
  for (;;) {
    const size_t comma = rest.find(',');
    if (!IsBroker(rest.substr(0, comma))) {
      return OptionError(option, text, "brokers are HOST:PORT, with commas between them and no spaces");
    }
    if (comma == std::string_view::npos) return text;
    rest.remove_prefix(comma + 1);
  }
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

void ReadProperties(OptionReader* reader, const Surroundings& host, RunOptions* options) {
  for (const Given& given : reader->given().all()) {
    if (given.name != kPropertyOption || reader->complaint()) continue;
    Result<KafkaProperty> property = ParseProperty(given, host);
    if (!property) return reader->Fail(property.error());
    options->properties.push_back(*property);
  }
}

void ReadKafka(OptionReader* reader, const Surroundings& host, RunOptions* options) {
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
  ReadProperties(reader, host, options);
}

// With --input: a file or an environment that serves other starts too may speak of Kafka. Flags are meant for this
// one, and stay.
GivenOptions WithoutKafka(const GivenOptions& all) {
  const std::vector<std::string_view>& kafka_only = KafkaOnlyOptions();
  GivenOptions kept;
  for (const Given& given : all.all()) {
    const bool about_kafka = std::find(kafka_only.begin(), kafka_only.end(), given.name) != kafka_only.end();
    if (!about_kafka || given.origin.kind == Origin::Kind::kFlag) kept.Add(given);
  }
  return kept;
}

Error MeaninglessWithInput(std::string_view name) {
  return Error{ExitCode::kUsage, Dashed(name) + ": it is about Kafka and has no meaning with --input"};
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

// Whatever the skew, the slowest partition that is not excused is always read, so the job cannot lock up. But
// an excuse may be short: it ends with the partition's next record, which may be late and move nothing. For the
// job to get on, the excuse must let at least one window pass at once, so the others must have been read to
// its end + lateness by then. The partition that holds a boundary stands less than a window before that point,
// since the boundary before was sealed: hence a skew of a window is enough, and less is not.
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

void ReadResources(OptionReader* reader, const Surroundings& host, RunOptions* options) {
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

std::string StatusFileToKeep(const GivenOptions& given, const Surroundings& host, const std::string& group) {
  const std::string* path = given.Value("status-file");
  if (path == nullptr) return DefaultStatusFile(group, host);
  return *path == kNoFile ? "" : *path;
}

// For who reads it.
void ReadStatusFileName(OptionReader* reader, const Surroundings& host, std::string* status_file) {
  std::string group;
  reader->Get("group", &group, ParseGroup);
  // A flag that names the group means more than a file that a configuration names.
  const auto is_flag = [reader](std::string_view name) {
    const Given* given = reader->given().Find(name);
    return given != nullptr && given->origin.kind == Origin::Kind::kFlag;
  };
  const bool by_group = is_flag("group") && !is_flag("status-file");
  const std::string* path = by_group ? nullptr : reader->given().Value("status-file");
  reader->Require(path == nullptr || *path != kNoFile, "status-file",
                  "the job keeps none, so there is nothing to read");
  if (reader->complaint()) return;
  if (path != nullptr) {
    *status_file = *path;
    return;
  }
  const Result<std::string> found = FindStatusFile(group, host);
  if (!found) return reader->Fail(found.error());
  *status_file = *found;
}

}  // namespace

Result<RunRequest> ParseRunRequest(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> all = ReadLayers("run", RunOptionTable(), RunOptionTable(), args, host);
  if (!all) return all.error();
  const GivenOptions given = all->Has("input") ? WithoutKafka(*all) : *all;
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
  if (reader.complaint()) return *reader.complaint();
  if (request.what == RunRequest::What::kPrintConfig) {
    request.shown_config = ShownConfig(RunOptionTable(), given, options);
  }
  request.reread = [args, again = host]() mutable {
    again.read_file = again.read_file_again;
    return ParseRun(args, again);
  };
  return request;
}

Result<RunOptions> ParseRun(const std::vector<std::string>& args, const Surroundings& host) {
  Result<RunRequest> request = ParseRunRequest(args, host);
  if (!request) return request.error();
  return std::move(request->options);
}

Result<StatusOptions> ParseStatus(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> given = ReadLayers("status", StatusOptionTable(), RunOptionTable(), args, host);
  if (!given) return given.error();
  StatusOptions options{given->Has("json"), given->Has("watch"), ""};
  OptionReader reader(*given);
  ReadStatusFileName(&reader, host, &options.status_file);
  if (reader.complaint()) return *reader.complaint();
  return options;
}

Result<ExplainOptions> ParseExplain(const std::vector<std::string>& args, const Surroundings& host) {
  ExplainOptions options;
  const bool names_minute = !args.empty() && args[0].rfind('-', 0) != 0;
  if (names_minute) {
    const Result<EventTime> time = ParseTime("MINUTE", args[0]);
    if (!time) return time.error();
    options.asked = *time;
  }
  const Result<GivenOptions> given = ReadLayers("explain", ExplainOptionTable(), RunOptionTable(),
                                                {args.begin() + (names_minute ? 1 : 0), args.end()}, host);
  if (!given) return given.error();
  OptionReader reader(*given);
  ReadStatusFileName(&reader, host, &options.status_file);
  if (reader.complaint()) return *reader.complaint();
  const bool invalid = given->Has("invalid");
  const bool late = given->Has("late");
  if (invalid && late) return Error{ExitCode::kUsage, "--late: it is one of the two, --invalid or --late"};
  if (invalid) options.rejected = ExplainOptions::Rejected::kInvalid;
  if (late) options.rejected = ExplainOptions::Rejected::kLate;
  if (options.rejected && names_minute) {
    return Error{ExitCode::kUsage,
                 std::string(late ? "--late" : "--invalid") + ": it is about all minutes, so none can be named"};
  }
  return options;
}

Result<TailOptions> ParseTail(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> given = ReadLayers("tail", TailOptionTable(), RunOptionTable(), args, host);
  if (!given) return given.error();
  TailOptions options;
  OptionReader reader(*given);
  reader.Get("bootstrap-server", &options.kafka.bootstrap_server, ParseBrokers);
  reader.Get("output-topic", &options.kafka.output_topic, ParseTopic);
  ReadProperties(&reader, host, &options.kafka);
  reader.Get("last", &options.last, [](std::string_view option, const std::string& text) {
    return ParseCount(option, text, "minutes", 0, limits::kMaxTailMinutes);
  });
  options.until_end = given->Has("until-end");
  options.json = given->Has("json");
  if (reader.complaint()) return *reader.complaint();
  return options;
}

Result<ReportOptions> ParseReport(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> all = ReadLayers("report", ReportOptionTable(), RunOptionTable(), args, host);
  if (!all) return all.error();
  const bool reads_file = all->Has("input");
  const GivenOptions given = reads_file ? WithoutKafka(*all) : *all;
  ReportOptions options;
  OptionReader reader(given);
  for (const std::string_view name : {"bootstrap-server", "output-topic", "X"}) {
    if (reads_file && given.Has(name)) reader.Fail(MeaninglessWithInput(name));
  }
  reader.Get("bootstrap-server", &options.kafka.bootstrap_server, ParseBrokers);
  reader.Get("output-topic", &options.kafka.output_topic, ParseTopic);
  ReadProperties(&reader, host, &options.kafka);
  if (reads_file) options.input = *given.Value("input");
  reader.Require(given.Has("out"), "out", "it is needed: the page to write, or - for stdout");
  if (given.Has("out")) options.out = *given.Value("out");
  const auto seconds = [](std::string_view option, const std::string& text) -> Result<int64_t> {
    const Result<EventTime> time = ParseTime(option, text);
    if (!time) return time.error();
    return time->seconds();
  };
  reader.Get("from", &options.range.from_s, seconds);
  reader.Get("to", &options.range.to_s, seconds);
  reader.Require(!options.range.from_s || !options.range.to_s || *options.range.from_s < *options.range.to_s, "to",
                 "it must be later than --from, and is exclusive");
  reader.Get("last", &options.range.last, [](std::string_view option, const std::string& text) {
    return ParseCount(option, text, "minutes", 1, limits::kMaxReportMinutes);
  });
  if (reader.complaint()) return *reader.complaint();
  return options;
}

Result<HealthOptions> ParseHealth(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> given = ReadLayers("health", HealthOptionTable(), RunOptionTable(), args, host);
  if (!given) return given.error();
  HealthOptions options;
  options.ready = given->Has("ready");
  OptionReader reader(*given);
  ReadStatusFileName(&reader, host, &options.status_file);
  reader.Get("max-age", &options.max_age_ms, ParseDurationMs);
  reader.Require(options.max_age_ms >= 1000, "max-age", "at least 1s: the file is replaced once a second");
  if (reader.complaint()) return *reader.complaint();
  return options;
}

Asked WhatIsAsked(const std::vector<std::string>& args) {
  for (const std::string& arg : args) {
    if (arg == "--") break;
    if (arg == "-h" || arg == "--help") return Asked::kHelp;
    if (arg == "--version") return Asked::kVersion;
  }
  return Asked::kNothing;
}

}  // namespace headcount
