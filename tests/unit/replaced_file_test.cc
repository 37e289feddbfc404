// Files that are replaced whole: what may stand there, where a link leads, and that one process keeps one.
#include "common/base/replaced_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "tests/support/child_process.h"

namespace headcount {
namespace {

using std::filesystem::create_symlink;
using std::filesystem::is_symlink;

class ReplacedFile : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return dir_ / name; }
  std::string Contents(const std::string& name) const { return test::ReadFile(dir_ / name); }
  size_t Entries() const {
    size_t entries = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path()))
      entries += entry.path().empty() ? 0U : 1U;
    return entries;
  }
  mode_t KindOf(const std::string& name) const {
    struct stat there {};
    EXPECT_EQ(lstat(Path(name).c_str(), &there), 0) << name;
    return there.st_mode & S_IFMT;
  }
  // It is refused, with these words, and stays what it is.
  void ExpectLeftAlone(const std::string& name, const std::string& kind) {
    SCOPED_TRACE(name);
    const mode_t before = KindOf(name);
    for (const Result<void>& result : {ReplaceFile("page", Path(name), "x"), KeptFile("page", Path(name)).Take(0),
                                       KeptFile("page", Path(name)).Replace("x")}) {
      ASSERT_FALSE(result.ok());
      EXPECT_EQ(result.error().exit_code, ExitCode::kUsage);
      EXPECT_EQ(result.error().message, "page '" + Path(name) + "' is " + kind + ", and only a file can be replaced");
    }
    EXPECT_EQ(KindOf(name), before);
  }

  const test::TempDir dir_;
};

TEST_F(ReplacedFile, IsNeverAFolderAPipeOrASocket) {
  ASSERT_EQ(mkdir(Path("folder").c_str(), 0755), 0);
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0644), 0);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(Path("socket").size(), sizeof address.sun_path);
  strcpy(address.sun_path, Path("socket").c_str());  // NOLINT(clang-analyzer-security.insecureAPI.strcpy)
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(listener);
  ExpectLeftAlone("folder", "a folder");
  ExpectLeftAlone("pipe", "a pipe");
  ExpectLeftAlone("socket", "a socket");
}

TEST_F(ReplacedFile, IsNeverADeviceNorIsWhatLeadsToOne) {
  // The device of the whole machine is asked about, and not tried.
  create_symlink("/dev/null", Path("link"));
  EXPECT_EQ(FileToReplace("/dev/null").error().message, "'/dev/null' is a device, and only a file can be replaced");
  EXPECT_EQ(FileToReplace(Path("link")).error().exit_code, ExitCode::kUsage);
  if (mknod(Path("device").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0)
    GTEST_SKIP() << "nobody here may make a device";
  create_symlink("device", Path("near"));
  ExpectLeftAlone("device", "a device");
  ExpectLeftAlone("near", "a device");
}

TEST_F(ReplacedFile, IsTheOneThatALinkLeadsTo) {
  ASSERT_EQ(mkdir(Path("folder").c_str(), 0755), 0);
  create_symlink("folder/file", Path("link"));
  create_symlink("link", Path("far"));
  create_symlink(dir_ / "far", Path("farther"));
  // It is not there yet, and then it is.
  for (const char* bytes : {"new", "newer"}) {
    ASSERT_TRUE(ReplaceFile("page", Path("farther"), bytes).ok());
    EXPECT_EQ(Contents("folder/file"), bytes);
  }
  KeptFile kept("page", Path("far"));
  ASSERT_TRUE(kept.Take(0).ok());
  ASSERT_TRUE(kept.Replace("kept").ok());
  EXPECT_EQ(Contents("folder/file"), "kept");
  for (const char* link : {"link", "far", "farther"}) EXPECT_TRUE(is_symlink(dir_ / link)) << link;
  EXPECT_EQ(Entries(), 4U);
}

TEST_F(ReplacedFile, OfLinksThatLeadInACircleThereIsNone) {
  create_symlink("b", Path("a"));
  create_symlink("a", Path("b"));
  EXPECT_EQ(FileToReplace(Path("a")).error().exit_code, ExitCode::kUsage);
}

TEST_F(ReplacedFile, WithoutANameCannotBeReplaced) {
  FILE* file = fopen(Path("gone").c_str(), "w");
  ASSERT_NE(file, nullptr);
  unlink(Path("gone").c_str());
  const std::string path = "/proc/self/fd/" + std::to_string(fileno(file));
  EXPECT_FALSE(ReplaceFile("page", path, "x").ok());
  fclose(file);
  EXPECT_EQ(Entries(), 0U);
}

// --- Kept files -----------------------------------------------------------------------------------------------

TEST_F(ReplacedFile, ThatIsKeptIsReplacedByNobodyElse) {
  KeptFile first("page", Path("file"));
  ASSERT_TRUE(first.Take(0).ok());
  for (const char* bytes : {"one", "two"}) {
    ASSERT_TRUE(first.Replace(bytes).ok());
    KeptFile second("page", Path("file"));
    const Result<void> taken = second.Take(0);
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().exit_code, ExitCode::kHumanNeeded);
    EXPECT_EQ(taken.error().message, "page " + Path("file") + " is kept by another job");
    EXPECT_FALSE(second.Replace("three").ok());
    EXPECT_EQ(Contents("file"), bytes);
  }
  EXPECT_EQ(Entries(), 1U);
}

TEST_F(ReplacedFile, IsFreeWhenWhoKeptItHasGoneAndIsKeptAsItStood) {
  {
    KeptFile first("page", Path("file"));
    ASSERT_TRUE(first.Replace("one").ok());
  }
  KeptFile second("page", Path("file"));
  ASSERT_TRUE(second.Take(0).ok());
  EXPECT_EQ(Contents("file"), "one");
  EXPECT_FALSE(KeptFile("page", Path("file")).Take(0).ok()) << "taken, though not yet replaced";
  ASSERT_TRUE(second.Replace("two").ok());
}

TEST_F(ReplacedFile, OfTwoThatBeganBeforeItWasThereTheFirstKeepsIt) {
  KeptFile first("page", Path("file"));
  KeptFile second("page", Path("file"));
  ASSERT_TRUE(first.Take(0).ok());
  ASSERT_TRUE(second.Take(0).ok());
  ASSERT_TRUE(first.Replace("one").ok());
  EXPECT_FALSE(second.Replace("two").ok());
  ASSERT_TRUE(first.Replace("one").ok());
}

TEST_F(ReplacedFile, ThatWasMovedAwayOrReplacedByHandIsKeptAgain) {
  KeptFile kept("page", Path("file"));
  ASSERT_TRUE(kept.Replace("one").ok());
  std::filesystem::remove(Path("file"));
  ASSERT_TRUE(kept.Replace("two").ok());
  std::filesystem::remove(Path("file"));
  test::WriteFile(dir_ / "file", "by hand");
  ASSERT_TRUE(kept.Replace("three").ok());
  EXPECT_EQ(Contents("file"), "three");
  EXPECT_FALSE(KeptFile("page", Path("file")).Take(0).ok());
}

TEST_F(ReplacedFile, BehindANewLinkIsKeptToo) {
  KeptFile first("page", Path("file"));
  ASSERT_TRUE(first.Replace("one").ok());
  create_symlink("file", Path("link"));
  EXPECT_FALSE(KeptFile("page", Path("link")).Take(0).ok());
}

}  // namespace
}  // namespace headcount
