// One partition in its worker, with frames made up and a decoder that dies of some.
#include "worker/partition_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "common/base/limits.h"
#include "common/shm/writer_view.h"

namespace headcount {
namespace {

constexpr PartitionId kPartition{0};

// Frames by offset; the bytes are their time.
class FakeSource final : public FrameSource {
 public:
  explicit FakeSource(std::map<int64_t, std::string> frames) : frames_(std::move(frames)) {}

  Result<void> Start(const std::vector<StartPosition>& partitions) override {
    next_ = partitions.at(0).offset.value();
    return {};
  }
  Result<void> Add(const std::vector<StartPosition>& /*partitions*/) override { return {}; }
  Result<FrameBatch> Fetch(PartitionId /*p*/, size_t max) override {
    batch_.clear();
    for (auto at = frames_.lower_bound(next_); at != frames_.end() && batch_.size() < max; ++at) {
      batch_.push_back({Offset(at->first), at->second, true});
      next_ = at->first + 1;
    }
    return FrameBatch{batch_.data(), batch_.size()};
  }
  Offset Position(PartitionId /*p*/) const override { return Offset(next_); }
  Offset KnownEnd(PartitionId /*p*/) const override {
    return frames_.empty() ? Offset(0) : Offset(frames_.rbegin()->first + 1);
  }
  EndAnswer AskEnd(PartitionId p, int /*timeout_ms*/) override {
    return Position(p) == KnownEnd(p) ? EndAnswer::kAtEnd : EndAnswer::kMore;
  }
  void WakeFetcherIfIdle(PartitionId /*p*/) override {}
  int ReadyFd() const override { return -1; }
  void ClearReady() override {}
  uint64_t LostRecords() const override { return 0; }

 private:
  std::map<int64_t, std::string> frames_;
  std::vector<SourceFrame> batch_;
  int64_t next_ = 0;
};

// Remembers what it was given, instead of dying of it.
class FakeDecoder final : public FrameDecoder {
 public:
  bool Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* /*reason*/) override {
    decoded.insert(std::string(bytes));
    frame->ts = EventTime(std::stoll(std::string(bytes)));
    frame->uid = "somebody";
    return true;
  }
  std::set<std::string> decoded;
};

class PartitionReaderTest : public testing::Test {
 protected:
  void Begin(std::map<int64_t, std::string> frames, const SafePoint& start) {
    source_ = std::make_unique<FakeSource>(std::move(frames));
    const ReadingTools tools{&options_, source_.get(), &decoder_, {}, &store_, &view_};
    reader_ = std::make_unique<PartitionReader>(tools, kPartition, 0, start, std::nullopt, 0);
    ASSERT_TRUE(source_->Start({{kPartition, start.state.first_needed()}}).ok());
  }
  size_t ReadAll() {
    const Result<size_t> read = reader_->ReadSome(1'000, EventTime::Forever(), 0);
    return read.ok() ? *read : 0;
  }

  RunOptions options_;
  FakeDecoder decoder_;
  const shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{1} << 20).value();
  shm::WorkerView view_{&memory_, SlotId(0)};
  WindowStore store_{view_.slice(), Generation(1), WindowStart::Unset(), [] { return false; }};
  std::unique_ptr<FakeSource> source_;
  std::unique_ptr<PartitionReader> reader_;
};

TEST_F(PartitionReaderTest, ReadsOnlyTheBodiesOfHeldFramesAgainBeforeItsSafePoint) {
  // The frame at 3 was poison; its move lay before the safe point and is forgotten. The replay passes it again on
  // the way from the held frame at 2, and must not die of it for ever.
  const SafePoint start{{Offset(5), false, EventTime(1'000), {}, {{Offset(2), 1}}}, {}};
  Begin({{2, "9000"}, {3, "666"}, {4, "1000"}, {5, "1001"}, {6, "1002"}}, start);
  EXPECT_EQ(ReadAll(), 5U);
  EXPECT_EQ(decoder_.decoded, (std::set<std::string>{"9000", "1001", "1002"}));
  EXPECT_EQ(reader_->lost_unconfirmed(), 0U);
  EXPECT_EQ(reader_->watermark(), EventTime(1'002));
  EXPECT_EQ(store_.judged_counts().counted, 2U);
  EXPECT_EQ(reader_->Progress().rest.state.unconfirmed.size(), 1U) << "held as before";
}

TEST_F(PartitionReaderTest, GivesAPoisonFrameItsVerdictWithoutDecodingIt) {
  const SafePoint start{{Offset(5), false, EventTime(1'000), {}, {}}, {}};
  Begin({{5, "1001"}, {6, "666"}, {7, "1002"}}, start);
  reader_->AddPoison(Offset(6));
  reader_->AddPoison(Offset(4));  // committed long ago
  EXPECT_EQ(ReadAll(), 3U);
  EXPECT_EQ(decoder_.decoded.count("666"), 0U);
  const auto reason = static_cast<size_t>(InvalidReason::kPoison);
  EXPECT_EQ(store_.judged_counts().invalid_by_reason[reason], 1U);
  ASSERT_EQ(reader_->Progress().rest.decisions.size(), 1U) << "committed with what depends on it";
  EXPECT_EQ(reader_->Progress().rest.decisions[0].offset, Offset(6));
}

// --- More poison than the moves have room for ------------------------------------------------------------------

class CrowdOfPoison : public PartitionReaderTest {
 protected:
  static constexpr auto kPoisons = static_cast<int64_t>(limits::kMaxPoisonDecisions) + 1;

  // Frames of 10 s windows, lateness 5 s; poison stands at `kPoisons` offsets from `first` on, good frames around it.
  void BeginWithPoisonAt(int64_t first, int64_t before_ts) {
    options_.rule = {10, 5, 5};
    std::map<int64_t, std::string> frames;
    for (int64_t n = 0; n < first; ++n) frames[n] = std::to_string(before_ts);
    for (int64_t n = 0; n < kPoisons; ++n) frames[first + n] = "666";
    frames[first + kPoisons] = std::to_string(before_ts + 1);  // in the window that the poison stands in
    frames[first + kPoisons + 1] = std::to_string(before_ts + 10);
    Begin(std::move(frames), {{Offset(0), false, EventTime(before_ts), {}, {}}, {}});
    for (int64_t n = 0; n < kPoisons; ++n) reader_->AddPoison(Offset(first + n));
  }
  // What the worker does once the windows before `upto` are sealed, and the writer has committed them.
  void Close(int64_t frontier) {
    store_.SealUpTo(WindowStart(frontier), {kPartition});
    reader_->ForgetWindow();
    shm::WriterView(&memory_).CloseUpTo(WindowStart(frontier), RunId(1), Sequence(1));
    store_.ReleaseUpTo(WindowStart(frontier));
    reader_->ForgetClosedDecisions();
  }
  uint64_t Poisoned() const {
    return store_.judged_counts().invalid_by_reason[static_cast<size_t>(InvalidReason::kPoison)];
  }
};

TEST_F(CrowdOfPoison, IsReadOnAfterACommitHasMadeRoom) {
  options_.rule = {10, 5, 5};
  const std::vector<int64_t> poison = {1, 4, 5, 6, 7, 8};
  ASSERT_EQ(poison.size(), static_cast<size_t>(kPoisons));
  std::map<int64_t, std::string> frames = {{0, "98"}, {2, "102"}, {3, "106"}, {9, "107"}};
  for (const int64_t offset : poison) frames[offset] = "666";
  Begin(std::move(frames), {{Offset(0), false, EventTime(98), {}, {}}, {}});
  for (const int64_t offset : poison) reader_->AddPoison(Offset(offset));
  EXPECT_EQ(ReadAll(), 8U) << "it stands before the frame that there is no room for";
  EXPECT_FALSE(reader_->MayRead(EventTime::Forever()));
  EXPECT_TRUE(reader_->HasMore());
  EXPECT_EQ(ReadAll(), 0U);
  // Its clock, 106, allows the window before 100, in which the first poison stands: that one's close is enough.
  reader_->UpdateIdleness(WindowStart::Unset(), true, 0);
  EXPECT_EQ(reader_->watermark(), EventTime(106));
  Close(100);
  EXPECT_EQ(ReadAll(), 2U);
  EXPECT_EQ(Poisoned(), static_cast<uint64_t>(kPoisons));
  EXPECT_EQ(decoder_.decoded.count("666"), 0U);
  EXPECT_EQ(store_.judged_counts().counted, 4U);
}

TEST_F(CrowdOfPoison, ClosesItsOpenMinutesEarlyWhereNothingElseMakesRoom) {
  BeginWithPoisonAt(3, 100);
  ReadAll();
  Close(90);  // all that its own clock allows
  EXPECT_FALSE(reader_->MayRead(EventTime::Forever()));
  reader_->UpdateIdleness(WindowStart::Unset(), true, 0);
  EXPECT_EQ(reader_->watermark(), EventTime(115)) << "the end of the window, and the lateness";
  EXPECT_FALSE(reader_->idle()) << "not as if it were silent: then the wall clock might pass over all that follows";
  const auto decisions = reader_->Progress().rest.decisions;
  ASSERT_EQ(decisions.size(), limits::kMaxPoisonDecisions + 1) << "committed with what depends on it";
  EXPECT_EQ(decisions.back().kind, Decision::Kind::kIdle);
  EXPECT_EQ(decisions.back().passed_frontier, WindowStart(110));
  reader_->UpdateIdleness(WindowStart::Unset(), true, 0);
  EXPECT_EQ(reader_->Progress().rest.decisions.size(), decisions.size()) << "once is enough";

  Close(110);
  EXPECT_EQ(ReadAll(), 3U);
  EXPECT_EQ(Poisoned(), static_cast<uint64_t>(kPoisons));
  EXPECT_EQ(decoder_.decoded.count("666"), 0U);
  EXPECT_EQ(store_.judged_counts().late, 1U) << "what followed in the same window";
  EXPECT_EQ(store_.judged_counts().counted, 4U);
}

TEST_F(CrowdOfPoison, EndsTheRunThatLeavesTheirMinuteOpen) {
  options_.until_end = true;
  BeginWithPoisonAt(3, 100);
  shm::WriterView(&memory_).StoreLastBoundary(EventTime(100));  // the window up to 110 is not over
  ReadAll();
  reader_->UpdateIdleness(WindowStart::Unset(), true, 0);
  EXPECT_FALSE(reader_->reached_stop_offset()) << "the windows before 100 may be those that hold them";
  Close(90);  // all that its own clock allows
  reader_->UpdateIdleness(WindowStart::Unset(), true, 0);
  EXPECT_TRUE(reader_->reached_stop_offset());
  EXPECT_EQ(reader_->watermark(), EventTime(100)) << "nothing is closed early";
  EXPECT_EQ(decoder_.decoded.count("666"), 0U);
}

TEST_F(CrowdOfPoison, WithoutAnythingElseNeedsAHuman) {
  Begin({{0, "666"}, {1, "666"}, {2, "666"}, {3, "666"}, {4, "666"}, {5, "666"}, {6, "100"}}, {});
  for (int64_t n = 0; n < kPoisons; ++n) reader_->AddPoison(Offset(n));
  Result<size_t> read = reader_->ReadSome(1'000, EventTime::Forever(), 0);
  if (read.ok()) read = reader_->ReadSome(1'000, EventTime::Forever(), 0);
  ASSERT_FALSE(read.ok()) << "it would stand still for ever";
  EXPECT_EQ(read.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(read.error().message.find("partition 0 of topic user_events, offset 5"), std::string::npos)
      << read.error().message;
}

TEST_F(PartitionReaderTest, ReadsNotBeyondWhatTheSlowestAllows) {
  const SafePoint start{{Offset(0), false, EventTime(100), {}, {}}, {}};
  Begin({{0, "101"}, {1, "103"}, {2, "104"}}, start);
  const Result<size_t> read = reader_->ReadSome(1'000, EventTime(102), 0);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, 2U) << "the frame that passes the limit is the last";
  EXPECT_FALSE(reader_->MayRead(EventTime(102)));
  EXPECT_TRUE(reader_->HasMore());
}

TEST_F(PartitionReaderTest, SettlesHeldFramesWhenItsSilenceIsProven) {
  options_.idle_timeout_ms = 1'000;
  const SafePoint start{{Offset(0), false, EventTime(100), {}, {}}, {}};
  Begin({{0, "101"}, {1, "200"}}, start);
  EXPECT_EQ(ReadAll(), 2U);
  EXPECT_EQ(reader_->Status(EventTime::Forever(), 1'000).unconfirmed, 1U);
  EXPECT_FALSE(reader_->UpdateIdleness(WindowStart::Unset(), true, 999));
  EXPECT_TRUE(reader_->UpdateIdleness(WindowStart::Unset(), true, 1'000));
  EXPECT_TRUE(reader_->idle());
  EXPECT_EQ(reader_->Status(EventTime::Forever(), 1'000).unconfirmed, 0U);
  EXPECT_EQ(reader_->watermark(), EventTime(200));
  EXPECT_EQ(reader_->Progress().rest.decisions.size(), 1U);
}

}  // namespace
}  // namespace headcount
