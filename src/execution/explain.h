// The plan of a query as a tree for people and tools: what each operator did, with estimated and
// actual rows. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace omnigraph {

class JsonWriter;

struct PlanNode {
  std::string name;    // "scan", "expand", "weights", …
  std::string detail;  // variables, edge, conditions
  double estimated_rows = 0;
  std::uint64_t actual_rows = 0;
  std::uint64_t nanos = 0;  // spent in this operator, its inputs excluded; summed over threads
  std::uint64_t bytes = 0;  // working memory that it held at most
  std::vector<PlanNode> children;  // its inputs
};

// An indented tree, one operator a line, the last step first.
std::string render_plan(const PlanNode& plan);
// {"name":…,"detail":…,"estimated_rows":…,"actual_rows":…,"nanos":…,"bytes":…,"children":[…]}
void write_plan(JsonWriter& out, const PlanNode& plan);

}  // namespace omnigraph
