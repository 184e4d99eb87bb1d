// A real S3 server for tests: versitygw over a folder, on loopback. Found as $OMNIGRAPH_VERSITYGW,
// as ../tools/versitygw of the build folder (where ./test puts it), or on the PATH.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/cloud_store.h"
#include "storage/store_harness.h"

namespace omnigraph::testing {

class S3Server {
 public:
  static std::optional<std::string> program() {
    if (const char* given = std::getenv("OMNIGRAPH_VERSITYGW")) return std::string(given);
    if (access("../tools/versitygw", X_OK) == 0) return std::string("../tools/versitygw");
    const char* path = std::getenv("PATH");
    for (std::string_view left = path != nullptr ? path : ""; !left.empty();) {
      const std::size_t end = std::min(left.find(':'), left.size());
      const std::string file = std::string(left.substr(0, end)) + "/versitygw";
      if (access(file.c_str(), X_OK) == 0) return file;
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    return std::nullopt;
  }

  // Null when there is no versitygw or it does not come up.
  static std::unique_ptr<S3Server> start() {
    const auto file = program();
    if (!file) return nullptr;
    std::unique_ptr<S3Server> server(new S3Server);
    server->port_ = free_port();
    std::filesystem::create_directory(server->folder_ / "bucket");
    const std::string port = "127.0.0.1:" + std::to_string(server->port_);
    const std::string access_log = server->logs_ / "access";
    const char* arguments[] = {file->c_str(),
                               "--access",
                               "key",
                               "--secret",
                               "secret",
                               "--port",
                               port.c_str(),
                               "--quiet",
                               "--keep-alive",
                               "--access-log",
                               access_log.c_str(),
                               "posix",
                               server->folder_.path().c_str(),
                               nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    const int failed = posix_spawn(&server->process_, file->c_str(), &quiet, nullptr,
                                   const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&quiet);
    if (failed != 0 || !server->comes_up()) return nullptr;
    return server;
  }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;
  ~S3Server() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

  StoreVariables variables() const {
    return {{"AWS_ENDPOINT_URL", "http://127.0.0.1:" + std::to_string(port_)},
            {"AWS_ALLOW_HTTP", "true"},
            {"AWS_ACCESS_KEY_ID", "key"},
            {"AWS_SECRET_ACCESS_KEY", "secret"},
            {"AWS_REGION", "us-east-1"},
            {"OMNIGRAPH_STORE_TIMEOUT", "30"}};
  }
  // The requests that the server has answered so far, by its own account, oldest first:
  // "GetObject", "PutObject", "ListObjectsV2", ….
  std::vector<std::string> requests() const {
    // One of our own says that those before it are written down.
    const std::string marker = "marker/" + std::to_string(++markers_);
    static_cast<void>(open("")->head(marker));
    std::vector<std::string> out;
    for (int tries = 0; tries < 600; ++tries) {
      out.clear();
      std::ifstream log(logs_ / "access");
      bool marked = false;
      for (std::string line; std::getline(log, line);) {
        // "… s3_GetObject key /bucket/key …"
        const std::size_t begin = line.find(" s3_");
        if (begin == std::string::npos) continue;
        const std::string request = line.substr(begin + 4, line.find(' ', begin + 4) - begin - 4);
        if (line.find(" marker/") == std::string::npos) {
          out.push_back(request);
        } else {
          marked |= line.find(' ' + marker + ' ') != std::string::npos;
        }
      }
      if (marked) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return out;
  }
  std::shared_ptr<CloudStore> open(const std::string& prefix) const {
    auto store = open_cloud_store("s3://bucket/" + prefix, variables());
    EXPECT_TRUE(store.ok()) << store.error().message();
    return store.ok() ? *store : nullptr;
  }

 private:
  S3Server() = default;

  static int free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    close(probe);
    return ntohs(address.sin_port);
  }
  // Waits for the port to take connections.
  bool comes_up() {
    for (int tries = 0; tries < 600; ++tries) {
      if (waitpid(process_, nullptr, WNOHANG) == process_) {
        process_ = -1;
        return false;
      }
      const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port_));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const int answer = connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address);
      close(probe);
      if (answer == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  TemporaryFolder folder_, logs_;
  mutable int markers_ = 0;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace omnigraph::testing
