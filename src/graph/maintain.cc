// Graph::optimize, repair and cleanup: from the maintenance room to the public API.
#include "graph/branch_name.h"
#include "graph/engine.h"
#include "maintenance/cleanup.h"
#include "maintenance/optimize.h"
#include "maintenance/repair.h"

namespace omnigraph {

Result<OptimizeReport> Graph::Engine::optimize() {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_RETURN_IF_ERROR(newest());
  OG_ASSIGN_OR_RETURN(OptimizeReport report, optimize_tables(*store_));
  bool committed = false;
  for (const OptimizedDataset& dataset : report.datasets) committed |= dataset.committed;
  if (!committed) return report;
  Intent intent;
  intent.branch = kMainBranch;
  intent.base = store_->state()->branch(kMainBranch)->snapshot;
  intent.publish_empty = true;
  intent.prepare_again = [](const SnapshotPtr&, const GraphState&) {
    return Result<std::pair<Change, ReadSet>>(std::pair<Change, ReadSet>());
  };
  OG_ASSIGN_OR_RETURN(const CommitHeader header, writer->committer().submit(std::move(intent)));
  report.commit = to_commit(header);
  return report;
}

Result<RepairReport> Graph::Engine::repair() {
  OG_RETURN_IF_ERROR(newest());
  return examine_tables(*store_);
}

Result<CleanupReport> Graph::Engine::cleanup(const CleanupRequest& request) {
  OG_RETURN_IF_ERROR(this->writer());
  return clean_up(*store_, request);
}

}  // namespace omnigraph
