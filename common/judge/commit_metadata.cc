#include "common/judge/commit_metadata.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <vector>

#include "common/base/check.h"
#include "common/base/limits.h"

namespace headcount {
namespace {

constexpr int kBase = 36;
constexpr size_t kFieldsOfVersion1 = 12;
constexpr size_t kFields = 14;

// The most digits that `count` numbers can have together if their sum is an offset. A number with one more digit is at
// least 36 times as large, so the most digits fit where all numbers are equally long.
constexpr size_t DigitsOfParts(size_t count) {
  size_t digits = count;
  uint64_t left = INT64_MAX;
  uint64_t shortest = 0;
  for (uint64_t next = kBase; left >= next - shortest; next *= kBase) {
    const uint64_t longer = std::min<uint64_t>(count, left / (next - shortest));
    digits += longer;
    left -= longer * (next - shortest);
    shortest = next;
    if (next > UINT64_MAX / kBase) break;
  }
  return digits;
}

// The largest width of each part in base 36, separators included. An offset or a count takes 13 digits, a time in
// seconds 8 (36^8 is the year 91,000). A score takes 3 with its sign, --window 6, --allowed-lateness 5.
constexpr size_t kOffsetWidth = 13;
constexpr size_t kTimeWidth = 8;
constexpr int64_t kTimeEnd = 2'821'109'907'456;
static_assert(limits::kFirstMillisTs + 2 * limits::kMaxDurationS < kTimeEnd && limits::kMaxTs / 1000 < kTimeEnd,
              "an event time, and one a window and a lateness later, must fit into its width");
constexpr size_t kScoreWidth = 3;
constexpr size_t kDurationWidth = 5;
static_assert(limits::kMaxDurationS < 60'466'176, "a duration must fit into its width: 36^5");
static_assert(DigitsOfParts(1) == kOffsetWidth && DigitsOfParts(100) < 12 * 100,
              "an offset is a sum of one, and many parts of it are short");
constexpr size_t kHeaderWidth = 2 + 17 + (kOffsetWidth + 1) + (kTimeWidth + 1) + 7 + 9;
constexpr size_t kRulesWidth =
    2 * (kDurationWidth + 1) + kTimeWidth + 1 + limits::kMaxRuleChanges * (kTimeWidth + 1 + 2 * (kDurationWidth + 1));
constexpr size_t kUnattributedWidth = 3 + (1 + kInvalidReasons) * (kOffsetWidth + 1);
constexpr size_t kStateWidth = (kOffsetWidth + 1) + 2 + (kTimeWidth + 1) + kRulesWidth + kUnattributedWidth;
constexpr size_t kUnconfirmedWidth =
    DigitsOfParts(limits::kUnconfirmedFrames) + limits::kUnconfirmedFrames * (1 + kScoreWidth + 1);
constexpr size_t kMostIdle = limits::kMaxDecisions + limits::kMaxRuleChanges;
constexpr size_t kDecisionsWidth = DigitsOfParts(kMostIdle + limits::kMaxPoisonDecisions) +
                                   kMostIdle * (1 + 1 + kTimeWidth + 1 + kTimeWidth + 1) +
                                   limits::kMaxPoisonDecisions * (1 + 1);
constexpr size_t kChecksumWidth = 8;
static_assert(kHeaderWidth + kStateWidth + kUnconfirmedWidth + kDecisionsWidth + kChecksumWidth <=
                  limits::kMaxMetadataBytes,
              "a partition's whole state must fit into the metadata of its offset");
// A record changes a score by one, and an unconfirmed frame sees at most this many records.
constexpr int32_t kWidestScore = limits::kUnconfirmedRecords;
static_assert(kWidestScore < 36 * 36, "a score must fit into its width");

class TextWriter {
 public:
  explicit TextWriter(std::string* out) : out_(out) {}

  template <typename Number>
  TextWriter& Put(Number number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, kBase).ptr;
    out_->append(digits, static_cast<size_t>(end - digits));
    return *this;
  }
  TextWriter& Put(EventTime time) { return time.is_set() ? Put(time.seconds()) : Put('-'); }
  TextWriter& Put(char separator) {
    out_->push_back(separator);
    return *this;
  }

 private:
  std::string* out_;
};

std::string Hex(uint64_t number, int digits) {
  char text[20];
  snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
  return text;
}

std::string Checksum(std::string_view text) { return Hex(XXH32(text.data(), text.size(), 0), 8); }

void PutRules(TextWriter* out, const WatermarkRules& rules) {
  if (!rules.now.is_set()) {
    out->Put('-');
    return;
  }
  out->Put(rules.now.lateness_s).Put('.').Put(rules.now.max_jump_s);
  if (rules.late_before.is_set()) out->Put('.').Put(rules.late_before.time());
  for (const RuleChange& change : rules.to_come) {
    out->Put(',').Put(change.from.time()).Put('.').Put(change.rule.lateness_s).Put('.').Put(change.rule.max_jump_s);
  }
}

// Leaves out the reasons at the end that have no frame: another program may not know them.
void PutUnattributed(TextWriter* out, const VerdictCounts& unattributed) {
  if (unattributed.empty()) return;
  size_t n = kInvalidReasons;
  while (n > 0 && unattributed.invalid_by_reason[n - 1] == 0) --n;
  out->Put(n).Put(',').Put(unattributed.future);
  for (size_t i = 0; i < n; ++i) out->Put(',').Put(unattributed.invalid_by_reason[i]);
}

void PutUnconfirmed(TextWriter* out, const JudgeState& state) {
  for (size_t i = 0; i < state.unconfirmed.size(); ++i) {
    if (i > 0) out->Put(',');
    const Offset next = i + 1 < state.unconfirmed.size() ? state.unconfirmed[i + 1].offset : state.offset;
    out->Put(next.value() - state.unconfirmed[i].offset.value()).Put(':').Put(state.unconfirmed[i].score);
  }
}

void PutDecisions(TextWriter* out, const SafePoint& safe) {
  Offset before = safe.state.offset;
  for (const Decision& decision : safe.decisions) {
    if (&decision != &safe.decisions.front()) out->Put(',');
    out->Put(decision.kind == Decision::Kind::kIdle ? 'e' : 'p').Put(decision.offset.value() - before.value());
    if (decision.kind == Decision::Kind::kIdle)
      out->Put('.').Put(decision.passed_frontier.time()).Put('.').Put(decision.wall_clock);
    before = decision.offset;
  }
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The readers below return false for a text that is no value, and for a value out of range. ParseCommitMetadata()
// checks at the end that the text is as ToText() writes it.
template <typename Number>
bool Get(std::string_view text, Number* number, int base = kBase) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool GetTime(std::string_view text, EventTime* time) {
  if (text == "-") {
    *time = EventTime::Unset();
    return true;
  }
  int64_t seconds = 0;
  if (!Get(text, &seconds) || seconds < 0 || seconds >= kTimeEnd) return false;
  *time = EventTime(seconds);
  return true;
}

bool GetWindow(std::string_view text, WindowStart* window) {
  EventTime time;
  if (!GetTime(text, &time)) return false;
  *window = WindowStart(time.seconds());
  return true;
}

bool GetRule(std::string_view lateness, std::string_view jump, WatermarkRule* rule) {
  if (!Get(lateness, &rule->lateness_s) || !Get(jump, &rule->max_jump_s)) return false;
  return rule->max_jump_s >= 0 && rule->max_jump_s <= rule->lateness_s && rule->lateness_s <= limits::kMaxDurationS;
}

bool GetRules(std::string_view text, WatermarkRules* rules) {
  if (text == "-") return true;
  const std::vector<std::string_view> parts = Split(text, ',');
  if (parts.empty() || parts.size() > 1 + limits::kMaxRuleChanges) return false;
  const std::vector<std::string_view> now = Split(parts[0], '.');
  if (now.size() < 2 || now.size() > 3 || !GetRule(now[0], now[1], &rules->now)) return false;
  if (now.size() == 3 && (!GetWindow(now[2], &rules->late_before) || !rules->late_before.is_set())) return false;
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::vector<std::string_view> change = Split(parts[i], '.');
    WindowStart from;
    WatermarkRule rule;
    if (change.size() != 3 || !GetWindow(change[0], &from) || !GetRule(change[1], change[2], &rule)) return false;
    if (!from.is_set() || (!rules->to_come.empty() && from <= rules->to_come.back().from)) return false;
    rules->to_come.push_back({from, rule});
  }
  return true;
}

bool GetCounts(const std::vector<std::string_view>& parts, size_t first, VerdictCounts* unattributed) {
  if (!Get(parts[first], &unattributed->future)) return false;
  for (size_t i = 0; first + 1 + i < parts.size(); ++i) {
    if (!Get(parts[first + 1 + i], &unattributed->invalid_by_reason[i])) return false;
  }
  return true;
}

// The number of invalid reasons in a text of version 1: always the same nine.
constexpr size_t kReasonsOfVersion1 = 9;
static_assert(kReasonsOfVersion1 <= kInvalidReasons);

bool GetUnattributed(std::string_view text, bool is_version_1, VerdictCounts* unattributed) {
  const std::vector<std::string_view> parts = Split(text, ',');
  if (parts.empty()) return true;
  if (is_version_1) return parts.size() == 1 + kReasonsOfVersion1 && GetCounts(parts, 0, unattributed);
  size_t reasons = 0;
  if (!Get(parts[0], &reasons) || reasons > kInvalidReasons || parts.size() != 2 + reasons) return false;
  return GetCounts(parts, 1, unattributed);
}

// The number of reasons that the text names, if this program knows fewer. Otherwise nullopt.
std::optional<size_t> UnknownReasons(std::string_view unattributed) {
  size_t reasons = 0;
  if (!Get(unattributed.substr(0, unattributed.find(',')), &reasons) || reasons <= kInvalidReasons) return std::nullopt;
  return reasons;
}

// Turns the distances of version 1, which are from the offset, into distances to the next frame.
bool MakeNeighbours(std::vector<int64_t>* backs) {
  for (size_t i = 0; i + 1 < backs->size(); ++i) {
    if ((*backs)[i] <= (*backs)[i + 1]) return false;
    (*backs)[i] -= (*backs)[i + 1];
  }
  return true;
}

bool GetUnconfirmed(std::string_view text, bool is_version_1, JudgeState* state) {
  std::vector<int64_t> backs;
  for (const std::string_view part : Split(text, ',')) {
    const std::vector<std::string_view> pair = Split(part, ':');
    int64_t back = 0;
    UnconfirmedRef unconfirmed;
    if (pair.size() != 2 || !Get(pair[0], &back) || !Get(pair[1], &unconfirmed.score)) return false;
    if (back <= 0 || unconfirmed.score < -kWidestScore || unconfirmed.score > kWidestScore) return false;
    backs.push_back(back);
    state->unconfirmed.push_back(unconfirmed);
  }
  if (is_version_1 && !MakeNeighbours(&backs)) return false;
  int64_t at = state->offset.value();
  for (size_t i = backs.size(); i-- > 0;) {
    if (backs[i] > at) return false;
    at -= backs[i];
    state->unconfirmed[i].offset = Offset(at);
  }
  return state->unconfirmed.size() <= limits::kUnconfirmedFrames;
}

bool GetDecision(std::string_view text, Offset origin, Decision* decision) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'p')) return false;
  decision->kind = text[0] == 'e' ? Decision::Kind::kIdle : Decision::Kind::kPoison;
  const std::vector<std::string_view> parts = Split(text.substr(1), '.');
  int64_t forward = 0;
  if (parts.size() != (decision->kind == Decision::Kind::kIdle ? 3U : 1U)) return false;
  if (!Get(parts[0], &forward) || forward < 0 || forward > INT64_MAX - origin.value()) return false;
  decision->offset = Offset(origin.value() + forward);
  if (decision->kind == Decision::Kind::kPoison) return true;
  return GetWindow(parts[1], &decision->passed_frontier) && GetTime(parts[2], &decision->wall_clock);
}

bool GetDecisions(std::string_view text, bool is_version_1, SafePoint* safe) {
  size_t idle_reasons = 0;
  Offset origin = safe->state.offset;
  for (const std::string_view part : Split(text, ',')) {
    Decision decision;
    if (!GetDecision(part, origin, &decision)) return false;
    if (!safe->decisions.empty() && decision.offset < safe->decisions.back().offset) return false;
    safe->decisions.push_back(decision);
    if (decision.kind == Decision::Kind::kIdle) ++idle_reasons;
    if (!is_version_1) origin = decision.offset;
  }
  return idle_reasons <= kMostIdle && safe->decisions.size() - idle_reasons <= limits::kMaxPoisonDecisions;
}

bool GetSelection(std::string_view text, std::optional<SelectionHash>* selection) {
  if (text == "-") return true;
  uint32_t hash = 0;
  if (text.size() != 8 || !Get(text, &hash, 16)) return false;
  *selection = SelectionHash(hash);
  return true;
}

bool GetHeader(const std::vector<std::string_view>& fields, CommitHeader* header) {
  uint64_t run = 0;
  uint64_t sequence = 0;
  if (fields[1].size() != 16 || !Get(fields[1], &run, 16) || !Get(fields[2], &sequence)) return false;
  header->run = RunId(run);
  header->sequence = Sequence(sequence);
  if (!GetWindow(fields[3], &header->closed_frontier) || !Get(fields[4], &header->window_s)) return false;
  return header->window_s > 0 && header->window_s <= limits::kMaxDurationS &&
         GetSelection(fields[5], &header->selection);
}

bool GetJudgeState(const std::vector<std::string_view>& fields, bool is_version_1, JudgeState* state) {
  int64_t offset = 0;
  if (!Get(fields[6], &offset) || offset < 0 || (fields[7] != "0" && fields[7] != "1")) return false;
  state->offset = Offset(offset);
  state->idle_here = fields[7] == "1";
  return GetTime(fields[8], &state->watermark) && GetRules(fields[9], &state->rules) &&
         GetUnattributed(fields[10], is_version_1, &state->unattributed) &&
         GetUnconfirmed(fields[11], is_version_1, state);
}

Error Refused(std::string_view text, const std::string& why) {
  return {ExitCode::kHumanNeeded, "the metadata committed beside an offset is not usable: " + why + ": \"" +
                                      std::string(text.substr(0, 200)) + "\""};
}

}  // namespace

std::string ToText(const CommitHeader& header, const SafePoint& safe) {
  std::string text("2;");
  TextWriter out(&text);
  text.append(Hex(header.run.value(), 16)).append(";");
  out.Put(header.sequence.value()).Put(';').Put(header.closed_frontier.time()).Put(';').Put(header.window_s).Put(';');
  text.append(header.selection ? Name(*header.selection) : "-").append(";");
  const JudgeState& state = safe.state;
  out.Put(state.offset.value()).Put(';').Put(state.idle_here ? '1' : '0').Put(';').Put(state.watermark).Put(';');
  PutRules(&out, state.rules);
  out.Put(';');
  PutUnattributed(&out, state.unattributed);
  out.Put(';');
  PutUnconfirmed(&out, state);
  out.Put(';');
  PutDecisions(&out, safe);
  out.Put(';');
  text += Checksum(text);
  HC_CHECK(text.size() <= limits::kMaxMetadataBytes, "metadata of " + std::to_string(text.size()) + " bytes");
  return text;
}

Result<CommitMetadata> ParseCommitMetadata(std::string_view text) {
  // An empty text between two separators is a field: Split() drops only a wholly empty text.
  std::vector<std::string_view> fields = Split(text, ';');
  const bool is_version_1 = !fields.empty() && fields[0] == "1";
  if (!is_version_1 && (fields.empty() || fields[0] != "2")) return Refused(text, "not of version 1 or 2");
  if (fields.size() != (is_version_1 ? kFieldsOfVersion1 : kFields)) return Refused(text, "cut short");
  if (fields.back() != Checksum(text.substr(0, text.size() - fields.back().size()))) {
    return Refused(text, "its checksum does not fit");
  }
  if (is_version_1) {
    for (const std::ptrdiff_t missing : {5, 9}) fields.insert(fields.begin() + missing, "-");
  } else if (const std::optional<size_t> reasons = UnknownReasons(fields[10])) {
    return Refused(text, "it counts frames by " + std::to_string(*reasons) +
                             " reasons of being invalid, of which this headcount knows " +
                             std::to_string(kInvalidReasons) + ": a later one wrote it");
  }
  CommitMetadata committed;
  if (text.size() > limits::kMaxMetadataBytes || !GetHeader(fields, &committed.header) ||
      !GetJudgeState(fields, is_version_1, &committed.safe.state) ||
      !GetDecisions(fields[12], is_version_1, &committed.safe)) {
    return Refused(text, "a value is out of range");
  }
  // A text with a 007 or a list of zeroes is not from this program, even if its checksum fits. Our own text is never
  // the longer one.
  if (!is_version_1 && ToText(committed.header, committed.safe) != text) {
    return Refused(text, "not as this program writes it");
  }
  return committed;
}

}  // namespace headcount
