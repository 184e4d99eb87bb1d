#include "execution/explain.h"

#include <fmt/format.h>

#include "common/json_writer.h"

namespace omnigraph {
namespace {

std::string time_text(std::uint64_t nanos) {
  const auto value = static_cast<double>(nanos);
  if (value < 1e6) return fmt::format("{:.1f} µs", value / 1e3);
  if (value < 1e9) return fmt::format("{:.2f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

void render(const PlanNode& node, std::size_t depth, std::string& out) {
  out.append(depth * 2, ' ');
  out += node.name;
  if (!node.detail.empty()) out += " " + node.detail;
  out += fmt::format("  (estimated {:.0f}", node.estimated_rows);
  const bool weights =
      node.name == "weights" || node.name == "absent weights" || node.name == "factor";
  if (!weights) out += fmt::format(", actual {}", node.actual_rows);
  if (node.nanos > 0) out += ", " + time_text(node.nanos);
  if (node.bytes > 0) out += fmt::format(", {} bytes", node.bytes);
  out += ")\n";
  for (const PlanNode& child : node.children) render(child, depth + 1, out);
}

}  // namespace

std::string render_plan(const PlanNode& plan) {
  std::string out;
  render(plan, 0, out);
  return out;
}

void write_plan(JsonWriter& out, const PlanNode& plan) {
  out.begin_object();
  out.key("name").value(plan.name);
  out.key("detail").value(plan.detail);
  out.key("estimated_rows").value(plan.estimated_rows);
  out.key("actual_rows").value(plan.actual_rows);
  out.key("nanos").value(plan.nanos);
  out.key("bytes").value(plan.bytes);
  out.key("children").begin_array();
  for (const PlanNode& child : plan.children) write_plan(out, child);
  out.end_array();
  out.end_object();
}

}  // namespace omnigraph
