#include "graph/query_cache.h"

#include <xxhash.h>

#include "query/check.h"
#include "query/parse.h"
#include "query/select.h"

namespace omnigraph {
namespace {

// A plan is kept while the graph's size stays within this factor of what it was made for.
constexpr std::uint64_t kGrowth = 2;
// Below this many rows any plan will do.
constexpr std::uint64_t kSmallGraph = 1'000;

std::uint64_t live_rows(const Snapshot& snapshot) {
  std::uint64_t rows = 0;
  for (const auto& [type, table] : snapshot.tables()) rows += table->live_rows();
  return rows;
}

bool fits(std::uint64_t planned, std::uint64_t now) {
  if (planned < kSmallGraph && now < kSmallGraph) return true;
  return now <= planned * kGrowth && planned <= now * kGrowth;
}

Result<CompiledQueryPtr> compile(QueryKind kind, std::string_view source, std::string_view name,
                                 const Snapshot& snapshot) {
  OG_ASSIGN_OR_RETURN(const QueryFile file, parse_queries(source));
  OG_ASSIGN_OR_RETURN(const QueryDecl* decl,
                      select_query(file, name.empty() ? std::nullopt : std::optional(name)));
  auto query = std::make_shared<CompiledQuery>();
  query->source = source;
  query->name = name;
  query->catalog = snapshot.catalog_ptr();
  if (kind == QueryKind::kMutation) {
    OG_ASSIGN_OR_RETURN(query->typed, check_mutation(*decl, snapshot.catalog()));
    return CompiledQueryPtr(std::move(query));
  }
  OG_ASSIGN_OR_RETURN(TypedRead read, check_read(*decl, snapshot.catalog()));
  OG_ASSIGN_OR_RETURN(query->plan, make_plan(read, snapshot));
  query->planned_rows = live_rows(snapshot);
  query->typed = std::move(read);
  return CompiledQueryPtr(std::move(query));
}

}  // namespace

std::size_t QueryCache::KeyHash::operator()(const Key& key) const {
  const std::uint64_t seed = XXH3_64bits(key.name.data(), key.name.size());
  return XXH3_64bits_withSeed(key.source.data(), key.source.size(),
                              seed + static_cast<std::uint64_t>(key.kind));
}

CompiledQueryPtr QueryCache::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void QueryCache::drop(Entries::iterator entry) {
  const CompiledQuery& query = *entry->second;
  index_.erase(Key{query.source, query.name, entry->first});
  source_bytes_ -= query.source.size();
  entries_.erase(entry);
}

void QueryCache::insert(QueryKind kind, CompiledQueryPtr query) {
  if (query->source.size() > kMaxSourceBytes / 4) return;  // one giant must not empty the cache
  const std::lock_guard lock(mutex_);
  const auto old = index_.find(Key{query->source, query->name, kind});
  if (old != index_.end()) drop(old->second);
  source_bytes_ += query->source.size();
  entries_.emplace_front(kind, std::move(query));
  const CompiledQuery& kept = *entries_.front().second;
  index_.emplace(Key{kept.source, kept.name, kind}, entries_.begin());
  while (entries_.size() > kMaxEntries || source_bytes_ > kMaxSourceBytes) {
    drop(std::prev(entries_.end()));
  }
}

Result<CompiledQueryPtr> QueryCache::get(QueryKind kind, std::string_view source,
                                         std::string_view name, const Snapshot& snapshot) {
  const CompiledQueryPtr known = find({source, name, kind});
  if (known && known->catalog->version() == snapshot.catalog().version()) {
    if (kind == QueryKind::kMutation) return known;
    const std::uint64_t rows = live_rows(snapshot);
    if (fits(known->planned_rows, rows)) return known;
    auto replanned = std::make_shared<CompiledQuery>(*known);
    OG_ASSIGN_OR_RETURN(replanned->plan, make_plan(std::get<TypedRead>(known->typed), snapshot));
    replanned->planned_rows = rows;
    insert(kind, replanned);
    return CompiledQueryPtr(std::move(replanned));
  }
  OG_ASSIGN_OR_RETURN(CompiledQueryPtr compiled, compile(kind, source, name, snapshot));
  insert(kind, compiled);
  return compiled;
}

}  // namespace omnigraph
