// Where --metrics-listen listens, from what a user types. Pure; runs in the coordinator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

struct ListenAddress {
  std::string host;   // a number, never a name: nobody is asked for it
  uint16_t port = 0;  // 0: one that is free

  bool is_v6() const { return host.find(':') != std::string::npos; }
  std::string Text() const { return (is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port); }
};

// "9187" (of this host alone), "127.0.0.1:9187", "[::1]:9187", "0.0.0.0:9187", "localhost:9187". Else kUsage.
Result<ListenAddress> ParseListenAddress(std::string_view option, const std::string& text);

}  // namespace headcount
