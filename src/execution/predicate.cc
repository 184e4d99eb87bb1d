#include "execution/predicate.h"

#include <algorithm>
#include <utility>

#include "execution/constant.h"

namespace omnigraph {
namespace {

// Up to so many rows are read cell by cell before whole columns are opened.
constexpr std::size_t kFewRows = 16;

// Whether some value within the bounds may satisfy `value op operand`.
bool bounds_may_match(const ZoneBounds& bounds, Compare op, const Value& operand, bool narrow) {
  if (bounds.min.is_null()) return false;  // nothing present
  const Cell low = cell_of(bounds.min, narrow), high = cell_of(bounds.max, narrow);
  const Cell value = cell_of(operand);
  switch (op) {
    case Compare::kEq:
      return !matches(Compare::kGt, low, value) &&
             !(bounds.max_exact && matches(Compare::kLt, high, value));
    case Compare::kLt:
      return !matches(Compare::kGe, low, value);
    case Compare::kLe:
      return !matches(Compare::kGt, low, value);
    case Compare::kGt:
      return !(bounds.max_exact && matches(Compare::kLe, high, value));
    case Compare::kGe:
      return !(bounds.max_exact && matches(Compare::kLt, high, value));
    default:
      return true;
  }
}

std::optional<std::string> key_text(const Condition& condition, PropertyId key_property) {
  if (key_property == 0 || condition.op != Compare::kEq ||
      condition.left.property != key_property || condition.right.property != 0) {
    return std::nullopt;
  }
  const PropertyType& type = condition.left.type;
  if (type.list) return std::nullopt;
  const Value& value = condition.right.value;
  if (type.scalar == ScalarType::kString) {
    if (const auto* text = value.get_if<std::string>()) return *text;
  } else if (is_integer(type.scalar)) {
    if (const auto* number = value.get_if<std::int64_t>()) return std::to_string(*number);
    if (const auto* number = value.get_if<std::uint64_t>()) return std::to_string(*number);
  }
  return std::nullopt;
}

bool simple(const Condition& condition) {
  return condition.left.property != 0 && condition.right.property == 0;
}

Compare mirrored(Compare op) {
  switch (op) {
    case Compare::kLt:
      return Compare::kGt;
    case Compare::kLe:
      return Compare::kGe;
    case Compare::kGt:
      return Compare::kLt;
    case Compare::kGe:
      return Compare::kLe;
    default:
      return op;
  }
}

}  // namespace

bool matches(Compare op, const Value& stored, const Value& operand, const PropertyType& type) {
  const bool narrow = type.scalar == ScalarType::kF32 || type.scalar == ScalarType::kVector;
  if (type.scalar == ScalarType::kDate || type.scalar == ScalarType::kDateTime) {
    auto left = coerce_dates(stored, type.scalar);
    auto right = coerce_dates(operand, type.scalar);
    if (!left.ok() || !right.ok()) return false;
    return matches(op, cell_of(*left), cell_of(*right));
  }
  return matches(op, cell_of(stored, narrow), cell_of(operand));
}

RowFilter::RowFilter(const TableView& table, std::vector<Condition> conditions,
                     PropertyId key_property)
    : table_(table), conditions_(std::move(conditions)) {
  for (Condition& condition : conditions_) {
    const bool directed =
        condition.op == Compare::kContains || condition.op == Compare::kStartsWith;
    if (condition.left.property == 0 && condition.right.property != 0 && !directed) {
      std::swap(condition.left, condition.right);
      condition.op = mirrored(condition.op);
    }
    never_ |= condition.left.property == 0 && condition.left.value.is_null();
    never_ |= condition.right.property == 0 && condition.right.value.is_null();
    if (!key_) key_ = key_text(condition, key_property);
  }
}

Status RowFilter::load() const {
  if (loaded_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(mutex_);
  if (loaded_.load(std::memory_order_relaxed)) return {};
  left_.resize(conditions_.size());
  right_.resize(conditions_.size());
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const Condition& c = conditions_[i];
    if (c.left.property != 0) {
      OG_ASSIGN_OR_RETURN(left_[i], table_.column(c.left.property, c.left.type));
    }
    if (c.right.property != 0) {
      OG_ASSIGN_OR_RETURN(right_[i], table_.column(c.right.property, c.right.type));
    }
  }
  std::vector<PartTests> parts(table_.parts().size());
  for (std::size_t part = 0; part < parts.size(); ++part) {
    for (std::uint32_t i = 0; i < conditions_.size(); ++i) {
      const Condition& c = conditions_[i];
      if (simple(c)) {
        parts[part].tests.push_back(
            ColumnTest::compile(*left_[i]->part(part), c.op, c.right.value));
      } else {
        parts[part].general.push_back(i);
      }
    }
  }
  parts_ = std::move(parts);
  loaded_.store(true, std::memory_order_release);
  return {};
}

bool RowFilter::general_passes(std::uint32_t condition, Location at) const {
  const Condition& c = conditions_[condition];
  const Cell left = left_[condition] ? left_[condition]->at(at) : cell_of(c.left.value);
  const Cell right = right_[condition] ? right_[condition]->at(at) : cell_of(c.right.value);
  return matches(c.op, left, right);
}

bool RowFilter::passes(const PartTests& tests, Location at) const {
  for (const ColumnTest& test : tests.tests) {
    if (!test.test(at.row)) return false;
  }
  for (const std::uint32_t condition : tests.general) {
    if (!general_passes(condition, at)) return false;
  }
  return true;
}

Status RowFilter::select_few(std::span<const RowKey> keys,
                             std::vector<std::uint32_t>& selected) const {
  const auto cell = [](const Condition::Operand& operand, const Value& value) {
    const bool narrow = operand.property != 0 && (operand.type.scalar == ScalarType::kF32 ||
                                                  operand.type.scalar == ScalarType::kVector);
    return cell_of(value, narrow);
  };
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    bool pass = true;
    for (const Condition& c : conditions_) {
      Value left = c.left.value, right = c.right.value;
      if (c.left.property != 0) {
        OG_ASSIGN_OR_RETURN(left, table_.value(keys[i], c.left.property, c.left.type));
      }
      if (c.right.property != 0) {
        OG_ASSIGN_OR_RETURN(right, table_.value(keys[i], c.right.property, c.right.type));
      }
      pass = matches(c.op, cell(c.left, left), cell(c.right, right));
      if (!pass) break;
    }
    if (pass) selected.push_back(i);
  }
  return {};
}

Status RowFilter::select(std::span<const RowKey> keys, std::vector<std::uint32_t>& selected) const {
  if (never_) return {};
  if (!loaded_.load(std::memory_order_acquire)) {
    if (keys.size() <= kFewRows) return select_few(keys, selected);
    OG_RETURN_IF_ERROR(load());
  }
  if (table_.plain()) {
    const std::uint32_t base = table_.plain_base();
    const PartTests& tests = parts_[0];
    if (tests.tests.size() == 1 && tests.general.empty()) {
      const ColumnTest& test = tests.tests[0];
      for (std::uint32_t i = 0; i < keys.size(); ++i) {
        if (test.test(keys[i] - base)) selected.push_back(i);
      }
      return {};
    }
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      if (passes(tests, {0, keys[i] - base})) selected.push_back(i);
    }
    return {};
  }
  std::vector<Location> at;
  OG_RETURN_IF_ERROR(table_.locate(keys, at));
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    if (passes(parts_[at[i].part], at[i])) selected.push_back(i);
  }
  return {};
}

Status RowFilter::mark(std::size_t part, std::uint32_t begin, std::uint32_t n,
                       std::uint8_t* out) const {
  if (never_) {
    std::fill(out, out + n, std::uint8_t{0});
    return {};
  }
  OG_RETURN_IF_ERROR(load());
  const PartTests& tests = parts_[part];
  for (const ColumnTest& test : tests.tests) test.mark(begin, n, out);
  for (const std::uint32_t condition : tests.general) {
    for (std::uint32_t i = 0; i < n; ++i) {
      if (out[i] == 0) continue;
      const Location at{static_cast<std::uint32_t>(part), begin + i};
      out[i] = general_passes(condition, at) ? 1 : 0;
    }
  }
  return {};
}

Result<bool> RowFilter::page_may_pass(std::size_t part, std::uint32_t row) const {
  for (const Condition& c : conditions_) {
    if (!simple(c) || c.left.type.list) continue;
    OG_ASSIGN_OR_RETURN(const auto statistics,
                        table_.parts()[part].segment->statistics(c.left.property));
    if (!statistics || statistics->pages.empty()) continue;
    const bool narrow = c.left.type.scalar == ScalarType::kF32;
    const std::size_t page = row / kPageRows;
    if (page < statistics->pages.size() &&
        !bounds_may_match(statistics->pages[page], c.op, c.right.value, narrow)) {
      return false;
    }
  }
  return true;
}

namespace {

// Edges whose `from` (or `to`) node has the id that the predicate asks for.
Result<std::vector<RowId>> select_by_endpoint(const Snapshot& snapshot, TypeId type,
                                              const TypedPredicate& predicate, const Value& value) {
  const EdgeType& edge = *snapshot.catalog().edge(type);
  const bool from = predicate.endpoint == TypedPredicate::Endpoint::kFrom;
  const TableVersion& nodes = *snapshot.table(from ? edge.from_id : edge.to_id);
  const TableVersion& edges = *snapshot.table(type);
  std::vector<RowId> rows;
  if (value.is_null()) return rows;
  const auto* text = value.get_if<std::string>();
  std::optional<RowId> node;
  if (predicate.op == Compare::kEq) {
    if (text == nullptr) return rows;
    OG_ASSIGN_OR_RETURN(const auto at, nodes.find_id(*text));
    if (!at) return rows;
    OG_ASSIGN_OR_RETURN(node, nodes.rid(*at));
  }
  for (const TablePart& part : edges.parts()) {
    std::vector<std::uint32_t> candidates;
    if (node) {
      OG_ASSIGN_OR_RETURN(candidates, part.segment->edges_of(*node, from));
    } else {
      candidates.resize(part.segment->rows());
      for (std::uint32_t row = 0; row < candidates.size(); ++row) candidates[row] = row;
    }
    for (const std::uint32_t row : candidates) {
      if (!part.live(row)) continue;
      if (!node) {
        OG_ASSIGN_OR_RETURN(const RowId end,
                            from ? part.segment->src(row) : part.segment->dst(row));
        OG_ASSIGN_OR_RETURN(const auto at, nodes.locate(end));
        if (!at) continue;
        OG_ASSIGN_OR_RETURN(const std::string id,
                            nodes.parts()[at->part].segment->id_text(at->row));
        if (!matches(predicate.op, Cell::of_text(id), cell_of(value))) continue;
      }
      OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
      rows.push_back(rid);
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

Result<std::vector<RowId>> select_rows(const Snapshot& snapshot, TypeId type,
                                       const TypedPredicate& predicate,
                                       const std::vector<Parameter>& declared,
                                       const ParameterValues& values, DateTime now,
                                       const Runtime& /*runtime*/) {
  OG_ASSIGN_OR_RETURN(Value value, constant_value(*predicate.value, declared, values, now));
  if (predicate.endpoint != TypedPredicate::Endpoint::kNone) {
    return select_by_endpoint(snapshot, type, predicate, value);
  }
  const EntityType& entity = *snapshot.catalog().entity(type);
  const Property& property = *entity.find(predicate.property);
  OG_ASSIGN_OR_RETURN(value, coerce_dates(std::move(value), property.type.scalar));

  const TableView table(snapshot.table(type), snapshot.catalog().is_edge(type), 0);
  PropertyId key_property = 0;
  if (const NodeType* node = snapshot.catalog().node(type); node != nullptr) {
    if (node->key.size() == 1) key_property = node->find(node->key[0])->id;
  }
  Condition condition;
  condition.op = predicate.op;
  condition.left = {.property = property.id, .type = property.type, .value = {}};
  condition.right.value = std::move(value);
  const RowFilter filter(table, {std::move(condition)}, key_property);

  std::vector<RowId> rows;
  if (filter.never()) return rows;
  if (filter.key()) {
    OG_ASSIGN_OR_RETURN(const auto at, table.version().find_id(*filter.key()));
    if (at) {
      OG_ASSIGN_OR_RETURN(const RowId rid, table.version().rid(*at));
      rows.push_back(rid);
    }
    return rows;
  }
  std::vector<std::uint8_t> marks(kPageRows);
  for (std::size_t part = 0; part < table.parts().size(); ++part) {
    const TablePart& rows_of = table.parts()[part];
    const std::uint32_t total = rows_of.segment->rows();
    OG_ASSIGN_OR_RETURN(const auto rids, table.part_rids(part));
    for (std::uint32_t begin = 0; begin < total; begin += kPageRows) {
      OG_ASSIGN_OR_RETURN(const bool may, filter.page_may_pass(part, begin));
      if (!may) continue;
      const std::uint32_t n = std::min(kPageRows, total - begin);
      std::fill(marks.begin(), marks.end(), std::uint8_t{1});
      OG_RETURN_IF_ERROR(filter.mark(part, begin, n, marks.data()));
      for (std::uint32_t i = 0; i < n; ++i) {
        if (marks[i] == 0 || !rows_of.live(begin + i)) continue;
        rows.push_back(rids ? (*rids)[begin + i] : rows_of.segment->rid_base() + begin + i);
      }
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace omnigraph
