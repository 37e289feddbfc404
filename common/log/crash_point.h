// Names points in the code where a test may kill the process that passes them, as role.moment. Every process passes
// some. Compiled in only with -DHEADCOUNT_CRASH_POINTS=ON (presets debug, asan, tsan); a release build has none.
//
//   worker.taking taken                        a batch of frames: before its first record, after its last
//   worker.growing grown                       a distinct table
//   worker.sealing sealed                      windows
//   worker.publishing finishing published      a hand-off: its data stored, all but its number stored, done
//   writer.claiming                            the takeover: before its transaction
//   writer.merging merged                      sealed windows: before and after the writer merges their tables
//   writer.committing records_produced offsets_sent committed        a transaction
//   writer.telling told                        closed frontier
//   check.failed                               a broken invariant: after its log line, before the process ends
//
//   HEADCOUNT_CRASH_POINT=writer.committed*2   SIGKILL at the second pass of that point ...
//   HEADCOUNT_CRASH_ONCE=/path/of/a/file       ... by the first process that can create this file
//   HEADCOUNT_CRASH_FILE=/path/of/a/file       for many deaths in one long run: the file names a point, and the first
//                                              process that passes it removes the file, logs that, and dies there;
//                                              with " coordinator" after the name it kills its parent instead, and
//                                              dies of that
//   HEADCOUNT_STOP_POINT=writer.offsets_sent   SIGSTOP at every pass of that point, or at one pass, as above ...
//   HEADCOUNT_STOP_ONCE=/path/of/a/file        ... or only by the first process that can create this file
//   HEADCOUNT_POISON_MARK=text                 SIGSEGV while the worker decodes a frame that contains the text ...
//   HEADCOUNT_POISON_SIGNAL=6                  ... or that signal
//   HEADCOUNT_STOP_MARK=text                   SIGSTOP while the worker decodes a frame that contains the text
#pragma once

#include <string_view>

namespace headcount {

#ifdef HEADCOUNT_CRASH_POINTS
void CrashPoint(const char* name);
// In this process the points call `hook` instead, which may throw. Null restores the behaviour above.
void HookCrashPoints(void (*hook)(const char* name));
void CrashOnPoison(std::string_view frame);
#else
inline void CrashPoint(const char*) {}
inline void CrashOnPoison(std::string_view) {}
#endif

}  // namespace headcount
