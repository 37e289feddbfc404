#include "tests/integration/cli_testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <utility>

namespace headcount::test {
namespace {

[[noreturn]] void Fail(const std::string& attempt) { throw std::system_error(errno, std::generic_category(), attempt); }

}  // namespace

std::string HeadcountPath() { return std::string(HEADCOUNT_BINARY_DIR) + "/headcount"; }

bool HasCrashPoints() {
#ifdef HEADCOUNT_CRASH_POINTS
  return true;
#else
  return false;
#endif
}

// --- Frames and their oracle ---------------------------------------------------------------------------------

std::vector<std::string> GenerateTexts(const GeneratorOptions& options) {
  std::vector<std::string> texts(static_cast<size_t>(options.partitions));
  FrameGenerator generator(options);
  for (uint64_t i = 0; i < options.frames; ++i) {
    const GeneratedRecord record = generator.Next();
    std::string& text = texts[static_cast<size_t>(record.partition)];
    if (record.empty_line) text += '\n';
    text.append(record.value).append(1, '\n');
  }
  return texts;
}

DamageShares AllDamage(double share) { return *ParseDamage("all:" + std::to_string(share)); }

OracleCounts CountTexts(const std::vector<std::string>& texts, const OracleRule& rule) {
  std::vector<OracleLog> logs;
  logs.reserve(texts.size());
  for (const std::string& text : texts) logs.push_back(OracleLines(text));
  return OracleCount(logs, rule.rule, time(nullptr), rule.max_frame_bytes);
}

std::string RecordsOf(const OracleCounts& counts, const OracleRule& rule) {
  std::string records;
  for (const OracleMinute& minute : counts.minutes) {
    records.append(OracleJson(minute, rule.rule.window_s)).append(1, '\n');
  }
  return records;
}

std::string RecordsOf(const std::vector<std::string>& texts, const OracleRule& rule) {
  return RecordsOf(CountTexts(texts, rule), rule);
}

std::string ClosedRecordsOf(const std::vector<std::string>& texts, const OracleRule& rule) {
  std::vector<OraclePartition> partitions;
  std::vector<const OraclePartition*> pointers;
  partitions.reserve(texts.size());
  int64_t slowest = INT64_MAX;
  for (const std::string& text : texts) {
    OraclePartition& p = partitions.emplace_back(rule.rule, OracleBounds{}, rule.max_frame_bytes);
    for (const auto& record : OracleLines(text)) p.Record(record);
    slowest = std::min(slowest, p.watermark().value_or(INT64_MIN));
    pointers.push_back(&p);
  }
  OracleCounts counts = OracleUnion(pointers);
  const auto is_open = [&](const OracleMinute& minute) {
    return minute.window_start + rule.rule.window_s + rule.rule.lateness_s > slowest;
  };
  counts.minutes.erase(std::remove_if(counts.minutes.begin(), counts.minutes.end(), is_open), counts.minutes.end());
  return RecordsOf(counts, rule);
}

// --- Texts and JSON ------------------------------------------------------------------------------------------

size_t LinesIn(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

std::string FirstLines(const std::string& text, size_t count) {
  size_t end = 0;
  for (; count > 0 && end < text.size(); --count) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

const JsonValue* At(const JsonValue& json, const std::vector<std::string>& path) {
  const JsonValue* at = &json;
  for (const std::string& key : path) {
    if (at == nullptr || at->kind != JsonValue::Kind::kObject) return nullptr;
    at = at->Find(key);
  }
  return at;
}

int64_t NumberAt(const JsonValue& json, const std::vector<std::string>& path) {
  const JsonValue* at = At(json, path);
  return at != nullptr && at->kind == JsonValue::Kind::kNumber ? std::stoll(at->text) : -1;
}

std::string TextAt(const JsonValue& json, const std::vector<std::string>& path) {
  const JsonValue* at = At(json, path);
  return at != nullptr && at->kind == JsonValue::Kind::kString ? at->text : "";
}

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// --- Processes -----------------------------------------------------------------------------------------------

// The state is the first word behind the name, which stands in brackets and may hold anything.
bool IsAlive(int64_t pid) {
  const std::string line = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line[name_end + 2] != 'Z' && line[name_end + 2] != 'X';
}

Feed::Feed(std::filesystem::path path) : path_(std::move(path)) {
  if (mkfifo(path_.c_str(), 0600) != 0) Fail("making " + path_.string());
  // Blocked, not ignored: what a child inherits is unblocked by ChildProcess.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

bool Feed::Write(const std::string& bytes) {
  if (descriptor_ < 0) descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor_ < 0) Fail("opening " + path_.string());
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t written = write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EPIPE) return false;
    if (written < 0 && errno != EINTR) Fail("writing " + path_.string());
    left.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
  return true;
}

void Feed::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

// --- CliTest -------------------------------------------------------------------------------------------------

std::vector<std::string> CliTest::WriteFiles(const std::vector<std::string>& texts, const std::string& name) const {
  std::vector<std::string> paths;
  for (const std::string& text : texts) {
    paths.push_back(dir_ / (name + "-" + std::to_string(paths.size()) + ".jsonl"));
    WriteFile(paths.back(), text);
  }
  return paths;
}

JsonValue CliTest::Status() const { return ReadJson(ReadFile(StatusPath())).value_or(JsonValue{}); }

bool CliTest::WaitForStatus(const std::function<bool(const JsonValue&)>& condition) const {
  return Eventually([&] { return condition(Status()); });
}

int64_t CliTest::PidOf(const JsonValue& status, size_t slot) const {
  const JsonValue* workers = At(status, {"workers"});
  if (workers == nullptr || workers->items.size() <= slot) return 0;
  return std::max<int64_t>(0, NumberAt(workers->items[slot], {"pid"}));
}

Finished CliTest::Headcount(const std::vector<std::string>& words, ChildOptions options) const {
  options.directory = dir_.path();
  return RunToEnd(HeadcountPath(), words, options);
}

Finished CliTest::Run(const std::vector<std::string>& files, const std::vector<std::string>& words,
                      ChildOptions options) const {
  std::vector<std::string> all = {"run", "--input"};
  all.insert(all.end(), files.begin(), files.end());
  all.insert(all.end(), words.begin(), words.end());
  return Headcount(all, std::move(options));
}

Finished CliTest::Shell(const std::string& script, ChildOptions options) const {
  const std::unique_ptr<ChildProcess> child = Start(script, std::move(options));
  if (!child->Wait(std::chrono::seconds(100))) child->Kill();
  const std::optional<ExitStatus> status = child->Wait();
  return {status.value_or(ExitStatus{}), child->Out(), child->Err()};
}

std::unique_ptr<ChildProcess> CliTest::Start(const std::string& script, ChildOptions options) const {
  options.directory = dir_.path();
  options.environment.emplace_back("headcount", HeadcountPath());
  return std::make_unique<ChildProcess>("bash", std::vector<std::string>{"-c", script}, options);
}

}  // namespace headcount::test
