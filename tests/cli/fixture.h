// Runs command lines inside the test, in a folder of its own, with its own environment and standard
// input.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process.h"

namespace omnigraph::cli {

struct Outcome {
  int status = 0;
  std::string out, err;
};

class CliTest : public testing::Test {
 protected:
  CliTest() {
    const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("omnigraph_cli_" + std::string(info.test_suite_name()) + "_" + info.name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "home");
    environment_["OMNIGRAPH_HOME"] = (folder_ / "home").string();
    environment_["HOME"] = folder_.string();
  }
  ~CliTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return (folder_ / name).string(); }

  void write(std::string_view name, std::string_view text) {
    const std::filesystem::path file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void write_config(std::string_view text) { write("home/config.yaml", text); }

  std::string read(std::string_view name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  Outcome run(const std::vector<std::string>& args) {
    StringOutput out;
    StringOutput err;
    Process process;
    process.args.assign(args.begin(), args.end());
    process.out = &out;
    process.err = &err;
    process.read_line = [this]() -> std::optional<std::string> {
      if (!input_) return std::nullopt;
      const std::size_t end = input_->find('\n');
      std::string line = input_->substr(0, end);
      if (end == std::string::npos || end + 1 == input_->size()) {
        input_.reset();
      } else {
        input_->erase(0, end + 1);
      }
      return line;
    };
    process.read_rest = [this](std::size_t) {
      return std::exchange(input_, std::nullopt).value_or("");
    };
    process.environment = [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
    process.stdin_is_terminal = terminal_;
    const int status = cli::run(process);
    return {status, out.text(), err.text()};
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;
  std::optional<std::string> input_;
  bool terminal_ = false;
};

inline testing::AssertionResult contains(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << part << "\" in:\n" << text;
}

}  // namespace omnigraph::cli
