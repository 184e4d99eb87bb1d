#include "maintenance/repair.h"

#include <map>
#include <string>
#include <vector>

namespace omnigraph {
namespace {

class Examination {
 public:
  explicit Examination(const Snapshot& snapshot) : snapshot_(snapshot) {}

  Status table(const EntityType& type) {
    const SegmentOptions options = segment_options(snapshot_.catalog(), type.id);
    for (const TablePart& part : snapshot_.table(type.id)->parts()) {
      const Segment& segment = *part.segment;
      for (const auto& [property, stored] : options.properties) {
        OG_RETURN_IF_ERROR(segment.column(property, stored));
      }
      OG_RETURN_IF_ERROR(segment.ids());
      OG_RETURN_IF_ERROR(segment.rids());
      OG_RETURN_IF_ERROR(segment.gsns());
      for (const auto& group : options.unique_groups) {
        OG_RETURN_IF_ERROR(segment.find_tuple(group, 0));
      }
      for (const PropertyId property : options.sorted_properties) {
        const Property* declared = type.find(property);
        if (declared == nullptr) continue;
        OG_RETURN_IF_ERROR(segment.sorted_rows(property, declared->type));
      }
    }
    return {};
  }

  Status edges(const EdgeType& type) {
    OG_RETURN_IF_ERROR(table(type));
    OG_ASSIGN_OR_RETURN(const std::vector<bool>* const from, live(type.from_id));
    OG_ASSIGN_OR_RETURN(const std::vector<bool>* const to, live(type.to_id));
    for (const TablePart& part : snapshot_.table(type.id)->parts()) {
      OG_RETURN_IF_ERROR(part.segment->adjacency());
      OG_ASSIGN_OR_RETURN(const auto sources, part.segment->sources());
      OG_ASSIGN_OR_RETURN(const auto targets, part.segment->targets());
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (!part.live(row)) continue;
        const auto ends_here = [](const std::vector<bool>& nodes, RowId rid) {
          return rid < nodes.size() && nodes[rid];
        };
        if (ends_here(*from, (*sources)[row]) && ends_here(*to, (*targets)[row])) continue;
        OG_ASSIGN_OR_RETURN(const std::string id, part.segment->id_text(row));
        return corrupt("edge '" + id + "' of type '" + type.name + "' ends at no live node");
      }
    }
    return {};
  }

 private:
  // By row id: whether a node of the type is live.
  Result<const std::vector<bool>*> live(TypeId type) {
    const auto known = live_.find(type);
    if (known != live_.end()) return &known->second;
    const TableVersion& table = *snapshot_.table(type);
    std::vector<bool> rows(table.rid_limit());
    for (const TablePart& part : table.parts()) {
      OG_ASSIGN_OR_RETURN(const auto rids, part.segment->rids());
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (part.live(row)) rows[(*rids)[row]] = true;
      }
    }
    return &live_.emplace(type, std::move(rows)).first->second;
  }

  const Snapshot& snapshot_;
  std::map<TypeId, std::vector<bool>> live_;
};

}  // namespace

Result<RepairReport> examine_tables(Store& store) {
  const GraphStatePtr state = store.state();
  const BranchState& main = *state->branch("main");
  const Catalog& catalog = main.snapshot->catalog();
  Examination examination(*main.snapshot);
  RepairReport report;
  const auto add = [&](const EntityType& type, bool is_edge, const Status& status) {
    RepairedDataset dataset;
    dataset.is_edge = is_edge;
    dataset.type_name = type.name;
    dataset.version = main.table_version(type.id);
    if (!status.ok()) dataset.damage = status.error().message();
    report.datasets.push_back(std::move(dataset));
  };
  for (const EdgeType& type : catalog.edges()) add(type, true, examination.edges(type));
  for (const NodeType& type : catalog.nodes()) add(type, false, examination.table(type));
  return report;
}

}  // namespace omnigraph
