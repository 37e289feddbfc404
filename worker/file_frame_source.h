// Frames from files and pipes, for `headcount run --input FILE...`. Each input is one partition, and each line one
// record. Runs in a worker; CheckReadable() and InheritedDescriptors() also in the coordinator, before it forks.
//
// - An offset is the byte at which the line begins. An offset within a line means the line after it.
// - A line ends at '\n'; a last line without it counts. An empty line, also one with a lone '\r', is no record.
//   A '\r' at the end of any other line is part of the record, where it is JSON white space.
// - A UTF-8 byte order mark at the very beginning is no part of the first record.
// - Of a line longer than max_frame_bytes the source hands out the first max_frame_bytes + 1 bytes, so that the decoder
//   says "too large". The source never keeps the rest in memory.
// - The end of an input is where read(2) first reports it. The source reads a growing file up to there and no further;
//   a file that is cut short ends early. From then on that offset is KnownEnd(). The source maps no file, so that a
//   truncated file cannot kill the worker.
// - Only a regular file can be read again after its worker died. A pipe can start only at offset 0 of the first
//   generation; otherwise records would be lost silently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/frame_source.h"

namespace headcount {

class FileFrameSource final : public FrameSource {
 public:
  enum class FirstRead {
    kFirst,      // no process has read from these inputs yet
    kRestarted,  // an earlier worker, or an earlier run of this one, may have read
  };

  // Partition i is paths[i]. "-" is standard input.
  FileFrameSource(std::vector<std::string> paths, size_t max_frame_bytes, FirstRead first_read);
  ~FileFrameSource() override;

  FileFrameSource(const FileFrameSource&) = delete;
  FileFrameSource& operator=(const FileFrameSource&) = delete;

  // Whether all of these inputs can be read. The coordinator asks before anything starts; this opens no pipe and reads
  // nothing. kHumanNeeded gives path and cause. kUsage: standard input or a pipe is named twice.
  static Result<void> CheckReadable(const std::vector<std::string>& paths);
  // The descriptors that these paths name ("-", "/dev/stdin", "/dev/fd/63", as a shell's <(...) makes them). A child
  // that closes what it does not need must keep them open.
  static std::vector<int> InheritedDescriptors(const std::vector<std::string>& paths);

  // kHumanNeeded: the source cannot open an input. kTryAgain: it would have to read a pipe a second time.
  Result<void> Start(const std::vector<StartPosition>& partitions) override;
  Result<void> Add(const std::vector<StartPosition>& partitions) override;

  Result<FrameBatch> Fetch(PartitionId p, size_t max) override;

  Offset Position(PartitionId p) const override;
  // A regular file: its size at the start, or where read(2) reported its end. A pipe: -1 until its end.
  Offset KnownEnd(PartitionId p) const override;
  EndAnswer AskEnd(PartitionId p, int timeout_ms) override;
  void WakeFetcherIfIdle(PartitionId) override {}

  // Readable when a pipe has something new, or when a Fetch() gave up before it found a record. Fetch() gives up after
  // a bounded part of an input that is all blank lines, or one endless line. It then returns no frame once.
  int ReadyFd() const override;
  void ClearReady() override;

  std::optional<uint64_t> LineOf(PartitionId p, Offset offset) const override;
  uint64_t LostRecords() const override { return 0; }

 private:
  class Input;

  Result<void> Open(const StartPosition& start);
  // True: ReadyFd() reports arrivals. False: the worker never has to wait for this input (/dev/null).
  Result<bool> Watch(int fd, const std::string& path);
  Input& Of(PartitionId p) const;

  const std::vector<std::string> paths_;
  const size_t max_frame_bytes_;
  const FirstRead first_read_;
  std::vector<std::unique_ptr<Input>> inputs_;  // by partition; null: another worker's
  int ready_fd_ = -1;                           // an epoll over the pipes and more_fd_
  int more_fd_ = -1;                            // an eventfd: a Fetch() gave up
};

}  // namespace headcount
