// Metadata as headcount wrote it before version 2: from runs of that program on a real broker, untouched. What a group
// was left with must be read by every later one.
#pragma once

#include <string_view>

namespace headcount {

struct Version1Text {
  const char* left_by;
  int64_t offset;  // that it stood beside
  std::string_view text;
};

inline constexpr Version1Text kVersion1Texts[] = {
    {"--until-end, which excused the partition at its end", 400,
     "1;79285d8f96bdbb72;1;oa5nn0;1o;b4;1;oa5nn5;;;e0.oa5nn0.tpdi3c;53862339"},
    {"the same, after hostile frames", 1200, "1;79285d8f96bdbb72;1;oa5nn0;1o;xc;1;oa5nn5;;;e0.oa5nn0.tpdi3c;7cacf9b1"},
    {"--leave-open beside a partition without any time: nothing is closed, and the first frames wait", 16,
     "1;71aa3028766b4c94;1;-;1o;g;0;-;;g:f,f:e,e:d,d:c,c:b,b:a,a:9,9:8,8:7,7:6,6:5,5:4,4:3,3:2,2:1,1:0;;6ae9f37d"},
    {"... with invalid frames among them", 18,
     "1;71aa3028766b4c94;1;-;1o;i;0;-;0,0,0,0,2,0,0,0,0,0;i:f,h:e,f:d,e:c,d:b,c:a,b:9,a:8,8:7,7:6,6:5,5:4,4:3,3:2,2:1,"
     "1:0;;a7e8c199"},
    {"... and the partition without any time itself", 21,
     "1;71aa3028766b4c94;1;-;1o;l;0;-;0,3,0,0,3,3,3,3,3,3;;;5db57d34"},
    {"a job that streamed into silence: the clock was raised by the wall clock", 407,
     "1;5409587677d65786;3;tpdi3c;1o;bb;1;tpdi3h;;;e0.tpdi3c.tpdi3f;28702c61"},
    {"... where the verdicts without a time wait still", 21,
     "1;5409587677d65786;3;tpdi3c;1o;l;1;tpdi3h;0,3,0,0,3,3,3,3,3,3;;e0.tpdi3c.tpdi3e;4ed1c273"},
    {"SIGTERM with an open minute and a host an hour ahead", 960,
     "1;e7171b5d015d4015;2;oa5ktc;1o;qo;0;oa5ktb;;6x:-5e,6o:-57,6f:-50,66:-4t,5x:-4m,5o:-4f,5f:-48,56:-41,4x:-3u,4o:-"
     "3n,"
     "4f:-3g,46:-39,3x:-32,3o:-2v,3f:-2o,36:-2h,2x:-2a,2o:-23,2f:-1w,26:-1p,1x:-1i,1o:-1b,1f:-14,16:-x,x:-q,o:-j,f:-c,"
     "6:-5;;a80041f8"},
    {"... and the partition beside it", 960, "1;e7171b5d015d4015;2;oa5ktc;1o;qo;0;oa5ktb;;;;c6f22afd"},
    {"--window 1h", 401, "1;f6a59010e6cb4431;2;tpdgc0;2s0;b5;1;tpdgc5;;;e0.tpdgc0.tpdi4e;22df8413"},
};

}  // namespace headcount
