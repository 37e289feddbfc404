#include "coordinator/status/status_report.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "common/base/replaced_file.h"

namespace headcount {
namespace {

constexpr const char* kStatusFile = "status file";

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;
using JsonValue = rapidjson::Value;

// --- Writing ----------------------------------------------------------------------------------------------

// Writes one object's fields, in the order of the calls.
class ObjectWriter {
 public:
  explicit ObjectWriter(JsonWriter* json) : json_(json) { json_->StartObject(); }
  ~ObjectWriter() { json_->EndObject(); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void Add(const char* name, int64_t value) { Key(name)->Int64(value); }
  void Add(const char* name, int32_t value) { Key(name)->Int(value); }
  void Add(const char* name, uint64_t value) { Key(name)->Uint64(value); }
  void Add(const char* name, double value) { Key(name)->Double(std::isfinite(value) ? value : 0); }
  void Add(const char* name, const std::string& value) {
    Key(name)->String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  void AddIf(bool known, const char* name, int64_t value) {
    if (known) {
      Add(name, value);
    } else {
      Key(name)->Null();
    }
  }
  template <typename Items, typename WriteItem>
  void AddList(const char* name, const Items& items, WriteItem write_item) {
    Key(name)->StartArray();
    for (const auto& item : items) write_item(item);
    json_->EndArray();
  }
  // The caller writes the value.
  JsonWriter* Key(const char* name) {
    json_->Key(name);
    return json_;
  }

 private:
  JsonWriter* json_;
};

// A tenth of a record a second is more than any reader needs.
double Rounded(double value) { return std::round(value * 10) / 10; }

void WriteWorker(JsonWriter* json, const StatusReport::Worker& worker) {
  ObjectWriter object(json);
  object.Add("slot", worker.slot);
  object.Add("pid", worker.pid);
  object.Add("generation", worker.generation);
  object.Add("restarts", worker.restarts);
  object.AddList("partitions", worker.partitions, [json](int32_t p) { json->Int(p); });
  object.Add("records", worker.records);
  object.Add("records_per_s", Rounded(worker.records_per_s));
  object.Add("memory_bytes", worker.memory_bytes);
}

void WritePartition(JsonWriter* json, const StatusReport::Partition& p) {
  ObjectWriter object(json);
  object.Add("partition", p.partition);
  object.Add("worker", p.worker);
  object.AddIf(p.position >= 0, "position", p.position);
  object.AddIf(p.end >= 0, "end", p.end);
  object.AddIf(p.lag >= 0, "lag", p.lag);
  object.AddIf(p.has_watermark, "watermark", p.watermark);
  object.Add("unmoved_since_ms", p.unmoved_since_ms);
  object.AddIf(p.safe_offset >= 0, "safe_offset", p.safe_offset);
  object.Add("held", p.held);
  object.Add("excused", p.idle_reason);  // the older name of the next one
  object.Add("idle", p.idle_reason);
  object.Add("state", p.state);
  object.Add("hold", p.hold);
  object.Add("invalid_in_a_row", p.invalid_in_a_row);
  object.Add("invalid_reason", p.invalid_reason);
  object.AddIf(p.transaction_end >= 0, "transaction_end", p.transaction_end);
  object.Add("transaction_since_ms", p.transaction_since_ms);
}

void WriteClock(JsonWriter* json, const StatusReport& report) {
  ObjectWriter object(json);
  object.AddIf(report.has_closed_frontier, "closed_upto", report.closed_frontier);
  object.AddList("held_by", report.held_by, [json](const StatusReport::Holder& holder) {
    ObjectWriter item(json);
    item.Add("partition", holder.partition);
    item.Add("why", holder.why);
  });
}

void WriteTotals(JsonWriter* json, const StatusReport& report) {
  ObjectWriter object(json);
  object.Add("records", report.records());
  object.Add("events", report.totals.counted);
  object.Add("late", report.totals.late);
  object.Add("invalid", report.totals.invalid());
  object.Add("future", report.totals.future);
  object.Add("tombstones", report.tombstones);
  object.Add("waiting", report.waiting);
  object.Key("invalid_reasons");
  {
    ObjectWriter reasons(json);
    for (size_t i = 0; i < kInvalidReasons; ++i) {
      reasons.Add(kInvalidReasonNames[i], report.totals.invalid_by_reason[i]);
    }
  }
  object.Add("minutes_published", report.minutes_published);
  object.Add("lost", report.lost);
}

void WriteRule(JsonWriter* json, const StatusReport::Rule& rule) {
  ObjectWriter object(json);
  object.Add("window_s", rule.window_s);
  object.Add("allowed_lateness_s", rule.lateness_s);
  object.Add("max_skew_s", rule.max_skew_s);
  object.Add("idle_timeout_ms", rule.idle_timeout_ms);
  object.Add("max_hold_ms", rule.max_hold_ms);
  object.Key("until_end")->Bool(rule.until_end);
  object.Add("input", rule.input);
  object.Add("output", rule.output);
  object.Add("bootstrap_server", rule.bootstrap_server);
  object.Add("group", rule.group);
}

void WriteRejected(JsonWriter* json, const StatusReport::Rejected& frame) {
  ObjectWriter object(json);
  object.Add("kind", frame.kind);
  object.Add("partition", frame.partition);
  object.Add("offset", frame.offset);
  object.Add("seen_ms", frame.seen_ms);
  object.Add("first", frame.first);
}

void WriteMinute(JsonWriter* json, const PublishedMinute& minute) {
  ObjectWriter object(json);
  object.Add("window_start", minute.start.seconds());
  object.Add("unique_users", minute.unique_users);
  object.Add("events", minute.counts.counted);
  object.Add("late", minute.counts.late);
  object.Add("invalid", minute.counts.invalid());
  object.Add("future", minute.counts.future);
  object.Add("published_at_ms", minute.published_at_ms);
}

void WriteReport(JsonWriter* json, const StatusReport& report) {
  ObjectWriter object(json);
  object.Add("version", report.version);
  object.Add("state", report.state);
  object.Add("updated_at_ms", report.updated_at_ms);
  object.Add("run", report.run);
  object.Key("coordinator");
  { ObjectWriter(json).Add("pid", report.coordinator_pid); }
  object.Key("writer");
  {
    ObjectWriter writer(json);
    writer.Add("pid", report.writer.pid);
    writer.Add("generation", report.writer.generation);
    writer.Add("restarts", report.writer.restarts);
    writer.Add("committing_ms", report.writer.committing_ms);
  }
  object.AddList("workers", report.workers, [json](const auto& worker) { WriteWorker(json, worker); });
  object.AddList("partitions", report.partitions, [json](const auto& p) { WritePartition(json, p); });
  object.Key("clock");
  WriteClock(json, report);
  object.Key("totals");
  WriteTotals(json, report);
  object.Key("rule");
  WriteRule(json, report.rule);
  object.AddList("rejected", report.rejected, [json](const auto& frame) { WriteRejected(json, frame); });
  object.AddList("recent", report.recent, [json](const PublishedMinute& minute) { WriteMinute(json, minute); });
}

// --- Reading ----------------------------------------------------------------------------------------------

// Reads the fields of one object. It keeps the first error (a missing field, a wrong type) with the field's path, and
// leaves all later fields unchanged.
class ObjectReader {
 public:
  ObjectReader(const JsonValue& value, std::string path, std::string* complaint)
      : value_(value), path_(std::move(path)), complaint_(complaint) {
    if (!value_.IsObject()) Complain(path_.empty() ? "the root" : path_, "an object");
  }

  void Get(const char* name, int64_t* out) {
    GetIf(
        name, "a whole number", [](const JsonValue& v) { return v.IsInt64(); },
        [out](const JsonValue& v) { *out = v.GetInt64(); });
  }
  void Get(const char* name, int32_t* out) {
    GetIf(
        name, "a whole number", [](const JsonValue& v) { return v.IsInt(); },
        [out](const JsonValue& v) { *out = v.GetInt(); });
  }
  void Get(const char* name, uint64_t* out) {
    GetIf(
        name, "a number from 0 on", [](const JsonValue& v) { return v.IsUint64(); },
        [out](const JsonValue& v) { *out = v.GetUint64(); });
  }
  void Get(const char* name, double* out) {
    GetIf(
        name, "a number", [](const JsonValue& v) { return v.IsNumber(); },
        [out](const JsonValue& v) { *out = v.GetDouble(); });
  }
  void Get(const char* name, std::string* out) {
    GetIf(
        name, "a string", [](const JsonValue& v) { return v.IsString(); },
        [out](const JsonValue& v) { out->assign(v.GetString(), v.GetStringLength()); });
  }
  void Get(const char* name, bool* out) {
    GetIf(
        name, "true or false", [](const JsonValue& v) { return v.IsBool(); },
        [out](const JsonValue& v) { *out = v.GetBool(); });
  }
  // Files of older versions lack some fields.
  bool Has(const char* name) const { return value_.IsObject() && value_.HasMember(name); }
  // A JSON null leaves `out` unchanged and returns false.
  bool GetKnown(const char* name, int64_t* out) {
    bool known = false;
    GetIf(
        name, "a whole number or null", [](const JsonValue& v) { return v.IsInt64() || v.IsNull(); },
        [&](const JsonValue& v) {
          known = v.IsInt64();
          if (known) *out = v.GetInt64();
        });
    return known;
  }
  template <typename ReadItem>
  void GetList(const char* name, ReadItem read_item) {
    GetIf(
        name, "a list", [](const JsonValue& v) { return v.IsArray(); },
        [&](const JsonValue& v) {
          for (rapidjson::SizeType i = 0; i < v.Size(); ++i) {
            read_item(v[i], PathOf(name) + "[" + std::to_string(i) + "]", complaint_);
          }
        });
  }
  // The reader of the object behind `name`. If there is none, it reads an empty object and the error is set.
  ObjectReader Object(const char* name) {
    static const JsonValue kNothing(rapidjson::kObjectType);
    const JsonValue* found = Find(name);
    return ObjectReader(found != nullptr ? *found : kNothing, PathOf(name), complaint_);
  }

 private:
  std::string PathOf(const char* name) const { return path_.empty() ? name : path_ + "." + name; }
  void Complain(const std::string& path, const char* wanted) {
    if (complaint_->empty()) *complaint_ = "field " + path + ": " + wanted + " is needed";
  }
  const JsonValue* Find(const char* name) {
    if (!complaint_->empty()) return nullptr;
    const auto member = value_.FindMember(name);
    if (member != value_.MemberEnd()) return &member->value;
    Complain(PathOf(name), "it is missing and");
    return nullptr;
  }
  template <typename Fits, typename Take>
  void GetIf(const char* name, const char* wanted, Fits fits, Take take) {
    const JsonValue* found = Find(name);
    if (found == nullptr) return;
    if (fits(*found)) {
      take(*found);
    } else {
      Complain(PathOf(name), wanted);
    }
  }

  const JsonValue& value_;
  std::string path_;
  std::string* complaint_;
};

StatusReport::Worker ReadWorker(ObjectReader object) {
  StatusReport::Worker worker;
  object.Get("slot", &worker.slot);
  object.Get("pid", &worker.pid);
  object.Get("generation", &worker.generation);
  object.Get("restarts", &worker.restarts);
  object.GetList("partitions", [&worker](const JsonValue& v, const std::string& path, std::string* complaint) {
    if (v.IsInt()) {
      worker.partitions.push_back(v.GetInt());
    } else if (complaint->empty()) {
      *complaint = "field " + path + ": a whole number is needed";
    }
  });
  object.Get("records", &worker.records);
  object.Get("records_per_s", &worker.records_per_s);
  object.Get("memory_bytes", &worker.memory_bytes);
  return worker;
}

StatusReport::Partition ReadPartition(ObjectReader object) {
  StatusReport::Partition p;
  object.Get("partition", &p.partition);
  object.Get("worker", &p.worker);
  object.GetKnown("position", &p.position);
  object.GetKnown("end", &p.end);
  object.GetKnown("lag", &p.lag);
  p.has_watermark = object.GetKnown("watermark", &p.watermark);
  if (object.Has("unmoved_since_ms")) object.Get("unmoved_since_ms", &p.unmoved_since_ms);
  if (object.Has("transaction_end")) object.GetKnown("transaction_end", &p.transaction_end);
  if (object.Has("transaction_since_ms")) object.Get("transaction_since_ms", &p.transaction_since_ms);
  object.GetKnown("safe_offset", &p.safe_offset);
  object.Get("held", &p.held);
  object.Get("excused", &p.idle_reason);
  object.Get("state", &p.state);
  if (object.Has("hold")) object.Get("hold", &p.hold);
  if (object.Has("invalid_in_a_row")) object.Get("invalid_in_a_row", &p.invalid_in_a_row);
  if (object.Has("invalid_reason")) object.Get("invalid_reason", &p.invalid_reason);
  return p;
}

void ReadTotals(ObjectReader object, StatusReport* report) {
  object.Get("events", &report->totals.counted);
  object.Get("late", &report->totals.late);
  object.Get("future", &report->totals.future);
  if (object.Has("tombstones")) object.Get("tombstones", &report->tombstones);
  object.Get("waiting", &report->waiting);
  ObjectReader reasons = object.Object("invalid_reasons");
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    reasons.Get(kInvalidReasonNames[i], &report->totals.invalid_by_reason[i]);
  }
  object.Get("minutes_published", &report->minutes_published);
  object.Get("lost", &report->lost);
}

void ReadRule(ObjectReader object, StatusReport::Rule* rule) {
  object.Get("window_s", &rule->window_s);
  object.Get("allowed_lateness_s", &rule->lateness_s);
  object.Get("max_skew_s", &rule->max_skew_s);
  object.Get("idle_timeout_ms", &rule->idle_timeout_ms);
  object.Get("max_hold_ms", &rule->max_hold_ms);
  object.Get("until_end", &rule->until_end);
  object.Get("input", &rule->input);
  object.Get("output", &rule->output);
  if (object.Has("bootstrap_server")) object.Get("bootstrap_server", &rule->bootstrap_server);
  if (object.Has("group")) object.Get("group", &rule->group);
}

StatusReport::Rejected ReadRejected(ObjectReader object) {
  StatusReport::Rejected frame;
  object.Get("kind", &frame.kind);
  object.Get("partition", &frame.partition);
  object.Get("offset", &frame.offset);
  object.Get("seen_ms", &frame.seen_ms);
  if (object.Has("first")) object.Get("first", &frame.first);
  return frame;
}

// The file splits invalid frames by reason in the totals only, so all of a minute's count under the first reason.
PublishedMinute ReadMinute(ObjectReader object) {
  PublishedMinute minute;
  int64_t start = 0;
  object.Get("window_start", &start);
  minute.start = WindowStart(start);
  object.Get("unique_users", &minute.unique_users);
  object.Get("events", &minute.counts.counted);
  object.Get("late", &minute.counts.late);
  object.Get("invalid", &minute.counts.invalid_by_reason[0]);
  object.Get("future", &minute.counts.future);
  object.Get("published_at_ms", &minute.published_at_ms);
  return minute;
}

void ReadReport(ObjectReader object, StatusReport* report) {
  object.Get("version", &report->version);
  object.Get("state", &report->state);
  object.Get("updated_at_ms", &report->updated_at_ms);
  object.Get("run", &report->run);
  object.Object("coordinator").Get("pid", &report->coordinator_pid);
  ObjectReader writer = object.Object("writer");
  writer.Get("pid", &report->writer.pid);
  writer.Get("generation", &report->writer.generation);
  writer.Get("restarts", &report->writer.restarts);
  if (writer.Has("committing_ms")) writer.Get("committing_ms", &report->writer.committing_ms);
  object.GetList("workers", [report](const JsonValue& v, const std::string& path, std::string* complaint) {
    report->workers.push_back(ReadWorker(ObjectReader(v, path, complaint)));
  });
  object.GetList("partitions", [report](const JsonValue& v, const std::string& path, std::string* complaint) {
    report->partitions.push_back(ReadPartition(ObjectReader(v, path, complaint)));
  });
  ObjectReader clock = object.Object("clock");
  report->has_closed_frontier = clock.GetKnown("closed_upto", &report->closed_frontier);
  clock.GetList("held_by", [report](const JsonValue& v, const std::string& path, std::string* complaint) {
    StatusReport::Holder holder;
    ObjectReader item(v, path, complaint);
    item.Get("partition", &holder.partition);
    item.Get("why", &holder.why);
    report->held_by.push_back(holder);
  });
  ReadTotals(object.Object("totals"), report);
  if (object.Has("rule")) ReadRule(object.Object("rule"), &report->rule);
  if (object.Has("rejected")) {
    object.GetList("rejected", [report](const JsonValue& v, const std::string& path, std::string* complaint) {
      report->rejected.push_back(ReadRejected(ObjectReader(v, path, complaint)));
    });
  }
  if (!object.Has("recent")) return;
  object.GetList("recent", [report](const JsonValue& v, const std::string& path, std::string* complaint) {
    report->recent.push_back(ReadMinute(ObjectReader(v, path, complaint)));
  });
}

Error Damaged(const std::string& why) { return Error{ExitCode::kHumanNeeded, "this is no status report: " + why}; }

// --- Files ------------------------------------------------------------------------------------------------

bool ReadAll(int fd, std::string* bytes) {
  char buffer[16384];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    bytes->append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

std::string ToJson(const StatusReport& report) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  WriteReport(&json, report);
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

Result<StatusReport> ParseStatusReport(std::string_view json) {
  // The file may come from outside, so deep nesting must not exhaust the stack.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(json.data(), json.size());
  if (document.HasParseError()) {
    return Damaged(std::string(rapidjson::GetParseError_En(document.GetParseError())) + " At byte " +
                   std::to_string(document.GetErrorOffset()) + ".");
  }
  StatusReport report;
  std::string complaint;
  ObjectReader root(document, "", &complaint);
  if (complaint.empty()) ReadReport(std::move(root), &report);
  if (!complaint.empty()) return Damaged(complaint);
  if (report.version != 1) {
    return Damaged("field version: 1 is needed, not " + std::to_string(report.version));
  }
  return report;
}

std::optional<int64_t> StatusReport::known_lag() const {
  std::optional<int64_t> lag;
  for (const Partition& partition : partitions) {
    if (partition.lag >= 0) lag = lag.value_or(0) + partition.lag;
  }
  return lag;
}

size_t StatusReport::living_workers() const {
  return static_cast<size_t>(
      std::count_if(workers.begin(), workers.end(), [](const Worker& worker) { return worker.pid != 0; }));
}

Result<StatusReport> ReadStatusFile(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // a pipe is no status file, and the open must not wait
  if (fd < 0) return FileError("open", kStatusFile, path);
  std::string json;
  const bool read_whole = ReadAll(fd, &json);
  const int read_errno = errno;
  close(fd);
  errno = read_errno;
  if (!read_whole) return FileError("read", kStatusFile, path);
  Result<StatusReport> report = ParseStatusReport(json);
  if (!report) return Error{ExitCode::kHumanNeeded, "status file " + path + ": " + report.error().message};
  return report;
}

}  // namespace headcount
