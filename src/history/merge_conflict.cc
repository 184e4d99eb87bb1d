#include "history/merge_conflict.h"

namespace omnigraph {

std::string_view merge_outcome_name(MergeOutcome outcome) {
  switch (outcome) {
    case MergeOutcome::kAlreadyUpToDate:
      return "already_up_to_date";
    case MergeOutcome::kFastForward:
      return "fast_forward";
    case MergeOutcome::kMerged:
      return "merged";
  }
  return "merged";
}

std::string_view merge_conflict_name(MergeConflict::Kind kind) {
  switch (kind) {
    case MergeConflict::Kind::kDivergentInsert:
      return "divergent_insert";
    case MergeConflict::Kind::kDivergentUpdate:
      return "divergent_update";
    case MergeConflict::Kind::kDeleteVsUpdate:
      return "delete_vs_update";
    case MergeConflict::Kind::kOrphanEdge:
      return "orphan_edge";
    case MergeConflict::Kind::kUniqueViolation:
      return "unique_violation";
    case MergeConflict::Kind::kCardinalityViolation:
      return "cardinality_violation";
    case MergeConflict::Kind::kValueConstraintViolation:
      return "value_constraint_violation";
  }
  return "divergent_update";
}

namespace {

void append_subject(std::string& text, const MergeConflict& conflict) {
  text += conflict.is_edge ? "edge type '" : "node type '";
  text += conflict.type_name;
  text += "'";
  if (conflict.entity_id) {
    text += ", entity id '";
    text += *conflict.entity_id;
    text += "'";
  }
  text += " (";
  text += merge_conflict_name(conflict.kind);
  text += ")";
}

}  // namespace

std::string merge_conflict_subject(const MergeConflict& conflict) {
  std::string text;
  append_subject(text, conflict);
  return text;
}

Error merge_conflicts(std::vector<MergeConflict> conflicts) {
  std::string text = "merge conflicts: ";
  ErrorDetails details{.kind = "merge_conflicts", .fields = {}};
  details.fields.reserve(conflicts.size() * 5);
  for (MergeConflict& conflict : conflicts) {
    if (!details.fields.empty()) text += "; ";
    append_subject(text, conflict);
    text += ": ";
    text += conflict.message;
    details.fields.emplace_back("entity_kind", conflict.is_edge ? "edge" : "node");
    details.fields.emplace_back("type_name", std::move(conflict.type_name));
    if (conflict.entity_id) {
      details.fields.emplace_back("entity_id", *std::move(conflict.entity_id));
    }
    details.fields.emplace_back("kind", merge_conflict_name(conflict.kind));
    details.fields.emplace_back("message", std::move(conflict.message));
  }
  return Error(ErrorCode::kConflict, std::move(text)).with(std::move(details));
}

}  // namespace omnigraph
