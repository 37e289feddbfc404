#include "coordinator/metrics/http_request.h"

#include <algorithm>

#include "common/base/limits.h"

namespace headcount {
namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";
constexpr const char* kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

const char* ReasonOf(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

// --- Parsing -------------------------------------------------------------------------------------------------

// The characters of methods and field names (RFC 9110, "token").
bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter); }

bool IsControl(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }

bool IsHost(std::string_view name) {
  constexpr std::string_view kHost = "host";
  return std::equal(name.begin(), name.end(), kHost.begin(), kHost.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

// Takes the next line from `rest`, without its end; returns false while the line is incomplete.
bool TakeLine(std::string_view* rest, std::string_view* line) {
  const size_t end = rest->find('\n');
  if (end == std::string_view::npos) return false;
  *line = rest->substr(0, end);
  rest->remove_prefix(end + 1);
  if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
  return true;
}

HttpRequest Refused(int status) {
  HttpRequest request;
  request.state = HttpRequest::State::kRefused;
  request.status = status;
  return request;
}

// Takes "/metrics?x" or "http://host/metrics?x".
std::string PathOf(std::string_view target) {
  if (const size_t scheme = target.find("://");
      !target.empty() && target[0] != '/' && scheme != std::string_view::npos) {
    const size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return std::string(target.substr(0, target.find_first_of("?#")));
}

// Returns the status that refuses the request; 0 if it is right.
int TakeRequestLine(std::string_view line, HttpRequest* request, bool* needs_host) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || target.empty() || target.find(' ') != std::string_view::npos) return 400;
  if (std::any_of(target.begin(), target.end(), IsControl)) return 400;
  const bool named = version.size() == 8 && version.substr(0, 5) == "HTTP/" && version[6] == '.';
  if (!named) return 400;
  if (version[5] != '1') return 505;
  request->method = std::string(method);
  request->path = PathOf(target);
  *needs_host = version[7] != '0';
  return 0;
}

}  // namespace

HttpRequest ParseHttpRequest(std::string_view bytes) {
  const bool full = bytes.size() >= limits::kHttpRequestBytes;
  std::string_view rest = bytes;
  std::string_view line;
  do {  // empty lines before a request are skipped
    // A client that speaks TLS, or nothing like HTTP, is refused before the end of its first line.
    if (!rest.empty() && rest[0] != '\r' && rest[0] != '\n' && !IsTokenCharacter(rest[0])) return Refused(400);
    if (!TakeLine(&rest, &line)) return full ? Refused(431) : HttpRequest();
  } while (line.empty());

  HttpRequest request;
  bool needs_host = false;
  if (const int status = TakeRequestLine(line, &request, &needs_host); status != 0) return Refused(status);
  int hosts = 0;
  while (TakeLine(&rest, &line)) {
    if (line.empty()) {
      if (hosts > 1 || (needs_host && hosts == 0)) return Refused(400);
      request.state = HttpRequest::State::kWhole;
      return request;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return Refused(400);
    if (std::any_of(line.begin(), line.end(), IsControl)) return Refused(400);
    hosts += IsHost(line.substr(0, colon)) ? 1 : 0;
  }
  return full ? Refused(431) : HttpRequest();
}

// --- Answering -----------------------------------------------------------------------------------------------

namespace {

HttpAnswer Made(int status, const char* content_type, std::shared_ptr<const std::string> body, bool head_only,
                const std::string& more_fields = "") {
  HttpAnswer answer;
  answer.head = "HTTP/1.1 " + std::to_string(status) + " " + ReasonOf(status) + "\r\nContent-Type: " + content_type +
                "\r\nContent-Length: " + std::to_string(body->size()) +
                "\r\nCache-Control: no-store\r\nConnection: close\r\n" + more_fields + "\r\n";
  if (!head_only) answer.body = std::move(body);
  return answer;
}

HttpAnswer Said(int status, const std::string& line, bool head_only, const std::string& more_fields = "") {
  return Made(status, kPlainText, std::make_shared<const std::string>(line + "\n"), head_only, more_fields);
}

}  // namespace

HttpAnswer AnswerOf(int status) { return Said(status, ReasonOf(status), false); }

HttpAnswer AnswerTo(const HttpRequest& request, const HttpPages& pages) {
  if (request.state != HttpRequest::State::kWhole) return AnswerOf(request.status);
  const bool head_only = request.method == "HEAD";
  const bool known = request.path == "/metrics" || request.path == "/-/healthy" || request.path == "/-/ready";
  if (!known) return Said(404, "There are /metrics, /-/healthy and /-/ready.", head_only);
  if (!head_only && request.method != "GET") return Said(405, ReasonOf(405), false, "Allow: GET, HEAD\r\n");
  if (request.path == "/metrics") {
    if (pages.metrics == nullptr) return Said(503, "nothing has been measured yet", head_only);
    return Made(200, kMetricsText, pages.metrics, head_only);
  }
  const Health& health = request.path == "/-/ready" ? pages.ready : pages.healthy;
  return Said(health.well ? 200 : 503, health.why, head_only);
}

}  // namespace headcount
