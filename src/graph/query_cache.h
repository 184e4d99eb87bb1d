// Compiled queries by their text, so that a source that is asked again is not parsed, checked or
// planned again. Entries never go stale: a source is compiled for one catalog, and a plan is made
// anew when the graph has grown or shrunk far from the one it was made for (any plan of a read
// gives the same answer).
//
// Bounded by entries and by bytes of source text; the entry that was used longest ago goes first.
// Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "execution/run.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"
#include "storage/snapshot.h"

namespace omnigraph {

struct CompiledQuery {
  std::string source, name;  // what was asked for
  CatalogPtr catalog;        // what it was checked against
  TypedQuery typed;
  PlanPtr plan;                    // reads only
  std::uint64_t planned_rows = 0;  // live rows of the snapshot it was planned for
};
using CompiledQueryPtr = std::shared_ptr<const CompiledQuery>;

enum class QueryKind : std::uint8_t { kRead, kMutation };

class QueryCache {
 public:
  static constexpr std::size_t kMaxEntries = 512;
  static constexpr std::size_t kMaxSourceBytes = 8u << 20;

  // The query `name` of `source` (empty: its only one), checked against the snapshot's catalog and,
  // if it is a read, planned for the snapshot. Errors: those of parsing, selection and checking,
  // and of a query of the other kind.
  Result<CompiledQueryPtr> get(QueryKind kind, std::string_view source, std::string_view name,
                               const Snapshot& snapshot);

 private:
  struct Key {
    std::string_view source, name;  // into the entry
    QueryKind kind;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  using Entries = std::list<std::pair<QueryKind, CompiledQueryPtr>>;

  CompiledQueryPtr find(const Key& key);
  void insert(QueryKind kind, CompiledQueryPtr query);
  void drop(Entries::iterator entry);

  std::mutex mutex_;  // guards the rest
  Entries entries_;   // most recently used first
  std::unordered_map<Key, Entries::iterator, KeyHash> index_;
  std::size_t source_bytes_ = 0;
};

}  // namespace omnigraph
