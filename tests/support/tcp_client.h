// One connection to a server on this host, well behaved or not. Runs in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace headcount::test {

class TcpClient {
 public:
  // Throws std::system_error where nobody listens. A small receive buffer is soon full.
  explicit TcpClient(uint16_t port, int receive_buffer_bytes = 0);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  bool Send(const std::string& bytes);  // false: the server has closed
  void CloseWriting();
  void Reset();  // as a client does that dies in the middle
  // What has come so far; whatever was read before is in it too.
  const std::string& Received();
  // Until the server closes, or nothing where that does not come in time.
  std::optional<std::string> ReadToEnd(std::chrono::milliseconds timeout = std::chrono::seconds(30));

 private:
  int fd_;
  bool ended_ = false;
  std::string received_;
};

struct HttpAnswerText {
  int status = 0;  // 0: that was no answer
  std::string fields;
  std::string body;
};
HttpAnswerText ReadHttpAnswer(const std::string& text);
// GET, and the whole answer.
HttpAnswerText HttpGet(uint16_t port, const std::string& path);

// One that nobody listens on at this moment.
uint16_t FreePort();

// Of a descriptor's limit, for tests that need many: raised as far as this process may.
void AllowManyDescriptors();

}  // namespace headcount::test
