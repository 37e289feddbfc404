// The broker with TLS, passwords and rights that ctest starts for the tests of secured clusters
// (tests/support/secured_broker.sh says what it listens on). Runs in tests.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/job_testing.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {

// The words of kafka-acls.
struct Acl {
  std::string operation;  // Read, Write, Describe
  std::string resource;   // Topic, Group, TransactionalId
  std::string name;

  std::string Text() const { return operation + " on " + resource + " " + name; }
  friend bool operator<(const Acl& a, const Acl& b) { return a.Text() < b.Text(); }
  friend bool operator==(const Acl& a, const Acl& b) { return a.Text() == b.Text(); }
};

class SecuredBroker {
 public:
  // Its folder stands in HEADCOUNT_TEST_SECURED_DIR.
  static SecuredBroker FromEnvironment();
  explicit SecuredBroker(std::filesystem::path directory);

  // By the listener where everything is allowed to everybody.
  const TestBroker& admin() const { return admin_; }
  // MUTUAL, PASSWORD or EXPIRED, by the name that stands in the broker's certificate.
  std::string Address(const std::string& listener) const { return "localhost:" + Port(listener); }
  std::string Port(const std::string& listener) const;
  std::string Tls(const std::string& name) const { return (directory_ / "tls" / name).string(); }

  // What User:counter needs to say to be let in.
  Arguments ByPlain(const std::string& password = kPlainSecret) const;
  Arguments ByScram(const std::string& mechanism, const std::string& password = kScramSecret) const;
  Arguments ByCertificate() const;

  // Of User:counter. Both return when the broker acts by it.
  void Allow(const std::vector<Acl>& rights) const;
  void Forbid(const Acl& right) const;
  std::vector<Acl> RightsOn(const std::vector<std::string>& names) const;

  static constexpr char kPlainSecret[] = "plain secret";
  static constexpr char kScramSecret[] = "scram-secret";

 private:
  Arguments ByPassword(const std::string& mechanism, const std::string& password) const;

  const std::filesystem::path directory_;
  const TestBroker admin_;
};

// All that a job needs; config/README.md has the same list.
std::vector<Acl> RightsOfRun(const Job& job);
// ... and one more where it finds minutes but no offsets of its own, as after a reset by hand.
Acl RightAfterAReset(const Job& job);

}  // namespace headcount::test
