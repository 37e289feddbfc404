#include "tests/bench/frame_maker.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace headcount::bench {
namespace {

constexpr size_t kPoolBytes = size_t{96} << 20;  // more than any cache holds
constexpr size_t kMinPool = 1'000;
constexpr size_t kMaxPool = 100'000;
constexpr int kMaxDepth = 2;  // of objects and lists below the root
constexpr int64_t kSecondsAMinute = 60;

constexpr const char* kSpices[] = {"\\n",     "\\\"",           "\\\\",     "\\/",  "\\u00e9",
                                   "\\u7528", "\\ud83d\\ude00", "\xC3\xA9", "用户", "😀"};

void PutDigits(uint64_t value, size_t digits, char* out) {
  for (size_t i = digits; i > 0; --i, value /= 10) out[i - 1] = static_cast<char>('0' + value % 10);
}

void PutHex(uint64_t value, char* out) {
  for (size_t i = kUidBytes; i > 0; --i, value >>= 4) out[i - 1] = "0123456789abcdef"[value & 15];
}

}  // namespace

// Mix is a permutation: different users have different texts.
void FrameBody::Put(int64_t ts, uint64_t user) {
  PutDigits(static_cast<uint64_t>(ts), kTsDigits, &bytes[ts_at]);
  PutHex(test::Random::Mix(user + 1), &bytes[uid_at]);
}

// --- One frame -----------------------------------------------------------------------------------------------

FrameBody FrameMaker::Make() {
  static const std::string kTsField = "\"ts\":" + std::string(kTsDigits, '1');
  static const std::string kUidField = "\"uid\":\"" + std::string(kUidBytes, 'u') + "\"";
  std::vector<std::string> fields = {kTsField, kUidField};
  size_t bytes = kTsField.size() + kUidField.size() + 3;
  while (bytes < frame_bytes_) {
    std::string field = Field(kMaxDepth);
    // The last field is left out where the frame is nearer to its size without it; a field of any size ends the loop.
    if (bytes + field.size() + 1 > frame_bytes_ + (frame_bytes_ - bytes)) break;
    bytes += field.size() + 1;
    fields.push_back(std::move(field));
  }
  for (size_t i = fields.size() - 1; i > 0; --i) std::swap(fields[i], fields[random_.Below(i + 1)]);

  FrameBody body;
  body.bytes = "{";
  for (const std::string& field : fields) {
    if (body.bytes.size() > 1) body.bytes += random_.Below(4) == 0 ? ", " : ",";
    if (field == kTsField) body.ts_at = body.bytes.size() + field.size() - kTsDigits;
    if (field == kUidField) body.uid_at = body.bytes.size() + field.size() - kUidBytes - 1;
    body.bytes += field;
  }
  body.bytes += "}";
  return body;
}

std::string FrameMaker::Joined(const std::vector<std::string>& fields) {
  std::string object = "{";
  for (const std::string& field : fields) {
    if (object.size() > 1) object += random_.Below(4) == 0 ? ", " : ",";
    object += field;
  }
  return object + "}";
}

void FrameMaker::AppendWord(std::string* out) {
  for (uint64_t i = 3 + random_.Below(8); i > 0; --i) *out += static_cast<char>('a' + random_.Below(26));
}

// A digit follows the random word, so that no root key is ts or uid by chance.
std::string FrameMaker::Field(int depth) {
  std::string field = "\"";
  AppendWord(&field);
  return field + std::to_string(random_.Below(1000)) + "\":" + Value(depth);
}

std::string FrameMaker::Text() {
  std::string text = "\"";
  for (uint64_t i = 1 + random_.Below(6); i > 0; --i) {
    AppendWord(&text);
    text += random_.Below(3) == 0 ? random_.Pick(kSpices) : " ";
  }
  return text + "\"";
}

std::string FrameMaker::Value(int depth) {
  switch (random_.Below(depth > 0 ? 8 : 5)) {
    case 0: return std::to_string(random_.Below(1'000'000));
    case 1: return "-" + std::to_string(random_.Below(1000)) + "." + std::to_string(random_.Below(1'000'000));
    case 2: return random_.Below(2) == 0 ? "true" : "null";
    case 3:
    case 4: return Text();
    case 5: {
      std::string list = "[" + Value(depth - 1);
      for (int i = 0; i < 2; ++i) list += "," + Value(depth - 1);
      return list + "]";
    }
    default: {
      const std::string ts = "\"ts\":" + std::to_string(random_.Below(2'000'000'000));
      const std::string uid = "\"uid\":" + Text();
      return Joined({ts, uid, Field(depth - 1)});
    }
  }
}

// --- All frames ----------------------------------------------------------------------------------------------

FrameStream::FrameStream(const FramePlan& plan) : plan_(plan), random_(plan.seed) {
  const size_t fit = std::clamp(kPoolBytes / std::max<size_t>(plan.frame_bytes, 1), kMinPool, kMaxPool);
  FrameMaker maker(plan.seed, plan.frame_bytes);
  const size_t bodies = std::min<uint64_t>(fit, std::max<uint64_t>(plan.frames, 1));
  pool_.reserve(bodies);
  for (size_t i = 0; i < bodies; ++i) pool_.push_back(maker.Make());
  EnterMinute(0);
}

uint64_t FrameStream::FirstOfMinute(uint64_t minute) const {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(plan_.frames) * minute / plan_.minutes);
}

void FrameStream::EnterMinute(uint64_t minute) {
  minute_ = minute;
  minute_begin_ = FirstOfMinute(minute);
  minute_end_ = FirstOfMinute(minute + 1);
  user_ = random_.Below(plan_.users);
  // Near a fraction of the number of users that no small number divides: neighbours in time are far apart.
  user_step_ = std::max<uint64_t>(static_cast<uint64_t>(static_cast<double>(plan_.users) * 0.6180339887), 1);
  while (std::gcd(user_step_, plan_.users) != 1) ++user_step_;
}

FrameStream::Frame FrameStream::Next() {
  while (next_ == minute_end_) EnterMinute(minute_ + 1);
  const auto second = static_cast<int64_t>((next_ - minute_begin_) * kSecondsAMinute / (minute_end_ - minute_begin_));
  const int64_t ts = kFirstTs + static_cast<int64_t>(minute_) * kSecondsAMinute + second;
  user_ = (user_ + user_step_) % plan_.users;
  FrameBody& body = pool_[random_.Below(pool_.size())];
  body.Put(ts, user_);
  ++next_;
  return {static_cast<int32_t>(random_.Below(static_cast<uint64_t>(plan_.partitions))), body.bytes};
}

std::vector<FrameStream::Minute> FrameStream::ExpectedMinutes() const {
  std::vector<Minute> minutes;
  for (uint64_t m = 0; m < plan_.minutes; ++m) {
    const uint64_t events = FirstOfMinute(m + 1) - FirstOfMinute(m);
    const int64_t start = kFirstTs + static_cast<int64_t>(m) * kSecondsAMinute;
    if (events > 0) minutes.push_back({start, events, std::min(events, plan_.users)});
  }
  return minutes;
}

}  // namespace headcount::bench
