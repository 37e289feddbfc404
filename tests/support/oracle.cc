#include "tests/support/oracle.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "tests/support/json_reader.h"

namespace headcount::test {
namespace {

// The numbers of the rule are written out here: the oracle must not follow a slip in limits.h.
constexpr int64_t kTsEnd = 100'000'000'000'000;
constexpr int64_t kMillisBegin = 100'000'000'000;
constexpr size_t kLongestTsString = 20;
constexpr size_t kLongestUid = 256;
constexpr size_t kDeepest = 512;

bool IsInteger(std::string_view number) { return number.find_first_of(".eE") == std::string_view::npos; }

bool IsAllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

int64_t SecondsOf(int64_t ts) { return ts >= kMillisBegin ? ts / 1000 : ts; }

std::optional<int64_t> TsOfDigits(std::string_view digits) {
  int64_t ts = 0;
  for (const char c : digits) {
    ts = ts * 10 + (c - '0');
    if (ts >= kTsEnd) return std::nullopt;
  }
  return SecondsOf(ts);
}

std::optional<int64_t> TsOfNumber(const std::string& number) {
  if (!IsInteger(number)) {
    const double value = std::strtod(number.c_str(), nullptr);
    if (!(value >= 0 && value < static_cast<double>(kTsEnd))) return std::nullopt;
    return SecondsOf(static_cast<int64_t>(std::floor(value)));
  }
  if (number == "-0") return 0;
  if (number.front() == '-') return std::nullopt;
  return TsOfDigits(number);
}

std::optional<int64_t> TsOf(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::kNumber) return TsOfNumber(value.text);
  if (value.kind != JsonValue::Kind::kString) return std::nullopt;
  if (value.text.size() > kLongestTsString || !IsAllDigits(value.text)) return std::nullopt;
  return TsOfDigits(value.text);
}

std::optional<std::string> UidOf(const JsonValue& value) {
  const bool is_string = value.kind == JsonValue::Kind::kString;
  const bool is_integer = value.kind == JsonValue::Kind::kNumber && IsInteger(value.text);
  if (!is_string && !is_integer) return std::nullopt;
  if (value.text.empty() || value.text.size() > kLongestUid) return std::nullopt;
  return value.text;
}

}  // namespace

OracleDecoded OracleDecode(std::string_view bytes, size_t max_frame_bytes) {
  if (bytes.size() > max_frame_bytes) return InvalidReason::kTooLarge;
  const std::optional<JsonValue> root = ReadJson(bytes, kDeepest);
  if (!root) return InvalidReason::kNotJson;
  if (root->kind != JsonValue::Kind::kObject) return InvalidReason::kNotObject;
  const JsonValue* ts_value = root->Find("ts");
  if (ts_value == nullptr) return InvalidReason::kNoTs;
  const std::optional<int64_t> ts = TsOf(*ts_value);
  if (!ts) return InvalidReason::kBadTs;
  const JsonValue* uid_value = root->Find("uid");
  if (uid_value == nullptr) return InvalidReason::kNoUid;
  const std::optional<std::string> uid = UidOf(*uid_value);
  if (!uid) return InvalidReason::kBadUid;
  return OracleFrame{*ts, *uid};
}

void OraclePartition::Record(const std::optional<std::string>& value) {
  if (!value) return Invalid(InvalidReason::kNoValue);
  const OracleDecoded decoded = OracleDecode(*value, max_frame_bytes_);
  if (const auto* reason = std::get_if<InvalidReason>(&decoded)) return Invalid(*reason);
  const auto& frame = std::get<OracleFrame>(decoded);
  Frame(frame.ts, frame.uid);
}

void OraclePartition::Frame(int64_t ts, const std::string& uid) {
  ++records_;
  const bool plausible = IsWithinReach(ts);
  for (Held& h : held_) {
    if (ts >= h.ts - rule_.max_jump_s) {
      ++h.score;
    } else if (plausible) {
      --h.score;
    }
  }
  if (plausible) {
    Accept(ts, uid);
  } else {
    Hold(ts, uid);
  }
  AcceptWhatIsConfirmed();
  LetGoWhatIsOld();
  TakeNewRule();
}

void OraclePartition::Invalid(InvalidReason reason) {
  ++records_;
  ++CountsAtWatermark().invalid_by_reason[static_cast<size_t>(reason)];
  LetGoWhatIsOld();
  TakeNewRule();
}

void OraclePartition::End(int64_t now_s) {
  std::vector<Held> settled = std::move(held_);
  held_.clear();
  std::stable_sort(settled.begin(), settled.end(), [](const Held& a, const Held& b) { return a.ts < b.ts; });
  for (const Held& h : settled) {
    if (h.score >= 0 && h.ts <= now_s + rule_.lateness_s) {
      Accept(h.ts, h.uid);
    } else {
      ++CountsAtWatermark().future;
    }
  }
  TakeNewRule();
}

// By every lateness that the raised clock brings into force.
void OraclePartition::RaiseClock(int64_t boundary_s) {
  for (int64_t by = -1; by != rule_.lateness_s;) {
    by = rule_.lateness_s;
    watermark_ = std::max(watermark_.value_or(boundary_s + by), boundary_s + by);
    TakeNewRule();
  }
}

void OraclePartition::StartAgain(const std::optional<int64_t>& published_frontier_s, int64_t lateness_s,
                                 int64_t max_jump_s) {
  starts_.push_back({published_frontier_s, lateness_s, max_jump_s});
  TakeNewRule();
}

bool OraclePartition::IsPast(int64_t boundary_s) const {
  if (published_frontier_s_ && boundary_s <= *published_frontier_s_) return true;
  return watermark_ && *watermark_ >= boundary_s + rule_.lateness_s;
}

void OraclePartition::TakeNewRule() {
  while (!starts_.empty() && (!starts_.front().published_frontier_s || IsPast(*starts_.front().published_frontier_s))) {
    const Start start = starts_.front();
    starts_.erase(starts_.begin());
    rule_.lateness_s = start.lateness_s;
    rule_.max_jump_s = start.max_jump_s;
    if (start.published_frontier_s) published_frontier_s_ = start.published_frontier_s;
  }
}

void OraclePartition::Accept(int64_t ts, const std::string& uid) {
  const int64_t window_end = ts - ts % rule_.window_s + rule_.window_s;
  const bool published = published_frontier_s_ && window_end <= *published_frontier_s_;
  if (published || (watermark_ && *watermark_ >= window_end + rule_.lateness_s)) {
    ++CountsAtWatermark().late;
    return;
  }
  OracleWindow& window = WindowOf(ts);
  window.users.insert(uid);
  ++window.counts.counted;
  watermark_ = watermark_ ? std::max(*watermark_, ts) : ts;
}

void OraclePartition::Hold(int64_t ts, const std::string& uid) {
  if (held_.size() == bounds_.unconfirmed_frames) OldestIsFuture();
  held_.push_back({ts, uid, 0, records_});
}

// One acceptance may raise the watermark and bring others into reach: so from the first one again.
void OraclePartition::AcceptWhatIsConfirmed() {
  for (;;) {
    const auto h = std::find_if(held_.begin(), held_.end(), [this](const Held& held) {
      return IsWithinReach(held.ts) || held.score >= bounds_.confirmations;
    });
    if (h == held_.end()) return;
    const Held accepted = *h;
    held_.erase(h);
    Accept(accepted.ts, accepted.uid);
  }
}

void OraclePartition::LetGoWhatIsOld() {
  while (!held_.empty() && records_ - held_.front().record >= bounds_.unconfirmed_records) OldestIsFuture();
}

void OraclePartition::OldestIsFuture() {
  held_.erase(held_.begin());
  ++CountsAtWatermark().future;
}

VerdictCounts& OraclePartition::CountsAtWatermark() { return watermark_ ? WindowOf(*watermark_).counts : waiting_; }

// The first window that opens takes what has waited for it.
OracleWindow& OraclePartition::WindowOf(int64_t ts) {
  OracleWindow& window = windows_[ts - ts % rule_.window_s];
  window.counts += std::exchange(waiting_, {});
  return window;
}

OracleCounts OracleUnion(const std::vector<const OraclePartition*>& partitions) {
  OracleCounts out;
  std::map<int64_t, OracleWindow> all;
  for (const OraclePartition* p : partitions) {
    out.records += p->records();
    out.waiting += p->waiting();
    for (const auto& [start, window] : p->windows()) {
      all[start].users.insert(window.users.begin(), window.users.end());
      all[start].counts += window.counts;
    }
  }
  for (const auto& [start, window] : all) {
    const VerdictCounts& c = window.counts;
    out.minutes.push_back({start, window.users.size(), c.counted, c.late, c.invalid(), c.future});
    out.totals += c;
  }
  return out;
}

OracleCounts OracleCount(const std::vector<OracleLog>& logs, const CountingRule& rule, int64_t now_s,
                         size_t max_frame_bytes) {
  std::vector<OraclePartition> partitions;
  std::vector<const OraclePartition*> pointers;
  partitions.reserve(logs.size());
  for (const OracleLog& log : logs) {
    OraclePartition& p = partitions.emplace_back(rule, OracleBounds{}, max_frame_bytes);
    for (const auto& record : log) p.Record(record);
    p.End(now_s);
    pointers.push_back(&p);
  }
  return OracleUnion(pointers);
}

OracleLog OracleLines(std::string_view file) {
  OracleLog lines;
  if (file.substr(0, 3) == "\xEF\xBB\xBF") file.remove_prefix(3);
  while (!file.empty()) {
    const size_t end = std::min(file.find('\n'), file.size());
    const std::string_view line = file.substr(0, end);
    if (!line.empty() && line != "\r") lines.emplace_back(line);
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return lines;
}

std::string OracleJson(const OracleMinute& minute, int64_t window_s) {
  const time_t start = minute.window_start;
  tm utc{};
  gmtime_r(&start, &utc);
  std::array<char, 64> name{};
  const size_t length = strftime(name.data(), name.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  const auto number = [](auto n) { return std::to_string(n); };
  return "{\"window_start\":" + number(minute.window_start) +
         ",\"window_end\":" + number(minute.window_start + window_s) +  //
         ",\"minute\":\"" + std::string(name.data(), length) +          //
         "\",\"unique_users\":" + number(minute.unique_users) +         //
         ",\"events\":" + number(minute.events) +                       //
         ",\"late\":" + number(minute.late) +                           //
         ",\"invalid\":" + number(minute.invalid) +                     //
         ",\"future\":" + number(minute.future) +                       //
         ",\"method\":\"exact\",\"error\":0.0,\"revision\":0}";
}

}  // namespace headcount::test
