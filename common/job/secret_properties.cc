#include "common/job/secret_properties.h"

#include <algorithm>
#include <array>

namespace headcount {
namespace {

constexpr std::array<std::string_view, 10> kHiddenByLibrdkafka = {"sasl.username",
                                                                  "sasl.password",
                                                                  "sasl.oauthbearer.config",
                                                                  "sasl.oauthbearer.client.secret",
                                                                  "sasl.oauthbearer.assertion.private.key.file",
                                                                  "ssl.key.location",
                                                                  "ssl.key.password",
                                                                  "ssl.key.pem",
                                                                  "ssl.ca.pem",
                                                                  "ssl.keystore.password"};
constexpr std::array<std::string_view, 5> kTellingWords = {"password", "passphrase", "secret", "key.pem", "jaas"};

}  // namespace

bool IsSecretProperty(std::string_view key) {
  const auto in_key = [key](std::string_view word) { return key.find(word) != std::string_view::npos; };
  return std::find(kHiddenByLibrdkafka.begin(), kHiddenByLibrdkafka.end(), key) != kHiddenByLibrdkafka.end() ||
         std::any_of(kTellingWords.begin(), kTellingWords.end(), in_key);
}

}  // namespace headcount
