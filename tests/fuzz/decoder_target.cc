// The decoder against the oracle's own, slow reading of the same bytes.
#include <algorithm>
#include <memory>
#include <variant>

#include "common/rapidjson_frame_decoder.h"
#include "tests/fuzz/targets.h"
#include "tests/support/oracle.h"

namespace headcount::test {
namespace {

// --max-frame of the decoder that is kept: small enough that the fuzzer meets it.
constexpr size_t kMaxFrameBytes = 4000;

std::string Words(const OracleDecoded& answer) {
  if (const auto* reason = std::get_if<InvalidReason>(&answer)) return Name(*reason);
  const auto& frame = std::get<OracleFrame>(answer);
  return std::to_string(frame.ts) + " " + frame.uid;
}

OracleDecoded AnswerOf(RapidJsonFrameDecoder* decoder, std::string_view bytes) {
  // An exact heap copy, so that a look past its end is found; gone before the uid is read, which must not lie in it.
  std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  DecodedFrame frame;
  InvalidReason reason{};
  const bool valid = decoder->Decode({copy.get(), bytes.size()}, &frame, &reason);
  if (!std::equal(bytes.begin(), bytes.end(), copy.get())) Wrong("the decoder wrote to the frame");
  copy.reset();
  if (!valid) return reason;
  return OracleFrame{frame.ts.seconds(), std::string(frame.uid)};
}

void Compare(RapidJsonFrameDecoder* decoder, std::string_view bytes, size_t max_frame_bytes) {
  const std::string answer = Words(AnswerOf(decoder, bytes));
  const std::string right = Words(OracleDecode(bytes, max_frame_bytes));
  if (answer != right) Wrong("the decoder says \"" + answer + "\", the oracle \"" + right + "\"");
}

}  // namespace

void TryDecoder(std::string_view bytes) {
  // One that has seen all frames before this one, as in a worker: nothing of them may shine through.
  static RapidJsonFrameDecoder kept(kMaxFrameBytes);
  Compare(&kept, bytes, kMaxFrameBytes);
  // And one whose scratch ends right behind this frame and the padding that it promises itself.
  RapidJsonFrameDecoder exact(bytes.size());
  Compare(&exact, bytes, bytes.size());
}

}  // namespace headcount::test
