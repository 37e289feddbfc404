#include "worker/file_frame_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/check.h"

namespace headcount {
namespace {

// Bytes in one read. Small enough for 64 files and the cache, and large enough that the system call costs nothing
// beside decoding some 250 frames.
constexpr size_t kChunkBytes = size_t{256} << 10;

// Chunks that one Fetch() reads while it finds no record: 16 MiB. A file of a hundred gigabytes without a line end must
// not make the worker look hung.
constexpr int kChunksAFetch = 64;

constexpr const char* kStdin = "-";

std::string NameOf(const std::string& path) { return path == kStdin ? "standard input" : "'" + path + "'"; }

Error CannotRead(const std::string& path, const std::string& cause) {
  return Error{ExitCode::kHumanNeeded, "cannot read input " + NameOf(path) + ": " + cause};
}

Error CannotRead(const std::string& path, int error_number) { return CannotRead(path, strerror(error_number)); }

// The descriptor that the path names. nullopt: the path is an ordinary one.
std::optional<int> DescriptorNamedBy(const std::string& path) {
  if (path == kStdin || path == "/dev/stdin") return STDIN_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (path.size() <= folder.size() || path.compare(0, folder.size(), folder) != 0) continue;
    char* end = nullptr;
    const long fd = strtol(path.c_str() + folder.size(), &end, 10);
    if (*end == '\0' && fd >= 0 && fd <= INT32_MAX) return static_cast<int>(fd);
  }
  return std::nullopt;
}

Result<void> CheckStdin() {
  const int flags = fcntl(STDIN_FILENO, F_GETFL);
  if (flags == -1) return CannotRead(kStdin, "it is closed");
  if ((flags & O_ACCMODE) == O_WRONLY) return CannotRead(kStdin, "it is closed or open for writing only");
  return {};
}

Result<void> CheckPath(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return CannotRead(path, errno);
  if (S_ISDIR(info.st_mode)) return CannotRead(path, EISDIR);
  // The writer at the other end of a named pipe would notice an open and a close. So this only checks the rights.
  if (!S_ISREG(info.st_mode)) {
    return eaccess(path.c_str(), R_OK) == 0 ? Result<void>() : Result<void>(CannotRead(path, errno));
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd == -1) return CannotRead(path, errno);
  close(fd);
  return {};
}

// One reader of a pipe does not see what another one has read. Two partitions would each get torn lines.
Result<void> CheckPipesDiffer(const std::vector<std::string>& paths) {
  std::map<std::pair<dev_t, ino_t>, std::string> pipes;
  for (const std::string& path : paths) {
    struct stat info {};
    const int failed = path == kStdin ? fstat(STDIN_FILENO, &info) : stat(path.c_str(), &info);
    if (failed != 0 || (!S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode))) continue;
    const auto [known, is_new] = pipes.emplace(std::pair(info.st_dev, info.st_ino), path);
    if (is_new) continue;
    return Error{ExitCode::kUsage, "--input " + known->second + " and --input " + path +
                                       " are the same pipe, which can be read only once"};
  }
  return {};
}

// Editors and spreadsheets begin a UTF-8 file with it. It belongs to the file, not to the first record.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A line without its '\n' that is no record.
bool IsBlank(const char* line, size_t bytes) { return bytes == 0 || (bytes == 1 && *line == '\r'); }

}  // namespace

// One input: a descriptor, and a window of its bytes. Frames are views of that window.
//
//   buffer_  [ handed out | begin_ ... searched_ ... end_ | free ]
//                           ^ stands at byte base_ + begin_ of the input
class FileFrameSource::Input {
 public:
  Input(std::string path, int fd, bool owns_fd, size_t max_frame_bytes)
      : path_(std::move(path)),
        fd_(fd),
        owns_fd_(owns_fd),
        max_frame_bytes_(max_frame_bytes),
        buffer_(new char[max_frame_bytes + 1 + kChunkBytes]) {}
  ~Input() {
    if (owns_fd_) close(fd_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // For regular files only. `first_byte`: the position of standard input when headcount got it, else 0.
  void StartAt(int64_t offset, int64_t first_byte, int64_t size) {
    is_regular_ = true;
    base_ = std::max(offset, first_byte);
    known_end_ = std::max(size, first_byte);
    // Starts at the byte before. Either that ends a line, or the rest of that line is not ours.
    if (base_ > first_byte) {
      --base_;
      skips_line_ = true;
    }
    start_ = std::max(offset, first_byte);
    knows_lines_ = base_ == 0;
    [[maybe_unused]] const int advice = posix_fadvise(fd_, base_, 0, POSIX_FADV_SEQUENTIAL);
  }
  void WaitForArrivals() { may_block_ = true; }

  // The records in the window. Reads on only if the window has none, because that moves the window.
  Result<FrameBatch> Fetch(size_t max) {
    frames_.clear();
    gave_up_ = false;
    for (int chunks = 0; frames_.size() < max;) {
      if (TakeLine()) continue;
      if (!frames_.empty() || at_end_) break;
      gave_up_ = chunks++ == kChunksAFetch;
      if (gave_up_) break;
      const Result<bool> more = ReadOn();
      if (!more) return more.error();
      if (!*more) break;
    }
    return FrameBatch{frames_.data(), frames_.size()};
  }

  // The number, from 1 on, of the line that begins at `offset`. The last Fetch() handed it out, so its bytes are still
  // here.
  std::optional<uint64_t> LineOf(Offset offset) const {
    const auto at = static_cast<size_t>(std::max<int64_t>(0, offset.value() - base_));
    if (!knows_lines_ || at >= begin_) return std::nullopt;
    return lines_ + 1 - static_cast<uint64_t>(std::count(buffer_.get() + at, buffer_.get() + begin_, '\n'));
  }

  // The last Fetch() found no record and did not look at everything that is there.
  bool gave_up() const { return gave_up_; }
  // While a line is being skipped, this lies within that line, and stands for the line after it.
  Offset position() const { return Offset(std::max(start_, base_ + static_cast<int64_t>(begin_))); }
  Offset known_end() const { return Offset(known_end_); }

  bool IsAtEnd() {
    if (begin_ != end_) return false;
    // No read has reached the end of this file yet: checks for one more byte without moving the window.
    if (!at_end_ && is_regular_) {
      char byte;
      if (pread(fd_, &byte, 1, base_ + static_cast<int64_t>(end_)) == 0) MeetEnd();
    }
    return at_end_;
  }

 private:
  // Takes one line off the window, a record or not. False: the window has no whole line.
  bool TakeLine() {
    char* const begin = buffer_.get() + begin_;
    const char* const found = static_cast<const char*>(memchr(buffer_.get() + searched_, '\n', end_ - searched_));
    if (found != nullptr) {
      Take(begin, static_cast<size_t>(found - begin), 1);
      ++lines_;
      skips_line_ = false;
      return true;
    }
    searched_ = end_;
    const size_t bytes = end_ - begin_;
    if (at_end_ && bytes > 0) {
      Take(begin, bytes, 0);
      return true;
    }
    if (bytes > max_frame_bytes_ && !skips_line_) {
      Take(begin, bytes, 0);
      skips_line_ = true;
      return true;
    }
    return false;
  }

  void Take(const char* line, size_t bytes, size_t line_end_bytes) {
    const Offset offset(base_ + static_cast<int64_t>(begin_));
    begin_ += bytes + line_end_bytes;
    // Keeps the offset of the line: a worker that comes back begins there, and finds the byte order mark again.
    if (offset == Offset(0) && std::string_view(line, bytes).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      line += kByteOrderMark.size();
      bytes -= kByteOrderMark.size();
    }
    if (!skips_line_ && !IsBlank(line, bytes)) {
      frames_.push_back({offset, std::string_view(line, std::min(bytes, max_frame_bytes_ + 1)), true});
    }
    searched_ = begin_;
  }

  // Reads one chunk behind what is not taken yet. False: nothing has arrived, or this is the end.
  Result<bool> ReadOn() {
    if (skips_line_) begin_ = end_;
    Evict();
    if (may_block_ && !HasArrivals()) return false;
    const ssize_t bytes = Read();
    if (bytes == -1) {
      if (errno == EAGAIN || errno == EINTR) return false;
      return CannotRead(path_, errno);
    }
    end_ += static_cast<size_t>(bytes);
    // An end lets the caller go on, too: the last line may lack its '\n'.
    if (bytes == 0) MeetEnd();
    return true;
  }

  // Moves what is left to the front. It is less than a line, so that a chunk fits behind it.
  void Evict() {
    const size_t left = end_ - begin_;
    HC_CHECK(left <= max_frame_bytes_, "an input's line outgrew its buffer, " + path_);
    memmove(buffer_.get(), buffer_.get() + begin_, left);
    base_ += static_cast<int64_t>(begin_);
    searched_ -= std::min(searched_, begin_);
    begin_ = 0;
    end_ = left;
  }

  // The source may share the inherited descriptor with other processes, so it does not make it non-blocking. And
  // poll(2) is quiet about a named pipe that no writer has opened yet, where read(2) would report its end.
  bool HasArrivals() const {
    pollfd ask{fd_, POLLIN, 0};
    return poll(&ask, 1, 0) == 1;
  }

  ssize_t Read() {
    char* const to = buffer_.get() + end_;
    return is_regular_ ? pread(fd_, to, kChunkBytes, base_ + static_cast<int64_t>(end_)) : read(fd_, to, kChunkBytes);
  }

  void MeetEnd() {
    at_end_ = true;
    known_end_ = base_ + static_cast<int64_t>(end_);
  }

  // Fixed after construction.
  const std::string path_;
  const int fd_;
  const bool owns_fd_;
  const size_t max_frame_bytes_;
  // The source touches only as much of it as the longest line needs.
  const std::unique_ptr<char[]> buffer_;

  // Fixed after the start.
  bool is_regular_ = false;  // can be read from anywhere, and never waits
  bool may_block_ = false;   // must be polled before a read
  int64_t start_ = 0;
  bool knows_lines_ = true;  // the source reads it from its beginning

  // The window.
  int64_t base_ = 0;  // the byte of the input that buffer_[0] is
  size_t begin_ = 0;
  size_t searched_ = 0;  // no '\n' in [begin_, searched_)
  size_t end_ = 0;
  uint64_t lines_ = 0;       // ends of lines before begin_
  bool skips_line_ = false;  // up to the next '\n' nothing is a record
  bool at_end_ = false;
  int64_t known_end_ = -1;
  bool gave_up_ = false;
  std::vector<SourceFrame> frames_;  // the frames of the last Fetch
};

FileFrameSource::FileFrameSource(std::vector<std::string> paths, size_t max_frame_bytes, FirstRead first_read)
    : paths_(std::move(paths)), max_frame_bytes_(max_frame_bytes), first_read_(first_read), inputs_(paths_.size()) {}

FileFrameSource::~FileFrameSource() {
  if (ready_fd_ != -1) close(ready_fd_);
  if (more_fd_ != -1) close(more_fd_);
}

Result<void> FileFrameSource::CheckReadable(const std::vector<std::string>& paths) {
  if (std::count(paths.begin(), paths.end(), kStdin) > 1) {
    return Error{ExitCode::kUsage, "--input - is given more than once; standard input can be read only once"};
  }
  for (const std::string& path : paths) {
    Result<void> readable = DescriptorNamedBy(path) == STDIN_FILENO ? CheckStdin() : Result<void>();
    if (readable && path != kStdin) readable = CheckPath(path);
    if (!readable) return readable;
  }
  return CheckPipesDiffer(paths);
}

std::vector<int> FileFrameSource::InheritedDescriptors(const std::vector<std::string>& paths) {
  std::vector<int> descriptors;
  for (const std::string& path : paths) {
    if (const std::optional<int> fd = DescriptorNamedBy(path)) descriptors.push_back(*fd);
  }
  return descriptors;
}

Result<void> FileFrameSource::Start(const std::vector<StartPosition>& partitions) {
  ready_fd_ = epoll_create1(EPOLL_CLOEXEC);
  more_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  if (ready_fd_ == -1 || more_fd_ == -1 || epoll_ctl(ready_fd_, EPOLL_CTL_ADD, more_fd_, &event) != 0) {
    return Error{ExitCode::kTryAgain, std::string("cannot wait for inputs: ") + strerror(errno)};
  }
  return Add(partitions);
}

Result<void> FileFrameSource::Add(const std::vector<StartPosition>& partitions) {
  for (const StartPosition& start : partitions) {
    Result<void> opened = Open(start);
    if (!opened) return opened;
  }
  return {};
}

Result<void> FileFrameSource::Open(const StartPosition& start) {
  const auto index = static_cast<size_t>(start.partition.value());
  HC_CHECK(index < paths_.size() && inputs_[index] == nullptr, "no such input, or opened twice");
  const std::string& path = paths_[index];
  const bool is_stdin = path == kStdin;
  // Without O_NONBLOCK the open of a named pipe would block until another process writes to it.
  const int fd = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info {};
  if (fd == -1 || fstat(fd, &info) != 0) return CannotRead(path, errno);
  auto input = std::make_unique<Input>(path, fd, !is_stdin, max_frame_bytes_);
  if (S_ISDIR(info.st_mode)) return CannotRead(path, EISDIR);

  if (S_ISREG(info.st_mode)) {
    if (start.offset.value() > info.st_size) {
      return CannotRead(path, "it was read up to byte " + std::to_string(start.offset.value()) + " before and has " +
                                  std::to_string(info.st_size) + " bytes now");
    }
    // The process that starts headcount may have read a line or two: (read header; headcount ... --input -) < file
    const int64_t first_byte = is_stdin ? std::max<int64_t>(lseek(fd, 0, SEEK_CUR), 0) : 0;
    input->StartAt(start.offset.value(), first_byte, info.st_size);
  } else if (start.offset.value() > 0 || first_read_ == FirstRead::kRestarted) {
    return Error{ExitCode::kTryAgain, "input " + NameOf(path) +
                                          " is no regular file and cannot be read again after its worker ended: start "
                                          "over, or give a file"};
  } else {
    const Result<bool> watched = Watch(fd, path);
    if (!watched) return watched.error();
    if (*watched) input->WaitForArrivals();
  }
  inputs_[index] = std::move(input);
  return {};
}

Result<bool> FileFrameSource::Watch(int fd, const std::string& path) {
  // Edge-triggered: a pipe that is not read for now (--max-skew) must not keep the worker awake.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  if (epoll_ctl(ready_fd_, EPOLL_CTL_ADD, fd, &event) == 0) return true;
  if (errno == EPERM) return false;
  return CannotRead(path, errno);
}

FileFrameSource::Input& FileFrameSource::Of(PartitionId p) const {
  const auto index = static_cast<size_t>(p.value());
  HC_CHECK(index < inputs_.size() && inputs_[index] != nullptr,
           "partition " + std::to_string(p.value()) + " is not read here");
  return *inputs_[index];
}

Result<FrameBatch> FileFrameSource::Fetch(PartitionId p, size_t max) {
  Input& input = Of(p);
  Result<FrameBatch> batch = input.Fetch(max);
  // No arrival will wake the worker: what it has to read is here already.
  if (input.gave_up()) eventfd_write(more_fd_, 1);
  return batch;
}

Offset FileFrameSource::Position(PartitionId p) const { return Of(p).position(); }

Offset FileFrameSource::KnownEnd(PartitionId p) const { return Of(p).known_end(); }

EndAnswer FileFrameSource::AskEnd(PartitionId p, int) { return Of(p).IsAtEnd() ? EndAnswer::kAtEnd : EndAnswer::kMore; }

std::optional<uint64_t> FileFrameSource::LineOf(PartitionId p, Offset offset) const { return Of(p).LineOf(offset); }

int FileFrameSource::ReadyFd() const { return ready_fd_; }

void FileFrameSource::ClearReady() {
  eventfd_t ignored;
  eventfd_read(more_fd_, &ignored);
  constexpr int kEvents = 64;
  epoll_event events[kEvents];
  while (epoll_wait(ready_fd_, events, kEvents, 0) == kEvents) {
  }
}

}  // namespace headcount
