#include "coordinator/command_line.h"

#include <sched.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "common/limits.h"
#include "common/units.h"
#include "coordinator/option_table.h"
#include "coordinator/run_option_table.h"

namespace headcount {
namespace {

constexpr std::string_view kStatusFileName = "headcount.status.json";
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
    auto parsed = parse(Dashed(name), *text);
    if (parsed.ok()) {
      *out = static_cast<T>(*parsed);
    } else {
      complaint_ = parsed.error();
    }
  }
  // `right` must hold where the option was given.
  void Require(bool right, std::string_view name, std::string_view complaint) {
    if (right || complaint_) return;
    const std::string* text = given_.Value(name);
    complaint_ = text != nullptr ? OptionError(Dashed(name), *text, complaint)
                                 : Error{ExitCode::kUsage, Dashed(name).append(": ").append(complaint)};
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

Result<LogFormat> ParseLogFormat(std::string_view option, const std::string& text) {
  if (text == "text") return LogFormat::kText;
  if (text == "ecs") return LogFormat::kEcs;
  return OptionError(option, text, "text or ecs is needed");
}

Result<int64_t> ParseMaxHold(std::string_view option, const std::string& text) {
  if (text == "off") return 0;
  Result<int64_t> hold_ms = ParseDurationMs(option, text);
  if (hold_ms && *hold_ms < limits::kMinIdleTimeoutMs) {
    return OptionError(option, text, "at least " + FormatDurationMs(limits::kMinIdleTimeoutMs) + ", or off");
  }
  return hold_ms;
}

// The value may be a password: errors show the key at most.
Result<KafkaProperty> ParseProperty(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error{ExitCode::kUsage, "-X \"" + text.substr(0, equals) +
                                       "\": KEY=VALUE is needed, such as -X consumer.fetch.max.bytes=4194304"};
  }
  KafkaProperty property{KafkaProperty::Scope::kBoth, text.substr(0, equals), text.substr(equals + 1)};
  for (const auto& [prefix, scope] : {std::pair(std::string_view("consumer."), KafkaProperty::Scope::kConsumer),
                                      std::pair(std::string_view("producer."), KafkaProperty::Scope::kProducer)}) {
    if (property.key.compare(0, prefix.size(), prefix) != 0) continue;
    property.scope = scope;
    property.key.erase(0, prefix.size());
    break;
  }
  if (property.key.empty()) {
    return Error{ExitCode::kUsage, "-X \"" + text.substr(0, equals) + "\": the property's name is missing"};
  }
  return property;
}

// --- The parts of RunOptions ------------------------------------------------------------------------------

void ReadKafka(OptionReader* reader, RunOptions* options) {
  reader->Get("bootstrap-server", &options->bootstrap_server, ParseBrokers);
  reader->Get("input-topic", &options->input_topic, ParseTopic);
  reader->Get("output-topic", &options->output_topic, ParseTopic);
  reader->Require(options->input_topic != options->output_topic,
                  reader->given().Has("output-topic") ? "output-topic" : "input-topic",
                  "input and output must be two topics, or the job would count its own records");
  reader->Get("group", &options->group, ParseGroup);
  reader->Get("from", &options->from, ParseFrom);
  reader->Get("on-lost-input", &options->on_lost_input, ParseOnLostInput);
  for (const std::string& text : reader->given().Values("X")) {
    Result<KafkaProperty> property = ParseProperty(text);
    if (!property) return reader->Fail(property.error());
    options->properties.push_back(*property);
  }
}

void ReadHowFar(OptionReader* reader, RunOptions* options) {
  options->files = reader->given().Values("input");
  options->until_end = reader->given().Has("until-end") || options->reads_files();
  options->leave_open = reader->given().Has("leave-open");
  reader->Require(!options->leave_open || options->until_end, "leave-open",
                  "it needs --until-end, which says where to stop");
  if (!options->reads_files()) return;
  for (const std::string_view name : KafkaOnlyOptions()) {
    if (!reader->given().Has(name)) continue;
    reader->Fail(Error{ExitCode::kUsage, Dashed(name) + ": it is about Kafka and has no meaning with --input"});
  }
  reader->Require(std::count(options->files.begin(), options->files.end(), "-") <= 1, "input",
                  "stdin (-) can be read once only");
  reader->Require(options->files.size() <= static_cast<size_t>(limits::kMaxPartitions), "input",
                  "at most " + std::to_string(limits::kMaxPartitions) + " files");
}

void ReadRule(OptionReader* reader, RunOptions* options) {
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
  reader->Get("workers", &options->workers, [](std::string_view option, const std::string& text) {
    return ParseCount(option, text, "workers", 1, limits::kMaxWorkers);
  });
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

std::string StatusFileOf(const GivenOptions& given, const Surroundings& host) {
  if (const std::string* path = given.Value("status-file")) return *path;
  if (host.runtime_directory.empty()) return std::string(kStatusFileName);
  return host.runtime_directory + "/" + std::string(kStatusFileName);
}

// --- The other commands -----------------------------------------------------------------------------------

OptionSpec StatusFileSpec() {
  return {"status-file", 0, OptionSpec::Takes::kOne, "FILE",
          "The file that the job replaces every second. Default: headcount.status.json in $RUNTIME_DIRECTORY or the "
          "working directory."};
}
OptionSpec HelpSpec() { return {"help", 'h', OptionSpec::Takes::kNothing, "", "This text."}; }
OptionSpec VersionSpec() {
  return {"version", 0, OptionSpec::Takes::kNothing, "", "The versions of headcount and of its libraries."};
}

OptionTable StatusOptionTable() {
  return {{"Options",
           {{"json", 0, OptionSpec::Takes::kNothing, "", "The status file as it is, for programs."},
            StatusFileSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

OptionTable HealthOptionTable() {
  return {{"Options",
           {{"ready", 0, OptionSpec::Takes::kNothing, "",
             "Ask for more than life: every worker that has partitions reads them."},
            {"max-age", 0, OptionSpec::Takes::kOne, "DURATION",
             "An older status file means that the job is gone or stuck. Default: " +
                 FormatDurationMs(HealthOptions().max_age_ms) + "."},
            StatusFileSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

}  // namespace

Surroundings ThisHost() {
  Surroundings host;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) host.cores = CPU_COUNT(&cores);
  // systemd names several directories with colons between them.
  const char* directories = getenv("RUNTIME_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (directories != nullptr)
    host.runtime_directory = std::string_view(directories).substr(0, std::string_view(directories).find(':'));
  return host;
}

Result<RunOptions> ParseRun(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> given = ReadOptions("run", RunOptionTable(), args);
  if (!given) return given.error();
  OptionReader reader(*given);
  RunOptions options;
  ReadKafka(&reader, &options);
  ReadHowFar(&reader, &options);
  ReadRule(&reader, &options);
  ReadClock(&reader, &options);
  ReadResources(&reader, host, &options);
  options.status_file = StatusFileOf(*given, host);
  reader.Get("log-format", &options.log_format, ParseLogFormat);
  if (reader.complaint()) return *reader.complaint();
  return options;
}

Result<StatusOptions> ParseStatus(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> given = ReadOptions("status", StatusOptionTable(), args);
  if (!given) return given.error();
  return StatusOptions{given->Has("json"), StatusFileOf(*given, host)};
}

Result<HealthOptions> ParseHealth(const std::vector<std::string>& args, const Surroundings& host) {
  const Result<GivenOptions> given = ReadOptions("health", HealthOptionTable(), args);
  if (!given) return given.error();
  HealthOptions options{given->Has("ready"), HealthOptions().max_age_ms, StatusFileOf(*given, host)};
  OptionReader reader(*given);
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

std::string GeneralHelp() {
  return R"(headcount counts the distinct users of every minute of a Kafka topic, exactly, and writes one final
record per minute to another topic, exactly once.

Usage: headcount COMMAND [OPTION]...

Commands:
  run      the job: read frames from Kafka or files, publish the minutes
  status   show how far a running job is and what it waits for
  health   exit 0 if the job is well, 1 if not, with one line why

Options:
  -h, --help   this text; headcount COMMAND --help explains a command with examples
  --version    the versions of headcount, librdkafka, RapidJSON and Boost

Exit codes:
   0  done
  64  an option or its value is wrong
  69  the broker cannot be reached at start
  70  a bug: an invariant is broken
  75  the broker was lost, or a process died too often; try again
  78  a human is needed: what to do stands in the last lines of the log

Start here:
  headcount run --bootstrap-server localhost:9092 --until-end
)";
}

std::string RunHelp() {
  return R"(Counts the distinct users ("uid") of every minute of event time ("ts") in JSON frames, and publishes
one record per finished minute.

Usage: headcount run [OPTION]...
       headcount run --input FILE...
)" + HelpOf(RunOptionTable()) +
         R"(
Durations: 500ms, 5s, 2m, 1h. Sizes: 64KiB, 512MiB, 1GiB.
Times: 2016-07-11T13:40:00Z or unix seconds.
SIGTERM or SIGINT publishes what is finished and exits with 0 within 10 s; a second one, at once.

Examples:
  headcount run -b broker1:9092,broker2:9092               count for ever, as a service
  headcount run -b broker1:9092 --until-end                count what is there, then stop
  headcount run --until-end --leave-open                   the same from cron, time after time
  headcount run --from 2016-07-11T00:00:00Z --group july   count again, from a day on
  headcount run -X security.protocol=ssl -X consumer.fetch.max.bytes=4194304
  zcat frames.gz | headcount run --input -                 no Kafka: one record a line on stdout
)";
}

std::string StatusHelp() {
  return R"(Shows the processes of a running job, its partitions, what holds its clock, and its totals. Needs no
broker.

Usage: headcount status [OPTION]...
)" + HelpOf(StatusOptionTable()) +
         R"(
Examples:
  headcount status
  headcount status --status-file /run/headcount/headcount.status.json --json
)";
}

std::string HealthHelp() {
  return R"(Exits with 0 if the job is well and 1 if not, and says why in one line. Needs no broker.

Usage: headcount health [OPTION]...
)" + HelpOf(HealthOptionTable()) +
         R"(
Examples:
  headcount health                        is it alive? (restart it if not)
  headcount health --ready --max-age 5s   does it read all its partitions?
)";
}

}  // namespace headcount
