#include "write/change.h"

#include <algorithm>

namespace omnigraph {
namespace {

template <typename Set, typename Items>
bool any_in(const std::map<TypeId, Set>& sets, TypeId table, const Items& items) {
  const auto found = sets.find(table);
  if (found == sets.end()) return false;
  const Set& set = found->second;
  return std::any_of(items.begin(), items.end(),
                     [&set](const auto& item) { return set.count(item) != 0; });
}

}  // namespace

bool meets(const ReadSet& reads, TypeId table, const TouchedTable& touched) {
  if (reads.tables.count(table) != 0) return true;
  if (touched.whole) {
    return reads.ids.count(table) != 0 || reads.tuples.count(table) != 0 ||
           reads.edge_ends.count(table) != 0;
  }
  if (reads.id_was_read &&
      std::any_of(touched.ids.begin(), touched.ids.end(),
                  [&](const std::string& id) { return reads.id_was_read(table, id); })) {
    return true;
  }
  return any_in(reads.ids, table, touched.ids) || any_in(reads.tuples, table, touched.tuples) ||
         any_in(reads.edge_ends, table, touched.edge_ends);
}

}  // namespace omnigraph
