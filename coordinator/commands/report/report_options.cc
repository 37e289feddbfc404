#include "coordinator/commands/report/report_options.h"

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_reader.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shared_options.h"

namespace headcount {

OptionTable ReportOptionTable() {
  // In a config file, --from is where a job begins to read, so it is flag_only here; --input is flag_only in `run` too.
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

std::string ReportHelp() {
  return R"(Writes one HTML page about the minutes of the output topic as they are now: users and events
per minute, what was not counted, gaps, and a table. The page is a file of its own, without scripts.

Usage: headcount report --out FILE [OPTION]...
)" + HelpOf(ReportOptionTable()) +
         R"(
Times: 2016-07-11T13:40:00Z or unix seconds.

Examples:
  headcount report -b broker1:9092 --out minutes.html
  headcount report --last 1440 --out minutes.html
  headcount report --from 2016-07-11T00:00:00Z --to 2016-07-12T00:00:00Z --out july-11.html
  zcat frames.gz | headcount run --input - | headcount report --input - --out minutes.html
)";
}

Result<ReportOptions> ParseReport(const std::vector<std::string>& args, const HostEnvironment& host) {
  const Result<ParsedOptions> all = ReadLayers("report", ReportOptionTable(), RunOptionTable(), args, host);
  if (!all) return all.error();
  const bool reads_file = all->Has("input");
  const ParsedOptions given = reads_file ? WithoutKafka(*all) : *all;
  ReportOptions options;
  OptionReader reader(given);
  for (const std::string_view name : {"bootstrap-server", "output-topic", "X"}) {
    if (reads_file && given.Has(name)) reader.Fail(MeaninglessWithInput(name));
  }
  reader.Get("bootstrap-server", &options.kafka.bootstrap_server, ParseBrokers);
  reader.Get("output-topic", &options.kafka.output_topic, ParseTopic);
  ReadProperties(&reader, host, &options.kafka.properties);
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
  if (reader.error()) return *reader.error();
  return options;
}

}  // namespace headcount
