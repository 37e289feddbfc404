#include "common/judge/point_text.h"

#include <xxhash.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <vector>

#include "common/check.h"
#include "common/limits.h"

namespace headcount {
namespace {

constexpr int kBase = 36;
constexpr std::string_view kVersion = "1";
constexpr size_t kFields = 12;

// The widest each thing can be, separators included, in base 36: an offset or a count takes 13 digits,
// an event time below 1e14 (plus durations) 10, a score 3 with its sign, --window 6.
constexpr size_t kOffsetWidth = 13;
constexpr size_t kTimeWidth = 10;
constexpr size_t kScoreWidth = 3;
constexpr size_t kHeaderWidth = 2 + 17 + (kOffsetWidth + 1) + (kTimeWidth + 1) + 7;
constexpr size_t kStateWidth = (kOffsetWidth + 1) + 2 + (kTimeWidth + 1) + (1 + kInvalidReasons) * (kOffsetWidth + 1);
constexpr size_t kHeldWidth = limits::kHeldFrames * (kOffsetWidth + 1 + kScoreWidth + 1);
constexpr size_t kMovesWidth = limits::kMaxMoves * (1 + kOffsetWidth + 1 + kTimeWidth + 1 + kTimeWidth + 1);
constexpr size_t kPoisonWidth = limits::kMaxPoisonMoves * (1 + kOffsetWidth + 1);
constexpr size_t kChecksumWidth = 8;
static_assert(kHeaderWidth + kStateWidth + kHeldWidth + kMovesWidth + kPoisonWidth + kChecksumWidth <=
                  limits::kMaxMetadataBytes,
              "a partition's whole state must fit into the metadata of its offset");
// A record changes a score by one, and a held frame sees so many of them.
constexpr int32_t kWidestScore = limits::kHeldRecords;
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

void PutWaiting(TextWriter* out, const VerdictCounts& waiting) {
  if (waiting.empty()) return;
  out->Put(waiting.future);
  for (const uint64_t count : waiting.invalid_by_reason) out->Put(',').Put(count);
}

void PutHeld(TextWriter* out, const Point& point) {
  for (size_t i = 0; i < point.held.size(); ++i) {
    if (i > 0) out->Put(',');
    out->Put(point.offset.value() - point.held[i].offset.value()).Put(':').Put(point.held[i].score);
  }
}

void PutMoves(TextWriter* out, const SafePoint& safe) {
  for (size_t i = 0; i < safe.moves.size(); ++i) {
    const Move& move = safe.moves[i];
    if (i > 0) out->Put(',');
    out->Put(move.kind == Move::Kind::kExcuse ? 'e' : 'p').Put(move.offset.value() - safe.point.offset.value());
    if (move.kind == Move::Kind::kExcuse) out->Put('.').Put(move.passed_upto.time()).Put('.').Put(move.clock);
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

// The readers below answer false for what is no value, or one out of range. That it was written as ToText() writes it,
// ParsePointText() asks at the end.
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
  if (!Get(text, &seconds) || seconds < 0 || seconds > 2 * limits::kMaxTs) return false;
  *time = EventTime(seconds);
  return true;
}

bool GetWindow(std::string_view text, WindowStart* window) {
  EventTime time;
  if (!GetTime(text, &time)) return false;
  *window = WindowStart(time.seconds());
  return true;
}

bool GetWaiting(std::string_view text, VerdictCounts* waiting) {
  const std::vector<std::string_view> parts = Split(text, ',');
  if (parts.empty()) return true;
  if (parts.size() != 1 + kInvalidReasons || !Get(parts[0], &waiting->future)) return false;
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    if (!Get(parts[i + 1], &waiting->invalid_by_reason[i])) return false;
  }
  return true;
}

bool GetHeld(std::string_view text, Point* point) {
  for (const std::string_view part : Split(text, ',')) {
    const std::vector<std::string_view> pair = Split(part, ':');
    int64_t back = 0;
    HeldRef held;
    if (pair.size() != 2 || !Get(pair[0], &back) || !Get(pair[1], &held.score)) return false;
    if (back <= 0 || back > point->offset.value()) return false;
    if (held.score < -kWidestScore || held.score > kWidestScore) return false;
    held.offset = Offset(point->offset.value() - back);
    if (!point->held.empty() && held.offset <= point->held.back().offset) return false;
    point->held.push_back(held);
  }
  return point->held.size() <= limits::kHeldFrames;
}

bool GetMove(std::string_view text, Offset origin, Move* move) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'p')) return false;
  move->kind = text[0] == 'e' ? Move::Kind::kExcuse : Move::Kind::kPoison;
  const std::vector<std::string_view> parts = Split(text.substr(1), '.');
  int64_t forward = 0;
  if (parts.size() != (move->kind == Move::Kind::kExcuse ? 3U : 1U)) return false;
  if (!Get(parts[0], &forward) || forward < 0 || forward > INT64_MAX - origin.value()) return false;
  move->offset = Offset(origin.value() + forward);
  if (move->kind == Move::Kind::kPoison) return true;
  return GetWindow(parts[1], &move->passed_upto) && GetTime(parts[2], &move->clock);
}

bool GetMoves(std::string_view text, SafePoint* safe) {
  size_t excuses = 0;
  for (const std::string_view part : Split(text, ',')) {
    Move move;
    if (!GetMove(part, safe->point.offset, &move)) return false;
    if (!safe->moves.empty() && move.offset < safe->moves.back().offset) return false;
    safe->moves.push_back(move);
    if (move.kind == Move::Kind::kExcuse) ++excuses;
  }
  return excuses <= limits::kMaxMoves && safe->moves.size() - excuses <= limits::kMaxPoisonMoves;
}

bool GetHeader(const std::vector<std::string_view>& fields, CommitHeader* header) {
  uint64_t run = 0;
  uint64_t sequence = 0;
  if (fields[1].size() != 16 || !Get(fields[1], &run, 16) || !Get(fields[2], &sequence)) return false;
  header->run = RunId(run);
  header->sequence = Sequence(sequence);
  return GetWindow(fields[3], &header->closed_upto) && Get(fields[4], &header->window_s) && header->window_s > 0 &&
         header->window_s <= limits::kMaxDurationS;
}

bool GetPoint(const std::vector<std::string_view>& fields, Point* point) {
  int64_t offset = 0;
  if (!Get(fields[5], &offset) || offset < 0 || (fields[6] != "0" && fields[6] != "1")) return false;
  point->offset = Offset(offset);
  point->excused_here = fields[6] == "1";
  return GetTime(fields[7], &point->watermark) && GetWaiting(fields[8], &point->waiting) && GetHeld(fields[9], point);
}

Error Refused(std::string_view text, const std::string& why) {
  return {ExitCode::kHumanNeeded, "the metadata committed beside an offset is not usable: " + why + ": \"" +
                                      std::string(text.substr(0, 200)) + "\""};
}

}  // namespace

std::string ToText(const CommitHeader& header, const SafePoint& safe) {
  std::string text(kVersion);
  TextWriter out(&text);
  text.append(";").append(Hex(header.run.value(), 16)).append(";");
  out.Put(header.sequence.value()).Put(';').Put(header.closed_upto.time()).Put(';').Put(header.window_s).Put(';');
  const Point& point = safe.point;
  out.Put(point.offset.value()).Put(';').Put(point.excused_here ? '1' : '0').Put(';').Put(point.watermark).Put(';');
  PutWaiting(&out, point.waiting);
  out.Put(';');
  PutHeld(&out, point);
  out.Put(';');
  PutMoves(&out, safe);
  out.Put(';');
  text += Checksum(text);
  HC_CHECK(text.size() <= limits::kMaxMetadataBytes, "metadata of " + std::to_string(text.size()) + " bytes");
  return text;
}

Result<CommittedPoint> ParsePointText(std::string_view text) {
  // An empty field between two separators is a field: Split() drops only an empty whole.
  const std::vector<std::string_view> fields = Split(text, ';');
  if (fields.empty() || fields[0] != kVersion) return Refused(text, "not of version " + std::string(kVersion));
  if (fields.size() != kFields) return Refused(text, "cut short");
  if (fields.back() != Checksum(text.substr(0, text.size() - fields.back().size()))) {
    return Refused(text, "its checksum does not fit");
  }
  CommittedPoint committed;
  if (text.size() > limits::kMaxMetadataBytes || !GetHeader(fields, &committed.header) ||
      !GetPoint(fields, &committed.safe.point) || !GetMoves(fields[10], &committed.safe)) {
    return Refused(text, "a value is out of range");
  }
  // 007, or a list of zeroes: such a text is not ours, whatever its checksum says. Ours is never the longer one.
  if (ToText(committed.header, committed.safe) != text) return Refused(text, "not as this program writes it");
  return committed;
}

}  // namespace headcount
