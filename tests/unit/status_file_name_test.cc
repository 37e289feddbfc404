// What a job calls its status file, and which one a reader finds without being told.
#include "coordinator/options/status_file_name.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "coordinator/commands/explain_options.h"
#include "coordinator/commands/health_options.h"
#include "coordinator/commands/status_options.h"
#include "coordinator/options/command_line.h"

namespace headcount {
namespace {

using Folders = std::map<std::string, std::vector<std::string>>;

HostEnvironment With(const Folders& folders, const std::string& runtime_directory = "") {
  HostEnvironment host;
  host.runtime_directory = runtime_directory;
  host.environment.clear();
  host.list_folder = [folders](const std::string& path) {
    const auto found = folders.find(path);
    return found == folders.end() ? std::vector<std::string>() : found->second;
  };
  return host;
}

std::string Found(const HostEnvironment& host, const std::string& group = "") {
  const Result<std::string> found = FindStatusFile(group, host);
  return found.ok() ? *found : found.error().message;
}

TEST(StatusFileName, HoldsTheGroupUnlessThatIsTheUsualOne) {
  EXPECT_EQ(StatusFileName("headcount"), "headcount.status.json");
  EXPECT_EQ(StatusFileName("july"), "headcount-july.status.json");
  EXPECT_EQ(StatusFileName("eu.west_1-b"), "headcount-eu.west_1-b.status.json");
}

// A group's name may hold what a file's may not, and be as long as a file's.
TEST(StatusFileName, IsAFilesWhateverTheGroup) {
  EXPECT_EQ(StatusFileName("a/b").substr(0, 14), "headcount-a_b-");
  EXPECT_NE(StatusFileName("a/b"), StatusFileName("a?b"));
  EXPECT_NE(StatusFileName("a/b"), StatusFileName("a_b"));
  const std::string longest(249, 'x');
  EXPECT_LT(StatusFileName(longest).size(), 200U);
  EXPECT_NE(StatusFileName(longest), StatusFileName(longest.substr(1)));
}

TEST(StatusFileName, OfAJobIsInTheRuntimeDirectoryOrTheWorkingOne) {
  EXPECT_EQ(ParseRun({"--group", "july"}, With({}))->status_file, "headcount-july.status.json");
  EXPECT_EQ(ParseRun({"--group", "july"}, With({}, "/run/x"))->status_file, "/run/x/headcount-july.status.json");
  EXPECT_EQ(ParseRun({"--group", "july", "--status-file", "s"}, With({}))->status_file, "s");
}

TEST(StatusFileName, OffIsNone) {
  const Result<RunOptions> options = ParseRun({"--status-file", "off", "--metrics-file", "off"}, With({}));
  ASSERT_TRUE(options.ok()) << options.error().message;
  EXPECT_EQ(options->status_file, "");
  EXPECT_EQ(options->metrics_file, "");
  EXPECT_NE(
      ParseRunRequest({"--status-file", "off", "--print-config"}, With({}))->shown_config.find("status-file = off"),
      std::string::npos);
  const Result<StatusOptions> status = ParseStatus({"--status-file", "off"}, With({}));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("the job keeps none"), std::string::npos) << status.error().message;
}

TEST(FindStatusFile, TakesTheOneThatIsThere) {
  EXPECT_EQ(Found(With({{".", {"frames.json", "headcount-july.status.json", "x"}}})), "headcount-july.status.json");
  EXPECT_EQ(Found(With({{"/run/headcount", {"headcount.status.json"}}})), "/run/headcount/headcount.status.json");
  EXPECT_EQ(Found(With({{"/run/x", {"headcount-a.status.json"}}, {".", {"headcount.status.json"}}}, "/run/x")),
            "/run/x/headcount-a.status.json");
  EXPECT_EQ(Found(With({{".", {"headcount.status.json"}}, {"/run/headcount", {"headcount.status.json"}}})),
            "headcount.status.json")
      << "the folder where one stands is nearer than the service";
}

TEST(FindStatusFile, NamesTheUsualOneWhereThereIsNone) {
  EXPECT_EQ(Found(With({})), "headcount.status.json");
  EXPECT_EQ(Found(With({{".", {"other.status.json", "headcount.status.json.new.17", "headcounts.status.json"}}})),
            "headcount.status.json");
  EXPECT_EQ(Found(With({}, "/run/x")), "/run/x/headcount.status.json");
  EXPECT_EQ(Found(With({{".", {"headcount.status.json"}}}), "july"), "headcount-july.status.json");
}

TEST(FindStatusFile, OfSeveralNeedsTheGroup) {
  const HostEnvironment host = With({{"/run/headcount", {"headcount-b.status.json", "headcount-a.status.json"}}});
  EXPECT_EQ(Found(host),
            "several jobs have a status file here: /run/headcount/headcount-a.status.json, "
            "/run/headcount/headcount-b.status.json; --group NAME or --status-file FILE says which one you mean");
  EXPECT_EQ(Found(host, "b"), "/run/headcount/headcount-b.status.json");
  EXPECT_EQ(ParseStatus({}, host).error().exit_code, ExitCode::kUsage);
  EXPECT_EQ(ParseStatus({"--group", "a"}, host)->status_file, "/run/headcount/headcount-a.status.json");
  EXPECT_EQ(ParseExplain({"--group", "a"}, host)->status_file, "/run/headcount/headcount-a.status.json");
  EXPECT_EQ(ParseHealth({"--group", "a"}, host)->status_file, "/run/headcount/headcount-a.status.json");
}

TEST(FindStatusFile, TakesTheGroupOfAConfigurationToo) {
  HostEnvironment host = With({{".", {"headcount-a.status.json", "headcount-b.status.json"}}});
  host.environment = {{"HEADCOUNT_GROUP", "b"}};
  EXPECT_EQ(ParseStatus({}, host)->status_file, "headcount-b.status.json");
  host.environment.emplace_back("HEADCOUNT_STATUS_FILE", "s");
  EXPECT_EQ(ParseStatus({}, host)->status_file, "s");
  EXPECT_EQ(ParseStatus({"--group", "a"}, host)->status_file, "headcount-a.status.json");
  EXPECT_EQ(ParseStatus({"--group", "a", "--status-file", "t"}, host)->status_file, "t");
}

}  // namespace
}  // namespace headcount
