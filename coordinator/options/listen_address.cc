#include "coordinator/options/listen_address.h"

#include <arpa/inet.h>

#include "common/base/units.h"

namespace headcount {
namespace {

constexpr const char* kLoopback = "127.0.0.1";

bool IsNumber(const std::string& host) {
  in6_addr address{};
  return inet_pton(host.find(':') != std::string::npos ? AF_INET6 : AF_INET, host.c_str(), &address) == 1;
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view option, const std::string& text) {
  const size_t colon = text.rfind(':');
  ListenAddress address;
  address.host = kLoopback;
  if (colon != std::string::npos) address.host = text.substr(0, colon);
  if (address.host == "localhost") address.host = kLoopback;
  const bool bracketed = address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']';
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  const Result<int64_t> port =
      ParseCount(option, text.substr(colon == std::string::npos ? 0 : colon + 1), "", 0, 65535);
  if (!port || !IsNumber(address.host) || bracketed != address.is_v6()) {
    return OptionError(option, text,
                       "a port (9187: for this host alone) or an address of this host with a port is needed, as "
                       "127.0.0.1:9187, [::1]:9187 or, for everybody, 0.0.0.0:9187");
  }
  address.port = static_cast<uint16_t>(*port);
  return address;
}

}  // namespace headcount
