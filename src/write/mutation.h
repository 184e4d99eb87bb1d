// Runs the statements of one mutation query against a snapshot and turns them into a change
// (spec/writes.md §3 and §4). Nothing is published here. Thread-safe: no state outside the calls.
#pragma once

#include <cstdint>

#include "common/runtime.h"
#include "common/ulid.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"
#include "storage/snapshot.h"
#include "write/blob_value.h"
#include "write/change.h"
#include "write/rules.h"

namespace omnigraph {

struct MutationInput {
  const TypedMutation& mutation;
  const ParameterValues& parameters;
  DateTime now;  // of the request: the same however often it is prepared
  const Runtime& runtime;
  UlidSource& ulids;  // of entities without a key
  BlobStage& blobs;
};

struct PreparedMutation {
  Change change;  // empty when nothing matched
  ReadSet reads;
  std::uint64_t affected_nodes = 0;
  std::uint64_t affected_edges = 0;
};

// Errors: kBadRequest (values, rules, mixed statements), kResourceExhausted, those of reading.
// `rules` are those of the snapshot's catalog; row ids are numbered from `state`.
Result<PreparedMutation> prepare_mutation(const MutationInput& input, const Snapshot& base,
                                          const GraphState& state, const Rules& rules);

}  // namespace omnigraph
