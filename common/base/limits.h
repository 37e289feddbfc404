// Every bound of the job, with its reason. Relations between bounds are asserted at the end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headcount::limits {

// --- The counting rule ------------------------------------------------------------------------------------
// Held frames a partition keeps at most; one more makes the oldest "future".
inline constexpr size_t kHeldFrames = 100;
// Records of the same partition after which a held frame is "future".
inline constexpr uint64_t kHeldRecords = 256;
// Confirmations that let a held frame move the clock. With 2, one host in five an hour ahead would do it.
inline constexpr int32_t kConfirmations = 16;
// A window may be this far ahead at most before its frame is held, in seconds; --max-jump lowers or raises it.
inline constexpr int64_t kDefaultMaxJumpS = 5;
inline constexpr int64_t kDefaultLatenessS = 5;
inline constexpr int64_t kDefaultWindowS = 60;
// Durations of event time a user may set; a year keeps every sum far from overflow.
inline constexpr int64_t kMaxDurationS = 366LL * 86400;

// --- Frames -----------------------------------------------------------------------------------------------
inline constexpr size_t kMaxFrameBytes = size_t{1} << 20;  // --max-frame's default
inline constexpr size_t kMaxFrameBytesCeiling = size_t{64} << 20;
inline constexpr unsigned kMaxDepth = 512;                  // containers, the root included
inline constexpr size_t kMaxUidBytes = 256;                 // after unescaping
inline constexpr size_t kMaxTsDigits = 20;                  // of a ts written as a string
inline constexpr int64_t kMaxTs = 100'000'000'000'000;      // exclusive: 1e14
inline constexpr int64_t kFirstMillisTs = 100'000'000'000;  // from 1e11 on ts is in milliseconds

// --time-field and --id-field: the scanner looks for the quotes of a key at most 63 bytes apart.
inline constexpr size_t kMaxFieldNameBytes = 62;

// --- What is said of frames that cannot be counted -----------------------------------------------------------
// A partition of which nothing can be counted is named after so many records, or after this time with any. A stream
// with a few bad frames first says nothing; one that is wrong as a whole says so while its user still looks.
inline constexpr uint64_t kUncountedRecords = 1'000;
inline constexpr int64_t kUncountedMs = 10'000;
// A minute with more invalid frames than this is named. The alert of 5 % looks at longer times.
inline constexpr uint64_t kInvalidSharePercent = 20;
// Of a frame whose shape is told, so much is looked at: its keys stand in front, or it is no event.
inline constexpr size_t kShapeLookBytes = size_t{256} << 10;
// Names of root keys that are shown, and how long one may be. Longer ones are hardly names; they may be somebody's.
inline constexpr size_t kShapeKeys = 12;
inline constexpr size_t kShapeKeyBytes = 32;
// The whole text about one frame: with its place and a count before it, it fits into a message of the log.
inline constexpr size_t kShapeTextBytes = 800;

// --- Recovery ---------------------------------------------------------------------------------------------
// Kafka's default offset.metadata.max.bytes is 4096; we stay well below it.
inline constexpr size_t kMaxMetadataBytes = 3000;
// Moves a partition may have after its safe point. At the bound the partition is not read on until a commit
// has made room, and stays excused meanwhile (common/judge/README.md).
inline constexpr size_t kMaxMoves = 24;
// Poison frames among them are counted apart: finding one takes two deaths, and it must not stop a replay.
inline constexpr size_t kMaxPoisonMoves = 5;
// Changes of --allowed-lateness or --max-jump that a partition may not have come to yet. Each needs minutes that are
// published by one rule, and frames of them that are still read again, since they stand in open minutes too. Each may
// divide an excuse in two, so that there is room for one excuse more.
inline constexpr size_t kMaxRuleChanges = 3;
// Deaths of a worker with the same frame under the decoder before that frame is called poison.
inline constexpr int kPoisonDeaths = 2;

// --- The job ----------------------------------------------------------------------------------------------
inline constexpr int32_t kMaxPartitions = 10'000;
inline constexpr int32_t kMaxWorkers = 256;
inline constexpr int64_t kDefaultMaxSkewS = 120;
inline constexpr int64_t kDefaultIdleTimeoutMs = 10'000;
inline constexpr uint64_t kDefaultMemoryBytes = uint64_t{512} << 20;  // address space of one worker's slice
inline constexpr uint64_t kMinMemoryBytes = uint64_t{1} << 20;
inline constexpr uint64_t kMaxMemoryBytes = uint64_t{1} << 40;
// Of all slices together: a quarter of what an x86-64 process can address.
inline constexpr uint64_t kMaxTotalMemoryBytes = uint64_t{1} << 45;
// The smallest frame that can be counted: {"ts":1,"uid":1}
inline constexpr uint64_t kMinMaxFrameBytes = 16;
// Producers are given so long to come back after the leader of their partition was away, if --idle-timeout is shorter.
// librdkafka tries again after 10 s at the most (reconnect.backoff.max.ms); the Java client after 1 s.
inline constexpr int64_t kProducersReturnMs = 15'000;
// Below it the pause between two batches of a busy partition would pass for silence.
inline constexpr int64_t kMinIdleTimeoutMs = 100;

// --- Configuration -----------------------------------------------------------------------------------------
inline constexpr size_t kMaxConfigBytes = size_t{1} << 20;   // of --config; more is a mistaken path
inline constexpr size_t kMaxSecretBytes = size_t{64} << 10;  // of X.KEY_file: a long chain of keys fits

// --- Supervision ------------------------------------------------------------------------------------------
// transaction.timeout.ms of the writer's producer: how long a broker call of the writer may block.
inline constexpr int64_t kTransactionTimeoutMs = 30'000;
// A child without a heartbeat for this long is hung. Inside a transaction call the writer gets more.
inline constexpr int64_t kHeartbeatTimeoutMs = 10'000;
inline constexpr int64_t kTransactionHeartbeatTimeoutMs = kTransactionTimeoutMs + 5'000;
// A coordinator that did not look for this long was stopped or suspended, and so, perhaps, were the others.
inline constexpr int64_t kCoordinatorPauseMs = 2'000;
inline constexpr int64_t kFirstRestartDelayMs = 200;
inline constexpr int64_t kMaxRestartDelayMs = 30'000;
// A life this long counts as good, even if there was nothing to do in it.
inline constexpr int64_t kHealthyLifeMs = 60'000;
// Lives in a row of one child that neither got anything done nor were long: each doubles the pause ...
inline constexpr int kMaxRestartDoublings = 8;
// ... and after so many that ended by themselves, not by a SIGKILL from outside, the job ends.
inline constexpr int kMaxFailedLives = 10;
// The writer acknowledges a raised generation between two broker calls.
inline constexpr int64_t kAcknowledgeTimeoutMs = 60'000;
// How long the kernel may take to end a killed child; only a disk or a driver can hold it up this long.
inline constexpr int64_t kReapTimeoutMs = 30'000;
// From the first signal to the end of whatever still lives, and for reaping after any end: 10 s in all.
inline constexpr int64_t kDrainMs = 8'000;
inline constexpr int64_t kEndReapMs = 1'500;
inline constexpr int64_t kStatusEveryMs = 1'000;
// The line about the job that a service manager shows. Whoever watches the manager is told of each.
inline constexpr int64_t kServiceStatusEveryMs = 10'000;
// What a service manager that does not read is to hear later. One message is for the start and one for the end; the
// others are pairs around reloads.
inline constexpr size_t kServiceMessagesWaiting = 8;
// The progress line of a terminal: fast enough to look alive, slow enough to be read.
inline constexpr int64_t kProgressEveryMs = 500;
// The coordinator looks at heartbeats this often when nothing wakes it.
inline constexpr int kCoordinatorWaitMs = 100;
// Frames a slot's deaths are counted for, and poison frames it is told of. The oldest are forgotten: they
// were committed long ago, or kill twice more.
inline constexpr size_t kMaxMarkedDeaths = 16;
inline constexpr size_t kMaxPoisonMarks = 1024;
// A second coordinator waits this long for the children of a dead one to go.
inline constexpr int64_t kLockWaitMs = 10'000;

// --- Metrics ------------------------------------------------------------------------------------------------
// Partitions of which each has series of its own; where there are more, none has. Three series each: a job may not be
// the largest part of what its Prometheus keeps.
inline constexpr size_t kMaxPartitionSeries = 1'000;
// --metrics-listen: of a request, its fields included; ours need no more than a few hundred bytes.
inline constexpr size_t kHttpRequestBytes = 8192;
// Connections at once; a Prometheus, its twin and a probe are three.
inline constexpr size_t kHttpConnections = 32;
// Clients that the kernel holds for us: were there no place, it would let them try again after a second.
inline constexpr int kHttpBacklog = 1'024;
// Of those, so many are looked at in one go: a millisecond or two.
inline constexpr size_t kHttpAcceptsAtOnce = 128;
// From the connection to the whole request, from there to the last byte of the answer taken, and from there to the
// client's own end.
inline constexpr int64_t kHttpRequestMs = 5'000;
inline constexpr int64_t kHttpAnswerMs = 5'000;
inline constexpr int64_t kHttpEndMs = 1'000;
// Between two looks at clients: whatever they do, they wake the coordinator fifty times a second at most.
inline constexpr int64_t kHttpPauseMs = 20;

// --- The log ------------------------------------------------------------------------------------------------
// What a pipe takes from one write(2) without mixing it with another's (PIPE_BUF of Linux).
inline constexpr size_t kLogLineBytes = 4096;
// Of a text in a line of JSON, escaped. The message stands twice where the line is an error.
inline constexpr size_t kLogMessageBytes = 1200;
inline constexpr size_t kLogLabelBytes = 256;
// A line about the whole job, while all is well.
inline constexpr int64_t kLogProgressEveryMs = 60'000;
// Of lines that may repeat, so many of a kind are shown in a minute ...
inline constexpr uint64_t kLogLinesAMinute = 10;
inline constexpr int64_t kLogMinuteMs = 60'000;
// ... and so many kinds are told apart: the client library has a few dozen, we have fewer.
inline constexpr size_t kMaxLogKinds = 128;

// --- The worker's loop --------------------------------------------------------------------------------------
// Frames judged before anything else is looked at: about a millisecond of work.
inline constexpr size_t kBatchFrames = 512;
// ... and no more bytes, so that a worker beats even where every frame is as large as --max-frame allows.
inline constexpr size_t kBatchBytes = size_t{8} << 20;
// A worker without work wakes up this often, to beat and to look at the clocks of others.
inline constexpr int kIdleWaitMs = 50;
// ... and this often while a partition it must read has an empty queue (see FrameSource::Nudge).
inline constexpr int kStarvedWaitMs = 5;
// One question for an end offset; it blocks the worker's loop.
inline constexpr int kAskEndTimeoutMs = 500;
// Between two questions about the same partition, answered or not.
inline constexpr int64_t kAskEndPauseMs = 200;
inline constexpr int64_t kUnansweredPauseMs = 2'000;
// A worker that read something publishes a step at least this often, so that even commits that close nothing
// (hourly, at a drain) move the safe points.
inline constexpr int64_t kPublishEveryMs = 10'000;
inline constexpr int64_t kShowStatusEveryMs = 100;
// A transaction that has kept a partition at one place for longer is told of: on a busy topic some are always open.
inline constexpr int64_t kOpenTransactionShownMs = 1'000;
// Published minutes that the status remembers, and the places for them in shared memory: the oldest may just be stored
// over while somebody reads.
inline constexpr size_t kRecentMinutes = 60;
// That `headcount tail` shows of those already there: all are kept until the newest of every partition is known.
inline constexpr int64_t kMaxTailMinutes = 1'000'000;
inline constexpr size_t kRecentMinutePlaces = 64;
// Blocks up to the first size are served from memory kept, of which up to the second size may lie free.
inline constexpr int kKeepBlocksBytes = 32 << 20;
inline constexpr int kKeepFreeBytes = 64 << 20;
// Of its slice, when a worker reads only the partition that holds everybody back.
inline constexpr uint64_t kCrowdedNumerator = 3;
inline constexpr uint64_t kCrowdedDenominator = 4;
// Users of a window whose places in its set are asked for before the first is looked at: the time in which so many
// frames are decoded is many cache misses long, and more would wait no shorter.
inline constexpr size_t kUsersAhead = 8;
// Sealed windows that the writer could close before a worker waits for it.
inline constexpr size_t kSealedBacklog = 4096;
// A full slice waits this long for its sealed windows to be closed: longer than a transaction may take, and than
// another worker needs to come back from its death and read again.
inline constexpr int64_t kWaitForRoomMs = 60'000;

// --- The writer's loop and the broker -----------------------------------------------------------------------
// Each question at the start; an unreachable broker is known as one after this.
inline constexpr int kStartTimeoutMs = 10'000;
// Between two looks at the topics; a new partition is noticed within this and twice the timeout below.
inline constexpr int64_t kWatchPartitionsMs = 2'000;
inline constexpr int kWatchTimeoutMs = 1'000;
// How long a broker that turns us away is asked once more, in one protocol; and how long a client is waited for that is
// being dropped.
inline constexpr int kProbeMs = 2'000;
inline constexpr int kDropClientMs = 2'000;
// Between two looks at the committed points, which anybody may change.
inline constexpr int64_t kWatchPointsMs = 5'000;
// A minute that is to be committed looks at them too, if the last look is older: a topic that was made anew takes them
// along, and a commit would bring them back.
inline constexpr int64_t kLookBeforeCommitMs = 1'000;
// A worker remembers another record of a partition after this long (common/records/record_mark.h): longer than the
// writer takes to see the one before.
inline constexpr int64_t kMarkEveryMs = 30'000;
static_assert(kMarkEveryMs > 2 * kWatchPointsMs, "a mark must be seen before the next one takes its place");
// To read marked records again, all in all; and how many may be tried before it is left undecided.
inline constexpr int kReadMarksTimeoutMs = 5'000;
inline constexpr size_t kMarksTried = 8;
// With --on-lost-input=continue a worker whose topic is another one waits this long for the writer to find out, too.
inline constexpr int64_t kMadeAnewPatienceMs = 3 * kWatchPointsMs;
// One attempt to connect again after a transaction whose outcome is not known.
inline constexpr int kReconnectTimeoutMs = 10'000;
// All such attempts together; then the supervisor's script starts us again.
inline constexpr int64_t kBrokerLostMs = 300'000;
// librdkafka does not end sending a transaction's offsets where no coordinator can be reached; this long after the time
// of the transaction its client is left. Not sooner: by then the broker has given the transaction up by itself, and a
// request that still lies before a broker that stands still must not belong to one that we end.
inline constexpr int kSendOffsetsGraceMs = 1'000;
// Together the questions that find out what a transaction waits for.
inline constexpr int kObstacleMs = 3'000;
// The question for a topic's settings.
inline constexpr int kTopicConfigMs = 2'000;
// A job that has tried to commit for so long is not ready: a transaction that goes well takes a few seconds at most.
inline constexpr int64_t kCommitStuckMs = 30'000;
// Pauses between the attempts: doubling from the first to the second.
inline constexpr int kFirstRetryPauseMs = 50;
inline constexpr int kMaxRetryPauseMs = 2'000;
// A topic that is not there may be unknown for a moment only to a broker that has just started.
inline constexpr int64_t kMissingTopicMs = 5'000;
// A fenced writer gives its successor this long to commit its claim before it takes the id back.
inline constexpr int64_t kSuccessorMs = 2'000;
// Users the writer has counted between two heartbeats while it unites tables.
inline constexpr uint64_t kUnionBeatUids = 100'000;
// Windows closed by one transaction: bounds its time, and the memory of librdkafka's queue.
inline constexpr size_t kWindowsPerTransaction = 5'000;
// Between two transactions: what ends meanwhile shares the next one. Also longer than the broker needs to finish the
// last one, which it does behind its answer; one that begins before has to ask for it again and again.
inline constexpr int64_t kGatherMs = 100;
// How often it is asked meanwhile whether the next one is the last, which does not wait.
inline constexpr int64_t kGatherLookMs = 5;
// Kafka forgets a group's offsets after a week without a commit, and a transactional id likewise.
inline constexpr int64_t kCommitAtLeastEveryMs = 3'600'000;
// After the call to drain, the workers' last publications are waited for this long; the coordinator kills
// everybody after 8 s, so that a drained job ends within 10.
inline constexpr int64_t kDrainWaitMs = 4'000;

// --- The report ---------------------------------------------------------------------------------------------
// Of `headcount report`: ten years of minutes, 64 bytes each while they are read.
inline constexpr size_t kMaxReportMinutes = 5'270'400;
// More columns than a screen has dots would hide some; a day is 720 of two minutes, a week 672 of fifteen.
inline constexpr size_t kMaxReportColumns = 750;
// Rows of its table: more than a year of days, and no more than a person scrolls through.
inline constexpr size_t kMaxReportRows = 400;
// Gaps, and minutes that are there twice, which it lists one by one; of more it says how many.
inline constexpr size_t kMaxReportListed = 20;
// A line of its input: many times the longest record of a minute, and little enough for a mistaken file.
inline constexpr size_t kMaxReportLineBytes = size_t{64} << 10;
// A broker that sends nothing for this long before the end of the topic is lost.
inline constexpr int64_t kReportSilenceMs = 30'000;

static_assert(kWatchTimeoutMs + 2 * (kProbeMs + kDropClientMs) < kHeartbeatTimeoutMs,
              "who finds out why a broker turns us away must not pass for one that hangs");
static_assert(kWatchPartitionsMs + 2 * kWatchTimeoutMs < 5'000, "a new partition must be noticed within 5 s");

static_assert(kDefaultMaxJumpS <= kDefaultLatenessS, "a plausible frame must never be able to close a window alone");
static_assert(kHeldFrames < kHeldRecords, "the bound on held frames must be able to bite before the bound on records");
static_assert(kDrainMs + kEndReapMs < 10'000, "a first signal ends the job within 10 s");
static_assert(kTransactionHeartbeatTimeoutMs < kAcknowledgeTimeoutMs,
              "a writer in a transaction call must not be taken for one that does not answer");
static_assert(kTransactionTimeoutMs + kSendOffsetsGraceMs < kTransactionHeartbeatTimeoutMs,
              "a writer that leaves a call must not be killed for it");
static_assert(kObstacleMs < kHeartbeatTimeoutMs, "who asks what holds the job up must not pass for one that hangs");
static_assert(kDefaultMaxSkewS >= kDefaultWindowS, "see --max-skew in coordinator/options/command_line.cc");
static_assert(kFirstRestartDelayMs << kMaxRestartDoublings >= kMaxRestartDelayMs, "the pause must reach its bound");
static_assert(kMaxTs <= INT64_MAX / 4, "event times and durations must add without overflow");

}  // namespace headcount::limits
