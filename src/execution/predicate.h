// Conditions on the rows of one variable, and the comparison of values for everyone else.
//
// A Condition is a clause with its constants bound: an operand is a property of the row or a value.
// A RowFilter is the conjunction of a variable's conditions over one table. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "execution/cell.h"
#include "execution/context.h"
#include "execution/filter_kernels.h"
#include "execution/table_view.h"
#include "query/typed_query.h"

namespace omnigraph {

// Whether `stored op operand` holds for a stored value of this type (spec/queries.md §7). Operands
// of Date and DateTime may be texts that were already checked by coerce_dates. Null never matches.
bool matches(Compare op, const Value& stored, const Value& operand, const PropertyType& type);

struct Condition {
  struct Operand {
    PropertyId property = 0;  // 0: the value
    PropertyType type;        // of the property
    Value value;
  };
  Compare op = Compare::kEq;
  Operand left, right;
};

class RowFilter {
 public:
  // `key_property`: the only member of the node type's key, or 0.
  RowFilter(const TableView& table, std::vector<Condition> conditions, PropertyId key_property);

  bool empty() const { return conditions_.empty(); }
  const std::vector<Condition>& conditions() const { return conditions_; }
  // The id text that every passing row must have, when a condition fixes the key.
  const std::optional<std::string>& key() const { return key_; }
  // Equality with null, and the like: no row passes.
  bool never() const { return never_; }

  // Appends the indices i of the keys that pass, ascending.
  Status select(std::span<const RowKey> keys, std::vector<std::uint32_t>& selected) const;
  // out[i] &= row begin + i of the part passes. Dead rows are tested like any other.
  Status mark(std::size_t part, std::uint32_t begin, std::uint32_t n, std::uint8_t* out) const;
  // False when bounds of the page that holds `row` (kPageRows) exclude every row of it.
  Result<bool> page_may_pass(std::size_t part, std::uint32_t row) const;
  // Opens the columns; select and mark do it when needed.
  Status load() const;

 private:
  struct PartTests {
    std::vector<ColumnTest> tests;       // of conditions property op constant
    std::vector<std::uint32_t> general;  // the other conditions
  };
  bool passes(const PartTests& tests, Location at) const;
  bool general_passes(std::uint32_t condition, Location at) const;
  Status select_few(std::span<const RowKey> keys, std::vector<std::uint32_t>& selected) const;

  const TableView& table_;
  std::vector<Condition> conditions_;
  std::optional<std::string> key_;
  bool never_ = false;
  mutable std::mutex mutex_;  // guards loading
  mutable std::atomic<bool> loaded_{false};
  mutable std::vector<PartTests> parts_;
  mutable std::vector<std::shared_ptr<const PropertyColumn>> left_, right_;  // a condition
};

// The live rows of a table that satisfy a mutation's predicate, ascending. For edges the endpoint
// predicates `from` and `to` compare with the id of the end node. Errors as constant_value reports.
Result<std::vector<RowId>> select_rows(const Snapshot& snapshot, TypeId type,
                                       const TypedPredicate& predicate,
                                       const std::vector<Parameter>& declared,
                                       const ParameterValues& values, DateTime now,
                                       const Runtime& runtime);

}  // namespace omnigraph
