#include "worker/file_frame_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace headcount {
namespace {

using std::string;
using std::vector;
using Life = FileFrameSource::FirstRead;
using Line = std::pair<int64_t, string>;  // where it begins, and its bytes

constexpr size_t kMaxFrameBytes = 100;
constexpr PartitionId kFirst{0};

class FileFrameSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/headcount_files_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    for (const string& path : made_) unlink(path.c_str());
    rmdir(folder_.c_str());
  }

  string PathOf(const string& name) {
    made_.push_back(folder_ + "/" + name);
    return made_.back();
  }
  string MakeFile(const string& name, const string& content) {
    string path = PathOf(name);
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  // All that can be had now, `max` at a time.
  static vector<Line> ReadAll(FileFrameSource* source, PartitionId p = kFirst, size_t max = 3) {
    vector<Line> lines;
    while (true) {
      const Result<FrameBatch> batch = source->Fetch(p, max);
      if (!batch.ok()) {
        ADD_FAILURE() << batch.error().message;
        return lines;
      }
      if (batch->count == 0) return lines;
      EXPECT_LE(batch->count, max);
      for (size_t i = 0; i < batch->count; ++i) {
        const SourceFrame& frame = batch->frames[i];
        EXPECT_TRUE(frame.has_value);
        EXPECT_LT(frame.offset, source->Position(p));
        lines.emplace_back(frame.offset.value(), string(frame.bytes));
      }
    }
  }

  static vector<Line> ReadFile(const string& path, int64_t offset = 0) {
    FileFrameSource source({path}, kMaxFrameBytes, Life::kFirst);
    const Result<void> started = source.Start({{kFirst, Offset(offset)}});
    EXPECT_TRUE(started.ok()) << started.error().message;
    vector<Line> lines = ReadAll(&source);
    EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
    EXPECT_EQ(source.Position(kFirst), source.KnownEnd(kFirst));
    return lines;
  }

  static Error StartError(const string& path, int64_t offset = 0, Life life = Life::kFirst) {
    FileFrameSource source({path}, kMaxFrameBytes, life);
    const Result<void> started = source.Start({{kFirst, Offset(offset)}});
    EXPECT_FALSE(started.ok());
    return started.ok() ? Error{ExitCode::kDone, ""} : started.error();
  }

  string folder_;
  vector<string> made_;
};

// Both ends of a pipe; standard input is the reading end as long as it lives.
class PipeAsStdin {
 public:
  PipeAsStdin() : stdin_before_(dup(STDIN_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    writing_end_ = ends[1];
  }
  ~PipeAsStdin() {
    Close();
    dup2(stdin_before_, STDIN_FILENO);
    close(stdin_before_);
  }
  void Write(const string& text) {
    EXPECT_EQ(write(writing_end_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void Close() {
    if (writing_end_ != -1) close(writing_end_);
    writing_end_ = -1;
  }

 private:
  const int stdin_before_;
  int writing_end_ = -1;
};

bool IsReadable(int fd) {
  pollfd ask{fd, POLLIN, 0};
  return poll(&ask, 1, 0) == 1;
}

TEST_F(FileFrameSourceTest, HandsOutEveryLineWithTheByteAtWhichItBegins) {
  const vector<Line> expected = {{0, "a"}, {2, "bc"}, {5, "d"}, {7, "e"}};
  EXPECT_EQ(ReadFile(MakeFile("with_end", "a\nbc\nd\ne\n")), expected);
  EXPECT_EQ(ReadFile(MakeFile("without_end", "a\nbc\nd\ne")), expected) << "a last line without an end counts";
}

TEST_F(FileFrameSourceTest, TakesEmptyLinesAndLoneCarriageReturnsForNoRecords) {
  EXPECT_EQ(ReadFile(MakeFile("a", "\n\r\na\r\n\n\nb\n\r\r\n \n\r")),
            (vector<Line>{{3, "a\r"}, {8, "b"}, {10, "\r\r"}, {13, " "}}));
  EXPECT_EQ(ReadFile(MakeFile("b", "")), vector<Line>());
  EXPECT_EQ(ReadFile(MakeFile("c", "\n\n\n")), vector<Line>());
  EXPECT_EQ(ReadFile(MakeFile("d", "\r")), vector<Line>());
}

TEST_F(FileFrameSourceTest, KeepsBytesOfAnyValue) {
  const string line("\0\x01\xff\r{}", 6);
  EXPECT_EQ(ReadFile(MakeFile("a", line + "\n" + line)), (vector<Line>{{0, line}, {7, line}}));
}

TEST_F(FileFrameSourceTest, CutsALineThatIsTooLongToOneByteMoreThanTheLimit) {
  for (const size_t length : {kMaxFrameBytes, kMaxFrameBytes + 1, kMaxFrameBytes + 2, size_t{1'000'000}}) {
    const string line(length, 'x');
    const string handed_out = line.substr(0, kMaxFrameBytes + 1);
    const auto next = static_cast<int64_t>(length) + 1;
    EXPECT_EQ(ReadFile(MakeFile("a", line + "\nb\n")), (vector<Line>{{0, handed_out}, {next, "b"}})) << length;
    EXPECT_EQ(ReadFile(MakeFile("b", line)), (vector<Line>{{0, handed_out}})) << length;
  }
}

TEST_F(FileFrameSourceTest, FindsTheSameLinesWhereverTheChunksEnd) {
  string content;
  vector<Line> expected;
  for (size_t i = 0; content.size() < 3'000'000; ++i) {
    const string line(i * 7919 % (2 * kMaxFrameBytes), static_cast<char>('a' + i % 26));
    if (!line.empty()) expected.emplace_back(content.size(), line.substr(0, kMaxFrameBytes + 1));
    content += line + "\n";
  }
  EXPECT_EQ(ReadFile(MakeFile("a", content)), expected);
}

TEST_F(FileFrameSourceTest, StartsAtAnyOffsetWithTheNextLineThatBeginsThere) {
  const string path = MakeFile("a", "a\nbc\n\nd\ne");
  const vector<Line> all = {{0, "a"}, {2, "bc"}, {6, "d"}, {8, "e"}};
  for (int64_t offset = 0; offset <= 9; ++offset) {
    vector<Line> expected = all;
    expected.erase(std::remove_if(expected.begin(), expected.end(), [&](const Line& l) { return l.first < offset; }),
                   expected.end());
    EXPECT_EQ(ReadFile(path, offset), expected) << "from " << offset;
  }
}

TEST_F(FileFrameSourceTest, GoesOnAfterAnyPositionWithoutLossOrRepetition) {
  const string path = MakeFile("a", "a\n" + string(600'000, 'x') + "\n\nb\r\n" + string(99, 'y') + "\nc");
  const vector<Line> all = ReadFile(path);
  ASSERT_EQ(all.size(), 5u);
  for (size_t taken = 0; taken <= all.size(); ++taken) {
    FileFrameSource source({path}, kMaxFrameBytes, Life::kFirst);
    ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
    for (size_t i = 0; i < taken; ++i) ASSERT_EQ(source.Fetch(kFirst, 1)->count, 1u);
    EXPECT_EQ(ReadFile(path, source.Position(kFirst).value()),
              vector<Line>(all.begin() + static_cast<ptrdiff_t>(taken), all.end()))
        << taken;
  }
}

TEST_F(FileFrameSourceTest, KnowsTheEndOfAFile) {
  FileFrameSource source({MakeFile("a", "a\nb\n")}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(4));
  EXPECT_EQ(source.Position(kFirst), Offset(0));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kMore);
  ASSERT_EQ(source.Fetch(kFirst, 1)->count, 1u);
  EXPECT_EQ(source.Position(kFirst), Offset(2));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kMore);
  ASSERT_EQ(source.Fetch(kFirst, 1)->count, 1u);
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
  EXPECT_EQ(source.Position(kFirst), Offset(4));
}

TEST_F(FileFrameSourceTest, KnowsAnEmptyFileToBeEmptyBeforeItIsRead) {
  FileFrameSource source({MakeFile("a", "")}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(0));
  EXPECT_EQ(source.Position(kFirst), Offset(0));
}

TEST_F(FileFrameSourceTest, ReadsAGrowingFileUpToWhereItsEndIsMetAndNotOn) {
  const string path = MakeFile("a", "a\n");
  FileFrameSource source({path}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  std::ofstream(path, std::ios::app) << "b\nc";
  EXPECT_EQ(ReadAll(&source), (vector<Line>{{0, "a"}, {2, "b"}, {4, "c"}}));
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(5));
  std::ofstream(path, std::ios::app) << "d\n";
  EXPECT_EQ(ReadAll(&source), vector<Line>());
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(5));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
}

TEST_F(FileFrameSourceTest, EndsEarlyInAFileThatIsCutShort) {
  const string path = MakeFile("a", string(1'000'000, '\n') + "last\n");
  FileFrameSource source({path}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  ASSERT_EQ(truncate(path.c_str(), 10), 0);
  EXPECT_EQ(ReadAll(&source), vector<Line>());
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(10));
}

TEST_F(FileFrameSourceTest, RefusesAFileThatHasBecomeShorterThanWhatWasRead) {
  const Error error = StartError(MakeFile("a", "a\n"), 3);
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(error.message.find("has 2 bytes now"), string::npos) << error.message;
}

TEST_F(FileFrameSourceTest, SaysNothingOnceInAWhileWhileItSkipsAnEndlessLine) {
  const string path = PathOf("sparse");
  std::ofstream(path) << "a\n";
  ASSERT_EQ(truncate(path.c_str(), int64_t{100} << 20), 0);  // zeroes that take no room
  std::ofstream(path, std::ios::app) << "\nb\n";
  FileFrameSource source({path}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  vector<size_t> lengths;
  int pauses = 0;
  while (source.AskEnd(kFirst, 0) != EndAnswer::kAtEnd) {
    const Result<FrameBatch> batch = source.Fetch(kFirst, 10);
    ASSERT_TRUE(batch.ok());
    for (size_t i = 0; i < batch->count; ++i) lengths.push_back(batch->frames[i].bytes.size());
    if (batch->count == 0 && source.AskEnd(kFirst, 0) != EndAnswer::kAtEnd) {
      ++pauses;
      EXPECT_TRUE(IsReadable(source.ReadyFd())) << "nobody would come back";
      source.ClearReady();
      EXPECT_FALSE(IsReadable(source.ReadyFd()));
    }
  }
  EXPECT_EQ(lengths, (vector<size_t>{1, kMaxFrameBytes + 1, 1}));
  EXPECT_GE(pauses, 5);
  EXPECT_LE(pauses, 7);
}

TEST_F(FileFrameSourceTest, ReadsManyFilesEachByItself) {
  constexpr int kFiles = 64;
  vector<string> paths;
  vector<StartPosition> starts;
  const string filler(50'000 * 10, 'f');
  for (int i = 0; i < kFiles; ++i) {
    paths.push_back(MakeFile(std::to_string(i), "file" + std::to_string(i) + "\n" + filler + "\nend\n"));
    if (i % 2 == 1) starts.push_back({PartitionId(i), Offset(0)});
  }
  FileFrameSource source(paths, size_t{1} << 20, Life::kFirst);
  ASSERT_TRUE(source.Start(starts).ok());
  vector<StartPosition> late;
  for (int i = 0; i < kFiles; i += 2) late.push_back({PartitionId(i), Offset(0)});
  ASSERT_TRUE(source.Add(late).ok());
  vector<Result<FrameBatch>> first;
  first.reserve(kFiles);
  for (int i = 0; i < kFiles; ++i) first.push_back(source.Fetch(PartitionId(i), 1));
  // What one partition handed out stays while others are read.
  for (int i = 0; i < kFiles; ++i)
    EXPECT_EQ(first[static_cast<size_t>(i)]->frames[0].bytes, "file" + std::to_string(i));
  for (int i = 0; i < kFiles; ++i) {
    const vector<Line> rest = ReadAll(&source, PartitionId(i));
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(rest[0].second.size(), filler.size());
    EXPECT_EQ(rest[1].second, "end");
  }
}

TEST_F(FileFrameSourceTest, NamesWhatCannotBeRead) {
  const string missing = folder_ + "/missing";
  for (const string& path : {missing, folder_}) {
    const Result<void> checked = FileFrameSource::CheckReadable({MakeFile("good", "a"), path});
    ASSERT_FALSE(checked.ok());
    for (const Error& error : {checked.error(), StartError(path)}) {
      EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
      EXPECT_NE(error.message.find("'" + path + "'"), string::npos) << error.message;
      EXPECT_NE(error.message.find(path == missing ? "No such file" : "Is a directory"), string::npos) << error.message;
    }
  }
  EXPECT_TRUE(FileFrameSource::CheckReadable({MakeFile("good", "a"), MakeFile("empty", ""), "/dev/null"}).ok());
}

TEST_F(FileFrameSourceTest, NamesAFileThatMayNotBeRead) {
  const string path = MakeFile("secret", "a");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  if (access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "root may read everything";
  const Result<void> checked = FileFrameSource::CheckReadable({path});
  ASSERT_FALSE(checked.ok());
  EXPECT_NE(checked.error().message.find("Permission denied"), string::npos) << checked.error().message;
}

TEST_F(FileFrameSourceTest, RefusesStandardInputTwice) {
  const Result<void> checked = FileFrameSource::CheckReadable({"-", "-"});
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().exit_code, ExitCode::kUsage);
}

TEST_F(FileFrameSourceTest, KnowsWhichDescriptorsAChildMustKeep) {
  EXPECT_EQ(FileFrameSource::InheritedDescriptors(
                {"a", "-", "/dev/fd/63", "/proc/self/fd/7", "/dev/fd/x", "/dev/fd/", "/dev/stdin", "/dev/fd/-1"}),
            (vector<int>{0, 63, 7, 0}));
}

TEST_F(FileFrameSourceTest, ReadsAPipeAsItFillsAndNeverWaitsForIt) {
  PipeAsStdin pipe;
  EXPECT_TRUE(FileFrameSource::CheckReadable({"-"}).ok());
  FileFrameSource source({"-"}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  EXPECT_EQ(ReadAll(&source), vector<Line>());
  EXPECT_FALSE(IsReadable(source.ReadyFd()));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kMore);
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(-1));

  pipe.Write("a\nhal");
  EXPECT_TRUE(IsReadable(source.ReadyFd()));
  source.ClearReady();
  EXPECT_EQ(ReadAll(&source), (vector<Line>{{0, "a"}}));
  EXPECT_FALSE(IsReadable(source.ReadyFd()));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kMore);

  pipe.Write("f\nlast");
  EXPECT_TRUE(IsReadable(source.ReadyFd()));
  source.ClearReady();
  EXPECT_EQ(ReadAll(&source), (vector<Line>{{2, "half"}}));

  pipe.Close();
  EXPECT_TRUE(IsReadable(source.ReadyFd()));
  source.ClearReady();
  EXPECT_EQ(ReadAll(&source), (vector<Line>{{7, "last"}}));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
  EXPECT_EQ(source.KnownEnd(kFirst), Offset(11));
  EXPECT_EQ(source.Position(kFirst), Offset(11));
  EXPECT_FALSE(IsReadable(source.ReadyFd())) << "an ended pipe must not keep the worker awake";
}

TEST_F(FileFrameSourceTest, IsNotKeptAwakeByAPipeThatIsNotReadOn) {
  PipeAsStdin pipe;
  FileFrameSource source({"-"}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  pipe.Write("a\n");
  EXPECT_TRUE(IsReadable(source.ReadyFd()));
  source.ClearReady();
  EXPECT_FALSE(IsReadable(source.ReadyFd()));
  EXPECT_EQ(ReadAll(&source), (vector<Line>{{0, "a"}}));
}

TEST_F(FileFrameSourceTest, TakesANamedPipeWithoutAWriterForQuietAndNotForEnded) {
  const string path = PathOf("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_TRUE(FileFrameSource::CheckReadable({path}).ok());
  FileFrameSource source({path}, kMaxFrameBytes, Life::kFirst);
  ASSERT_TRUE(source.Start({{kFirst, Offset(0)}}).ok());
  EXPECT_EQ(ReadAll(&source), vector<Line>());
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kMore);
  { std::ofstream(path) << "a\n"; }
  EXPECT_TRUE(IsReadable(source.ReadyFd()));
  EXPECT_EQ(ReadAll(&source), (vector<Line>{{0, "a"}}));
  EXPECT_EQ(source.AskEnd(kFirst, 0), EndAnswer::kAtEnd);
}

TEST_F(FileFrameSourceTest, RefusesToReadAPipeASecondTime) {
  PipeAsStdin pipe;
  for (const Error& error : {StartError("-", 1), StartError("-", 0, Life::kRestarted)}) {
    EXPECT_EQ(error.exit_code, ExitCode::kTryAgain);
    EXPECT_NE(error.message.find("standard input"), string::npos) << error.message;
  }
}

TEST_F(FileFrameSourceTest, ReadsAFileGivenAsStandardInputFromWhereItStands) {
  const string path = MakeFile("a", "header\na\nb\n");
  const int stdin_before = dup(STDIN_FILENO);
  const int fd = open(path.c_str(), O_RDONLY);
  ASSERT_EQ(lseek(fd, 7, SEEK_SET), 7);
  dup2(fd, STDIN_FILENO);
  EXPECT_EQ(ReadFile("-"), (vector<Line>{{7, "a"}, {9, "b"}}));
  EXPECT_EQ(ReadFile("-"), (vector<Line>{{7, "a"}, {9, "b"}})) << "a restarted worker reads the same";
  EXPECT_EQ(ReadFile("-", 9), (vector<Line>{{9, "b"}}));
  dup2(stdin_before, STDIN_FILENO);
  close(stdin_before);
  close(fd);
}

TEST_F(FileFrameSourceTest, ReadsADeviceThatCannotBeWaitedFor) { EXPECT_EQ(ReadFile("/dev/null"), vector<Line>()); }

}  // namespace
}  // namespace headcount
