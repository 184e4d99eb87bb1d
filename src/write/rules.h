// A catalog's constraints made ready for checking: names resolved, patterns compiled, and for every
// node type the edge types that end at it. Immutable and shared; thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/regex.h"
#include "omnigraph/error.h"
#include "schema/catalog.h"
#include "storage/ids.h"

namespace omnigraph {

struct EnumRule {
  PropertyId property = 0;
  const Property* declared = nullptr;
};
struct RangeRule {
  PropertyId property = 0;
  const Property* declared = nullptr;
  std::optional<double> min, max;
};
struct CheckRule {
  PropertyId property = 0;
  std::string name, pattern;
  Regex regex;
};
// One @unique group, or the key. Members in ascending name order.
struct UniqueRule {
  std::vector<PropertyId> group;  // kSrcColumn and kDstColumn for `src` and `dst`
  std::vector<std::string> names;
  bool key = false;

  bool on_ends() const;
};

struct TableRules {
  const EntityType* type = nullptr;
  const NodeType* node = nullptr;  // exactly one of these two
  const EdgeType* edge = nullptr;
  std::vector<EnumRule> enums;
  std::vector<RangeRule> ranges;
  std::vector<CheckRule> checks;
  std::vector<UniqueRule> uniques;  // without the key
  std::optional<UniqueRule> key;
  std::optional<Error> broken;  // a pattern that is no regular expression: refuses every write
  std::vector<TypeId> edges_from, edges_to;  // nodes: edge types whose From / To it is
};

class Rules {
 public:
  static std::shared_ptr<const Rules> compile(CatalogPtr catalog);

  const Catalog& catalog() const { return *catalog_; }
  const TableRules& of(TypeId table) const { return tables_.at(table); }

 private:
  CatalogPtr catalog_;  // keeps what the tables point into
  std::map<TypeId, TableRules> tables_;
};
using RulesPtr = std::shared_ptr<const Rules>;

// The rules of the catalogs used lately, at most kCached of them. Thread-safe.
class RuleCache {
 public:
  static constexpr std::size_t kCached = 8;
  RulesPtr get(const CatalogPtr& catalog);

 private:
  std::mutex mutex_;  // guards cached_
  std::deque<std::pair<CatalogPtr, RulesPtr>> cached_;
};

// "value 'v' held by 'a' and 'b'" with the type and members of `rule`; `spellings` in the order of
// rule.names.
std::string unique_message(const EntityType& type, const UniqueRule& rule,
                           const std::vector<std::string>& spellings, const std::string& first_id,
                           const std::string& second_id);

}  // namespace omnigraph
