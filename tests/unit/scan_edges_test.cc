// The scanner works in blocks of 64 bytes, of the frame and of its outline: whatever a frame holds must be seen
// wherever it meets a block's edge, and nothing outside the frame may be touched.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/every_decoder.h"
#include "tests/support/generator.h"
#include "tests/support/guarded_bytes.h"
#include "tests/support/random.h"
#include "tests/unit/frame_text.h"
#include "tests/unit/kernel_comparison.h"
#include "tests/unit/small_frames.h"

namespace headcount::test {
namespace {

using std::string;

// --- Moved over all places of a block -------------------------------------------------------------------------

// Moves what is behind a frame's first bracket, as an object's members, by some bytes.
struct Slide {
  string what;
  std::function<string(size_t bytes)> filler;

  friend std::ostream& operator<<(std::ostream& out, const Slide& slide) { return out << slide.what; }
};

std::vector<Slide> Slides() {
  return {
      {"SpacesInTheFrame", [](size_t bytes) { return string(bytes, " \t\r\n"[bytes % 4]); }},
      {"AStringInTheFrame", [](size_t bytes) { return "\"\":\"" + string(bytes, '\'') + "\","; }},
      {"AKeyInTheFrame", [](size_t bytes) { return "\"" + string(bytes, ']') + "\":0,"; }},
      {"EscapesInTheFrame", [](size_t bytes) { return "\"\":\"" + Repeat("\\\"", bytes) + "\","; }},
      {"ANumberInTheOutline", LongNumber},
      {"BracketsInTheOutline", [](size_t bytes) { return "\"\":[" + Repeat("[],", bytes) + "[]],"; }},
      {"StringsInTheOutline", [](size_t bytes) { return "\"\":[" + Repeat("\"abc\",", bytes) + "\"\"],"; }},
  };
}

class ScanSlideTest : public testing::TestWithParam<Slide> {
 protected:
  // An object with the filler behind its bracket; no object comes with it as a value behind it.
  static string Slid(const string& frame, const string& filler) {
    const size_t bracket = frame.find_first_not_of(" \t\r\n");
    if (bracket == string::npos || frame[bracket] != '{') return "{" + filler + "\"x\":" + frame + "}";
    return string(frame).insert(bracket + 1, filler);
  }

  KernelComparison kernels_;
};

INSTANTIATE_TEST_SUITE_P(Slides, ScanSlideTest, testing::ValuesIn(Slides()),
                         [](const auto& test) { return test.param.what; });

TEST_P(ScanSlideTest, EveryFrameIsReadWhereverItMeetsABlocksEdge) {
  for (const SmallFrames& group : AllSmallFrames()) {
    for (const string& frame : group.frames) {
      for (size_t bytes = 0; bytes < 2 * kBlockBytes; ++bytes) {
        ASSERT_TRUE(kernels_.AgreesOn(Slid(frame, GetParam().filler(bytes)))) << bytes;
      }
    }
  }
  EXPECT_GT(kernels_.frames(), 5000U);
}

TEST_P(ScanSlideTest, EveryHarmedFrameIsReadWhereverItMeetsABlocksEdge) {
  static constexpr char kTelling[] = "\"\\{}[],: \t\n0519-+.eEtfnudsa\x01\x7F\x80\xBF\xC2\xE2\xED\xF0\xF4\xFF";
  const uint64_t seed = std::hash<string>()(GetParam().what);
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const SmallFrames& group : AllSmallFrames()) {
    for (const string& frame : group.frames) {
      for (size_t bytes = 0; bytes < kBlockBytes; ++bytes) {
        const string filler = GetParam().filler(bytes);
        for (int i = 0; i < 10; ++i) {
          string harmed = frame;
          harmed[random.Below(harmed.size())] = kTelling[random.Below(sizeof kTelling - 1)];
          ASSERT_TRUE(kernels_.AgreesOn(Slid(harmed, filler))) << bytes;
        }
      }
    }
  }
}

TEST(ScanEdgesTest, ARunOf200BackslashesIsReadWhereverItBegins) {
  KernelComparison kernels;
  for (size_t before = 0; before < kBlockBytes; ++before) {
    for (size_t run = 190; run <= 210; ++run) {
      const string backslashes = string(before, 'x') + string(run, '\\');
      for (const char* const behind : {"\"", "n\"", "\"\"", "u0041\"", "ud83d\"", "\x01\"", "q\""}) {
        const string text = "\"" + backslashes + behind;
        ASSERT_TRUE(kernels.AgreesOn("{\"ts\":7,\"uid\":\"u\",\"x\":" + text + "}")) << before << " " << run;
        ASSERT_TRUE(kernels.AgreesOn("{" + text + ":[],\"ts\":7,\"uid\":\"u\"}")) << before << " " << run;
      }
    }
  }
}

TEST(ScanEdgesTest, NamesAreFoundWhereverTheyStandWhateverTheirValues) {
  KernelComparison kernels;
  for (size_t before = 0; before < 2 * kBlockBytes; ++before) {
    const string filler = "\"\":\"" + string(before, 'x') + "\",";
    for (const char* const ts : {"7", "\"7\"", "[]", "null", "7e0 ", "{\"ts\":1}"}) {
      for (const char* const uid : {"5", "\"u\"", "\"\\n\\ud83d\\ude00\"", "false", "[\"uid\"]", "\"\""}) {
        const string members = string("\"ts\":") + ts + ",\"uid\":" + uid;
        ASSERT_TRUE(kernels.AgreesOn(Joined({"{", filler, members, "}"})));
        ASSERT_TRUE(kernels.AgreesOn(Joined({"{\"uid\":1,\"ts\":1,", filler, members, "}"})));
        ASSERT_TRUE(kernels.AgreesOn(Joined({"{", members, ",\"x\":{", filler, "\"ts\":3,\"uid\":4}}"})));
      }
    }
  }
}

// --- Lengths, depths and the memory around ----------------------------------------------------------------------

TEST(ScanEdgesTest, FramesOfEveryLengthAreReadToTheirEndAndNoFurther) {
  KernelComparison kernels;
  const string head = R"({"ts":7,"uid":"u","x":)";
  for (size_t length = 0; length <= 300; ++length) {
    ASSERT_TRUE(kernels.AgreesOn(string(length, ' ')));
    ASSERT_TRUE(kernels.AgreesOn(string(length, '{')));
    ASSERT_TRUE(kernels.AgreesOn(string(length, '}')));
    ASSERT_TRUE(kernels.AgreesOn(string(length, '\\') + "}"));
    ASSERT_TRUE(kernels.AgreesOn("{" + string(length, '"') + "}"));
    ASSERT_TRUE(kernels.AgreesOn("{" + string(length, '\xE2') + "}"));
    ASSERT_TRUE(kernels.AgreesOn(head + "\"" + string(length, 'x') + "\"}"));
    ASSERT_TRUE(kernels.AgreesOn(head + "1" + string(length, '0') + "}"));
    ASSERT_TRUE(kernels.AgreesOn(head + string(length, ' ') + "null}"));
    ASSERT_TRUE(kernels.AgreesOn(head + "null" + string(length, ' ') + "}"));
    ASSERT_TRUE(kernels.AgreesOn(head + "[" + Repeat("1,", length) + "1]}"));
    // What begins in the last bytes before the end.
    for (const char* const last : {"\\", "\\u", "\\u0", "\\u00", "\\u00e", "\\ud83d", "\\ud83d\\", "\\ud83d\\ud",
                                   "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\"", "\"u"}) {
      ASSERT_TRUE(kernels.AgreesOn(head + "\"" + string(length, 'x') + last));
      ASSERT_TRUE(kernels.AgreesOn(head + "\"" + string(length, 'x') + last + "}"));
    }
    for (const char* const last : {"t", "tru", "fals", "nul", "-", "1.", "1e", "1e+", "[", "{\"", ":", ","}) {
      ASSERT_TRUE(kernels.AgreesOn(head + string(length, ' ') + last + "}"));
    }
  }
}

TEST(ScanEdgesTest, FramesAsDeepAsAllowedAndAsTheScannerGoesAreReadAlike) {
  KernelComparison kernels;
  const auto compare = [&kernels](const string& open, const string& middle, const string& close, size_t depth) {
    const string value = Repeat(open, depth) + middle + Repeat(close, depth);
    for (const string& inner : {value, value + "]", "[" + value, "[[]," + value + ",{}]"}) {
      ASSERT_TRUE(kernels.AgreesOn("{\"x\":" + inner + ",\"ts\":7,\"uid\":\"u\"}")) << open << depth;
      ASSERT_TRUE(kernels.AgreesOn("{\"ts\":7,\"uid\":\"u\",\"x\":" + inner + "}")) << open << depth;
      const string twice = Joined({"{\"ts\":7,\"uid\":\"u\",\"x\":[", inner, ",", inner, "]}"});
      ASSERT_TRUE(kernels.AgreesOn(twice)) << open << depth;
    }
  };
  std::vector<size_t> depths;
  for (size_t depth = 1; depth <= 140; ++depth) depths.push_back(depth);
  for (size_t depth = 506; depth <= 514; ++depth) depths.push_back(depth);
  for (const size_t depth : depths) {
    compare("[", "", "]", depth);
    compare("{\"uid\":", "\"x\"", "}", depth);
    compare("[{\"a\":", "{\"ts\":1}", "}]", depth / 2);
    compare("[ {\"\":\n[1,", "[]", "]} ]", depth / 3);
    compare("[[],{},", "0", "]", depth);
    compare("[", "", "}", depth);
    compare("{\"a\":", "1", "]", depth);
  }
}

// The depth is known block by block of the outline, and the scanner gives up on some frames that are not as deep as it
// could go: no combination of ups and downs may be misread.
TEST(ScanEdgesTest, BracketsInAnyOrderAreReadAlike) {
  KernelComparison kernels;
  const uint64_t seed = 20;
  Random random(seed);
  for (int i = 0; i < 5'000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", case " + std::to_string(i));
    string open = "}";  // the brackets that close what is open, the innermost last
    string frame = "{\"ts\":7,\"uid\":\"u\",\"x\":[0";
    open += ']';
    const size_t steps = random.Below(300);
    const bool up = random.Chance(0.3);
    for (size_t step = 0; step < steps && open.size() > 1; ++step) {
      if (random.Chance(up ? 0.3 : 0.5) && open.size() > 2) {
        frame += random.Chance(0.001) ? ']' : open.back();
        open.pop_back();
      } else {
        const bool object = random.Chance(0.5);
        frame += open.back() == '}' ? ",\"ts\":" : ",";
        frame += object ? "{\"ts\":1" : "[1";
        open += object ? '}' : ']';
      }
    }
    while (!open.empty()) {
      frame += open.back();
      open.pop_back();
    }
    ASSERT_TRUE(kernels.AgreesOn(frame));
  }
}

TEST(ScanEdgesTest, NothingBeforeAFrameIsReadAndNothingOfItIsWritten) {
  for (const SmallFrames& group : AllSmallFrames()) {
    for (const string& frame : group.frames) {
      GuardedBytes bytes(frame.size());
      const std::string_view guarded = bytes.AtBegin(frame);
      bytes.MakeReadOnly();
      for (const DecoderKind& kind : EveryDecoder()) {
        DecodedFrame decoded;
        InvalidReason reason{};
        kind.Make(frame.size())->Decode(guarded, &decoded, &reason);
      }
    }
  }
}

// --- Frames as they come ------------------------------------------------------------------------------------------

TEST(ScanEdgesTest, GeneratedFramesWithEveryDamageAreReadAlike) {
  GeneratorOptions options;
  options.seed = 7;
  options.too_large_bytes = 20'000;
  options.damage = *ParseDamage("all:0.03");
  FrameGenerator generator(options);
  KernelComparison kernels;
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(kernels.AgreesOn(generator.Next().value)) << "frame " << i;
}

TEST(ScanEdgesTest, AMegabyteOfBracketsIsReadAlike) {
  KernelComparison kernels(limits::kMaxFrameBytes);
  for (const string brackets : {"[", "{\"a\":", "]", "[]", "[],"}) {
    const string many = Repeat(brackets, (limits::kMaxFrameBytes - 10) / brackets.size());
    ASSERT_TRUE(kernels.AgreesOn("{\"x\":" + many + "}"));
    ASSERT_TRUE(kernels.AgreesOn("{\"x\":[" + many + "[]]}"));
  }
}

}  // namespace
}  // namespace headcount::test
