#include "execution/naive_evaluator.h"

#include <algorithm>
#include <map>
#include <set>

namespace omnigraph::testing {
namespace {

constexpr DateTime kNow{1'700'000'000'000};

Value literal(const Literal& l) {
  if (const auto* v = std::get_if<std::string>(&l.value)) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&l.value)) return *v;
  if (const auto* v = std::get_if<double>(&l.value)) return *v;
  if (const auto* v = std::get_if<bool>(&l.value)) return *v;
  ValueList list;
  if (const auto* elements = std::get_if<std::vector<Literal>>(&l.value)) {
    for (const Literal& element : *elements) list.push_back(literal(element));
  }
  return list;
}

// 64 bits of mantissa hold every I64 and every double exactly.
std::optional<long double> number(const Value& v) {
  if (const auto* i = v.get_if<std::int64_t>()) return static_cast<long double>(*i);
  if (const auto* u = v.get_if<std::uint64_t>()) return static_cast<long double>(*u);
  if (const auto* d = v.get_if<double>()) return static_cast<long double>(*d);
  return std::nullopt;
}

// Nulls first, then by value (§10).
int order_of(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return int{!a.is_null()} - int{!b.is_null()};
  if (const auto x = number(a), y = number(b); x && y) return *x < *y ? -1 : int{*x > *y};
  if (const auto* x = a.get_if<std::string>()) {
    const int o = x->compare(*b.get_if<std::string>());
    return o < 0 ? -1 : int{o > 0};
  }
  if (const auto* x = a.get_if<bool>()) return int{*x} - int{*b.get_if<bool>()};
  if (const auto* x = a.get_if<Date>()) {
    const auto* y = b.get_if<Date>();
    return x->days < y->days ? -1 : int{x->days > y->days};
  }
  return 0;
}

}  // namespace

std::optional<int> NaiveEvaluator::compare(const Operand& left, const Operand& right) {
  auto x = number(left.value), y = number(right.value);
  if (x && y) {
    if (left.narrow || right.narrow) {
      x = static_cast<float>(*x);
      y = static_cast<float>(*y);
    }
    return *x < *y ? -1 : int{*x > *y};
  }
  if (left.value.storage().index() != right.value.storage().index()) return std::nullopt;
  return order_of(left.value, right.value);
}

bool NaiveEvaluator::holds(Compare op, const Operand& left, const Operand& right) {
  if (left.value.is_null() || right.value.is_null()) return false;
  const auto* text = left.value.get_if<std::string>();
  const auto* part = right.value.get_if<std::string>();
  if (op == Compare::kContains) {
    if (const ValueList* list = left.value.list()) {
      return std::any_of(list->begin(), list->end(), [&](const Value& element) {
        return holds(Compare::kEq, {element, left.narrow}, right);
      });
    }
    return text->find(*part) != std::string::npos;
  }
  if (op == Compare::kStartsWith) return text->substr(0, part->size()) == *part;
  const ValueList* lists[] = {left.value.list(), right.value.list()};
  if (lists[0] != nullptr && lists[1] != nullptr) {
    if (lists[0]->size() != lists[1]->size()) return false;
    for (std::size_t i = 0; i < lists[0]->size(); ++i) {
      if (!holds(Compare::kEq, {(*lists[0])[i], left.narrow}, {(*lists[1])[i], right.narrow})) {
        return false;
      }
    }
    return true;
  }
  const std::optional<int> o = compare(left, right);
  if (!o) return op == Compare::kNe;
  switch (op) {
    case Compare::kEq:
      return *o == 0;
    case Compare::kNe:
      return *o != 0;
    case Compare::kLt:
      return *o < 0;
    case Compare::kLe:
      return *o <= 0;
    case Compare::kGt:
      return *o > 0;
    default:
      return *o >= 0;
  }
}

NaiveEvaluator::Operand NaiveEvaluator::operand(const TypedExpr& expression,
                                                const Assignment& bound) const {
  if (const auto* property = std::get_if<TProperty>(&expression.node)) {
    const TypedVariable& variable = query_.variables[property->variable];
    const Property& declared = *graph_.catalog().entity(variable.type)->find(property->property);
    const auto& values = bound[property->variable]->values;
    const auto found = values.find(property->property);
    const bool narrow =
        declared.type.scalar == ScalarType::kF32 || declared.type.scalar == ScalarType::kVector;
    return {found == values.end() ? Value() : found->second, narrow};
  }
  if (const auto* node = std::get_if<TNode>(&expression.node)) {
    return {bound[node->variable]->id};
  }
  if (const auto* parameter = std::get_if<TParameter>(&expression.node)) {
    return {parameters_[parameter->index].value_or(Value())};
  }
  if (std::holds_alternative<TNow>(expression.node)) return {kNow};
  return {literal(std::get<TLiteral>(expression.node).value)};
}

std::vector<const PlainRow*> NaiveEvaluator::edges_between(const TypedTraversal& t, RowId left,
                                                           RowId right) const {
  std::vector<const PlainRow*> edges;
  for (const PlainRow& edge : graph_.rows(t.edge)) {
    if (!edge.live) continue;
    const bool ahead = edge.src == left && edge.dst == right;
    const bool back = edge.src == right && edge.dst == left;
    if (t.undirected ? ahead || back : (t.forward ? ahead : back)) edges.push_back(&edge);
  }
  return edges;
}

// §6.4, word by word.
bool NaiveEvaluator::related(const TypedTraversal& t, RowId left, RowId right) const {
  if (t.max_hops == 1) return !edges_between(t, left, right).empty();
  if (!t.chains) return t.min_hops == 1 && !edges_between(t, left, right).empty();
  const TypeId nodes = graph_.catalog().edge(t.edge)->from_id;
  std::set<RowId> visited{left}, reported;
  std::vector<RowId> frontier{left};
  for (std::uint32_t hop = 1; hop <= t.max_hops; ++hop) {
    std::vector<RowId> next;
    for (const RowId n : frontier) {
      for (const PlainRow& m : graph_.rows(nodes)) {
        if (!m.live || edges_between(t, n, m.rid).empty()) continue;
        if (m.rid == n) {
          if (hop >= t.min_hops) reported.insert(n);
        } else if (visited.insert(m.rid).second) {
          next.push_back(m.rid);
          if (hop >= t.min_hops) reported.insert(m.rid);
        }
      }
    }
    frontier = std::move(next);
  }
  return reported.contains(right);
}

bool NaiveEvaluator::bindings_hold(const TypedScope& scope, const Assignment& bound) const {
  for (const TypedBinding& binding : scope.bindings) {
    for (const TypedPropertyMatch& match : binding.matches) {
      TypedExpr property;
      property.node = TProperty{binding.variable, match.property};
      const Compare op = match.membership ? Compare::kContains : Compare::kEq;
      if (!holds(op, operand(property, bound), operand(*match.value, bound))) return false;
    }
  }
  return true;
}

// Traversals without a bound edge whose two ends are bound.
bool NaiveEvaluator::edges_known_hold(const TypedScope& scope, const Assignment& bound) const {
  for (const TypedTraversal& t : scope.traversals) {
    if (t.edge_variable || bound[t.left] == nullptr || bound[t.right] == nullptr) continue;
    if (!related(t, bound[t.left]->rid, bound[t.right]->rid)) return false;
  }
  return true;
}

template <typename Visit>
void NaiveEvaluator::bind_edges(const TypedScope& scope, std::size_t next, Assignment& bound,
                                const Visit& visit) {
  while (next < scope.traversals.size() && !scope.traversals[next].edge_variable) ++next;
  if (next == scope.traversals.size()) {
    visit();
    return;
  }
  const TypedTraversal& t = scope.traversals[next];
  for (const PlainRow* edge : edges_between(t, bound[t.left]->rid, bound[t.right]->rid)) {
    bound[*t.edge_variable] = edge;
    bind_edges(scope, next + 1, bound, visit);
  }
  bound[*t.edge_variable] = nullptr;
}

template <typename Visit>
void NaiveEvaluator::bind_nodes(std::uint32_t s, const std::vector<VarId>& nodes, std::size_t next,
                                Assignment& bound, const Visit& visit) {
  const TypedScope& scope = query_.scopes[s];
  if (!edges_known_hold(scope, bound)) return;
  if (next < nodes.size()) {
    for (const PlainRow& row : graph_.rows(query_.variables[nodes[next]].type)) {
      if (!row.live) continue;
      bound[nodes[next]] = &row;
      bind_nodes(s, nodes, next + 1, bound, visit);
    }
    bound[nodes[next]] = nullptr;
    return;
  }
  if (!bindings_hold(scope, bound)) return;
  bind_edges(scope, 0, bound, [&] {
    for (const TypedFilter& filter : scope.filters) {
      if (!holds(filter.op, operand(*filter.left, bound), operand(*filter.right, bound))) return;
    }
    for (const std::uint32_t inner : scope.negations) {
      if (has_solution(inner, bound)) return;
    }
    visit(bound);
  });
}

template <typename Visit>
void NaiveEvaluator::solutions(std::uint32_t scope, Assignment& bound, const Visit& visit) {
  std::vector<VarId> nodes;
  for (VarId v = 0; v < query_.variables.size(); ++v) {
    if (query_.variables[v].scope == scope && !query_.variables[v].is_edge) nodes.push_back(v);
  }
  bind_nodes(scope, nodes, 0, bound, visit);
}

bool NaiveEvaluator::has_solution(std::uint32_t scope, Assignment& bound) {
  bool found = false;
  Assignment copy = bound;
  solutions(scope, copy,
            std::function<void(const Assignment&)>([&](const Assignment&) { found = true; }));
  return found;
}

Value NaiveEvaluator::aggregate(const TAggregate& call,
                                const std::vector<const Assignment*>& rows) const {
  std::int64_t count = 0;
  long double sum = 0;
  Value least, most;
  for (const Assignment* row : rows) {
    const Value value = operand(*call.argument, *row).value;
    if (value.is_null()) continue;
    ++count;
    sum += number(value).value_or(0);
    if (least.is_null() || order_of(value, least) < 0) least = value;
    if (most.is_null() || order_of(value, most) > 0) most = value;
  }
  switch (call.function) {
    case Aggregate::kCount:
      return count;
    case Aggregate::kSum:
      return count == 0 ? Value() : Value(static_cast<double>(sum));
    case Aggregate::kAvg:
      return count == 0 ? Value() : Value(static_cast<double>(sum) / static_cast<double>(count));
    case Aggregate::kMin:
      return least;
    case Aggregate::kMax:
      break;
  }
  return most;
}

NaiveAnswer NaiveEvaluator::groups(const std::vector<Assignment>& all) const {
  // Key text → rows; keys keep their values for ordering.
  std::map<std::string, std::vector<const Assignment*>> groups;
  bool keyed = false;
  for (const TypedProjection& p : query_.projections) {
    keyed |= !std::holds_alternative<TAggregate>(p.expression->node);
  }
  if (!keyed) groups[""];
  for (const Assignment& row : all) {
    std::string key;
    for (const TypedProjection& p : query_.projections) {
      if (std::holds_alternative<TAggregate>(p.expression->node)) continue;
      key += text_of(operand(*p.expression, row).value) + "|";
    }
    groups[key].push_back(&row);
  }
  std::vector<std::vector<Value>> out;
  for (const auto& [key, rows] : groups) {
    std::vector<Value> values;
    for (const TypedProjection& p : query_.projections) {
      const auto* call = std::get_if<TAggregate>(&p.expression->node);
      values.push_back(call != nullptr ? aggregate(*call, rows)
                                       : operand(*p.expression, *rows.front()).value);
    }
    out.push_back(std::move(values));
  }
  const auto column = [&](const TypedOrdering& o) {
    std::string name;
    if (const auto* alias = std::get_if<TAlias>(&o.expression->node)) {
      name = alias->name;
    } else {
      const auto& property = std::get<TProperty>(o.expression->node);
      const TypedVariable& v = query_.variables[property.variable];
      name = v.name + "." + graph_.catalog().entity(v.type)->find(property.property)->name;
    }
    for (std::size_t i = 0; i < query_.projections.size(); ++i) {
      if (query_.projections[i].column == name) return i;
    }
    return std::size_t{0};
  };
  std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
    for (const TypedOrdering& o : query_.order) {
      const std::size_t c = column(o);
      const int order = order_of(a[c], b[c]);
      if (order != 0) return o.descending ? order > 0 : order < 0;
    }
    return false;
  });
  NaiveAnswer answer;
  answer.before_limit = out.size();
  if (query_.limit && out.size() > *query_.limit) out.resize(*query_.limit);
  for (const auto& values : out) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) text += (i > 0 ? "|" : "") + text_of(values[i]);
    answer.rows.push_back(std::move(text));
  }
  return answer;
}

NaiveAnswer NaiveEvaluator::rows(const std::vector<Assignment>& all) const {
  std::vector<const Assignment*> sorted;
  for (const Assignment& row : all) sorted.push_back(&row);
  std::vector<VarId> ties;
  for (VarId v = 0; v < query_.variables.size(); ++v) {
    if (query_.variables[v].scope == 0 && !query_.variables[v].anonymous) ties.push_back(v);
  }
  std::sort(ties.begin(), ties.end(),
            [&](VarId a, VarId b) { return query_.variables[a].name < query_.variables[b].name; });
  const auto order_value = [&](const TypedOrdering& o, const Assignment& row) {
    const auto* alias = std::get_if<TAlias>(&o.expression->node);
    if (alias == nullptr) return operand(*o.expression, row).value;
    for (const TypedProjection& p : query_.projections) {
      if (p.column == alias->name) return operand(*p.expression, row).value;
    }
    return Value();
  };
  if (!query_.order.empty()) {
    std::stable_sort(sorted.begin(), sorted.end(), [&](const Assignment* a, const Assignment* b) {
      for (const TypedOrdering& o : query_.order) {
        const int order = order_of(order_value(o, *a), order_value(o, *b));
        if (order != 0) return o.descending ? order > 0 : order < 0;
      }
      for (const VarId v : ties) {
        if ((*a)[v]->id != (*b)[v]->id) return (*a)[v]->id < (*b)[v]->id;
      }
      return false;
    });
  }
  NaiveAnswer answer;
  answer.ordered = !query_.order.empty();
  answer.before_limit = sorted.size();
  if (answer.ordered && query_.limit && sorted.size() > *query_.limit) {
    sorted.resize(*query_.limit);
  }
  for (const Assignment* row : sorted) {
    std::string text;
    for (const TypedProjection& p : query_.projections) {
      text += (text.empty() && &p == &query_.projections.front() ? "" : "|") +
              text_of(operand(*p.expression, *row).value);
    }
    answer.rows.push_back(std::move(text));
  }
  return answer;
}

NaiveAnswer NaiveEvaluator::run() {
  std::vector<Assignment> all;
  Assignment bound(query_.variables.size(), nullptr);
  if (!query_.scopes[0].bindings.empty()) {
    solutions(0, bound, std::function<void(const Assignment&)>([&](const Assignment& row) {
                all.push_back(row);
              }));
  }
  return query_.aggregate ? groups(all) : rows(all);
}

}  // namespace omnigraph::testing
