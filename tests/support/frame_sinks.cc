#include "tests/support/frame_sinks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace headcount::test {
namespace {

constexpr size_t kFileBufferBytes = size_t{256} << 10;
constexpr int kTimeoutMs = 60'000;
constexpr uint64_t kPollEvery = 256;              // frames between two looks at what was delivered
constexpr uint64_t kAbortEvery = 4;               // transactions
constexpr char kMaxMessageBytes[] = "100000000";  // the broker's own limit is the one to meet

class OutputFile {
 public:
  explicit OutputFile(std::string path)
      : path_(std::move(path)),
        descriptor_(path_ == "-" ? dup(STDOUT_FILENO)
                                 : open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) Fail("opening ");
  }
  ~OutputFile() { close(descriptor_); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void AppendLine(std::string_view line) {
    if (buffer_.size() + line.size() + 1 > kFileBufferBytes) Write();
    buffer_.append(line);
    buffer_.push_back('\n');
  }

  void Write() {
    for (std::string_view left = buffer_; !left.empty();) {
      const ssize_t written = write(descriptor_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) Fail("writing ");
      left.remove_prefix(static_cast<size_t>(written));
    }
    buffer_.clear();
  }

 private:
  [[noreturn]] void Fail(const char* attempt) const {
    throw std::system_error(errno, std::generic_category(), attempt + path_);
  }

  const std::string path_;
  const int descriptor_;
  std::string buffer_;
};

class FileSink : public FrameSink {
 public:
  FileSink(const std::string& prefix, int32_t partitions) {
    const bool is_stdout = prefix == "-";
    for (int32_t p = 0; p < (is_stdout ? 1 : partitions); ++p) {
      files_.push_back(std::make_unique<OutputFile>(is_stdout ? prefix : prefix + "-" + std::to_string(p) + ".jsonl"));
    }
  }

  void Put(const GeneratedRecord& record) override {
    OutputFile& file = *files_[static_cast<size_t>(record.partition) % files_.size()];
    if (record.empty_line) file.AppendLine("");
    file.AppendLine(record.value);
  }

  void Flush() override {
    for (const auto& file : files_) file->Write();
  }
  void Finish() override { Flush(); }

 private:
  std::vector<std::unique_ptr<OutputFile>> files_;
};

struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};

// Idempotent, so that no frame is doubled or overtaken by another one.
class KafkaSink : public FrameSink {
 public:
  KafkaSink(const TestBroker& broker, const KafkaSinkOptions& options) : options_(options) {
    KafkaConfig config = {{"enable.idempotence", "true"},
                          {"compression.codec", options.compression},
                          {"linger.ms", std::to_string(options.linger_ms)},
                          {"batch.num.messages", "10000"},
                          {"message.max.bytes", kMaxMessageBytes},
                          {"queue.buffering.max.messages", "50000"},
                          {"queue.buffering.max.kbytes", "65536"}};
    if (options.transaction_frames > 0) config.emplace_back("transactional.id", TestBroker::UniqueName("generator"));
    handle_ = MakeHandle(RD_KAFKA_PRODUCER, broker.ConfigWith(config), [this](rd_kafka_conf_t* conf) {
      rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
      rd_kafka_conf_set_opaque(conf, this);
    });
    topic_.reset(rd_kafka_topic_new(handle_.get(), options.topic.c_str(), nullptr));
    if (!topic_) throw KafkaError("topic " + options.topic + ": " + rd_kafka_err2str(rd_kafka_last_error()));
    if (options.transaction_frames == 0) return;
    Check(rd_kafka_init_transactions(handle_.get(), kTimeoutMs), "starting transactions");
    Check(rd_kafka_begin_transaction(handle_.get()), "beginning a transaction");
  }

  void Put(const GeneratedRecord& record) override {
    Send(record.partition, record.has_value ? std::optional(record.value) : std::nullopt);
    if (options_.transaction_frames == 0) return;
    open_.push_back({record.partition, record.has_value ? std::optional(std::string(record.value)) : std::nullopt});
    if (open_.size() < options_.transaction_frames) return;
    EndTransaction();
    Check(rd_kafka_begin_transaction(handle_.get()), "beginning a transaction");
  }

  void Flush() override { Poll(0); }

  void Finish() override {
    if (options_.transaction_frames > 0) EndTransaction();
    if (rd_kafka_flush(handle_.get(), kTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw KafkaError("the broker did not take everything in time");
    }
    Poll(0);
  }

 private:
  struct Sent {
    int32_t partition;
    std::optional<std::string> value;
  };

  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* sink = static_cast<KafkaSink*>(opaque);
    // What an aborted transaction had not sent yet is purged: that is no failure.
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || sink->is_aborting_) return;
    if (sink->failure_.empty()) sink->failure_ = rd_kafka_err2str(message->err);
  }

  static void Check(rd_kafka_error_t* error, const char* attempt) {
    if (error == nullptr) return;
    const std::string why = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    throw KafkaError(std::string(attempt) + ": " + why);
  }

  void Poll(int timeout_ms) {
    rd_kafka_poll(handle_.get(), timeout_ms);
    if (!failure_.empty()) throw KafkaError("producing to " + options_.topic + ": " + failure_);
  }

  void Send(int32_t partition, std::optional<std::string_view> value) {
    if (++sent_ % kPollEvery == 0) Poll(0);
    void* bytes = value ? const_cast<char*>(value->data()) : nullptr;
    while (rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY, bytes, value ? value->size() : 0, nullptr, 0,
                            nullptr) != 0) {
      const rd_kafka_resp_err_t code = rd_kafka_last_error();
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        throw KafkaError("producing to " + options_.topic + ": " + rd_kafka_err2str(code));
      }
      Poll(10);
    }
  }

  void EndTransaction() {
    if (++transactions_ % kAbortEvery == 0) {
      rd_kafka_flush(handle_.get(), kTimeoutMs);  // so that the topic holds what is aborted
      is_aborting_ = true;
      Check(rd_kafka_abort_transaction(handle_.get(), kTimeoutMs), "aborting a transaction");
      is_aborting_ = false;
      Check(rd_kafka_begin_transaction(handle_.get()), "beginning a transaction");
      for (const Sent& frame : open_) Send(frame.partition, frame.value);
    }
    Check(rd_kafka_commit_transaction(handle_.get(), kTimeoutMs), "committing a transaction");
    open_.clear();
  }

  const KafkaSinkOptions options_;
  std::string failure_;
  bool is_aborting_ = false;
  uint64_t sent_ = 0;
  uint64_t transactions_ = 0;
  std::vector<Sent> open_;  // what the open transaction holds, to be repeated after an abort
  KafkaHandle handle_;
  std::unique_ptr<rd_kafka_topic_t, TopicDeleter> topic_;
};

}  // namespace

std::unique_ptr<FrameSink> MakeFileSink(const std::string& prefix, int32_t partitions) {
  return std::make_unique<FileSink>(prefix, partitions);
}

std::unique_ptr<FrameSink> MakeKafkaSink(const TestBroker& broker, const KafkaSinkOptions& options) {
  return std::make_unique<KafkaSink>(broker, options);
}

}  // namespace headcount::test
