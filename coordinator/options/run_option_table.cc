#include "coordinator/options/run_option_table.h"

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/job/run_options.h"

namespace headcount {
namespace {

using Takes = OptionSpec::Takes;

std::string DefaultS(int64_t duration_s) { return " Default: " + FormatDurationMs(duration_s * 1000) + "."; }
std::string DefaultMs(int64_t duration_ms) { return " Default: " + FormatDurationMs(duration_ms) + "."; }
std::string DefaultSize(uint64_t size_bytes) { return " Default: " + FormatSizeBytes(size_bytes) + "."; }
std::string Default(const std::string& text) { return " Default: " + text + "."; }

OptionSection KafkaSection() {
  const RunOptions defaults;
  return {
      "Kafka",
      {{"bootstrap-server", 'b', Takes::kOne, "HOST:PORT,...",
        "Brokers to begin with." + Default(defaults.bootstrap_server)},
       {"input-topic", 0, Takes::kOne, "TOPIC", "Where the frames are." + Default(defaults.input_topic)},
       {"output-topic", 0, Takes::kOne, "TOPIC",
        "Where the records of finished minutes go." + Default(defaults.output_topic)},
       {"group", 0, Takes::kOne, "NAME",
        "Whose offsets are used; one job a group. The transactional id is headcount-NAME." + Default(defaults.group)},
       {"from", 0, Takes::kOne, "earliest|latest|TIME",
        "Where to begin if nothing is committed; TIME is compared with Kafka's record timestamps." +
            Default("earliest")},
       {"on-lost-input", 0, Takes::kOne, "fail|continue",
        "When retention has removed frames that were not read, or the topic was made anew while it was read: stop with "
        "exit code 78, or go on, from the beginning of a new topic, and report how many are lost." +
            Default("fail")},
       {"tombstones", 0, Takes::kOne, "ignore|invalid",
        "What records without a value are: no frames, as a compacted topic has them, or invalid ones (no_value)." +
            Default("invalid")},
       {"X", 0, Takes::kOneEachTime, "KEY=VALUE",
        "A property of librdkafka; consumer.KEY or producer.KEY for one of the two. Repeatable. Those that "
        "exactly-once rests on are refused."}}};
}

OptionSection ReadingSection() {
  return {"How far to read",
          {{"until-end", 0, Takes::kNothing, "",
            "Read up to the end offsets of this moment, publish every minute that is over by the wall clock, exit 0. "
            "Transactions of others that are open there are waited for. Without it: go on for ever."},
           {"leave-open", 0, Takes::kNothing, "",
            "With --until-end: publish only minutes that later frames can no longer change, leave the others for "
            "the next start; wait for no transaction that is open. For a cron job."},
           {"publish-open", 0, Takes::kNothing, "",
            "With --until-end: publish minutes too that are not over yet. What comes of them later is late."},
           {"input", 0, Takes::kMany, "FILE...",
            "No Kafka: each file, or - for stdin, is one partition, each line a frame; records go to stdout.", true}}};
}

OptionSection RuleSection() {
  return {
      "Counting and the clock",
      {{"time-field", 0, Takes::kOne, "NAME",
        "The root key of a frame that holds its time. Another one at a restart is refused where frames of published "
        "minutes would be read again." +
            Default("ts")},
       {"id-field", 0, Takes::kOne, "NAME",
        "The root key whose distinct values are counted; at a restart as --time-field." + Default("uid")},
       {"window", 0, Takes::kOne, "DURATION",
        "Length of a window, in whole seconds. Another one at a restart is refused." +
            DefaultS(limits::kDefaultWindowS)},
       {"allowed-lateness", 0, Takes::kOne, "DURATION",
        "How long after its end a window waits for frames of the same partition, in event time (Kafka Streams calls "
        "it grace). Another one at a restart holds for what is not published yet." +
            DefaultS(limits::kDefaultLatenessS)},
       {"max-jump", 0, Takes::kOne, "DURATION",
        "How far one frame may move its partition's clock by itself. At most --allowed-lateness; at a restart as "
        "that." +
            Default(FormatDurationMs(limits::kDefaultMaxJumpS * 1000) + ", or --allowed-lateness if that is shorter")},
       {"max-skew", 0, Takes::kOne, "DURATION",
        "How far a partition may be read ahead of the slowest one, in event time (Flink calls it watermark "
        "alignment). At least --window." +
            Default(FormatDurationMs(limits::kDefaultMaxSkewS * 1000) + ", or two windows if that is longer")},
       {"idle-timeout", 0, Takes::kOne, "DURATION",
        "After how long without news a partition read to its end no longer holds the clock." +
            DefaultMs(limits::kDefaultIdleTimeoutMs)},
       {"max-hold", 0, Takes::kOne, "DURATION|off",
        "After how long a partition that is read to its end, but behind in event time, no longer holds back a "
        "minute." +
            Default("off")}}};
}

OptionSection ConfigurationSection() {
  return {"Configuration",
          {ConfigSpec(),
           {"print-config", 0, Takes::kNothing, "",
            "Print every option, its value and where that comes from, as such a file; then exit 0. Secrets are "
            "masked.",
            true},
           {"check-config", 0, Takes::kNothing, "",
            "Check all options, files of secrets and properties, and that clients can be made of them; print ok, exit "
            "0.",
            true},
           {"ready", 0, Takes::kNothing, "",
            "With --check-config: ask the broker too, for both topics. Nothing is claimed, joined or written.", true},
           {"help", 'h', Takes::kNothing, "", "This text.", true},
           {"version", 0, Takes::kNothing, "", "The versions of headcount and of its libraries.", true}}};
}

OptionSection ResourcesSection() {
  return {"Resources",
          {{"workers", 0, Takes::kOne, "N|auto",
            "Worker processes, at most " + std::to_string(limits::kMaxWorkers) + "." +
                Default("auto, the number of cores, as far as the control group has them")},
           {"memory", 0, Takes::kOne, "SIZE",
            "Address space of each worker for open windows; used as needed." +
                Default(FormatSizeBytes(limits::kDefaultMemoryBytes) + ", or what the control group's limit leaves")},
           {"max-frame", 0, Takes::kOne, "SIZE", "Larger frames are invalid." + DefaultSize(limits::kMaxFrameBytes)}}};
}

OptionSection MonitoringSection() {
  return {
      "Monitoring",
      {{"status-file", 0, Takes::kOne, "FILE",
        "Replaced every second; read by headcount status and health. off: none." +
            Default("headcount.status.json in $RUNTIME_DIRECTORY or the working directory; for another group than "
                    "headcount headcount-GROUP.status.json")},
       {"metrics-file", 0, Takes::kOne, "FILE",
        "Prometheus metrics, replaced every second: for the textfile collector, in whose folder they must be called "
        "NAME.prom. off: none."},
       {"metrics-listen", 0, Takes::kOne, "[HOST:]PORT",
        "The same over HTTP: /metrics, /-/healthy and /-/ready. Of this host alone unless a HOST is named; port 0 "
        "is one that is free, and stands in the log."},
       {"log-format", 0, Takes::kOne, "text|ecs",
        "The log: text for people, or one JSON object a line by the Elastic Common Schema." + Default("text")},
       {"log-level", 0, Takes::kOne, "LEVEL",
        "debug, info, warning or error: nothing below it is logged. A SIGHUP reads it again." + Default("info")},
       {"log-file", 0, Takes::kOne, "FILE", "The log is appended to it; a SIGHUP opens it anew." + Default("stderr")}}};
}

}  // namespace

OptionSpec ConfigSpec() {
  return {"config",
          0,
          Takes::kOne,
          "FILE",
          "A file with a line KEY = VALUE for each option: window = 60s, X.linger.ms = 5. Default: $HEADCOUNT_CONFIG.",
          true};
}

OptionTable RunOptionTable() {
  return {KafkaSection(),     ReadingSection(),    RuleSection(),
          ResourcesSection(), MonitoringSection(), ConfigurationSection()};
}

const std::vector<std::string_view>& KafkaOnlyOptions() {
  static const std::vector<std::string_view> names = {
      "bootstrap-server", "input-topic", "output-topic", "group", "from", "on-lost-input", "tombstones", "X"};
  return names;
}

}  // namespace headcount
