// Tests at work: how often each node counts (plan.h, NodeTest), as dense arrays by row id where
// much passes and as sorted lists where little does. Weights multiply along branches and add over
// neighbours; both saturate at 2^64 - 1, so that a true value of 2^63 or more is still seen as
// such.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "execution/context.h"
#include "execution/edge_view.h"
#include "execution/plan.h"
#include "execution/predicate.h"
#include "execution/table_view.h"

namespace omnigraph {

inline std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}
inline std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

// The tables that a query touches, each opened once. Thread-safe.
class TableSet {
 public:
  TableSet(const Snapshot& snapshot, std::uint32_t paged_nodes)
      : snapshot_(snapshot), paged_nodes_(paged_nodes) {}
  TableView& of(TypeId type);

 private:
  const Snapshot& snapshot_;
  const std::uint32_t paged_nodes_;
  std::mutex mutex_;  // guards tables_
  std::map<TypeId, std::unique_ptr<TableView>> tables_;
};

struct BoundTest;

struct BoundBranch {
  const Branch* plan = nullptr;
  TableView* table = nullptr;  // of the edges
  std::shared_ptr<const EdgeView> edges;
  std::unique_ptr<RowFilter> edge_filter;  // null: every edge
  std::unique_ptr<BoundTest> child;
};

// A NodeTest with parameters bound and tables opened. Const after bind.
struct BoundTest {
  const NodeTest* plan = nullptr;
  TableView* table = nullptr;
  std::unique_ptr<RowFilter> filter;  // null: no conditions
  std::vector<BoundBranch> branches;
  std::vector<BoundTest> absent;
};

// Leaves what resize() adds unset, so that the threads that fill an array are the first to touch
// its pages.
template <typename T>
struct UnsetAllocator : std::allocator<T> {
  template <typename U>
  struct rebind {
    using other = UnsetAllocator<U>;
  };
  template <typename U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
};

struct RangeFactor;

struct Weights {
  enum class Form : std::uint8_t {
    kAll,     // 1 for every live row
    kDegree,  // the length of the run in `side`
    kBytes,   // 0 or 1 by row id
    kWide,    // by row id
    kSparse,  // `counts[i]` (1 when empty) for `keys[i]`, ascending; 0 elsewhere
  };
  Form form = Form::kAll;
  const AdjacencySide* side = nullptr;
  std::shared_ptr<const EdgeView> edges;  // keeps `side`
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t, UnsetAllocator<std::uint64_t>> wide;
  std::vector<RowId> keys;
  std::vector<std::uint64_t> counts;
  // Of a source's dense form: what its reader still multiplies in, range by range, so that no array
  // of the whole table is made. get() does not know of them.
  std::vector<RangeFactor> pending;
  std::unique_ptr<Reservation> memory;

  // Of a live row id.
  std::uint64_t get(RowId rid) const {
    switch (form) {
      case Form::kAll:
        return 1;
      case Form::kDegree:
        return side->run(rid).size();
      case Form::kBytes:
        return bytes[rid];
      case Form::kWide:
        return wide[rid];
      case Form::kSparse:
        break;
    }
    return sparse(rid);
  }
  std::uint64_t sparse(RowId rid) const;
  std::uint64_t count_at(std::size_t i) const { return counts.empty() ? 1 : counts[i]; }
};

Result<Condition> bind_condition(const PlanCondition& condition, const QueryContext& context,
                                 const std::vector<TypedVariable>& variables);
// A filter over one variable's table; null when there are no conditions.
Result<std::unique_ptr<RowFilter>> bind_filter(const std::vector<PlanCondition>& conditions,
                                               TypeId type, TableView& table,
                                               const QueryContext& context,
                                               const std::vector<TypedVariable>& variables);
Result<BoundTest> bind_test(const NodeTest& test, TableSet& tables, const QueryContext& context,
                            const std::vector<TypedVariable>& variables);

// The weights of the whole table, or (sparse) of the row ids in `domain`, which are live, ascending
// and unique.
Result<Weights> evaluate(const BoundTest& test, QueryContext& context);
Result<Weights> evaluate(const BoundTest& test, QueryContext& context,
                         std::span<const RowId> domain);
// Of the source of a scope: dense forms may have pending factors.
Result<Weights> evaluate_source(const BoundTest& test, QueryContext& context);
// The sum over all live rows; nothing may be pending.
Result<std::uint64_t> total(const Weights& weights, const TableView& table);

// ---- messages along one edge type (messages.cc, range_sums.cc) ----

// A branch and the weights of its child, ready to be summed for any range of parents. Const; its
// branch must outlive it.
struct RangeFactor {
  const BoundBranch* branch = nullptr;
  std::shared_ptr<const Weights> child;
  bool degrees = false;                            // the lengths of the runs of the only part
  std::vector<std::vector<std::uint8_t>> passing;  // a part: by edge row; empty: every edge
  std::vector<RepeatedPair> repeated;              // counted once too often each; by parent
};
Result<RangeFactor> range_factor(const BoundBranch& branch, Weights child);
// Edges that a look at all parents visits; 0 for degrees.
std::uint64_t edges_of(const RangeFactor& factor);

// weights[p - low] ×= Σ child[n] over the neighbours n of p, for every p in [low, high). `sums` is
// scratch.
Status multiply_range(const RangeFactor& factor, RowId low, RowId high, std::uint64_t* weights,
                      std::vector<std::uint64_t>& sums);
// The weights in [low, high) of a dense form, pending factors left out: 1 for every row of kAll,
// dead ones too (they have no edges).
void read_range(const Weights& weights, RowId low, RowId high, std::uint64_t* out);
// Multiplies a factor into a dense form of `limit` row ids.
Status gather_dense(const RangeFactor& factor, RowId limit, Weights& weights,
                    QueryContext& context);
// The same for a sparse form; keys that become 0 are dropped.
Status gather_sparse(const BoundBranch& branch, const Weights& child, Weights& weights,
                     QueryContext& context);
// Sends a sparse child back over its edges: the parents' sums, sparse or, when they are many, wide.
Result<Weights> scatter(const BoundBranch& branch, const Weights& child, const TableView& parents,
                        QueryContext& context);
// Σ of degree bounds of the keys.
Result<std::uint64_t> edges_at(const EdgeView& edges, std::span<const RowId> keys,
                               Direction direction);

}  // namespace omnigraph
