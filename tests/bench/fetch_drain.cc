// What the broker and the loopback network alone give: asks for batch after batch over a plain socket and reads of the
// answers no more than where the next batch begins. No client can be faster than this on the same cores. Frames are
// counted by their offsets; the bytes are those of the log, so compressed where the topic is.
//   fetch_drain HOST:PORT TOPIC PARTITIONS [PROCESSES]
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/reading_children.h"

namespace headcount::bench {
namespace {

constexpr int16_t kFetch = 1;
constexpr int16_t kFetchVersion = 4;  // the oldest that brokers of today understand, and the simplest
constexpr int32_t kAnswerBytes = 4 << 20;
constexpr int32_t kPartitionBytes = 1 << 20;
constexpr int32_t kMaxWaitMs = 10;
// Within a batch of records: where its length ends, and where the distance to its last offset stands.
constexpr size_t kBatchHead = 12;
constexpr size_t kLastOffsetDeltaAt = 23;

class Writer {
 public:
  template <typename Integer>
  void Put(Integer value) {
    for (size_t shift = sizeof value * 8; shift > 0; shift -= 8) {
      bytes_ += static_cast<char>(static_cast<uint64_t>(value) >> (shift - 8));
    }
  }
  void PutText(std::string_view text) {
    Put(static_cast<int16_t>(text.size()));
    bytes_ += text;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename Integer>
  Integer Take() {
    const std::string_view text = TakeBytes(sizeof(Integer));
    uint64_t value = 0;
    for (const char c : text) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<Integer>(value);
  }
  std::string_view TakeBytes(size_t count) {
    if (count > bytes_.size()) throw std::runtime_error("an answer is shorter than it says");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view bytes_;
};

class Connection {
 public:
  Connection(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("no such host " + host);
    socket_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int failed = connect(socket_, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (failed != 0) throw std::runtime_error("cannot connect to " + host + ":" + port);
    const int one = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer lives until the next call.
  std::string_view Ask(const std::string& request) {
    Writer length;
    length.Put(static_cast<int32_t>(request.size()));
    const std::string all = length.bytes() + request;
    if (send(socket_, all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size())) {
      throw std::runtime_error("the broker does not take a request");
    }
    char head[4];
    Receive(head, sizeof head);
    answer_.resize(static_cast<size_t>(Reader({head, sizeof head}).Take<int32_t>()));
    Receive(answer_.data(), answer_.size());
    return {answer_.data(), answer_.size()};
  }

 private:
  void Receive(char* to, size_t count) {
    while (count > 0) {
      const ssize_t got = recv(socket_, to, count, 0);
      if (got <= 0) throw std::runtime_error("the broker has closed the connection");
      to += got;
      count -= static_cast<size_t>(got);
    }
  }

  int socket_;
  std::vector<char> answer_;
};

class Drain {
 public:
  Drain(const ReadingOptions& options, int32_t child) : topic_(options.topic), connection_(options.host, options.port) {
    for (int32_t p = child; p < options.partitions; p += options.children) partitions_.push_back({p, 0, false});
  }

  ReadTotals ReadAll() {
    ReadTotals totals;
    while (Round(&totals)) continue;
    return totals;
  }

 private:
  struct Partition {
    int32_t number;
    int64_t next;
    bool at_end;
  };

  std::string Request() {
    Writer out;
    out.Put(kFetch);
    out.Put(kFetchVersion);
    out.Put(++correlation_);
    out.PutText("bench-drain");
    out.Put(int32_t{-1});  // no replica
    out.Put(kMaxWaitMs);
    out.Put(int32_t{1});  // byte at least
    out.Put(kAnswerBytes);
    out.Put(int8_t{0});  // read_uncommitted
    out.Put(int32_t{1});
    out.PutText(topic_);
    out.Put(static_cast<int32_t>(partitions_.size()));
    // An answer is filled in this order, so each partition takes its turn in front.
    for (size_t i = 0; i < partitions_.size(); ++i) {
      const Partition& partition = partitions_[(first_ + i) % partitions_.size()];
      out.Put(partition.number);
      out.Put(partition.next);
      out.Put(kPartitionBytes);
    }
    ++first_;
    return out.bytes();
  }

  // False: every partition is read to its end.
  bool Round(ReadTotals* totals) {
    if (partitions_.empty()) return false;
    Reader answer(connection_.Ask(Request()));
    answer.Take<int32_t>();  // correlation
    answer.Take<int32_t>();  // throttled
    answer.Take<int32_t>();  // one topic
    answer.TakeBytes(static_cast<size_t>(answer.Take<int16_t>()));
    for (int32_t left = answer.Take<int32_t>(); left > 0; --left) {
      const auto number = answer.Take<int32_t>();
      if (answer.Take<int16_t>() != 0) throw std::runtime_error("the broker refuses a partition");
      const auto end = answer.Take<int64_t>();
      answer.Take<int64_t>();  // last stable offset
      const auto aborted = answer.Take<int32_t>();
      if (aborted > 0) answer.TakeBytes(static_cast<size_t>(aborted) * 16);
      const auto size = answer.Take<int32_t>();
      Walk(answer.TakeBytes(size > 0 ? static_cast<size_t>(size) : 0), &Find(number), totals);
      Find(number).at_end = Find(number).next >= end;
    }
    for (size_t i = partitions_.size(); i > 0; --i) {
      if (partitions_[i - 1].at_end) partitions_.erase(partitions_.begin() + static_cast<ptrdiff_t>(i - 1));
    }
    return !partitions_.empty();
  }

  Partition& Find(int32_t number) {
    for (Partition& partition : partitions_) {
      if (partition.number == number) return partition;
    }
    throw std::runtime_error("an answer for a partition that was not asked for");
  }

  // Over the whole batches; the last one may be cut.
  static void Walk(std::string_view records, Partition* partition, ReadTotals* totals) {
    if (totals->frames == 0 && !records.empty()) SayFirstRecord();
    totals->bytes += records.size();
    while (records.size() > kLastOffsetDeltaAt + 4) {
      Reader head(records);
      const auto base = head.Take<int64_t>();
      const size_t bytes = kBatchHead + static_cast<size_t>(head.Take<int32_t>());
      if (bytes > records.size()) return;
      const auto last = base + Reader(records.substr(kLastOffsetDeltaAt)).Take<int32_t>();
      totals->frames += static_cast<uint64_t>(last + 1 - partition->next);
      partition->next = last + 1;
      records.remove_prefix(bytes);
    }
  }

  const std::string topic_;
  Connection connection_;
  std::vector<Partition> partitions_;
  size_t first_ = 0;
  int32_t correlation_ = 0;
};

}  // namespace
}  // namespace headcount::bench

int main(int argc, char** argv) {
  using namespace headcount::bench;
  const ReadingOptions options = ParseReadingOptions(argc, argv);
  return ReadSideBySide(options, [&](int32_t child) { return Drain(options, child).ReadAll(); });
}
