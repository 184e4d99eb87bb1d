// An HTTP server on loopback that answers what a test tells it to: object stores that fail, lie,
// hang or are none.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace omnigraph::testing {

struct HttpRequest {
  std::string method, path, headers, body;
};

inline std::string http_answer(const std::string& status, const std::string& body,
                               const std::string& headers = "") {
  return "HTTP/1.1 " + status +
         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

class ScriptedServer {
 public:
  // The bytes to answer with. Empty: the connection is closed without an answer. kHang: nothing is
  // answered until the server ends.
  using Script = std::function<std::string(const HttpRequest&)>;
  static constexpr char kHang[] = "hang";

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    listen(listener_, 64);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int peer : peers_) shutdown(peer, SHUT_RDWR);
    }
    for (std::thread& one : serving_) one.join();
    for (const int peer : peers_) close(peer);
    close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int requests() const { return requests_; }

 private:
  void accept_all() {
    while (true) {
      const int peer = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      const std::lock_guard lock(mutex_);
      peers_.push_back(peer);
      serving_.emplace_back([this, peer] { serve(peer); });
    }
  }

  void serve(int peer) {
    std::string text;
    char buffer[65536];
    std::size_t head_end = std::string::npos;
    std::size_t length = 0;
    while (head_end == std::string::npos || text.size() < head_end + 4 + length) {
      const ssize_t got = recv(peer, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      text.append(buffer, static_cast<std::size_t>(got));
      if (head_end == std::string::npos) {
        head_end = text.find("\r\n\r\n");
        const std::size_t at = text.find("content-length: ");
        if (at != std::string::npos) length = std::strtoull(text.c_str() + at + 16, nullptr, 10);
      }
    }
    HttpRequest request;
    const std::size_t space = text.find(' ');
    request.method = text.substr(0, space);
    request.path = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
    request.headers = text.substr(0, head_end);
    request.body = text.substr(head_end + 4);
    ++requests_;
    const std::string answer = script_(request);
    if (answer == kHang) {
      while (recv(peer, buffer, sizeof buffer, 0) > 0) {
      }
      return;
    }
    for (std::size_t sent = 0; sent < answer.size();) {
      const ssize_t n = send(peer, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    shutdown(peer, SHUT_RDWR);
  }

  const Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> requests_{0};
  std::thread acceptor_;
  std::mutex mutex_;  // guards the next two
  std::vector<int> peers_;
  std::vector<std::thread> serving_;
};

}  // namespace omnigraph::testing
