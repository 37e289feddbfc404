// What `headcount explain` says in the cases that cost people a day elsewhere.
#include "coordinator/commands/explain.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>

namespace headcount {
namespace {

constexpr int64_t kMinute = 1468244400;  // 13:40:00
constexpr int64_t kNowMs = (kMinute + 70) * 1000;

StatusReport::Partition Reading(int32_t number, int64_t watermark) {
  StatusReport::Partition p;
  p.partition = number;
  p.worker = number % 2;
  p.position = 120'000;
  p.end = 120'500;
  p.lag = 500;
  p.has_watermark = true;
  p.watermark = watermark;
  p.unmoved_since_ms = kNowMs - 1000;
  p.state = "reading";
  return p;
}

StatusReport Running() {
  StatusReport report;
  report.state = "running";
  report.updated_at_ms = kNowMs - 400;
  report.writer = {4711, 1, 0};
  for (int32_t slot = 0; slot < 2; ++slot) {
    StatusReport::Worker worker;
    worker.slot = slot;
    worker.pid = 4712 + slot;
    worker.records_per_s = 1000;
    report.workers.push_back(worker);
  }
  report.has_closed_frontier = true;
  report.closed_frontier = kMinute;
  report.rule = {60, 5, 120, 10'000, 0, false, "user_events", "event_metrics", "broker1:9092"};
  for (int32_t p = 0; p < 3; ++p) report.partitions.push_back(Reading(p, kMinute + 65));
  return report;
}

// In one line, so that a test need not know where it was wrapped.
std::string Told(const StatusReport& report, std::optional<EventTime> asked = std::nullopt) {
  std::istringstream words(Explain(report, asked, kNowMs));
  std::string all;
  for (std::string word; words >> word;) all += (all.empty() ? "" : " ") + word;
  return all;
}

void ExpectTold(const std::string& told, const std::string& part) {
  EXPECT_NE(told.find(part), std::string::npos) << "wanted: " << part << "\ntold: " << told;
}

TEST(Explain, NamesTheOpenTransactionThatHoldsAMinuteAndHowToFindItsProducer) {
  StatusReport report = Running();
  StatusReport::Partition& p = report.partitions[1];
  p = Reading(1, kMinute + 10);
  p.position = p.end = 130;
  p.lag = 0;
  p.state = "caught_up";
  p.transaction_end = 200;
  p.transaction_since_ms = kNowMs - 45'000;
  const std::string told = Told(report);
  ExpectTold(
      told,
      "partition 1: its clock shows 2016-07-11T13:40:10Z, 55 s too early. It is read up to an open transaction at "
      "offset 130, which has stood there for 45 s: what lies from there up to offset 200 is read once it is "
      "committed or aborted.");
  ExpectTold(told,
             "kafka-transactions.sh --bootstrap-server broker1:9092 describe-producers --topic user_events "
             "--partition 1 names the producer.");
  EXPECT_EQ(told.find("--leave-open"), std::string::npos) << "a streaming job has no such option";
  report.rule.until_end = true;
  ExpectTold(Told(report), "--leave-open would not wait for it.");
  // On a busy topic there is always one, for a moment.
  report.partitions[1].transaction_since_ms = kNowMs - 500;
  ExpectTold(Told(report), "It is read to its end");
}

PublishedMinute Minute(int64_t start) {
  PublishedMinute minute;
  minute.start = WindowStart(start);
  minute.unique_users = 41'130;
  minute.counts.counted = 59'983;
  minute.counts.late = 12;
  minute.published_at_ms = (start + 66) * 1000;
  return minute;
}

TEST(Explain, SaysWhenAMinuteCameOutAndWithWhat) {
  StatusReport report = Running();
  report.recent = {Minute(kMinute - 60)};
  const std::string told = Told(report, EventTime(kMinute - 21));
  ExpectTold(told, "Minute 2016-07-11T13:39:00Z was published at 2016-07-11T13:40:06Z, 1 min 4 s ago");
  ExpectTold(told, "41,130 users in 59,983 events; 12 late, 0 invalid, 0 future");
}

TEST(Explain, TellsAMinuteWithoutARecordFromOneTooOldToBeRemembered) {
  StatusReport report = Running();
  report.recent = {Minute(kMinute - 180), Minute(kMinute - 60)};
  ExpectTold(Told(report, EventTime(kMinute - 120)), "is closed and has no record: no frame was attributed to it");
  ExpectTold(Told(report, EventTime(kMinute - 6000)), "event_metrics has its record, if any");
}

TEST(Explain, NamesThePartitionThatIsFarBehindWithItsLagAndSpeed) {
  StatusReport report = Running();
  report.partitions[1] = Reading(1, kMinute - 3600);
  report.partitions[1].lag = 1'200'000;
  const std::string told = Told(report);
  ExpectTold(told,
             "Minute 2016-07-11T13:40:00Z is not published yet. It is, once every partition's clock shows "
             "2016-07-11T13:41:05Z");
  ExpectTold(told,
             "1 partition of 3 holds it back: - partition 1: its clock shows 2016-07-11T12:40:00Z, 1 h 1 min too "
             "early. It is being read: 1,200,000 records are left, and its worker reads 1,000 records/s.");
}

TEST(Explain, SaysOfAnIdlePartitionWhenItLetsGo) {
  StatusReport report = Running();
  report.partitions[2] = Reading(2, kMinute + 10);
  report.partitions[2].state = "caught_up";
  report.partitions[2].unmoved_since_ms = kNowMs - 7000;
  ExpectTold(Told(report),
             "partition 2: its clock shows 2016-07-11T13:40:10Z, 55 s too early. It is read to its end, "
             "and its clock has stood for 7 s. The next frame moves it; or, silent for 10s "
             "(idle-timeout), it holds nothing any more.");
}

TEST(Explain, SaysOfASlowProducersPartitionThatSilenceIsNotIt) {
  StatusReport report = Running();
  report.partitions[2] = Reading(2, kMinute - 600);
  report.partitions[2].state = "caught_up";
  report.partitions[2].unmoved_since_ms = kNowMs - 300'000;
  ExpectTold(Told(report), "but not silent: for 5 min frames have come in it that do not move its clock");
  ExpectTold(Told(report), "--max-hold would bound how long it may.");
  report.rule.max_hold_ms = 600'000;
  ExpectTold(Told(report), "--max-hold lets it go after 10m.");
}

TEST(Explain, SaysThatFramesFromTheFutureAreHeldBack) {
  StatusReport report = Running();
  report.partitions[0] = Reading(0, kMinute + 5);
  report.partitions[0].held = 17;
  ExpectTold(Told(report), "17 frames ran ahead of its clock and wait for later ones to confirm them");
}

TEST(Explain, NamesADeadWorkerAndALeaderThatIsNotHeard) {
  StatusReport report = Running();
  report.partitions[0] = Reading(0, kMinute + 5);
  report.workers[0].pid = 0;
  ExpectTold(Told(report), "Its worker 0 does not run; it is started again by itself");
  report = Running();
  report.partitions[1] = Reading(1, kMinute + 5);
  report.partitions[1].state = "unknown";
  ExpectTold(Told(report), "Nothing has been heard from its leader yet");
}

TEST(Explain, SaysWhyAPartitionIsWaitedForThoughNothingHasComeInItForLong) {
  StatusReport report = Running();
  report.partitions[2] = Reading(2, kMinute + 10);
  report.partitions[2].state = "caught_up";
  report.partitions[2].unmoved_since_ms = kNowMs - 3'600'000;
  report.partitions[2].hold = "job_woken";
  ExpectTold(Told(report), "this one holds the clock until its own next frame, or for 10s (idle-timeout) from then.");
  report.partitions[2].hold = "leader_returned";
  ExpectTold(Told(report), "Its leader was away and answers again: its producers have 15s from then to come back.");
  report.partitions[2].state = "unknown";
  report.partitions[2].hold = "leader_away";
  ExpectTold(Told(report), "Its leader does not answer: a partition that cannot be heard is not silent.");
}

TEST(Explain, SaysThatThereAreNoFramesAtAll) {
  StatusReport report = Running();
  report.has_closed_frontier = false;
  for (StatusReport::Partition& p : report.partitions) p.has_watermark = false;
  ExpectTold(Told(report), "No minute is open: no frame has been counted yet in any of 3 partitions of user_events.");
}

TEST(Explain, SaysThatAMinuteWasNeverSeen) {
  ExpectTold(Told(Running(), EventTime(kMinute + 3600)),
             "It has never been seen: the newest frame counted anywhere is of 2016-07-11T13:41:05Z");
}

TEST(Explain, LeavesItToTheWallClockWhereAllAreSilent) {
  StatusReport report = Running();
  for (StatusReport::Partition& p : report.partitions) {
    p.watermark = kMinute + 60;
    p.idle_reason = "silent";
  }
  ExpectTold(Told(report, EventTime(kMinute + 60)), "the wall clock closes it at 2016-07-11T13:42:05Z");
  ExpectTold(Told(report), "the wall clock has passed it");
}

TEST(Explain, SaysThatNothingIsInTheNextMinuteOfAJobThatIsSilent) {
  StatusReport report = Running();
  report.closed_frontier = kMinute + 60;
  for (StatusReport::Partition& p : report.partitions) {
    p.watermark = kMinute + 30;
    p.idle_reason = "silent";
  }
  ExpectTold(Told(report), "nothing is in it: without a frame there is no record of it.");
  report.partitions[1].held = 1;
  EXPECT_EQ(Told(report).find("nothing is in it"), std::string::npos) << "the frame that waits may be of it";
}

TEST(Explain, SaysThatOnlyTheWriterIsAwaited) {
  StatusReport report = Running();
  ExpectTold(Told(report), "No partition holds it back any more: it comes with the writer's next transaction.");
  report.writer.pid = 0;
  ExpectTold(Told(report), "next transaction (it does not run, and is started again by itself).");
  report.writer.committing_ms = 45'900;
  ExpectTold(Told(report), "which cannot be committed for 45 s now: the log says what is in the way.");
}

TEST(Explain, SaysFirstThatTheJobIsGone) {
  StatusReport report = Running();
  report.updated_at_ms = kNowMs - 7200'000;
  EXPECT_EQ(Told(report).find("The status file is 2 h old: the job is gone or stuck"), 0U) << Told(report);
  report.state = "failed";
  EXPECT_EQ(Told(report).find("The job has failed"), 0U) << Told(report);
}

TEST(Explain, SaysOfAJobThatHasEndedWhatItLeft) {
  StatusReport report = Running();
  report.state = "done";
  ExpectTold(Told(report),
             "The job has ended. This is how it stood then. Minute 2016-07-11T13:40:00Z was not published "
             "by it");
}

TEST(Explain, ShowsTheSlowestFewOfManyAndFitsATerminal) {
  StatusReport report = Running();
  report.partitions.clear();
  for (int32_t p = 0; p < 1000; ++p) report.partitions.push_back(Reading(p, kMinute - p));
  const std::string text = Explain(report, std::nullopt, kNowMs);
  ExpectTold(Told(report), "1,000 partitions of 1,000 hold it back: - partition 999: ");
  ExpectTold(Told(report), "and 995 more that are further on");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Explain, CallsAWindowThatIsNoMinuteAWindow) {
  StatusReport report = Running();
  report.rule.window_s = 1;
  ExpectTold(Told(report), "Window 2016-07-11T13:40:00Z is not published yet");
}

// --- Where all is invalid
// ----------------------------------------------------------------------------------------------

TEST(Explain, BlamesNeitherSilenceNorASlowClockWhereFramesAreInvalid) {
  StatusReport report = Running();
  StatusReport::Partition& p = report.partitions[1];
  p.watermark = kMinute + 30;
  p.unmoved_since_ms = kNowMs - 90'000;
  p.state = "caught_up";
  p.invalid_in_a_row = 1'234;
  p.invalid_reason = "bad_ts";
  for (const char* state : {"caught_up", "reading"}) {
    p.state = state;
    const std::string told = Told(report);
    ExpectTold(told, "Its last 1,234 frames were all invalid (the newest: bad_ts): headcount explain --invalid shows");
    EXPECT_EQ(told.find("slow clock"), std::string::npos) << told;
    EXPECT_EQ(told.find("cannot be fetched"), std::string::npos) << told;
  }
}

TEST(Explain, SaysThatEverythingWasInvalidWhereNoMinuteIsOpen) {
  StatusReport report = Running();
  report.has_closed_frontier = false;
  for (StatusReport::Partition& p : report.partitions) p.has_watermark = false;
  report.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kBadTs)] = 1'000;
  report.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kNotJson)] = 2;
  ExpectTold(Told(report),
             "no frame has been counted yet in any of 3 partitions of user_events. All 1,002 frames that "
             "were read are invalid: 1000 bad_ts, 2 not_json.");
}

// Whoever is woken up looks for the words on the screen.
TEST(Explain, SaysWhatTheRunbookQuotes) {
  const auto contents = [](const std::string& path) {
    std::ifstream file(std::string(HEADCOUNT_SOURCE_DIR) + path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string code =
      std::regex_replace(contents("/coordinator/commands/explain.cc"), std::regex("\"\\s*\n\\s*\""), "");
  const std::string runbook = contents("/config/RUNBOOK.md");
  const size_t begin = runbook.find("## HeadcountClockHeld");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = runbook.substr(begin, runbook.find("\n## ", begin) - begin);
  size_t quotes = 0;
  const std::regex quote("\"([^\"]+)\":");
  for (std::sregex_iterator it(section.begin(), section.end(), quote); it != std::sregex_iterator(); ++it, ++quotes) {
    EXPECT_NE(code.find((*it)[1]), std::string::npos) << (*it)[1];
  }
  EXPECT_GE(quotes, 5U);
}

// --- Frames that are not counted -----------------------------------------------------------------------------------

TEST(ExplainRejected, SaysThatThereWereNone) {
  EXPECT_EQ(ExplainRejected(Running(), kNowMs), "No frame was invalid or future since the job started.\n");
}

TEST(ExplainRejected, NamesTheLastOfEachKindAndTheCommandThatShowsIt) {
  StatusReport report = Running();
  report.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kNotJson)] = 12;
  report.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kNoUid)] = 1;
  report.totals.future = 3;
  report.rejected = {{"not_json", 3, 128991, kNowMs - 40'000}, {"future", 0, 7, kNowMs}};
  report.rule.bootstrap_server = "[::1]:9092";
  EXPECT_EQ(ExplainRejected(report, kNowMs),
            "Frames that were not counted since the job started, and what shows the last of\n"
            "each kind (add -X as for the job):\n"
            "\n"
            "not_json (no JSON in UTF-8): 12 frames, the last seen 40 s ago in partition 3 at\n"
            "offset 128991.\n"
            "    kcat -C -q -e -c 1 -b '[::1]:9092' -t user_events -p 3 -o 128991\n"
            "\n"
            "no_uid (has no id field): 1 frame; the log says where.\n"
            "\n"
            "future (its time is far ahead, and nothing confirmed it): 3 frames, the last\n"
            "seen 0 s ago in partition 0 at offset 7.\n"
            "    kcat -C -q -e -c 1 -b '[::1]:9092' -t user_events -p 0 -o 7\n");
}

TEST(ExplainRejected, SaysWhatTheFirstLookedLikeAndKeepsLateOnesApart) {
  StatusReport report = Running();
  report.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kBadTs)] = 2;
  report.totals.late = 5;
  report.rejected = {{"bad_ts", 1, 400, kNowMs, "user_events/1/0: ts is null"}, {"late", 2, 77, kNowMs}};
  const std::string invalid = ExplainRejected(report, kNowMs);
  ExpectTold(invalid, "offset 400. The first: user_events/1/0: ts is null\n");
  EXPECT_EQ(invalid.find("late"), std::string::npos) << invalid;
  const std::string late = ExplainLate(report, kNowMs);
  ExpectTold(late, "late (its minute had been given up): 5 frames");
  ExpectTold(late, "-p 2 -o 77\n");
  EXPECT_EQ(late.find("bad_ts"), std::string::npos) << late;
  EXPECT_EQ(ExplainLate(Running(), kNowMs), "No frame was late since the job started.\n");
}

TEST(ExplainRejected, NamesTheByteOfAFile) {
  StatusReport report = Running();
  report.rule.bootstrap_server = "";
  report.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kBadTs)] = 1;
  report.rejected = {{"bad_ts", 1, 400, kNowMs}};
  const std::string text = ExplainRejected(report, kNowMs);
  ExpectTold(text, "in file 2 at byte 400.\n    tail -c +401 FILE | head -n 1\n");
}

}  // namespace
}  // namespace headcount
