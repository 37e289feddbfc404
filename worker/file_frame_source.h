// Frames from files and pipes, for `headcount run --input FILE...`: each input is one partition, each line one
// record. Runs in a worker; CheckReadable() and InheritedDescriptors() also in the coordinator, before it
// forks.
//
// - An offset is the byte at which the line begins. An offset within a line means the line after it.
// - Lines end at '\n'; a last line without one counts. Empty lines, also with a lone '\r', are no records.
//   A '\r' at the end of any other line is part of the record, where it is JSON white space.
// - A byte order mark of UTF-8 at the very beginning is no part of the first record.
// - A line longer than max_frame_bytes is handed out as its first max_frame_bytes + 1 bytes, so that the decoder
//   says "too large"; the rest of it is never held in memory.
// - The end of an input is where read(2) first says so. A file that grows is read up to there and not on, one
//   that is cut short ends early; from then on that place is KnownEnd(). Nothing is mapped: a truncated file
//   cannot kill the worker.
// - Only a regular file can be read again after its worker died. A pipe can start at offset 0 of the first
//   life only, or records would be lost without a word.
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
  enum class Life {
    kFirst,      // nobody has read from these inputs yet
    kRestarted,  // an earlier worker, or an earlier run of this one, may have
  };

  // Partition i is paths[i]; "-" is standard input.
  FileFrameSource(std::vector<std::string> paths, size_t max_frame_bytes, Life life);
  ~FileFrameSource() override;

  FileFrameSource(const FileFrameSource&) = delete;
  FileFrameSource& operator=(const FileFrameSource&) = delete;

  // Can every one of these be read? Asked before anything starts; opens no pipe and reads nothing. Otherwise
  // kHumanNeeded with path and cause, or kUsage if standard input or any pipe is named twice.
  static Result<void> CheckReadable(const std::vector<std::string>& paths);
  // The descriptors that these paths speak of ("-", "/dev/stdin", "/dev/fd/63", as a shell's <(...) makes them):
  // a child that closes what it does not need must keep them open.
  static std::vector<int> InheritedDescriptors(const std::vector<std::string>& paths);

  // kHumanNeeded: an input cannot be opened. kTryAgain: a pipe would have to be read a second time.
  Result<void> Start(const std::vector<StartPosition>& partitions) override;
  Result<void> Add(const std::vector<StartPosition>& partitions) override;

  Result<FrameBatch> Fetch(PartitionId p, size_t max) override;

  Offset Position(PartitionId p) const override;
  // A regular file: its size at the start, or where its end was met. A pipe: -1 until its end was met.
  Offset KnownEnd(PartitionId p) const override;
  EndAnswer AskEnd(PartitionId p, int timeout_ms) override;
  void Nudge(PartitionId) override {}

  // Readable when a pipe has something new, or when a Fetch() gave up before it found a record: it reads a
  // bounded part of an input that is all blank lines, or one endless line, and then says "nothing" once.
  int ReadyFd() const override;
  void ClearReady() override;

  std::optional<uint64_t> LineOf(PartitionId p, Offset offset) const override;
  uint64_t LostRecords() const override { return 0; }

 private:
  class Input;

  Result<void> Open(const StartPosition& start);
  // True: ReadyFd() will tell of its arrivals. False: it never has to be waited for (/dev/null).
  Result<bool> Watch(int fd, const std::string& path);
  Input& Of(PartitionId p) const;

  const std::vector<std::string> paths_;
  const size_t max_frame_bytes_;
  const Life life_;
  std::vector<std::unique_ptr<Input>> inputs_;  // by partition; null: not ours
  int ready_fd_ = -1;                           // an epoll over the pipes and more_fd_
  int more_fd_ = -1;                            // an eventfd: a Fetch() gave up
};

}  // namespace headcount
