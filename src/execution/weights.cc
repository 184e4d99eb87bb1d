#include "execution/weights.h"

#include <algorithm>
#include <utility>

#include "execution/constant.h"

namespace omnigraph {
namespace {

// A child sends its weights back to its parents when that touches less than this part of their
// table.
constexpr std::uint64_t kSparseFraction = 4;

Status hold(Weights& weights, QueryContext& context, std::uint64_t bytes) {
  if (!weights.memory) weights.memory = std::make_unique<Reservation>(context);
  return weights.memory->grow_to(bytes);
}

// Bytes by row id: live and passing the filter (null: every live row).
Status mark_table(const TableView& table, const RowFilter* filter, QueryContext& context,
                  Weights& weights) {
  OG_RETURN_IF_ERROR(hold(weights, context, table.key_limit()));
  weights.form = Weights::Form::kBytes;
  weights.bytes.assign(table.key_limit(), 0);
  if (filter != nullptr) {
    if (filter->never()) return {};
    OG_RETURN_IF_ERROR(filter->load());
  }
  // Whole pages, so that none is looked at twice.
  const std::uint32_t morsel_rows =
      (context.grain().morsel_rows + kPageRows - 1) / kPageRows * kPageRows;
  for (std::size_t p = 0; p < table.parts().size(); ++p) {
    const TablePart& part = table.parts()[p];
    const std::uint32_t rows = part.segment->rows();
    OG_ASSIGN_OR_RETURN(const auto rids, table.part_rids(p));
    const bool straight = !rids && part.deleted == nullptr;
    const RowId base = part.segment->rid_base();
    const std::size_t morsels = (std::size_t{rows} + morsel_rows - 1) / morsel_rows;
    OG_RETURN_IF_ERROR(context.parallel(morsels, [&](std::size_t morsel) -> Status {
      OG_RETURN_IF_ERROR(context.check());
      const auto first = static_cast<std::uint32_t>(morsel) * morsel_rows;
      const std::uint32_t last = std::min(rows, first + morsel_rows);
      std::vector<std::uint8_t> marks(straight ? 0 : kPageRows);
      for (std::uint32_t row = first; row < last; row += kPageRows) {
        const std::uint32_t n = std::min(kPageRows, last - row);
        if (filter != nullptr) {
          OG_ASSIGN_OR_RETURN(const bool may, filter->page_may_pass(p, row));
          if (!may) continue;
        }
        std::uint8_t* out = straight ? weights.bytes.data() + base + row : marks.data();
        std::fill(out, out + n, std::uint8_t{1});
        if (filter != nullptr) OG_RETURN_IF_ERROR(filter->mark(p, row, n, out));
        if (straight) continue;
        for (std::uint32_t i = 0; i < n; ++i) {
          if (out[i] == 0 || !part.live(row + i)) continue;
          weights.bytes[rids ? (*rids)[row + i] : base + row + i] = 1;
        }
      }
      return {};
    }));
  }
  return {};
}

void keep_selected(Weights& weights, const std::vector<std::uint32_t>& selected) {
  for (std::size_t i = 0; i < selected.size(); ++i) {
    weights.keys[i] = weights.keys[selected[i]];
    if (!weights.counts.empty()) weights.counts[i] = weights.counts[selected[i]];
  }
  weights.keys.resize(selected.size());
  if (!weights.counts.empty()) weights.counts.resize(selected.size());
}

// The sparse weights times others.
void intersect(Weights& sparse, const Weights& others) {
  std::size_t kept = 0;
  const bool counted = !sparse.counts.empty() || others.form != Weights::Form::kBytes;
  if (counted && sparse.counts.empty()) sparse.counts.assign(sparse.keys.size(), 1);
  for (std::size_t i = 0; i < sparse.keys.size(); ++i) {
    const std::uint64_t weight = others.get(sparse.keys[i]);
    if (weight == 0) continue;
    sparse.keys[kept] = sparse.keys[i];
    if (counted) sparse.counts[kept] = saturating_multiply(sparse.counts[i], weight);
    ++kept;
  }
  sparse.keys.resize(kept);
  if (counted) sparse.counts.resize(kept);
}

class Evaluator {
 public:
  // `source`: dense factors may be left pending.
  Evaluator(const BoundTest& test, QueryContext& context, bool source = false)
      : test_(test), context_(context), source_(source) {}

  Result<Weights> run(const std::span<const RowId>* domain) {
    Weights weights;
    if (test_.filter && test_.filter->never()) return empty();
    if (domain != nullptr) {
      weights.form = Weights::Form::kSparse;
      weights.keys.assign(domain->begin(), domain->end());
    }
    std::vector<const BoundBranch*> rest;
    for (const BoundBranch& branch : test_.branches) rest.push_back(&branch);
    bool filtered = test_.filter == nullptr;
    if (test_.filter && test_.filter->key()) {
      OG_RETURN_IF_ERROR(seek_key(weights));
      filtered = test_.filter->conditions().size() == 1;
    } else if (domain == nullptr) {
      OG_RETURN_IF_ERROR(start_from_child(weights, rest));
    }
    if (!filtered) OG_RETURN_IF_ERROR(apply_filter(weights));
    // Cheap and sharp branches first.
    std::stable_sort(rest.begin(), rest.end(), [](const BoundBranch* a, const BoundBranch* b) {
      return a->child->plan->cost < b->child->plan->cost;
    });
    for (const BoundBranch* branch : rest) {
      if (weights.form == Weights::Form::kSparse && weights.keys.empty()) return weights;
      OG_RETURN_IF_ERROR(context_.check());
      OG_RETURN_IF_ERROR(multiply(*branch, weights));
    }
    for (const BoundTest& absent : test_.absent) OG_RETURN_IF_ERROR(subtract(absent, weights));
    if (weights.form != Weights::Form::kSparse) {
      weights.pending = std::move(pending_);
      return weights;
    }
    for (const RangeFactor& factor : pending_) {
      OG_RETURN_IF_ERROR(gather_sparse(*factor.branch, *factor.child, weights, context_));
    }
    return weights;
  }

 private:
  static Weights empty() {
    Weights weights;
    weights.form = Weights::Form::kSparse;
    return weights;
  }

  Status seek_key(Weights& weights) {
    const TableVersion& version = test_.table->version();
    OG_ASSIGN_OR_RETURN(const auto at, version.find_id(*test_.filter->key()));
    std::vector<RowId> found;
    if (at) {
      OG_ASSIGN_OR_RETURN(const RowId rid, version.rid(*at));
      const bool inside = weights.form != Weights::Form::kSparse ||
                          std::binary_search(weights.keys.begin(), weights.keys.end(), rid);
      if (inside) found.push_back(rid);
    }
    weights.form = Weights::Form::kSparse;
    weights.keys = std::move(found);
    return {};
  }

  // Where a branch's child is so selective that its parents are few, they are the domain.
  Status start_from_child(Weights& weights, std::vector<const BoundBranch*>& rest) {
    const std::uint64_t rows = test_.table->version().live_rows();
    const BoundBranch* best = nullptr;
    double least = 0.2;
    for (const BoundBranch* branch : rest) {
      const double of_child = branch->child->plan->estimated_rows /
                              static_cast<double>(std::max<std::uint64_t>(
                                  1, branch->child->table->version().live_rows()));
      if (of_child < least) {
        least = of_child;
        best = branch;
      }
    }
    if (best == nullptr) return {};
    OG_ASSIGN_OR_RETURN(Weights child, evaluate(*best->child, context_));
    if (child.form == Weights::Form::kSparse) {
      OG_ASSIGN_OR_RETURN(const std::uint64_t back,
                          edges_at(*best->edges, child.keys, reversed(best->plan->direction)));
      if (back <= rows / kSparseFraction || child.keys.size() <= 1) {
        OG_ASSIGN_OR_RETURN(weights, scatter(*best, child, *test_.table, context_));
        std::erase(rest, best);
        return {};
      }
    }
    known_branch_ = best;
    known_ = std::move(child);
    return {};
  }

  Status apply_filter(Weights& weights) {
    if (weights.form == Weights::Form::kSparse) {
      std::vector<std::uint32_t> selected;
      selected.reserve(weights.keys.size());
      OG_RETURN_IF_ERROR(test_.filter->select(weights.keys, selected));
      keep_selected(weights, selected);
      return {};
    }
    Weights marks;
    OG_RETURN_IF_ERROR(mark_table(*test_.table, test_.filter.get(), context_, marks));
    if (weights.form == Weights::Form::kWide) {
      for (std::size_t i = 0; i < marks.bytes.size(); ++i) {
        if (marks.bytes[i] == 0) weights.wide[i] = 0;
      }
      return {};
    }
    weights = std::move(marks);
    return {};
  }

  Result<Weights> child_of(const BoundBranch& branch) {
    if (&branch == known_branch_) return std::move(known_);
    return evaluate(*branch.child, context_);
  }

  Status multiply(const BoundBranch& branch, Weights& weights) {
    const Direction direction = branch.plan->direction;
    if (weights.form == Weights::Form::kSparse) {
      const bool all = branch.child->plan->bare() || &branch == known_branch_ ||
                       (branch.child->filter && branch.child->filter->key());
      std::uint64_t reached = 0;
      if (!all) {
        OG_ASSIGN_OR_RETURN(reached, edges_at(*branch.edges, weights.keys, direction));
      }
      if (all || reached > branch.child->table->version().live_rows() / kSparseFraction) {
        OG_ASSIGN_OR_RETURN(const Weights child, child_of(branch));
        return gather_sparse(branch, child, weights, context_);
      }
      std::vector<RowId> domain;
      for (const RowId key : weights.keys) {
        OG_RETURN_IF_ERROR(branch.edges->neighbors(key, direction, domain));
      }
      std::sort(domain.begin(), domain.end());
      domain.erase(std::unique(domain.begin(), domain.end()), domain.end());
      OG_ASSIGN_OR_RETURN(const Weights child, evaluate(*branch.child, context_, domain));
      return gather_sparse(branch, child, weights, context_);
    }
    OG_ASSIGN_OR_RETURN(Weights child, child_of(branch));
    if (child.form == Weights::Form::kSparse) {
      OG_ASSIGN_OR_RETURN(const std::uint64_t back,
                          edges_at(*branch.edges, child.keys, reversed(direction)));
      if (back <= branch.edges->live_edges() / kSparseFraction) {
        OG_ASSIGN_OR_RETURN(Weights sums, scatter(branch, child, *test_.table, context_));
        if (weights.form == Weights::Form::kAll) {
          weights = std::move(sums);
        } else if (sums.form == Weights::Form::kSparse) {
          intersect(sums, weights);
          weights = std::move(sums);
        } else {
          for (std::size_t i = 0; i < sums.wide.size(); ++i) {
            if (sums.wide[i] == 0) continue;
            sums.wide[i] = saturating_multiply(sums.wide[i], weights.get(static_cast<RowId>(i)));
          }
          weights = std::move(sums);
        }
        return {};
      }
    }
    OG_ASSIGN_OR_RETURN(RangeFactor factor, range_factor(branch, std::move(child)));
    if (source_ && !(factor.degrees && weights.form == Weights::Form::kAll)) {
      pending_.push_back(std::move(factor));
      return {};
    }
    return gather_dense(factor, test_.table->key_limit(), weights, context_);
  }

  Status subtract(const BoundTest& absent, Weights& weights) {
    if (weights.form == Weights::Form::kSparse) {
      OG_ASSIGN_OR_RETURN(const Weights hits, evaluate(absent, context_, weights.keys));
      std::vector<std::uint32_t> selected;
      for (std::uint32_t i = 0; i < weights.keys.size(); ++i) {
        if (hits.get(weights.keys[i]) == 0) selected.push_back(i);
      }
      keep_selected(weights, selected);
      return {};
    }
    OG_ASSIGN_OR_RETURN(const Weights hits, evaluate(absent, context_));
    if (weights.form == Weights::Form::kAll) {
      OG_RETURN_IF_ERROR(mark_table(*test_.table, nullptr, context_, weights));
    } else if (weights.form == Weights::Form::kDegree) {
      OG_RETURN_IF_ERROR(hold(weights, context_, test_.table->key_limit() * sizeof(std::uint64_t)));
      weights.wide.resize(test_.table->key_limit());
      for (RowId rid = 0; rid < weights.wide.size(); ++rid) {
        weights.wide[rid] = weights.side->run(rid).size();
      }
      weights.form = Weights::Form::kWide;
    }
    const bool wide = weights.form == Weights::Form::kWide;
    const std::size_t limit = wide ? weights.wide.size() : weights.bytes.size();
    for (std::size_t i = 0; i < limit; ++i) {
      if (wide ? weights.wide[i] == 0 : weights.bytes[i] == 0) continue;
      if (hits.get(static_cast<RowId>(i)) == 0) continue;
      if (wide) {
        weights.wide[i] = 0;
      } else {
        weights.bytes[i] = 0;
      }
    }
    return {};
  }

  const BoundTest& test_;
  QueryContext& context_;
  const bool source_;
  const BoundBranch* known_branch_ = nullptr;
  Weights known_;
  std::vector<RangeFactor> pending_;
};

}  // namespace

TableView& TableSet::of(TypeId type) {
  const std::lock_guard lock(mutex_);
  auto& slot = tables_[type];
  if (!slot) {
    slot = std::make_unique<TableView>(snapshot_.table(type), snapshot_.catalog().is_edge(type),
                                       paged_nodes_);
  }
  return *slot;
}

std::uint64_t Weights::sparse(RowId rid) const {
  const auto at = std::lower_bound(keys.begin(), keys.end(), rid);
  if (at == keys.end() || *at != rid) return 0;
  return count_at(static_cast<std::size_t>(at - keys.begin()));
}

Result<Condition> bind_condition(const PlanCondition& condition, const QueryContext& context,
                                 const std::vector<TypedVariable>& variables) {
  Condition out;
  out.op = condition.op;
  const auto bind = [&](const TypedExpr& expression, Condition::Operand& operand) -> Status {
    if (const auto* property = std::get_if<TProperty>(&expression.node)) {
      const EntityType* entity =
          context.snapshot().catalog().entity(variables[property->variable].type);
      operand.property = property->property;
      operand.type = entity->find(property->property)->type;
      return {};
    }
    OG_ASSIGN_OR_RETURN(operand.value, constant_value(expression, context));
    return {};
  };
  OG_RETURN_IF_ERROR(bind(*condition.left, out.left));
  OG_RETURN_IF_ERROR(bind(*condition.right, out.right));
  // A text beside a date property is a date.
  for (auto [property, constant] : {std::pair{&out.left, &out.right}, {&out.right, &out.left}}) {
    if (property->property == 0 || constant->property != 0) continue;
    OG_ASSIGN_OR_RETURN(constant->value,
                        coerce_dates(std::move(constant->value), property->type.scalar));
  }
  return out;
}

Result<std::unique_ptr<RowFilter>> bind_filter(const std::vector<PlanCondition>& conditions,
                                               TypeId type, TableView& table,
                                               const QueryContext& context,
                                               const std::vector<TypedVariable>& variables) {
  if (conditions.empty()) return std::unique_ptr<RowFilter>();
  std::vector<Condition> bound;
  bound.reserve(conditions.size());
  for (const PlanCondition& condition : conditions) {
    OG_ASSIGN_OR_RETURN(Condition one, bind_condition(condition, context, variables));
    bound.push_back(std::move(one));
  }
  PropertyId key = 0;
  if (const NodeType* node = context.snapshot().catalog().node(type); node != nullptr) {
    if (node->key.size() == 1) key = node->find(node->key[0])->id;
  }
  return std::make_unique<RowFilter>(table, std::move(bound), key);
}

Result<BoundTest> bind_test(const NodeTest& test, TableSet& tables, const QueryContext& context,
                            const std::vector<TypedVariable>& variables) {
  BoundTest bound;
  bound.plan = &test;
  bound.table = &tables.of(test.type);
  OG_ASSIGN_OR_RETURN(bound.filter,
                      bind_filter(test.conditions, test.type, *bound.table, context, variables));
  for (const Branch& branch : test.branches) {
    BoundBranch out;
    out.plan = &branch;
    out.table = &tables.of(branch.edge);
    OG_ASSIGN_OR_RETURN(out.edges, out.table->edges());
    OG_ASSIGN_OR_RETURN(out.edge_filter, bind_filter(branch.edge_conditions, branch.edge,
                                                     *out.table, context, variables));
    OG_ASSIGN_OR_RETURN(BoundTest child,
                        bind_test(branch.child.front(), tables, context, variables));
    out.child = std::make_unique<BoundTest>(std::move(child));
    bound.branches.push_back(std::move(out));
  }
  for (const NodeTest& absent : test.absent) {
    OG_ASSIGN_OR_RETURN(BoundTest inner, bind_test(absent, tables, context, variables));
    bound.absent.push_back(std::move(inner));
  }
  return bound;
}

Result<Weights> evaluate(const BoundTest& test, QueryContext& context) {
  return Evaluator(test, context).run(nullptr);
}

Result<Weights> evaluate(const BoundTest& test, QueryContext& context,
                         std::span<const RowId> domain) {
  return Evaluator(test, context).run(&domain);
}

Result<Weights> evaluate_source(const BoundTest& test, QueryContext& context) {
  return Evaluator(test, context, true).run(nullptr);
}

Result<std::uint64_t> total(const Weights& weights, const TableView& table) {
  std::uint64_t sum = 0;
  switch (weights.form) {
    case Weights::Form::kAll:
      return table.version().live_rows();
    case Weights::Form::kDegree:
      return std::uint64_t{weights.side->neighbors().size()};
    case Weights::Form::kBytes:
      for (const std::uint8_t byte : weights.bytes) sum += byte;
      return sum;
    case Weights::Form::kWide:
      for (const std::uint64_t weight : weights.wide) sum = saturating_add(sum, weight);
      return sum;
    case Weights::Form::kSparse:
      for (std::size_t i = 0; i < weights.keys.size(); ++i) {
        sum = saturating_add(sum, weights.count_at(i));
      }
      return sum;
  }
  return sum;
}

}  // namespace omnigraph
