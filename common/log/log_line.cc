#include "common/log/log_line.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "common/base/limits.h"
#include "common/base/utf8_text.h"

namespace headcount {
namespace {

constexpr std::string_view kEcsVersion = "8.11.0";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kCut = "\xE2\x80\xA6";          // an ellipsis

const char* PaddedName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO ";
    case LogLevel::kWarning: return "WARN ";
    case LogLevel::kError: return "ERROR";
  }
  return "?";
}

const char* EcsName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warn";
    case LogLevel::kError: return "error";
  }
  return "?";
}

std::string Timestamp(int64_t at_ms) {
  const time_t seconds = at_ms / 1000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(at_ms % 1000));
  return text;
}

// --- Texts in JSON -------------------------------------------------------------------------------------------

// The first character of `text`, of `bytes` bytes (0: not valid UTF-8), in the form of a JSON string.
std::string Escaped(std::string_view text, size_t bytes) {
  if (bytes == 0) return std::string(kReplacement);
  switch (text[0]) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (static_cast<unsigned char>(text[0]) >= 0x20U) return std::string(text.substr(0, bytes));
  char code[8];
  snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
  return code;
}

void AppendText(std::string_view text, size_t max_bytes, std::string* line) {
  *line += '"';
  const size_t end = line->size() + max_bytes - kCut.size();
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    const std::string escaped = Escaped(text, bytes);
    if (line->size() + escaped.size() > end) {
      line->append(kCut);
      break;
    }
    line->append(escaped);
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  *line += '"';
}

// --- Fields --------------------------------------------------------------------------------------------------

struct Field {
  std::string_view path;
  LabelValue value;
  size_t max_bytes = limits::kLogLabelBytes;
};
using Fields = std::vector<Field>;

Field TextField(std::string_view path, std::string_view text, size_t max_bytes = limits::kLogLabelBytes) {
  return {path, LabelValue(LogLabel::kNone, text), max_bytes};
}

std::string_view HeadOf(const Field& field, size_t depth) {
  const std::string_view rest = field.path.substr(depth);
  return rest.substr(0, rest.find('.'));
}

// Writes the fields as members of one object. Fields with a common beginning of their paths go into an object within
// it. `depth` is where the rest of each path begins.
void AppendMembers(const Fields& fields, size_t depth, std::string* line) {
  *line += '{';
  for (size_t n = 0; n < fields.size(); ++n) {
    const std::string_view head = HeadOf(fields[n], depth);
    const auto is_of_head = [head, depth](const Field& field) { return HeadOf(field, depth) == head; };
    const auto at = fields.begin() + static_cast<std::ptrdiff_t>(n);
    if (std::any_of(fields.begin(), at, is_of_head)) continue;  // written with the first of them
    if (line->back() != '{') *line += ',';
    line->append(1, '"').append(head).append("\":");
    if (fields[n].path.size() > depth + head.size()) {
      Fields inner;
      std::copy_if(at, fields.end(), std::back_inserter(inner), is_of_head);
      AppendMembers(inner, depth + head.size() + 1, line);
    } else if (fields[n].value.type() == LogLabelType::kNumber) {
      line->append(std::to_string(fields[n].value.number()));
    } else {
      AppendText(fields[n].value.text(), fields[n].max_bytes, line);
    }
  }
  *line += '}';
}

// Cuts between whole characters, and marks the cut.
void CutAt(size_t max_bytes, std::string* line) {
  constexpr std::string_view kMore = "...";
  if (line->size() <= max_bytes) return;
  size_t end = max_bytes - kMore.size();
  while (end > 0 && IsUtf8Continuation((*line)[end])) --end;
  line->replace(end, std::string::npos, kMore);
}

}  // namespace

std::string TextLine(const LogRecord& record) {
  std::string line = Timestamp(record.at_ms);
  line.append(1, ' ').append(PaddedName(SpecOf(record.action).level)).append(1, ' ').append(record.role);
  line.append(1, ' ').append(record.message);
  std::replace(line.begin(), line.end(), '\n', ' ');
  CutAt(limits::kLogLineBytes - 1, &line);
  return line += '\n';
}

// Writes objects within objects, not names with dots: Filebeat's parser, other shippers and jq need an option for the
// latter only.
std::string EcsLine(const LogRecord& record) {
  const LogActionSpec& spec = SpecOf(record.action);
  const std::string timestamp = Timestamp(record.at_ms);
  Fields fields = {
      TextField("@timestamp", timestamp),
      TextField("log.level", EcsName(spec.level)),
      TextField("message", record.message, limits::kLogMessageBytes),
      TextField("ecs.version", kEcsVersion),
      TextField("service.name", "headcount"),
      TextField("service.version", record.version),
      TextField("event.dataset", "headcount.log"),
      TextField("event.action", spec.name),
      {"process.pid", LabelValue(LogLabel::kNone, record.pid)},
      TextField("process.name", "headcount"),
      TextField("labels.role", record.role),
  };
  if (spec.level == LogLevel::kError) {
    fields.push_back(TextField("error.message", record.message, limits::kLogMessageBytes));
  }
  for (size_t n = 0; n < record.label_count; ++n) {
    const LabelValue& value = record.labels[n];
    if (!value.empty()) fields.push_back({SpecOf(value.label()).field, value});
  }
  std::string line;
  AppendMembers(fields, 0, &line);
  return line += '\n';
}

}  // namespace headcount
