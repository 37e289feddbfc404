// Every decoder against the oracle's own, slow reading of the same bytes: so each kernel of the scanner against the
// reference decoder, too.
#include <algorithm>
#include <memory>
#include <variant>
#include <vector>

#include "common/decode/frame_decoder.h"
#include "tests/fuzz/targets.h"
#include "tests/support/every_decoder.h"
#include "tests/support/oracle.h"

namespace headcount::test {
namespace {

// --max-frame of the decoders that are kept: small enough that the fuzzer meets it.
constexpr size_t kMaxFrameBytes = 4000;

std::string Words(const OracleDecoded& answer) {
  if (const auto* reason = std::get_if<InvalidReason>(&answer)) return Name(*reason);
  const auto& frame = std::get<OracleFrame>(answer);
  return std::to_string(frame.ts) + " " + frame.uid;
}

OracleDecoded AnswerOf(const DecoderKind& kind, FrameDecoder* decoder, std::string_view bytes) {
  // An exact heap copy, so that a look past its end is found.
  std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  DecodedFrame frame;
  InvalidReason reason{};
  const bool valid = decoder->Decode({copy.get(), bytes.size()}, &frame, &reason);
  if (!std::equal(bytes.begin(), bytes.end(), copy.get())) Wrong(kind.name + " wrote to the frame");
  // Gone before the uid is read, which the reference decoder keeps elsewhere; what masks a number needs it so.
  if (kind.is_reference()) copy.reset();
  if (!valid) return reason;
  return OracleFrame{frame.ts.seconds(), std::string(frame.uid)};
}

void Compare(const DecoderKind& kind, FrameDecoder* decoder, std::string_view bytes, const std::string& right) {
  const std::string answer = Words(AnswerOf(kind, decoder, bytes));
  if (answer != right) Wrong(kind.name + " says \"" + answer + "\", the oracle \"" + right + "\"");
}

struct KeptDecoder {
  DecoderKind kind;
  std::unique_ptr<FrameDecoder> decoder;
};

std::vector<KeptDecoder> KeepEveryDecoder() {
  std::vector<KeptDecoder> kept;
  for (const DecoderKind& kind : EveryDecoder()) kept.push_back({kind, kind.Make(kMaxFrameBytes)});
  return kept;
}

}  // namespace

void TryDecoder(std::string_view bytes) {
  // Those that have seen all frames before this one, as in a worker: nothing of them may shine through.
  static const std::vector<KeptDecoder> kKept = KeepEveryDecoder();
  const std::string right = Words(OracleDecode(bytes, kMaxFrameBytes));
  for (const KeptDecoder& kept : kKept) Compare(kept.kind, kept.decoder.get(), bytes, right);
  // And those whose memory ends right behind what they promise themselves for a frame of this length.
  const std::string right_of_any_size = Words(OracleDecode(bytes, bytes.size()));
  for (const KeptDecoder& kept : kKept) {
    Compare(kept.kind, kept.kind.Make(bytes.size()).get(), bytes, right_of_any_size);
  }
}

}  // namespace headcount::test
