#include "coordinator/options/other_option_tables.h"

#include <string>

#include "common/base/units.h"
#include "common/job/run_options.h"
#include "coordinator/options/command_line.h"
#include "coordinator/options/run_option_table.h"

namespace headcount {
namespace {

OptionSpec StatusFileSpec() {
  return {
      "status-file", 0, OptionSpec::Takes::kOne, "FILE",
      "The file that the job replaces every second. Default: the one in $RUNTIME_DIRECTORY, the working directory or "
      "/run/headcount."};
}
OptionSpec GroupSpec() {
  return {"group", 0, OptionSpec::Takes::kOne, "NAME",
          "Of several jobs that keep their status files there: the one of this group."};
}
OptionSpec HelpSpec() { return {"help", 'h', OptionSpec::Takes::kNothing, "", "This text."}; }
OptionSpec VersionSpec() {
  return {"version", 0, OptionSpec::Takes::kNothing, "", "The versions of headcount and of its libraries."};
}

OptionSpec BootstrapServerSpec() {
  return {"bootstrap-server", 'b', OptionSpec::Takes::kOne, "HOST:PORT,...",
          "Brokers to begin with. Default: " + RunOptions().bootstrap_server + "."};
}
OptionSpec OutputTopicSpec() {
  return {"output-topic", 0, OptionSpec::Takes::kOne, "TOPIC",
          "Where the records of finished minutes are. Default: " + RunOptions().output_topic + "."};
}
OptionSpec PropertySpec() {
  return {"X", 0, OptionSpec::Takes::kOneEachTime, "KEY=VALUE", "A property of librdkafka. Repeatable."};
}

}  // namespace

OptionTable StatusOptionTable() {
  return {{"Options",
           {{"watch", 0, OptionSpec::Takes::kNothing, "", "Shows it again every second, until Ctrl-C."},
            {"json", 0, OptionSpec::Takes::kNothing, "", "The status file as it is, for programs."},
            StatusFileSpec(),
            GroupSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

OptionTable ExplainOptionTable() {
  return {{"Options",
           {{"invalid", 0, OptionSpec::Takes::kNothing, "",
             "Instead: where the last invalid frame of each reason and the last future one are, and the command that "
             "shows it.",
             true},
            {"late", 0, OptionSpec::Takes::kNothing, "", "Instead: the same of the last late frame.", true},
            StatusFileSpec(),
            GroupSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

OptionTable TailOptionTable() {
  return {{"Options",
           {BootstrapServerSpec(),
            OutputTopicSpec(),
            {"last", 'n', OptionSpec::Takes::kOne, "N",
             "How many of the minutes that are there already; 0: none. Default: " + std::to_string(TailOptions().last) +
                 "."},
            {"until-end", 0, OptionSpec::Takes::kNothing, "", "Shows what is there, then exits with 0.", true},
            {"json", 0, OptionSpec::Takes::kNothing, "", "The records as they are, one a line, for programs."},
            PropertySpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

OptionTable ReportOptionTable() {
  // What a file says of --from is where a job begins to read; --input is flag_only in `run` too.
  return {{"Options",
           {{"out", 'o', OptionSpec::Takes::kOne, "FILE", "The page; - for stdout. What is there is replaced.", true},
            BootstrapServerSpec(),
            OutputTopicSpec(),
            {"input", 0, OptionSpec::Takes::kOne, "FILE",
             "No Kafka: records, one a line, of a file, or of stdin where it is -.", true},
            {"from", 0, OptionSpec::Takes::kOne, "TIME", "Only minutes that begin at this time or later.", true},
            {"to", 0, OptionSpec::Takes::kOne, "TIME", "Only minutes that begin before this time.", true},
            {"last", 'n', OptionSpec::Takes::kOne, "N", "Only the newest N of these minutes. Default: all.", true},
            PropertySpec(),
            ConfigSpec(),
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
            GroupSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

}  // namespace headcount
