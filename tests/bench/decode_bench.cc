// What decoding a frame costs on this machine, alone and with the fingerprint of its uid.
//   decode_bench [FRAMES [ROUNDS [SEED]]]      prints the best and the median of the rounds
// CPU time, not wall time, so that neighbours disturb less; where they share the caches, believe the best.
// The frames are like a challenge generator's: about 1 KB, keys in any order, nested objects with decoy keys,
// escapes every few bytes, some UTF-8.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "common/fingerprint.h"
#include "common/limits.h"
#include "common/rapidjson_frame_decoder.h"

namespace headcount {
namespace {

constexpr size_t kFrameBytes = 1000;  // a frame gets fields until it is about so long
constexpr uint64_t kUsers = 100'000;
constexpr int64_t kFirstTs = 1468244400;

class FrameMaker {
 public:
  explicit FrameMaker(uint64_t seed) : random_(seed) {}

  std::string Make() {
    std::vector<std::string> fields = {"\"ts\":" + std::to_string(kFirstTs + static_cast<int64_t>(Below(600))),
                                       "\"uid\":\"user-" + std::to_string(1'000'000'007 * Below(kUsers)) + "\""};
    size_t bytes = 60;
    while (bytes < kFrameBytes) {
      fields.push_back("\"" + Word() + std::to_string(Below(1000)) + "\":" + Value(2));
      bytes += fields.back().size() + 1;
    }
    std::shuffle(fields.begin(), fields.end(), random_);
    return Joined(fields);
  }

 private:
  uint64_t Below(uint64_t bound) { return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_); }

  std::string Joined(const std::vector<std::string>& fields) {
    std::string object = "{";
    for (const std::string& field : fields) {
      if (object.size() > 1) object += Below(4) == 0 ? ", " : ",";
      object += field;
    }
    return object + "}";
  }

  std::string Word() {
    std::string word;
    for (uint64_t i = 3 + Below(8); i > 0; --i) word += static_cast<char>('a' + Below(26));
    return word;
  }

  std::string Text() {
    static constexpr const char* kSpices[] = {"\\n",     "\\\"",           "\\\\", "\\/",  "\\u00e9",
                                              "\\u7528", "\\ud83d\\ude00", "é",    "用户", "😀"};
    std::string text = "\"";
    for (uint64_t i = 1 + Below(6); i > 0; --i) {
      text += Word();
      text += Below(3) == 0 ? kSpices[Below(std::size(kSpices))] : " ";
    }
    return text + "\"";
  }

  std::string Value(int depth) {
    switch (Below(depth > 0 ? 8 : 5)) {
      case 0: return std::to_string(Below(1'000'000));
      case 1: return "-" + std::to_string(Below(1000)) + "." + std::to_string(Below(1'000'000));
      case 2: return Below(2) == 0 ? "true" : "null";
      case 3:
      case 4: return Text();
      case 5: return "[" + Value(depth - 1) + "," + Value(depth - 1) + "," + Value(depth - 1) + "]";
      default:
        return Joined({"\"ts\":" + std::to_string(Below(2'000'000'000)), "\"uid\":" + Text(),
                       "\"" + Word() + "\":" + Value(depth - 1)});
    }
  }

  std::mt19937_64 random_;
};

struct Timing {
  double best_ns;  // a frame
  double median_ns;
};

double CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <typename Work>
Timing Measure(const std::vector<std::string>& frames, size_t rounds, Work work) {
  std::vector<double> ns;
  for (size_t round = 0; round < rounds; ++round) {
    const double begin = CpuNs();
    for (const std::string& frame : frames) work(frame);
    ns.push_back((CpuNs() - begin) / static_cast<double>(frames.size()));
  }
  std::sort(ns.begin(), ns.end());
  return {ns.front(), ns[rounds / 2]};
}

void Print(const char* what, Timing timing, double frame_bytes) {
  std::printf("%-24s best %7.1f median %7.1f ns/frame   best %7.1f MB/s\n", what, timing.best_ns, timing.median_ns,
              frame_bytes * 1000.0 / timing.best_ns);
}

int Run(size_t frame_count, size_t rounds, uint64_t seed) {
  FrameMaker maker(seed);
  std::vector<std::string> frames;
  size_t bytes = 0;
  for (size_t i = 0; i < frame_count; ++i) bytes += frames.emplace_back(maker.Make()).size();
  const double frame_bytes = static_cast<double>(bytes) / static_cast<double>(frame_count);
  std::printf("%zu frames of %.0f bytes, seed %llu, %zu rounds\n", frame_count, frame_bytes,
              static_cast<unsigned long long>(seed), rounds);

  RapidJsonFrameDecoder decoder(limits::kMaxFrameBytes);
  const FingerprintKey key{0x0123456789abcdef, 0xfedcba9876543210};
  size_t refused = 0;
  uint64_t sink = 0;  // keeps the compiler from leaving the work out
  const auto decode = [&](const std::string& frame, auto use) {
    DecodedFrame decoded;
    InvalidReason reason;
    if (decoder.Decode(frame, &decoded, &reason)) {
      use(decoded);
    } else {
      ++refused;
    }
  };
  Print("decode",
        Measure(frames, rounds,
                [&](const std::string& frame) {
                  decode(frame, [&](const DecodedFrame& decoded) { sink += decoded.uid.size(); });
                }),
        frame_bytes);
  Print("decode + fingerprint",
        Measure(frames, rounds,
                [&](const std::string& frame) {
                  decode(frame, [&](const DecodedFrame& decoded) { sink += FingerprintOf(key, decoded.uid).low; });
                }),
        frame_bytes);
  Print(
      "fingerprint of 16 bytes",
      Measure(frames, rounds,
              [&](const std::string& frame) { sink += FingerprintOf(key, std::string_view(frame).substr(0, 16)).low; }),
      16);
  std::printf("refused %zu (sum of all work %llx)\n", refused, static_cast<unsigned long long>(sink));
  return refused == 0 ? 0 : 1;
}

}  // namespace
}  // namespace headcount

int main(int argc, char** argv) {
  const auto number = [&](int i, size_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const size_t frames = number(1, 20'000);
  const size_t rounds = number(2, 9);
  if (frames == 0 || rounds == 0) {
    std::fprintf(stderr, "usage: decode_bench [FRAMES [ROUNDS [SEED]]]\n");
    return 64;
  }
  return headcount::Run(frames, rounds, number(3, 1));
}
