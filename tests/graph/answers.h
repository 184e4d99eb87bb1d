// What a graph answers, as texts to compare.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/graph.h"

namespace omnigraph::test {

// The NDJSON export of a branch.
inline std::string exported(const Graph& graph, std::string_view branch = "main") {
  std::string out;
  const Status status = graph.export_ndjson(branch, {}, [&](std::string_view text) -> Status {
    out += text;
    return {};
  });
  EXPECT_TRUE(status.ok()) << status.error().message();
  return out;
}

// The rows of an answer as CSV lines without their head, or the error.
inline std::string csv_rows(const Result<ResultSet>& answer) {
  if (!answer.ok()) return answer.error().message();
  std::string text;
  const Status written =
      answer->write(ResultFormat::kCsv, {}, [&](std::string_view part) -> Status {
        text += part;
        return {};
      });
  EXPECT_TRUE(written.ok()) << written.error().message();
  return text.substr(text.find('\n') + 1);
}

}  // namespace omnigraph::test
