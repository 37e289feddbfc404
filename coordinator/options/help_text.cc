// Makes the texts of -h and --help from the tables of options. Pure; runs in the coordinator.
#include <string>

#include "coordinator/options/command_line.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/run_option_table.h"

namespace headcount {

std::string GeneralHelp() {
  return R"(headcount counts the distinct users of every minute of a Kafka topic, exactly, and writes one final
record per minute to another topic, exactly once.

Usage: headcount COMMAND [OPTION]...

Commands:
  run      the job: read frames from Kafka or files, publish the minutes
  status   show how far a running job is and what it waits for
  explain  say in words why a minute is not out yet, or when it came out
  tail     show the minutes of the output topic, and each new one as it comes
  report   write a page with charts of the minutes
  health   exit 0 if the job is well, 1 if not, with one line why

Options:
  -h, --help   this text; headcount COMMAND --help explains a command with examples
  --version    the versions of headcount, librdkafka, RapidJSON and Boost

Exit codes:
   0  done
  64  an option or its value is wrong
  65  all was read, and nothing of it could be counted
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
A flag wins over the environment (HEADCOUNT_WINDOW=60s, HEADCOUNT_X_LINGER_MS=5), that over the
file of --config.
X.sasl.password_file = FILE, and so for every secret: the file holds the value.
SIGTERM or SIGINT publishes what is finished and exits with 0 within 10 s; a second one, at once.
SIGHUP reads the configuration again for --log-level, and opens --log-file anew; SIGUSR1 logs the
whole state.

Examples:
  headcount run -b broker1:9092,broker2:9092               count for ever, as a service
  headcount run -b broker1:9092 --until-end                count what is there, then stop
  headcount run --until-end --leave-open                   the same from cron, time after time
  headcount run --from 2016-07-11T00:00:00Z --group july --output-topic july_metrics
                                                           count again, from a day on
  headcount run -X security.protocol=ssl -X consumer.fetch.max.bytes=4194304
  zcat frames.gz | headcount run --input -                 no Kafka: one record a line on stdout
)";
}

}  // namespace headcount
