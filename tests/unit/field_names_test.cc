// Keys with other names than ts and uid (--time-field, --id-field): every kernel reads them as the reference decoder
// does, and both read them as they read ts and uid.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/generator.h"
#include "tests/unit/kernel_comparison.h"
#include "tests/unit/small_frames.h"

namespace headcount::test {
namespace {

using std::string;

struct Case {
  string what;
  FieldNames names;

  friend std::ostream& operator<<(std::ostream& out, const Case& given) { return out << given.what; }
};

std::vector<Case> Cases() {
  return {
      {"ts_and_something_else", {"ts", "id"}},
      {"exchanged", {"uid", "ts"}},
      {"one_letter_each", {"t", "u"}},
      {"equally_long", {"when", "user"}},
      {"one_ends_as_the_other", {"id", "user_id"}},
      {"one_begins_as_the_other", {"user", "user_id"}},
      {"as_long_as_the_other_behind_an_escaped_quote", {"ts", "user"}},
      {"of_all_kinds", {"event time {[:,]}", "~!#$%&'()*+-.0@A^_`z|"}},
      {"longest", {string(limits::kMaxFieldNameBytes, 't'), string(limits::kMaxFieldNameBytes - 1, 't') + "u"}},
      {"longest_and_shortest", {"t", string(limits::kMaxFieldNameBytes, 'u')}},
      {"a_block_less_two", {string(61, 'a'), string(60, 'a')}},
  };
}

class FieldNamesTest : public testing::TestWithParam<Case> {
 protected:
  static string Replaced(string text, const string& from, const string& to) {
    for (size_t at = text.find(from); at != string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
    return text;
  }
  // The frame as somebody writes it who calls the two keys by the names of the case. Keys of the frame that have these
  // names already are called otherwise.
  static string Renamed(const string& frame) {
    const FieldNames& names = GetParam().names;
    string renamed = Replaced(Replaced(frame, "\"ts\"", "\"\1\""), "\"uid\"", "\"\2\"");
    renamed = Replaced(Replaced(renamed, Quoted(names.time), "\"other\""), Quoted(names.id), "\"others\"");
    return Replaced(Replaced(renamed, "\"\1\"", Quoted(names.time)), "\"\2\"", Quoted(names.id));
  }
  // With both keys behind, before and around `x`.
  static std::vector<string> FramesWith(const FieldNames& names, const string& x) {
    return {
        "{\"" + x + "\":1,\"" + names.time + "\":7,\"" + names.id + "\":\"u\"}",
        "{\"" + names.id + "\":\"" + x + "u\",\"" + names.time + "\": \"7\"}",
        "{\"" + names.id + "\":{\"" + names.time + "\":1},\"" + names.time + "\":8,\"y\":[\"" + x + "\"]}",
        "{\"" + names.time + "\":1,\"" + x + "\":[{\"" + names.id + "\":2}],\"" + names.time + "\":3,\"" + names.id +
            "\":4,\"" + names.id + "\":5}",
        "{\"\\\"" + names.time + "\":1,\"x\\\"" + names.id + "\":\"" + x + "\",\"" + names.time + "\":3}",
        "{\"" + x + "\\\"" + names.time + "\":1,\"" + x + "\\\\\":\"" + names.id + "\",\"" + names.id + "\":3}",
    };
  }
  static string FrameOf(const string& first, const string& second) {
    return "{" + Quoted(first) + ":7," + Quoted(second) + ":8}";
  }
  static string Quoted(const string& text) { return "\"" + text + "\""; }

  KernelComparison kernels_{size_t{2} << 20, GetParam().names};
};

INSTANTIATE_TEST_SUITE_P(FieldNames, FieldNamesTest, testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.what; });

// At every place of a block, and behind a block's end.
TEST_P(FieldNamesTest, AreFoundWhereverTheyStand) {
  const FieldNames& names = GetParam().names;
  for (size_t shift = 0; shift < 140; ++shift) {
    for (const string& frame : FramesWith(names, string(shift, 'x'))) {
      ASSERT_TRUE(kernels_.AgreesOn(frame)) << "shift " << shift;
    }
  }
  EXPECT_GT(kernels_.valid_frames(), 300U);
}

// \u escapes may spell any letter of a name; other escapes may not.
TEST_P(FieldNamesTest, AreReadHoweverTheirLettersAreWritten) {
  const FieldNames& names = GetParam().names;
  char escape[8];
  for (const string& name : {names.time, names.id}) {
    const string& other = name == names.time ? names.id : names.time;
    for (size_t at = 0; at < name.size(); ++at) {
      snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(name[at]));
      const string spelled = string(name).replace(at, 1, escape);
      ASSERT_TRUE(kernels_.AgreesOn(FrameOf(spelled, other))) << spelled;
    }
  }
  EXPECT_EQ(kernels_.valid_frames(), names.time.size() + names.id.size());
}

TEST_P(FieldNamesTest, ChangeNothingElseInAnySmallFrame) {
  const auto usual = DecoderKind{"rapidjson"}.Make(limits::kMaxFrameBytes);
  const auto renamed = DecoderKind{"rapidjson"}.Make(limits::kMaxFrameBytes, GetParam().names);
  for (const SmallFrames& group : AllSmallFrames()) {
    for (const string& frame : group.frames) {
      const string other = Renamed(frame);
      ASSERT_TRUE(kernels_.AgreesOn(other));
      if (frame.find("\\u007") != string::npos || frame.find("\\u006") != string::npos) continue;  // spelled names
      DecodedFrame first;
      DecodedFrame second;
      InvalidReason why{};
      ASSERT_EQ(usual->Decode(frame, &first, &why), renamed->Decode(other, &second, &why)) << frame << "\n" << other;
    }
  }
}

TEST_P(FieldNamesTest, AreReadInDamagedFramesAsTheReferenceReadsThem) {
  GeneratorOptions options;
  options.frames = 1'500;
  options.frame_bytes = 400;
  options.damage = *ParseDamage("all:0.02");
  options.seed = std::random_device()();
  RecordProperty("seed", std::to_string(options.seed));
  FrameGenerator generator(options);
  std::mt19937_64 rng(options.seed);
  for (uint64_t i = 0; i < options.frames; ++i) {
    string frame = Renamed(string(generator.Next().value));
    ASSERT_TRUE(kernels_.AgreesOn(frame)) << "seed " << options.seed;
    if (frame.empty()) continue;
    frame[rng() % frame.size()] = static_cast<char>(rng());
    ASSERT_TRUE(kernels_.AgreesOn(frame)) << "seed " << options.seed;
  }
  EXPECT_GT(kernels_.valid_frames(), options.frames / 2);
}

}  // namespace
}  // namespace headcount::test
