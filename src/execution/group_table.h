// Numbers the distinct tuples of row keys: the first level of grouping, before the values of the
// keys are looked at. One variable: a flat array by key; several: an open-addressing table. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "execution/context.h"
#include "execution/table_view.h"

namespace omnigraph {

class GroupTable {
 public:
  // `width` variables; `key_limit` of the only one when width is 1. `distinct`: no tuple comes
  // twice.
  GroupTable(std::size_t width, std::uint32_t key_limit, bool distinct, QueryContext& context);

  // The group of each row; columns[v][row] is the key of variable v.
  Status find(std::span<const std::vector<RowKey>* const> columns, std::uint32_t rows,
              std::vector<std::uint32_t>& groups);
  // Forgets all groups but these; groups[i] becomes i. Only where no tuple comes twice.
  void keep(std::span<const std::uint32_t> groups);
  std::uint32_t size() const { return groups_; }
  // The key of variable v in each group.
  const std::vector<RowKey>& keys(std::size_t v) const { return keys_[v]; }

 private:
  Status grow();
  std::uint64_t hash(const RowKey* tuple) const;

  const std::size_t width_;
  const std::uint32_t key_limit_;
  const bool distinct_;
  Reservation memory_;
  std::uint32_t groups_ = 0;
  std::vector<std::vector<RowKey>> keys_;
  std::vector<std::uint32_t> slots_;  // by key, or the hash table: group + 1, 0 empty
};

}  // namespace omnigraph
