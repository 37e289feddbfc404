// Whether what a client was told means that it is turned away for good: a password, a certificate or a protocol that
// does not fit the brokers, or who asks for a token does not suit the token endpoint. librdkafka takes each for a
// passing trouble and connects again for ever. Pure; for the .cc files of this folder.
#pragma once

#include <string>
#include <string_view>

namespace headcount::kafka {

enum class Refusal {
  kNone,               // passing, or another matter
  kCredentials,        // the broker does not take user, password or mechanism
  kBrokerCertificate,  // we do not take the broker's certificate
  kOwnCertificate,     // the broker does not take ours, or misses it
  kTokenRefused,       // the token endpoint (OIDC) does not take who asks, or what is asked for
  kNoToken,            // it gives none for another reason: it is away, as a broker may be
  // The broker hangs up as it does where the protocol does not fit; so does one that is being stopped, and a proxy
  // before one that is down. Each is to be proven.
  kMaybeTls,        // to our plaintext
  kMaybePlaintext,  // to our TLS
  kMaybeSasl,       // to our first request, without a password
};

// What the error callback was told: the code and its sentence.
Refusal RefusalIn(int code, std::string_view reason);

// Without asking the broker once more.
constexpr bool IsProven(Refusal refusal) {
  return refusal == Refusal::kCredentials || refusal == Refusal::kBrokerCertificate ||
         refusal == Refusal::kOwnCertificate || refusal == Refusal::kTokenRefused;
}

// librdkafka's sentence without what is about its own states.
std::string Bare(std::string_view reason);

// A sentence for an error of OpenSSL's verification (X509_V_ERR_...) of a broker's certificate: what is wrong, and what
// would be right.
std::string CertificateFault(int verify_error, int depth);

// What would be right, `protocol` being what security.protocol says.
std::string Remedy(Refusal refusal, const std::string& protocol);

}  // namespace headcount::kafka
