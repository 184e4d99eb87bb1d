// What a merge of two branches comes to. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/value.h"

namespace omnigraph {

enum class MergeOutcome : std::uint8_t {
  kAlreadyUpToDate,  // the target has all that the source has; nothing is written
  kFastForward,      // the target did not move since the two last agreed
  kMerged,
};
// "already_up_to_date", "fast_forward", "merged".
std::string_view merge_outcome_name(MergeOutcome outcome);

// One reason why a merge cannot be.
struct MergeConflict {
  enum class Kind : std::uint8_t {
    kDivergentInsert,
    kDivergentUpdate,
    kDeleteVsUpdate,
    kOrphanEdge,
    kUniqueViolation,
    kCardinalityViolation,
    kValueConstraintViolation,
  };
  // A property in which the sides disagree; for edges also `from` and `to`, by node id. The value
  // of a side that has no such entity is null.
  struct Field {
    std::string property;
    Value base, source, target;
  };

  Kind kind = Kind::kDivergentUpdate;
  bool is_edge = false;
  std::string type_name;
  std::optional<std::string> entity_id;  // absent for cardinality and value constraints
  std::string message;
  std::vector<Field> fields;  // of the three kinds that name an entity both sides touched
};
// "divergent_insert", …
std::string_view merge_conflict_name(MergeConflict::Kind kind);
// "node type 'Person', entity id 'Ann' (divergent_update)"; without the id where there is none.
std::string merge_conflict_subject(const MergeConflict& conflict);

// What a merge does to one type of the target.
struct MergedType {
  bool is_edge = false;
  std::string type_name;
  std::uint64_t inserted = 0, updated = 0, deleted = 0;
};

}  // namespace omnigraph
