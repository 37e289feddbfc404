// From the words of a command line to checked options: everything that can be wrong with them is said before
// anything is read, with the option, its value and what would be right (kUsage). What is around a command, as the
// environment and the files it names, is passed in. Runs in the coordinator, before the first fork.
//
// `args` are the words after the command's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/job/run_options.h"
#include "coordinator/commands/report/report_minutes.h"
#include "coordinator/job/run_request.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

// With --input, `until_end` is always set: files and pipes have an end. Properties (-X) are taken apart here;
// whether librdkafka knows them is for common/kafka to say.
Result<RunRequest> ParseRunRequest(const std::vector<std::string>& args, const Surroundings& host);
// Its options alone.
Result<RunOptions> ParseRun(const std::vector<std::string>& args, const Surroundings& host);

struct StatusOptions {
  bool json = false;
  bool watch = false;
  std::string status_file;
};
Result<StatusOptions> ParseStatus(const std::vector<std::string>& args, const Surroundings& host);

struct ExplainOptions {
  std::optional<EventTime> asked;  // any moment of the minute that is meant; nothing: the next one
  // Not about a minute: the invalid and future frames, or the late ones.
  enum class Rejected { kInvalid, kLate };
  std::optional<Rejected> rejected = std::nullopt;
  std::string status_file;
};
Result<ExplainOptions> ParseExplain(const std::vector<std::string>& args, const Surroundings& host);

struct TailOptions {
  RunOptions kafka;  // bootstrap_server, output_topic and properties of it
  size_t last = 10;  // of the minutes that are there already
  bool until_end = false;
  bool json = false;
};
Result<TailOptions> ParseTail(const std::vector<std::string>& args, const Surroundings& host);

struct ReportOptions {
  RunOptions kafka;   // as of tail
  std::string input;  // a file of records or -, instead of the topic; empty: the topic
  std::string out;    // the page; -: stdout
  ReportRange range;
};
Result<ReportOptions> ParseReport(const std::vector<std::string>& args, const Surroundings& host);

struct HealthOptions {
  bool ready = false;
  int64_t max_age_ms = 15'000;
  std::string status_file;
};
Result<HealthOptions> ParseHealth(const std::vector<std::string>& args, const Surroundings& host);

// What is asked for instead of running; it is answered even if other words are wrong.
enum class Asked { kNothing, kHelp, kVersion };
Asked WhatIsAsked(const std::vector<std::string>& args);

std::string GeneralHelp();
std::string RunHelp();
std::string StatusHelp();
std::string ExplainHelp();
std::string TailHelp();
std::string ReportHelp();
std::string HealthHelp();

}  // namespace headcount
