#include "coordinator/other_option_tables.h"

#include <string>

#include "common/run_options.h"
#include "common/units.h"
#include "coordinator/command_line.h"
#include "coordinator/run_option_table.h"

namespace headcount {
namespace {

OptionSpec StatusFileSpec() {
  return {"status-file", 0, OptionSpec::Takes::kOne, "FILE",
          "The file that the job replaces every second. Default: headcount.status.json in $RUNTIME_DIRECTORY or the "
          "working directory."};
}
OptionSpec HelpSpec() { return {"help", 'h', OptionSpec::Takes::kNothing, "", "This text."}; }
OptionSpec VersionSpec() {
  return {"version", 0, OptionSpec::Takes::kNothing, "", "The versions of headcount and of its libraries."};
}

}  // namespace

OptionTable StatusOptionTable() {
  return {{"Options",
           {{"watch", 0, OptionSpec::Takes::kNothing, "", "Shows it again every second, until Ctrl-C."},
            {"json", 0, OptionSpec::Takes::kNothing, "", "The status file as it is, for programs."},
            StatusFileSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

OptionTable ExplainOptionTable() { return {{"Options", {StatusFileSpec(), ConfigSpec(), HelpSpec(), VersionSpec()}}}; }

OptionTable TailOptionTable() {
  const RunOptions defaults;
  return {{"Options",
           {{"bootstrap-server", 'b', OptionSpec::Takes::kOne, "HOST:PORT,...",
             "Brokers to begin with. Default: " + defaults.bootstrap_server + "."},
            {"output-topic", 0, OptionSpec::Takes::kOne, "TOPIC",
             "Where the records of finished minutes are. Default: " + defaults.output_topic + "."},
            {"last", 'n', OptionSpec::Takes::kOne, "N",
             "How many of the minutes that are there already; 0: none. Default: " + std::to_string(TailOptions().last) +
                 "."},
            {"until-end", 0, OptionSpec::Takes::kNothing, "", "Shows what is there, then exits with 0.", true},
            {"json", 0, OptionSpec::Takes::kNothing, "", "The records as they are, one a line, for programs."},
            {"X", 0, OptionSpec::Takes::kOneEachTime, "KEY=VALUE", "A property of librdkafka. Repeatable."},
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
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

}  // namespace headcount
