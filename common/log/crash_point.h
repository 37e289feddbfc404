// Places where a test may kill the process that passes them, named role.moment. Compiled in only with
// -DHEADCOUNT_CRASH_POINTS=ON (presets debug, asan, tsan); nothing is left of them in a release build.
//
//   worker.taking taken                        a batch of frames: before its first record, after its last
//   worker.growing grown                       a distinct table
//   worker.sealing sealed                      windows
//   worker.publishing finishing published      a publication: half way, all but the claim, and done
//   writer.claiming                            the claim: before its transaction
//   writer.merging merged                      sealed windows: before and after their tables are united
//   writer.committing records_produced offsets_sent committed        a transaction
//   writer.telling told                        closed-up-to
//   check.failed                               a broken invariant, named in the log: before the process ends
//
//   HEADCOUNT_CRASH_POINT=writer.committed*2   SIGKILL at the second pass of that point ...
//   HEADCOUNT_CRASH_ONCE=/path/of/a/file       ... by the first process that can create this file
//   HEADCOUNT_CRASH_FILE=/path/of/a/file       for many deaths in one long run: whoever passes the point whose name
//                                              the file holds removes the file, says so in the log, and dies there;
//                                              with " coordinator" after the name it kills its parent instead, and
//                                              dies of that
//   HEADCOUNT_STOP_POINT=writer.offsets_sent   SIGSTOP whenever that point is passed, or at one pass, as above ...
//   HEADCOUNT_STOP_ONCE=/path/of/a/file        ... or only by the first process that can create this file
//   HEADCOUNT_POISON_MARK=text                 SIGSEGV while a frame that contains the text is decoded ...
//   HEADCOUNT_POISON_SIGNAL=6                  ... or that signal
//   HEADCOUNT_STOP_MARK=text                   SIGSTOP while a frame that contains the text is decoded
#pragma once

#include <string_view>

namespace headcount {

#ifdef HEADCOUNT_CRASH_POINTS
void CrashPoint(const char* name);
// In this process: `hook` is called instead, and may throw; null: as before.
void HookCrashPoints(void (*hook)(const char* name));
void CrashOnPoison(std::string_view frame);
#else
inline void CrashPoint(const char*) {}
inline void CrashOnPoison(std::string_view) {}
#endif

}  // namespace headcount
