// The whole binary on files, as a user types it: what the tests of the command line share. Runs in tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/generator.h"
#include "tests/support/json_reader.h"
#include "tests/support/oracle.h"

namespace headcount::test {

std::string HeadcountPath();
// Where crash points are compiled in (common/log/crash_point.h).
bool HasCrashPoints();

// One text a file, in the bytes that headcount-generate would write.
std::vector<std::string> GenerateTexts(const GeneratorOptions& options);
DamageShares AllDamage(double share);

struct OracleRule {
  CountingRule rule;
  size_t max_frame_bytes = limits::kMaxFrameBytes;
};
OracleCounts CountTexts(const std::vector<std::string>& texts, const OracleRule& rule = {});
std::string RecordsOf(const OracleCounts& counts, const OracleRule& rule = {});  // what `run` must print
std::string RecordsOf(const std::vector<std::string>& texts, const OracleRule& rule = {});
// What no later line of these texts can change: the minutes that a job publishes before the texts end.
std::string ClosedRecordsOf(const std::vector<std::string>& texts, const OracleRule& rule = {});

size_t LinesIn(const std::string& text);
std::string FirstLines(const std::string& text, size_t count);

// A number or text at a path of keys: At(status, {"totals", "records"}). Null where it is missing.
const JsonValue* At(const JsonValue& json, const std::vector<std::string>& path);
int64_t NumberAt(const JsonValue& json, const std::vector<std::string>& path);  // -1 where there is none
std::string TextAt(const JsonValue& json, const std::vector<std::string>& path);

// A process that neither runs nor waits to be reaped by somebody else than us.
bool IsAlive(int64_t pid);
// A word for a shell that means this text.
std::string Quoted(const std::string& text);

// The writing end of a named pipe: what a test feeds a job that reads it, piece by piece.
class Feed {
 public:
  // Makes the pipe. Opens it at the first Write(), which waits until somebody reads.
  explicit Feed(std::filesystem::path path);
  ~Feed() { Close(); }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  const std::filesystem::path& path() const { return path_; }
  bool Write(const std::string& bytes);  // false: the reader has gone
  void Close();

 private:
  const std::filesystem::path path_;
  int descriptor_ = -1;
};

class CliTest : public testing::Test {
 protected:
  std::vector<std::string> WriteFiles(const std::vector<std::string>& texts, const std::string& name = "in") const;
  std::string StatusPath() const { return dir_ / "headcount.status.json"; }
  // Nothing but null before there is a whole file.
  JsonValue Status() const;
  bool WaitForStatus(const std::function<bool(const JsonValue&)>& condition) const;
  int64_t PidOf(const JsonValue& status, size_t slot) const;

  // `headcount` with these words, in the test's own folder, so that the status file is StatusPath().
  Finished Headcount(const std::vector<std::string>& words, ChildOptions options = {}) const;
  // `headcount run --input FILES WORDS`.
  Finished Run(const std::vector<std::string>& files, const std::vector<std::string>& words = {},
               ChildOptions options = {}) const;
  // A line of bash, in the same folder. $headcount is the program. A background job must end with it.
  Finished Shell(const std::string& script, ChildOptions options = {}) const;
  // The same without waiting. `exec` in the script makes the child the program itself.
  std::unique_ptr<ChildProcess> Start(const std::string& script, ChildOptions options = {}) const;

  const TempDir dir_;
};

}  // namespace headcount::test
