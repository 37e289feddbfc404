// This file reads the command word, hands over to that command, and ends with the command's exit code.
//     headcount COMMAND [OPTION]...
// For `run` this process becomes the coordinator.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "coordinator/commands/explain_command.h"
#include "coordinator/commands/health_command.h"
#include "coordinator/commands/report/report_command.h"
#include "coordinator/commands/status_command.h"
#include "coordinator/commands/tail_command.h"
#include "coordinator/job/run_command.h"
#include "coordinator/job/stack_limit.h"
#include "coordinator/options/command_line.h"
#include "coordinator/options/option_table.h"
#include "coordinator/text/broken_pipe.h"
#include "coordinator/text/stdout_text.h"
#include "coordinator/text/version.h"

namespace headcount {
namespace {

int Print(const std::string& text) {
  return PrintText(text) ? 0 : Refuse({ExitCode::kTryAgain, "writing to stdout failed"});
}

template <typename Parse, typename Run>
int Dispatch(const std::vector<std::string>& args, const std::string& help, Parse parse, Run run) {
  switch (ParseHelpOrVersion(args)) {
    case HelpOrVersion::kHelp: return Print(help);
    case HelpOrVersion::kVersion: return Print(VersionText());
    case HelpOrVersion::kNothing: break;
  }
  const auto options = parse(args, ThisHost());
  return options.ok() ? run(*options) : Refuse(options.error());
}

// Without this, the next file that the program opens would get the number of a closed standard descriptor. Minutes or
// log lines would then go into a pipe between our processes. The replacement is open in the wrong direction, so that
// every use of it fails.
void FillStandardDescriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) == -1) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int UnknownCommand(const std::string& word) {
  const std::string nearest = Nearest(word, {"run", "status", "explain", "tail", "report", "health"});
  return Refuse({ExitCode::kUsage, "unknown command \"" + word + "\"" +
                                       (nearest.empty() ? "" : "; did you mean " + nearest + "?") +
                                       " (headcount --help shows all)"});
}

int Main(const std::vector<std::string>& words) {
  FillStandardDescriptors();
  RememberSigpipe();
  // A file that may not grow (ulimit -f) must be a failed write with an error, and not a sudden death.
  signal(SIGXFSZ, SIG_IGN);
  if (const Result<void> stack = EnsureStack(); !stack) return Refuse(stack.error());
  if (words.empty())
    return Refuse({ExitCode::kUsage, "a command is needed: run, status, explain, tail, report or health (see --help)"});
  const std::vector<std::string> args(words.begin() + 1, words.end());
  if (words[0] == "run") return Dispatch(args, RunHelp(), ParseRunRequest, RunRun);
  if (words[0] == "status") return Dispatch(args, StatusHelp(), ParseStatus, RunStatus);
  if (words[0] == "explain") return Dispatch(args, ExplainHelp(), ParseExplain, RunExplain);
  if (words[0] == "tail") return Dispatch(args, TailHelp(), ParseTail, RunTail);
  if (words[0] == "report") return Dispatch(args, ReportHelp(), ParseReport, RunReport);
  if (words[0] == "health") return Dispatch(args, HealthHelp(), ParseHealth, RunHealth);
  if (words[0] == "-h" || words[0] == "--help" || words[0] == "help") return Print(GeneralHelp());
  if (words[0] == "--version") return Print(VersionText());
  return UnknownCommand(words[0]);
}

}  // namespace
}  // namespace headcount

int main(int argc, char** argv) { return headcount::Main(std::vector<std::string>(argv + 1, argv + argc)); }
