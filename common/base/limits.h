// Every bound of the job, with its reason. Every process uses them. Relations between bounds are asserted at the end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headcount::limits {

// --- The counting rule ------------------------------------------------------------------------------------
// The unconfirmed frames that a partition keeps; one more makes the oldest one "future".
inline constexpr size_t kUnconfirmedFrames = 100;
// After this many records of the same partition an unconfirmed frame is "future".
inline constexpr uint64_t kUnconfirmedRecords = 256;
// Confirmations after which an unconfirmed frame may raise the watermark. With 2, one host in five with a clock an hour
// ahead would raise it.
inline constexpr int32_t kConfirmations = 16;
// A frame further ahead of the watermark than this, in seconds, is unconfirmed at first; --max-jump sets it.
inline constexpr int64_t kDefaultMaxJumpS = 5;
inline constexpr int64_t kDefaultLatenessS = 5;
inline constexpr int64_t kDefaultWindowS = 60;
// The longest duration of event time that a user may set. A year keeps every sum far from overflow.
inline constexpr int64_t kMaxDurationS = 366LL * 86400;

// --- Frames -----------------------------------------------------------------------------------------------
inline constexpr size_t kMaxFrameBytes = size_t{1} << 20;  // --max-frame's default
inline constexpr size_t kMaxFrameBytesCeiling = size_t{64} << 20;
inline constexpr unsigned kMaxDepth = 512;                  // containers, the root included
inline constexpr size_t kMaxUidBytes = 256;                 // after unescaping
inline constexpr size_t kMaxTsDigits = 20;                  // of a ts written as a string
inline constexpr int64_t kMaxTs = 100'000'000'000'000;      // exclusive: 1e14
inline constexpr int64_t kFirstMillisTs = 100'000'000'000;  // from 1e11 on ts is in milliseconds

// --time-field and --id-field: the scanner expects the two quotes of a key at most 63 bytes apart.
inline constexpr size_t kMaxFieldNameBytes = 62;

// --- What the job says about frames that it cannot count -------------------------------------------------------
// The worker names a partition without any countable frame after so many records, or after this time with fewer. A
// stream that begins with a few bad frames gets no line. A stream that is wrong as a whole gets one while its user
// still looks.
inline constexpr uint64_t kUncountedRecords = 1'000;
inline constexpr int64_t kUncountedMs = 10'000;
// The writer names a minute with more invalid frames than this. The alert of 5 % covers longer times.
inline constexpr uint64_t kInvalidSharePercent = 20;
// The bytes of a frame that the description of its shape looks at: an event has its keys at the front.
inline constexpr size_t kShapeLookBytes = size_t{256} << 10;
// How many root keys a description shows, and how long a shown key may be. A longer one is probably no name, and it may
// hold a user's data.
inline constexpr size_t kShapeKeys = 12;
inline constexpr size_t kShapeKeyBytes = 32;
// The text about one frame. With the frame's offset and a count before it, it fits into a message of the log.
inline constexpr size_t kShapeTextBytes = 800;

// --- Recovery ---------------------------------------------------------------------------------------------
// The default of Kafka's offset.metadata.max.bytes is 4096; the writer stays well below it.
inline constexpr size_t kMaxMetadataBytes = 3000;
// Decisions that a partition may have recorded after its safe point. At the bound the worker does not read the
// partition on until a commit has made space; the partition stays idle meanwhile (common/judge/README.md).
inline constexpr size_t kMaxDecisions = 24;
// Poison frames among the decisions, with a bound of their own: finding one takes two deaths, and the bound must not
// stop a replay.
inline constexpr size_t kMaxPoisonDecisions = 5;
// Changes of --allowed-lateness or --max-jump that a partition has not reached yet. Each needs minutes published by one
// rule, with frames that a start reads again because they also stand in open minutes. Each change may split one
// decision about idleness in two, so each allows one decision more.
inline constexpr size_t kMaxRuleChanges = 3;
// After so many deaths of a worker with the same frame under the decoder, the coordinator calls that frame poison.
inline constexpr int kPoisonDeaths = 2;

// --- The job ----------------------------------------------------------------------------------------------
inline constexpr int32_t kMaxPartitions = 10'000;
inline constexpr int32_t kMaxWorkers = 256;
inline constexpr int64_t kDefaultMaxSkewS = 120;
inline constexpr int64_t kDefaultIdleTimeoutMs = 10'000;
inline constexpr uint64_t kDefaultMemoryBytes = uint64_t{512} << 20;  // address space of one worker's slice
inline constexpr uint64_t kMinMemoryBytes = uint64_t{1} << 20;
inline constexpr uint64_t kMaxMemoryBytes = uint64_t{1} << 40;
// All slices together: a quarter of the memory that an x86-64 process can address.
inline constexpr uint64_t kMaxTotalMemoryBytes = uint64_t{1} << 45;
// The smallest frame that can be counted: {"ts":1,"uid":1}
inline constexpr uint64_t kMinMaxFrameBytes = 16;
// After the leader of a partition was away, its producers have this long to come back, if --idle-timeout is shorter.
// librdkafka tries again after 10 s at the most (reconnect.backoff.max.ms), the Java client after 1 s.
inline constexpr int64_t kProducersReturnMs = 15'000;
// With a shorter timeout the pause between two batches of a busy partition would pass for silence.
inline constexpr int64_t kMinIdleTimeoutMs = 100;

// --- Configuration -----------------------------------------------------------------------------------------
inline constexpr size_t kMaxConfigBytes = size_t{1} << 20;   // of --config; a larger file is a mistaken path
inline constexpr size_t kMaxSecretBytes = size_t{64} << 10;  // of X.KEY_file: a long chain of keys fits

// --- Supervision ------------------------------------------------------------------------------------------
// transaction.timeout.ms of the writer's producer: how long a broker call of the writer may block.
inline constexpr int64_t kTransactionTimeoutMs = 30'000;
// A child without a heartbeat for this long hangs. Inside a transaction call the writer has the longer time.
inline constexpr int64_t kHeartbeatTimeoutMs = 10'000;
inline constexpr int64_t kTransactionHeartbeatTimeoutMs = kTransactionTimeoutMs + 5'000;
// A coordinator that did not look for this long was stopped or suspended, and the other processes perhaps with it.
inline constexpr int64_t kCoordinatorPauseMs = 2'000;
inline constexpr int64_t kFirstRestartDelayMs = 200;
inline constexpr int64_t kMaxRestartDelayMs = 30'000;
// A generation that lived this long counts as good, even if it had nothing to do.
inline constexpr int64_t kHealthyGenerationMs = 60'000;
// Short generations of one child in a row that got nothing done: each of so many doubles the pause before the next.
inline constexpr int kMaxRestartDoublings = 8;
// After so many of them that ended by themselves, not by a SIGKILL from outside, the job ends.
inline constexpr int kMaxFailedGenerations = 10;
// The writer acknowledges a raised generation between two broker calls.
inline constexpr int64_t kAcknowledgeTimeoutMs = 60'000;
// How long the kernel may take to end a killed child; only a disk or a driver can delay it this long.
inline constexpr int64_t kReapTimeoutMs = 30'000;
// From the first signal until the coordinator kills the remaining processes, and then for reaping: 10 s in all.
inline constexpr int64_t kDrainMs = 8'000;
inline constexpr int64_t kEndReapMs = 1'500;
inline constexpr int64_t kStatusEveryMs = 1'000;
// Between two status lines for a service manager, which passes each one on to every watcher.
inline constexpr int64_t kServiceStatusEveryMs = 10'000;
// Messages that wait for a service manager that does not read. One is for the start and one for the end; the others are
// pairs around reloads.
inline constexpr size_t kServiceMessagesWaiting = 8;
// Between two progress lines on a terminal: fast enough to look alive, slow enough to read.
inline constexpr int64_t kProgressEveryMs = 500;
// The coordinator looks at heartbeats this often when no signal wakes it.
inline constexpr int kCoordinatorWaitMs = 100;
// Frames of a slot whose deaths the coordinator counts, and poison frames that it passes to the slot's worker. It
// forgets the oldest: the job has committed past them long ago, or they kill twice more.
inline constexpr size_t kMaxMarkedDeaths = 16;
inline constexpr size_t kMaxPoisonMarks = 1024;
// A second coordinator waits this long for the children of a dead one to go.
inline constexpr int64_t kLockWaitMs = 10'000;

// --- Metrics ------------------------------------------------------------------------------------------------
// Up to this many partitions each have their own three series; a job with more partitions has none of them. One job
// must not be the largest part of a Prometheus's storage.
inline constexpr size_t kMaxPartitionSeries = 1'000;
// --metrics-listen: a request with its header fields. Ordinary clients need a few hundred bytes at most.
inline constexpr size_t kHttpRequestBytes = 8192;
// Connections at once. A Prometheus, its twin and a probe make three.
inline constexpr size_t kHttpConnections = 32;
// Connections that the kernel queues for us. With a full queue a client tries again only after a second.
inline constexpr int kHttpBacklog = 1'024;
// Of those, the server accepts this many in one go: a millisecond or two of work.
inline constexpr size_t kHttpAcceptsAtOnce = 128;
// From the connection to the whole request; from there until the client has taken the last byte of the answer; from
// there until the client closes.
inline constexpr int64_t kHttpRequestMs = 5'000;
inline constexpr int64_t kHttpAnswerMs = 5'000;
inline constexpr int64_t kHttpEndMs = 1'000;
// Between two looks at the clients: whatever they do, they wake the coordinator at most fifty times a second.
inline constexpr int64_t kHttpPauseMs = 20;

// --- The log ------------------------------------------------------------------------------------------------
// What a pipe takes from one write(2) without mixing it with another process's bytes (PIPE_BUF of Linux).
inline constexpr size_t kLogLineBytes = 4096;
// An escaped text in a line of JSON. An error's line holds the message twice.
inline constexpr size_t kLogMessageBytes = 1200;
inline constexpr size_t kLogLabelBytes = 256;
// Between two lines about the whole job while all is well.
inline constexpr int64_t kLogProgressEveryMs = 60'000;
// The log shows this many lines of one kind in a minute, if they may repeat.
inline constexpr uint64_t kLogLinesAMinute = 10;
inline constexpr int64_t kLogMinuteMs = 60'000;
// The log tells this many kinds apart: the client library has a few dozen, headcount has fewer.
inline constexpr size_t kMaxLogKinds = 128;

// --- The worker's loop --------------------------------------------------------------------------------------
// Frames that the worker judges before it looks at anything else: about a millisecond of work.
inline constexpr size_t kBatchFrames = 512;
// The bytes of such a batch, so that the heartbeat goes on even if every frame is as large as --max-frame allows.
inline constexpr size_t kBatchBytes = size_t{8} << 20;
// A worker without work wakes up this often, for its heartbeat and for the low watermarks of the other workers.
inline constexpr int kIdleWaitMs = 50;
// It wakes up this often while a partition that it must read has an empty queue (FrameSource::WakeFetcherIfIdle).
inline constexpr int kStarvedWaitMs = 5;
// One question for an end offset. It blocks the worker's loop.
inline constexpr int kAskEndTimeoutMs = 500;
// Between two questions about the same partition: first after an answer, second after none.
inline constexpr int64_t kAskEndPauseMs = 200;
inline constexpr int64_t kUnansweredPauseMs = 2'000;
// A worker that has read something hands its progress off at least this often. So even commits that close no window
// (hourly, or at a drain) advance the safe points.
inline constexpr int64_t kHandOffEveryMs = 10'000;
inline constexpr int64_t kShowStatusEveryMs = 100;
// The status shows a transaction that has kept a partition at one offset for longer. On a busy topic some transactions
// are always open.
inline constexpr int64_t kOpenTransactionShownMs = 1'000;
// Published minutes in the status (first), and their entries in shared memory (last). There are a few more entries,
// since the writer may overwrite the oldest while the coordinator reads it.
inline constexpr size_t kRecentMinutes = 60;
// Published minutes that `headcount tail` may show. It keeps all of them until it knows the newest of every partition.
inline constexpr int64_t kMaxTailMinutes = 1'000'000;
inline constexpr size_t kRecentMinuteEntries = 64;
// malloc keeps blocks up to the first size for reuse, and up to the second size of free memory.
inline constexpr int kKeepBlocksBytes = 32 << 20;
inline constexpr int kKeepFreeBytes = 64 << 20;
// Above this part of its slice a worker reads only the partition that holds the others back.
inline constexpr uint64_t kMemoryPressureNumerator = 3;
inline constexpr uint64_t kMemoryPressureDenominator = 4;
// Users of a window that an insert prefetches before it looks at the first. Decoding so many frames takes as long as
// many cache misses, so that a larger number would save no more waiting.
inline constexpr size_t kUsersPrefetched = 8;
// With more sealed windows than this, which the writer could close, a worker waits for the writer.
inline constexpr size_t kSealedBacklog = 4096;
// A worker with a full slice waits this long until the writer closes its sealed windows. A transaction takes less, and
// so does another worker to come back from its death and read again.
inline constexpr int64_t kWaitForMemoryMs = 60'000;

// --- The writer's loop and the broker -----------------------------------------------------------------------
// Each question at the start. A broker that answers none in this time is unreachable.
inline constexpr int kStartTimeoutMs = 10'000;
// Between two looks at the topics. The writer notices a new partition within this and twice the timeout below.
inline constexpr int64_t kWatchPartitionsMs = 2'000;
inline constexpr int kWatchTimeoutMs = 1'000;
// How long the client asks a broker that rejects it once more, in one protocol. How long a caller waits for a client
// that it drops.
inline constexpr int kProbeMs = 2'000;
inline constexpr int kDropClientMs = 2'000;
// Between two looks at the committed offsets, which any client of the broker may change.
inline constexpr int64_t kWatchOffsetsMs = 5'000;
// Before a commit the writer looks at them too, if its last look is older. A topic that was deleted and made again lost
// its committed offsets, and a commit would bring the old ones back. With 1 s a test topic that was filled at once was
// not noticed now and then; a look costs one or two round trips.
inline constexpr int64_t kLookBeforeCommitMs = 100;
// After this long a worker remembers another record of a partition (common/records/record_mark.h). The writer needs
// less to see the one before.
inline constexpr int64_t kMarkEveryMs = 30'000;
static_assert(kMarkEveryMs > 2 * kWatchOffsetsMs, "a mark must be seen before the next one takes its place");
// For reading all marked records again, and how many the writer tries before it leaves the question undecided.
inline constexpr int kReadMarksTimeoutMs = 5'000;
inline constexpr size_t kMarksTried = 8;
// With --on-lost-input=continue a worker with another topic under the same name waits this long for the writer to
// notice too.
inline constexpr int64_t kRecreatedTopicPatienceMs = 3 * kWatchOffsetsMs;
// One attempt to connect again after a transaction with an unknown outcome.
inline constexpr int kReconnectTimeoutMs = 10'000;
// All such attempts together. Then the job ends, and its service manager or script starts it again.
inline constexpr int64_t kBrokerLostMs = 300'000;
// librdkafka does not stop sending a transaction's offsets while it reaches no group coordinator. The writer leaves
// that client this long after the transaction's timeout, not sooner. By then the broker has aborted the transaction by
// itself. A request that still waits at a stalled broker must not belong to a transaction that the writer ends.
inline constexpr int kSendOffsetsGraceMs = 1'000;
// All questions together that find out what a transaction waits for.
inline constexpr int kObstacleMs = 3'000;
// The question for a topic's settings.
inline constexpr int kTopicConfigMs = 2'000;
// A job that has tried to commit for this long is not ready: a healthy transaction takes a few seconds at most.
inline constexpr int64_t kCommitStuckMs = 30'000;
// Pauses between the attempts; they double from the first to the second.
inline constexpr int kFirstRetryPauseMs = 50;
inline constexpr int kMaxRetryPauseMs = 2'000;
// A broker that has just started may not know an existing topic for a moment.
inline constexpr int64_t kMissingTopicMs = 5'000;
// A fenced writer gives its successor this long to commit its takeover before it takes the id back.
inline constexpr int64_t kSuccessorMs = 2'000;
// Users that the writer counts between two heartbeats while it merges tables.
inline constexpr uint64_t kMergeHeartbeatUsers = 100'000;
// Windows that one transaction closes. Bounds its time, and the memory of librdkafka's queue.
inline constexpr size_t kWindowsPerTransaction = 5'000;
// Between two transactions: windows that end meanwhile share the next one. The broker completes a transaction behind
// its answer, and needs less than this. A writer that begins the next one sooner must ask for it again and again.
inline constexpr int64_t kLingerMs = 100;
// Meanwhile the writer checks this often whether the next transaction is the last one, which does not linger.
inline constexpr int64_t kLingerLookMs = 5;
// Kafka forgets a group's offsets after a week without a commit, and a transactional id too.
inline constexpr int64_t kCommitAtLeastEveryMs = 3'600'000;
// After the signal to drain, the writer waits this long for the workers' last hand-offs. The coordinator kills all
// processes after 8 s, so that a drained job ends within 10 s.
inline constexpr int64_t kDrainWaitMs = 4'000;

// --- The report ---------------------------------------------------------------------------------------------
// Minutes that `headcount report` reads: ten years, 64 bytes each in memory.
inline constexpr size_t kMaxReportMinutes = 5'270'400;
// Columns of its chart. More than a screen has dots would hide some; a day is 720 of two minutes, a week 672 of
// fifteen.
inline constexpr size_t kMaxReportColumns = 750;
// Rows of its table: more than a year of days, and no more than a person scrolls through.
inline constexpr size_t kMaxReportRows = 400;
// Gaps and duplicate minutes that it lists one by one. For the rest it says how many there are.
inline constexpr size_t kMaxReportListed = 20;
// A line of its input: many times the longest record of a minute, and small enough to detect a mistaken file.
inline constexpr size_t kMaxReportLineBytes = size_t{64} << 10;
// A broker that sends nothing for this long before the end of the topic is lost.
inline constexpr int64_t kReportSilenceMs = 30'000;

static_assert(kWatchTimeoutMs + 2 * (kProbeMs + kDropClientMs) < kHeartbeatTimeoutMs,
              "who finds out why a broker turns us away must not pass for one that hangs");
static_assert(kWatchPartitionsMs + 2 * kWatchTimeoutMs < 5'000, "a new partition must be noticed within 5 s");

static_assert(kDefaultMaxJumpS <= kDefaultLatenessS, "a plausible frame must never be able to close a window alone");
static_assert(kUnconfirmedFrames < kUnconfirmedRecords,
              "the bound on held frames must be able to bite before the bound on records");
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
