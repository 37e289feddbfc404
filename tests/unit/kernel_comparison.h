// Asks the scanning decoder with each kernel about the same bytes as the reference decoder. Runs in tests.
//
// What the two share (what a ts or a uid may look like as text) is not compared here, but with the oracle in
// tests/fuzz.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "common/decode/frame_decoder.h"
#include "common/decode/json/scan/scan.h"
#include "common/decode/json/scan/workspace.h"
#include "tests/support/every_decoder.h"
#include "tests/support/guarded_bytes.h"

namespace headcount::test {

class KernelComparison {
 public:
  // Frames up to that size, whose keys have these names.
  explicit KernelComparison(size_t max_bytes = size_t{64} << 10, const FieldNames& names = {})
      : bytes_(max_bytes), reference_(DecoderKind{"rapidjson"}.Make(limits::kMaxFrameBytes, names)) {
    for (DecoderKind& kind : EveryDecoder()) {
      if (!kind.is_reference()) {
        kernels_.push_back({kind.name, kind.scan, kind.Make(limits::kMaxFrameBytes, names), {}});
      }
    }
  }

  // The same verdict, reason, ts and uid from all; and nobody looks behind the last byte.
  testing::AssertionResult AgreesOn(std::string_view frame) {
    const std::string_view guarded = bytes_.AtEnd(frame);
    ++frames_;
    const Answer right = AnswerOf(reference_.get(), guarded);
    valid_frames_ += static_cast<size_t>(right.valid);
    for (const Kernel& kernel : kernels_) {
      const Answer answer = AnswerOf(kernel.decoder.get(), guarded);
      if (answer == right) continue;
      return testing::AssertionFailure() << kernel.name << " says " << answer.Words() << ", the reference decoder "
                                         << right.Words() << ", of " << testing::PrintToString(std::string(frame));
    }
    return testing::AssertionSuccess();
  }

  // That is every kernel's verdict, before any other decoder is asked.
  testing::AssertionResult AllSay(scan::Verdict verdict, std::string_view frame) {
    const std::string_view guarded = bytes_.AtEnd(frame);
    for (Kernel& kernel : kernels_) {
      const scan::Buffers buffers = kernel.workspace.For(guarded.size());
      const scan::Scan scanned = kernel.scan(guarded.data(), guarded.data() + guarded.size(), buffers);
      if (scanned.verdict == verdict) continue;
      return testing::AssertionFailure() << kernel.name << " says " << Name(scanned.verdict) << ", not "
                                         << Name(verdict) << ", of " << testing::PrintToString(std::string(frame));
    }
    return testing::AssertionSuccess();
  }

  // How many were compared, and of how many an answer was found: a test whose loops run over nothing proves nothing,
  // and nor does one whose frames are all wrong for another reason.
  size_t frames() const { return frames_; }
  size_t valid_frames() const { return valid_frames_; }

 private:
  struct Kernel {
    std::string name;
    scan::ScanFunction scan;
    std::unique_ptr<FrameDecoder> decoder;
    scan::Workspace workspace;
  };
  struct Answer {
    bool valid = false;
    InvalidReason reason{};
    int64_t ts = 0;
    std::string_view uid;

    friend bool operator==(const Answer& a, const Answer& b) {
      return a.valid == b.valid && a.reason == b.reason && a.ts == b.ts && a.uid == b.uid;
    }
    std::string Words() const {
      if (!valid) return headcount::Name(reason);
      return std::to_string(ts) + " " + testing::PrintToString(std::string(uid));
    }
  };

  static const char* Name(scan::Verdict verdict) {
    switch (verdict) {
      case scan::Verdict::kObject: return "an object";
      case scan::Verdict::kNotJson: return "not JSON";
      case scan::Verdict::kAskReference: break;
    }
    return "ask the reference";
  }

  static Answer AnswerOf(FrameDecoder* decoder, std::string_view bytes) {
    DecodedFrame frame;
    Answer answer;
    answer.valid = decoder->Decode(bytes, &frame, &answer.reason);
    if (!answer.valid) return answer;
    answer.reason = {};
    answer.ts = frame.ts.seconds();
    answer.uid = frame.uid;
    return answer;
  }

  GuardedBytes bytes_;
  const std::unique_ptr<FrameDecoder> reference_;
  std::vector<Kernel> kernels_;
  size_t frames_ = 0;
  size_t valid_frames_ = 0;
};

}  // namespace headcount::test
