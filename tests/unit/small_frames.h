// Small frames, made by hand, that together hold everything a frame may be made of; to be damaged and moved around.
// Runs in tests.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace headcount::test {

struct SmallFrames {
  std::string what;  // a name for a test
  std::vector<std::string> frames;

  // What GoogleTest prints of a test's parameter.
  friend std::ostream& operator<<(std::ostream& out, const SmallFrames& group) { return out << group.what; }
};

inline SmallFrames FramesOfStrings() {
  return {"Strings",
          {
              R"({"ts":7,"uid":"u\"\\\/\b\f\n\r\t!","x":"\\","y":"\"","z":"\\\"","w":"\\\\"})",
              R"({"ts":7,"uid":"\u0041\u00e9\u20AC","\u006b":"\u0000\u001F\uFFFF\uabcd\u0030"})",
              R"({"":"","ts":"7","uid":"u"," ":" ","  ":"   ","{":"}","[":",:","x":"{\"ts\":1}"})",
              "{\"ts\":7,\"uid\":\"u\",\"x\":\"\x7F~ }]{[,:'/-+.0e\",\"y\":\"" + std::string(40, '=') + "\"}",
              R"({"\\":"\\\\\\","\"":"\\\\\\\"","ts":7,"uid":"\\u0041\\\u0041","x":["\"","\\","\\\\"]})",
          }};
}

inline SmallFrames FramesOfUnicode() {
  return {"Unicode",
          {
              R"({"ts":7,"uid":"\ud83d\ude00","x":"\uD800\uDC00\uDBFF\uDFFF","y":"\ud7ff\ue000"})",
              R"({"a":"\ud834\udd1e\ud834\uDD1E\n\uDABC\udef0\\ud83d","\uD83D\uDE00":1,"ts":1,"uid":"\ue000"})",
              "{\"ts\":7,\"uid\":\"\xC2\x80\xDF\xBF\",\"x\":\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\"}",
              "{\"ts\":7,\"uid\":\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\",\"\xF1\x80\x80\x80\":[\"\xE1\x80\x80\"]}",
              "{\"\xC3\xA9\":\"\xC3\xA9t\xC3\xA9\",\"ts\":7,\"uid\":\"\xE7\x94\xA8\xE6\x88\xB7\"}",
              "{\"uid\":\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\\n\xEC\x95\x88\",\"\xD0\xBA\":1,\"ts\":7}",
          }};
}

inline SmallFrames FramesOfNumbers() {
  return {"Numbers",
          {
              R"({"ts":1.5e9,"uid":-12,"n":[0,-0,1,-1,10,0.5,-0.25,1e5,1E+5,2e-7,0e0,-1.5E-07]})",
              R"({"n":100200300,"m":-0.00100,"o":[0.1,1.0e0,9e+09 ,8E-1	],"p":{"q":1E9},"uid":0,"ts":12})",
              R"({"ts":12 ,"uid":34 ,"a":1e400,"b":[-1E999, 0.5e-400 ],"c":0e-99999999999,"d":1e+2147483648})",
              R"({"ts":1468244400123,"uid":1234567890123456789012345678901234567890,"x":99999999999999999999})",
          }};
}

inline SmallFrames FramesOfLiterals() {
  return {"Literals",
          {
              R"({"ts":7,"a":true,"b":false,"c":null,"d":[true,false,null,[null],{"t":true}],"uid":"u"})",
              R"({"a":true ,"b":false	,"c":null )"
              "\n"
              R"(,"d":[ true , false ,null ],"ts":7,"uid":"u","e":{"n":null },"f":false})",
          }};
}

inline SmallFrames FramesOfStructure() {
  return {
      "Structure",
      {
          R"({"ts":7,"uid":"u","a":[],"b":{},"c":[[],{}],"d":{"e":{},"f":[[[]]]},"g":[{},{},[{}]]})",
          R"({"a":[1,[2,[3,{"b":[4,{"c":[]}]}]],5],"d":[{"e":1},{"e":2,"f":[0]}],"ts":7,"uid":"u"})",
          "\t\r\n {\t\"ts\"\n:\r7 , \"uid\" :\t\"u\"\r\n,\"x\" : [ 1 , 2\t,\n3\r] , \"y\" : { } ,\"z\":[\t]} \t\r\n",
          "{\n  \"uid\": \"u\",\n  \"list\": [\n    true,\n    { \"a\": -1.5e3 }\n  ],\n  \"ts\": \"7\"\n}\n",
          R"({"a":{"b":{"c":{"d":{"e":{"f":[[[[[[{"ts":1,"uid":"x"}]]]]]]}}}}},"ts":7,"uid":"u"})",
      }};
}

inline SmallFrames FramesOfNames() {
  return {"Names",
          {
              R"({"ts":1,"uid":"a","ts":2,"uid":"b","x":{"ts":3,"uid":"c"},"y":[{"ts":4}],"ts":5,"uid":"d"})",
              R"({"t\u0073":5,"\u0075\u0069\u0064":"bob","ts":6,"u\u0069d":"al","\u0074\u0073":7})",
              R"({"Ts":1,"ts ":1,"tss":1,"t":1,"s":1,"ud":2,"uuid":2,"UID":2,"ts\u0000":1,"ts":5,"uid":"bob"})",
              R"({"a":"ts","b":"uid","ts":5,"c":["ts","uid"],"d":"\"ts","e":"x\"uid","uid":"ts","f":"ts"})",
              R"({"ids":1,"ats":2,"s":["d","s"],"tts":1,"uid":"u","td":1,"us":3,"tid":4,"uis":5,"ts":3})",
          }};
}

// Forms of ts and uid, usable or not.
inline SmallFrames FramesOfValues() {
  return {"Values",
          {
              R"({"ts":"00000000001468244400","uid":"1234567890"})",
              R"({"ts":"\u0031\u0034","uid":"\u0062ob\n"})",
              R"({"ts":14682444.0000e+2 ,"uid":-0 })",
              R"({"ts":100000000000000,"uid":"u"})",
              R"({"ts":-1,"uid":1.0})",
              R"({"ts":0.99e0,"uid":1e3})",
              R"({"ts":[7],"uid":"u"})",
              R"({"ts":7,"uid":{"uid":"u"}})",
              R"({"ts":"","uid":""})",
              R"({"ts":7,"uid":null})",
              R"({"ts":true,"uid":"u"})",
              R"({"uid":"u"})",
              R"({"ts":7})",
          }};
}

// Other roots, and no JSON at all.
inline SmallFrames FramesOfOtherKinds() {
  return {"OtherKinds",
          {
              "{}",
              "[]",
              " {\t} ",
              R"([{"ts":7,"uid":"u"},"\ud83d\ude00",1e5,null])",
              R"("\u0041 {\"ts\":7}")",
              "-12.5e3",
              "false",
              "  ",
              // Behind the root what looks like more members, the last of which ends as the root would.
              R"({"ts":7,"uid":"u"} {"ts":7,"uid":"u"})",
              R"({"ts":7,"uid":"u"},{"ts":7,"uid":"u"})",
              R"({"ts":7,"uid":"u"},"a":1})",
              R"({"ts":7,"uid":"u"},"a":{})",
              R"({"ts":7,"uid":"u"},"a":[{})",
              R"({"ts":7,"uid":"u"},"a":[[{})",
              R"({"ts":7,"uid":"u"},"a":[{}]})",
              R"({"ts":7,"uid":"u"},"a":"})",
              R"({"ts":7,"uid":"u"},"})",
              R"({"ts":7,"uid":"u"}"})",
              R"({"ts":7,"uid":"u"},})",
              R"({"ts":7,"uid":"u","x":[1,{"a":[}]})",
              R"({"ts":7,"uid":"\udc00"})",
          }};
}

inline std::vector<SmallFrames> AllSmallFrames() {
  return {FramesOfStrings(),   FramesOfUnicode(), FramesOfNumbers(), FramesOfLiterals(),
          FramesOfStructure(), FramesOfNames(),   FramesOfValues(),  FramesOfOtherKinds()};
}

}  // namespace headcount::test
