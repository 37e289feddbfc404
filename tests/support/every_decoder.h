// Every decoder of frames there is, by name: "rapidjson", the reference, and the scanning decoder with each kernel that
// this processor can run ("avx512", "avx2", "sse2", "portable"). Runs in tests only. Header only: the library of this
// folder links nothing of the program.
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/decode/frame_decoder.h"
#include "common/decode/json/rapidjson_frame_decoder.h"
#include "common/decode/json/scan/scan.h"
#include "common/decode/json/scanning_frame_decoder.h"

namespace headcount::test {

struct DecoderKind {
  std::string name;
  scan::ScanFunction scan = nullptr;  // null: the reference decoder

  bool is_reference() const { return scan == nullptr; }
  std::unique_ptr<FrameDecoder> Make(size_t max_frame_bytes, const FieldNames& names = {}) const {
    if (is_reference()) return std::make_unique<RapidJsonFrameDecoder>(max_frame_bytes, names);
    return std::make_unique<ScanningFrameDecoder>(max_frame_bytes, names, scan);
  }

  // What GoogleTest prints of a test's parameter.
  friend std::ostream& operator<<(std::ostream& out, const DecoderKind& kind) { return out << kind.name; }
};

// The reference is the first.
inline std::vector<DecoderKind> EveryDecoder() {
  std::vector<DecoderKind> all = {{"rapidjson"}};
  for (const scan::Kernel& kernel : scan::UsableKernels()) all.push_back({kernel.name, kernel.scan});
  return all;
}

}  // namespace headcount::test
