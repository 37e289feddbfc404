// The Debian package, and the program as it is installed by it into a root that has nothing else (clean_root.sh).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

const std::filesystem::path kFolder = HEADCOUNT_CLEAN_ROOT;
const std::string kRoot = (kFolder / "root").string();

class Installed : public testing::Test {
 protected:
  static Finished Bash(const std::string& script, const Arguments& arguments = {}) {
    Arguments words = {"-c", script, "bash"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return RunToEnd("bash", words);
  }
  // In the root, with a /proc and a /dev that are gone with the process.
  static Finished InRoot(const Arguments& command) {
    Arguments words = {kRoot};
    words.insert(words.end(), command.begin(), command.end());
    return Bash(
        "export PATH=/usr/sbin:/usr/bin:/sbin:/bin; exec unshare --mount --propagation private bash -c '"
        "mount -t proc proc \"$1/proc\" && mount --rbind /dev \"$1/dev\" && exec chroot \"$@\"' bash \"$@\"",
        words);
  }
  static void ExpectDone(const Finished& finished) {
    EXPECT_EQ(Describe(finished.status), "exit 0") << finished.out << finished.err;
  }
  static bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
};

class Package : public Installed {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "there is no package: see the test package.make";
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
      if (entry.path().extension() == ".deb") deb_ = entry.path().string();
    }
    if (deb_.empty()) GTEST_SKIP() << "there is no package: see the test package.make";
  }
  std::string deb_;
};

TEST_F(Package, HoldsWhatPeopleLookForInItsPlace) {
  const std::string files = Bash("dpkg-deb -c \"$1\" | awk '{print $1, $2, $6}'", {deb_}).out;
  for (const std::string file : {
           "-rwxr-xr-x root/root ./usr/bin/headcount\n",
           "-rw-r--r-- root/root ./usr/lib/systemd/system/headcount.service\n",
           "-rw-r--r-- root/root ./etc/headcount/headcount.conf\n",
           "-rw-r--r-- root/root ./usr/share/bash-completion/completions/headcount\n",
           "-rw-r--r-- root/root ./usr/share/man/man1/headcount.1.gz\n",
           "-rw-r--r-- root/root ./usr/share/man/man5/headcount.conf.5.gz\n",
           "-rw-r--r-- root/root ./usr/share/doc/headcount/copyright\n",
           "-rw-r--r-- root/root ./usr/share/doc/headcount/README.md\n",
           "-rw-r--r-- root/root ./usr/share/doc/headcount/config/README.md\n",
           "-rw-r--r-- root/root ./usr/share/doc/headcount/examples/kubernetes/headcount.yaml\n",
           "-rw-r--r-- root/root ./usr/share/doc/headcount/examples/container/Containerfile\n",
       }) {
    EXPECT_TRUE(Has(files, file)) << file << " is not in:\n" << files;
  }
  EXPECT_FALSE(Has(files, "/usr/local"));
  EXPECT_EQ(Bash("dpkg-deb -I \"$1\" conffiles", {deb_}).out, "/etc/headcount/headcount.conf\n");
}

TEST_F(Package, IsOfTheProgramsVersionAndTheChangelogsNewest) {
  const std::string version = Bash("dpkg-deb -f \"$1\" Version", {deb_}).out;
  const std::string newest =
      Bash(
          "dpkg-deb --fsys-tarfile \"$1\" | tar -xO ./usr/share/doc/headcount/changelog.Debian.gz | zcat | "
          "sed -nE '1s/^headcount \\(([^)]*)\\).*/\\1/p'",
          {deb_})
          .out;
  EXPECT_EQ(version, newest);
  const std::string program =
      RunToEnd(std::string(HEADCOUNT_BINARY_DIR) + "/headcount", {"--version"}).out;  // built from the same sources
  EXPECT_EQ(program.substr(0, program.find('\n')), "headcount " + version.substr(0, version.find('-')));
}

TEST_F(Package, NeedsTheLibrariesThatTheProgramIsLinkedTo) {
  const std::string depends = Bash("dpkg-deb -f \"$1\" Depends", {deb_}).out;
  for (const std::string library : {"librdkafka1", "libboost-program-options1.74.0", "libxxhash0", "libc6"}) {
    EXPECT_TRUE(Has(depends, library)) << depends;
  }
}

class CleanRoot : public Installed {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kRoot + "/usr/bin/headcount"))
      GTEST_SKIP() << "there is no clean root: see the test package.make";
  }
  // On files: the records of the oracle.
  static void CountFiles(const std::vector<OracleLog>& logs) {
    std::filesystem::create_directories(kRoot + "/tmp/in");
    Arguments command = {"headcount", "run", "--status-file", "/tmp/in/status.json", "--input"};
    for (const OracleLog& log : logs) {
      std::string text;
      for (const auto& record : log) text += record.value_or("") + "\n";
      const std::string name = "/tmp/in/" + std::to_string(command.size());
      WriteFile(kRoot + name, text);
      command.push_back(name);
    }
    const Finished run = InRoot(command);
    ExpectDone(run);
    std::string right;
    for (const std::string& record : RightRecords(logs)) right += record + "\n";
    EXPECT_EQ(run.out, right);
  }
  // On the broker, seen from in there.
  static void CountTopic() {
    const TestBroker broker = TestBroker::FromEnvironment();
    Job job(broker, 3);
    job.ProduceAll(HostileLogs(11, 4'000, 3, 5));
    Arguments command = {"headcount", "run", "--until-end"};
    for (const std::string& word : job.Words()) command.push_back(word);
    *std::find(command.begin(), command.end(), job.status_file().string()) = "/tmp/status.json";
    ExpectDone(InRoot(command));
    EXPECT_EQ(job.Published(), RightRecords(job.logs()));
    const Finished tail = InRoot({"headcount", "tail", "--json", "--until-end", "--last", "1000", "--bootstrap-server",
                                  broker.bootstrap_server(), "--output-topic", job.output()});
    ExpectDone(tail);
    EXPECT_EQ(static_cast<size_t>(std::count(tail.out.begin(), tail.out.end(), '\n')), job.Published().size());
  }
};

// One test, as the last of it ends the root.
TEST_F(CleanRoot, ThePackageCountsThereExactlyAndLeavesNothingWhenItIsPurged) {
  ExpectDone(InRoot({"dpkg", "--verify", "headcount"}));
  EXPECT_TRUE(Has(InRoot({"headcount", "--version"}).out, "headcount "));
  ExpectDone(InRoot({"headcount", "run", "--config", "/etc/headcount/headcount.conf", "--check-config"}));
  EXPECT_TRUE(Has(InRoot({"bash", "-c",
                          "source /usr/share/bash-completion/completions/headcount; COMP_WORDS=(headcount st); "
                          "COMP_CWORD=1; _headcount headcount st headcount; echo ${COMPREPLY[*]}"})
                      .out,
                  "status"));
  EXPECT_FALSE(std::filesystem::exists(
      std::filesystem::symlink_status(kRoot + "/etc/systemd/system/multi-user.target.wants/headcount.service")))
      << "it must be enabled by whoever has configured it";
  // Only what the two have alike: in a file every record is a line.
  CountFiles({Seconds(1468244400, 1468244700, 3, "a"), Seconds(1468244400, 1468244700, 3, "b")});
  CountTopic();

  ExpectDone(InRoot({"dpkg", "--purge", "headcount"}));
  const Finished left =
      Bash("find \"$1\" -xdev -name '*headcount*' -not -path '*/tmp/*' -not -path '*/run/lock/*'", {kRoot});
  EXPECT_EQ(left.out, "");
}

}  // namespace
}  // namespace headcount::test
