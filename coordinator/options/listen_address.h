// Reads the address of --metrics-listen. Pure; runs in the coordinator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

struct ListenAddress {
  std::string host;   // a number, never a name, so that no resolver is asked
  uint16_t port = 0;  // 0: the kernel picks a free port

  bool is_v6() const { return host.find(':') != std::string::npos; }
  std::string Text() const { return (is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port); }
};

// Takes "9187" (this host alone), "127.0.0.1:9187", "[::1]:9187", "0.0.0.0:9187" or "localhost:9187". Anything else is
// kUsage.
Result<ListenAddress> ParseListenAddress(std::string_view option, const std::string& text);

}  // namespace headcount
