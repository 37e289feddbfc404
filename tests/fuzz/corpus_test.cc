// Every kept input once, in this build: what a fuzzer has ever found stays found, also without clang.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/targets.h"

namespace headcount::test {
namespace {

// A wrong answer ends the process; the last input named is then the one.
void TryAll(const std::string& target, void (*attempt)(std::string_view)) {
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(HEADCOUNT_CORPUS_DIR "/") + target)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    attempt(bytes);
    ++inputs;
  }
  EXPECT_GT(inputs, 10U);
}

TEST(FuzzCorpus, OfTheDecoderIsReadAsTheOracleReadsIt) { TryAll("decoder", TryDecoder); }
TEST(FuzzCorpus, OfTheJudgeIsCountedAsTheOracleCountsIt) { TryAll("judge", TryJudge); }
TEST(FuzzCorpus, OfPointTextsIsRefusedOrPrintedAsItWasRead) { TryAll("commit_metadata", TryCommitMetadata); }

}  // namespace
}  // namespace headcount::test
