#include "write/rules.h"

#include <algorithm>

#include "common/excerpt.h"

namespace omnigraph {
namespace {

UniqueRule unique_rule(const EntityType& type, PropertyGroup names, bool key) {
  UniqueRule rule;
  std::sort(names.begin(), names.end());
  rule.key = key;
  for (const std::string& name : names) {
    const Property* property = type.find(name);
    rule.group.push_back(property != nullptr ? property->id
                         : name == "src"     ? kSrcColumn
                                             : kDstColumn);
  }
  rule.names = std::move(names);
  return rule;
}

void add_shared(TableRules& rules, const EntityType& type) {
  rules.type = &type;
  for (const Property& property : type.properties) {
    if (property.type.is_enum()) rules.enums.push_back({property.id, &property});
  }
  for (const PropertyGroup& group : type.uniques) {
    rules.uniques.push_back(unique_rule(type, group, false));
  }
}

std::optional<double> bound_value(const std::optional<RangeBound>& bound) {
  if (!bound) return std::nullopt;
  return bound->value;
}

TableRules node_rules(const NodeType& node) {
  TableRules rules;
  rules.node = &node;
  add_shared(rules, node);
  if (!node.key.empty()) rules.key = unique_rule(node, node.key, true);
  for (const RangeConstraint& range : node.ranges) {
    const Property* property = node.find(range.property);
    if (property == nullptr) continue;
    rules.ranges.push_back(
        {property->id, property, bound_value(range.min), bound_value(range.max)});
  }
  for (const CheckConstraint& check : node.checks) {
    const Property* property = node.find(check.property);
    if (property == nullptr) continue;
    auto regex = Regex::compile(check.pattern);
    if (!regex.ok()) {
      rules.broken =
          bad_request("@check on " + node.name + "." + check.property + " has invalid regex '" +
                      check.pattern + "': " + regex.error().message());
      continue;
    }
    rules.checks.push_back({property->id, property->name, check.pattern, std::move(regex).value()});
  }
  return rules;
}

}  // namespace

bool UniqueRule::on_ends() const {
  return std::any_of(group.begin(), group.end(),
                     [](PropertyId id) { return id == kSrcColumn || id == kDstColumn; });
}

std::shared_ptr<const Rules> Rules::compile(CatalogPtr catalog) {
  auto rules = std::make_shared<Rules>();
  for (const NodeType& node : catalog->nodes()) rules->tables_[node.id] = node_rules(node);
  for (const EdgeType& edge : catalog->edges()) {
    TableRules table;
    table.edge = &edge;
    add_shared(table, edge);
    rules->tables_[edge.id] = std::move(table);
    rules->tables_[edge.from_id].edges_from.push_back(edge.id);
    rules->tables_[edge.to_id].edges_to.push_back(edge.id);
  }
  rules->catalog_ = std::move(catalog);
  return rules;
}

RulesPtr RuleCache::get(const CatalogPtr& catalog) {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, rules] : cached_) {
    if (known == catalog) return rules;
  }
  RulesPtr rules = Rules::compile(catalog);
  cached_.emplace_front(catalog, rules);
  if (cached_.size() > kCached) cached_.pop_back();
  return rules;
}

std::string unique_message(const EntityType& type, const UniqueRule& rule,
                           const std::vector<std::string>& spellings, const std::string& first_id,
                           const std::string& second_id) {
  const bool composite = rule.names.size() > 1;
  std::string where, value;
  for (std::size_t i = 0; i < rule.names.size(); ++i) {
    if (i > 0) {
      where += ", ";
      value += ", ";
    }
    where += rule.names[i];
    value += excerpt(spellings[i]);
  }
  if (composite) {
    where = "(" + where + ")";
    value = "(" + value + ")";
  }
  return "@unique violation on " + type.name + "." + where + ": value '" + value + "' held by '" +
         excerpt(first_id) + "' and '" + excerpt(second_id) + "'";
}

}  // namespace omnigraph
