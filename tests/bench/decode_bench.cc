// What decoding a frame costs on this machine, alone, with the fingerprint of its uid, and beside other parsers.
//   decode_bench [--json] [--size BYTES] [FRAMES [ROUNDS [SEED]]]
// Prints the best and the median of the rounds, and with --json every round. All take turns within a round, so that a
// slow minute of the machine does not fall on one of them alone. CPU time, not wall time, so that neighbours disturb
// less; where they share the caches, believe the best.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "common/decode/json/rapidjson_frame_decoder.h"
#include "common/decode/json/scanning_frame_decoder.h"
#include "common/sets/fingerprint.h"
#include "tests/bench/decode_rivals.h"
#include "tests/bench/frame_maker.h"

namespace headcount::bench {
namespace {

constexpr int kUsage = 64;
constexpr uint64_t kUsers = 100'000;
constexpr FingerprintKey kKey{0x0123456789abcdef, 0xfedcba9876543210};

struct Options {
  bool json = false;
  size_t frame_bytes = kDefaultFrameBytes;
  size_t frames = 20'000;
  size_t rounds = 9;
  uint64_t seed = 1;
};

// One after the other in one buffer, as a file's frames are; with or without room behind each.
class Frames {
 public:
  Frames(const Options& options, size_t padding) {
    FrameMaker maker(options.seed, options.frame_bytes);
    test::Random random(options.seed);
    for (size_t i = 0; i < options.frames; ++i) {
      FrameBody body = maker.Make();
      body.Put(kFirstTs + static_cast<int64_t>(random.Below(600)), random.Below(kUsers));
      spans_.push_back({buffer_.size(), body.bytes.size()});
      buffer_ += body.bytes;
      buffer_.append(padding, '\0');
      bytes_ += body.bytes.size();
    }
  }
  size_t count() const { return spans_.size(); }
  double mean_bytes() const { return static_cast<double>(bytes_) / static_cast<double>(count()); }
  std::string_view operator[](size_t i) const { return {buffer_.data() + spans_[i].at, spans_[i].length}; }

 private:
  struct Span {
    size_t at;
    size_t length;
  };
  std::string buffer_;
  std::vector<Span> spans_;
  size_t bytes_ = 0;
};

struct Subject {
  std::string name;
  size_t padding;
  std::function<bool(std::string_view)> work;  // false: the frame was refused
  size_t bytes = 0;                            // that it works on; 0: those of the frame
  std::vector<double> ns{};                    // a frame, in each round

  double BytesOf(double frame_bytes) const { return bytes == 0 ? frame_bytes : static_cast<double>(bytes); }
  double Best() const { return *std::min_element(ns.begin(), ns.end()); }
  double Median() const {
    std::vector<double> sorted = ns;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

uint64_t sink = 0;  // keeps the compiler from leaving the work out

Subject Decoding(std::string name, std::shared_ptr<FrameDecoder> decoder, bool with_fingerprint) {
  return {std::move(name), 0, [decoder = std::move(decoder), with_fingerprint](std::string_view frame) {
            DecodedFrame decoded;
            InvalidReason reason;
            if (!decoder->Decode(frame, &decoded, &reason)) return false;
            sink += with_fingerprint ? FingerprintOf(kKey, decoded.uid).low : decoded.uid.size();
            return true;
          }};
}

const char* KernelName() { return scan::UsableKernels().front().name; }

std::vector<Subject> Subjects() {
  std::vector<Subject> subjects;
  // The first is the one that the program uses on this processor.
  for (const scan::Kernel& kernel : scan::UsableKernels()) {
    const auto decoder = std::make_shared<ScanningFrameDecoder>(limits::kMaxFrameBytes, FieldNames{}, kernel.scan);
    if (subjects.empty()) subjects.push_back(Decoding("decode", decoder, false));
    if (subjects.size() == 1) subjects.push_back(Decoding("decode + fingerprint", decoder, true));
    subjects.push_back(Decoding(std::string("decode, ") + kernel.name, decoder, false));
  }
  subjects.push_back(
      Decoding("decode, reference", std::make_shared<RapidJsonFrameDecoder>(limits::kMaxFrameBytes), false));
  // Of bytes that are at hand, as those of a frame are that has just been decoded.
  subjects.push_back({"fingerprint of 16 bytes", 0,
                      [uid = std::string(kUidBytes, 'u')](std::string_view) mutable {
                        sink += FingerprintOf(kKey, uid).low;
                        ++uid[0];
                        return true;
                      },
                      kUidBytes});
  for (const DecodeRival& rival : DecodeRivals()) subjects.push_back({rival.name, rival.padding, rival.parse});
  return subjects;
}

double CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Returns how many frames were refused.
size_t RunRound(const Frames& frames, Subject* subject) {
  size_t refused = 0;
  const double begin = CpuNs();
  for (size_t i = 0; i < frames.count(); ++i) refused += subject->work(frames[i]) ? 0U : 1U;
  subject->ns.push_back((CpuNs() - begin) / static_cast<double>(frames.count()));
  return refused;
}

void PrintText(const Options& options, const std::vector<Subject>& subjects, double frame_bytes, size_t refused) {
  std::printf("%zu frames of %.0f bytes, seed %llu, %zu rounds; %s\n", options.frames, frame_bytes,
              static_cast<unsigned long long>(options.seed), options.rounds, DecodeRivalVersions().c_str());
  for (const Subject& subject : subjects) {
    std::printf("%-24s best %7.1f median %7.1f ns/frame   best %7.1f MB/s\n", subject.name.c_str(), subject.Best(),
                subject.Median(), subject.BytesOf(frame_bytes) * 1000.0 / subject.Best());
  }
  std::printf("refused %zu (sum of all work %llx)\n", refused, static_cast<unsigned long long>(sink));
}

void PrintJson(const Options& options, const std::vector<Subject>& subjects, double frame_bytes, size_t refused) {
  std::printf("{\"frames\":%zu,\"frame_bytes\":%.1f,\"seed\":%llu,\"kernel\":\"%s\",\"versions\":\"%s\",",
              options.frames, frame_bytes, static_cast<unsigned long long>(options.seed), KernelName(),
              DecodeRivalVersions().c_str());
  std::printf("\"refused\":%zu,\"subjects\":[", refused);
  const char* comma = "";
  for (const Subject& subject : subjects) {
    std::printf("%s\n{\"name\":\"%s\",\"best_ns\":%.1f,\"median_ns\":%.1f,\"bytes_per_s\":%.0f,\"ns\":[", comma,
                subject.name.c_str(), subject.Best(), subject.Median(),
                subject.BytesOf(frame_bytes) * 1e9 / subject.Median());
    for (size_t i = 0; i < subject.ns.size(); ++i) std::printf("%s%.1f", i == 0 ? "" : ",", subject.ns[i]);
    std::printf("]}");
    comma = ",";
  }
  std::printf("]}\n");
}

int Run(const Options& options) {
  std::vector<Subject> subjects = Subjects();
  const Frames tight(options, 0);
  size_t padding = 0;
  for (const Subject& subject : subjects) padding = std::max(padding, subject.padding);
  const Frames padded(options, padding);
  size_t refused = 0;
  for (size_t round = 0; round < options.rounds; ++round) {
    for (Subject& subject : subjects) refused += RunRound(subject.padding > 0 ? padded : tight, &subject);
  }
  (options.json ? PrintJson : PrintText)(options, subjects, tight.mean_bytes(), refused);
  return refused == 0 ? 0 : 1;
}

[[noreturn]] void FailUsage() {
  std::fprintf(stderr, "usage: decode_bench [--json] [--size BYTES] [FRAMES [ROUNDS [SEED]]]\n");
  std::exit(kUsage);
}

uint64_t NumberOf(const char* text) {
  char* end = nullptr;
  const uint64_t number = std::strtoull(text, &end, 10);
  if (*text == '\0' || *end != '\0' || number == 0) FailUsage();
  return number;
}

Options Parse(int argc, char** argv) {
  Options options;
  int position = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      options.json = true;
    } else if (std::strcmp(argv[i], "--size") == 0 && i + 1 < argc) {
      options.frame_bytes = NumberOf(argv[++i]);
    } else if (position == 0) {
      options.frames = NumberOf(argv[i]);
      ++position;
    } else if (position == 1) {
      options.rounds = NumberOf(argv[i]);
      ++position;
    } else if (position++ == 2) {
      options.seed = NumberOf(argv[i]);
    } else {
      FailUsage();
    }
  }
  return options;
}

}  // namespace
}  // namespace headcount::bench

int main(int argc, char** argv) { return headcount::bench::Run(headcount::bench::Parse(argc, argv)); }
