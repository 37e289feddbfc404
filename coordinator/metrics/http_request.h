// As much of HTTP/1.1 as a scraper, a probe and a person with curl need: GET and HEAD of three paths, one request a
// connection. From bytes to a request, and from that to an answer. Pure; runs in the coordinator.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "coordinator/status/health.h"

namespace headcount {

struct HttpRequest {
  enum class State {
    kUnfinished,  // nothing wrong so far, and more must come
    kWhole,
    kRefused,  // with `status`
  };
  State state = State::kUnfinished;
  int status = 0;
  std::string method;
  std::string path;  // without the query
};

// `bytes`: all that has come so far, at most limits::kHttpRequestBytes. What is wrong is refused as soon as it is seen.
HttpRequest ParseHttpRequest(std::string_view bytes);

// What there is to see, once a second.
struct HttpPages {
  std::shared_ptr<const std::string> metrics;
  Health healthy;
  Health ready;
};

struct HttpAnswer {
  std::string head;                         // and a short body
  std::shared_ptr<const std::string> body;  // what follows the head; null: nothing
};

// To a request that is whole or refused.
HttpAnswer AnswerTo(const HttpRequest& request, const HttpPages& pages);
// To one that did not come in time (408), or came when there were too many (503).
HttpAnswer AnswerOf(int status);

}  // namespace headcount
