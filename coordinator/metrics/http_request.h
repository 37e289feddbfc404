// Parses requests and makes answers: as much of HTTP/1.1 as a scraper, a probe and a person with curl need. That is GET
// and HEAD of three paths, one request a connection. Pure; runs in the coordinator.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "coordinator/status/health.h"

namespace headcount {

struct HttpRequest {
  enum class State {
    kUnfinished,  // no error so far, and more bytes must come
    kWhole,
    kRefused,  // with `status`
  };
  State state = State::kUnfinished;
  int status = 0;
  std::string method;
  std::string path;  // without the query
};

// `bytes` are all that have come so far, at most limits::kHttpRequestBytes. An error is refused as soon as it is seen.
HttpRequest ParseHttpRequest(std::string_view bytes);

// The pages, made once a second.
struct HttpPages {
  std::shared_ptr<const std::string> metrics;
  Health healthy;
  Health ready;
};

struct HttpAnswer {
  std::string head;                         // and a short body
  std::shared_ptr<const std::string> body;  // follows the head; null: nothing does
};

// Answers a request that is whole or refused.
HttpAnswer AnswerTo(const HttpRequest& request, const HttpPages& pages);
// Answers a request that did not come in time (408), or came when there were too many (503).
HttpAnswer AnswerOf(int status);

}  // namespace headcount
