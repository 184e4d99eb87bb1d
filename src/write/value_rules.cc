// Stage 1 of the validator: enum, @range and @check, column by column.
#include <algorithm>
#include <cmath>
#include <functional>

#include "common/date_text.h"
#include "common/excerpt.h"
#include "write/identity.h"
#include "write/validation.h"

namespace omnigraph::validation {
namespace {

struct Place {
  Run& run;
  const TableDelta& table;
  const RowBatch& batch;
  const EntityType& type;

  void add(std::size_t row, std::string message) const {
    run.add(Violation::Kind::kValue, table.table, batch.ids.str(row), std::move(message));
  }
};

void check_enum(const Place& place, const EnumRule& rule) {
  const Column* column = place.batch.column(rule.property);
  if (column == nullptr) return;
  const std::vector<std::string>& allowed = rule.declared->type.enum_values;
  const auto is_allowed = [&](std::string_view text) {
    return std::binary_search(allowed.begin(), allowed.end(), text, std::less<>());
  };
  const auto refuse = [&](std::size_t row, std::string_view text) {
    std::string message = "invalid enum value '" + excerpt(text) + "' for " + place.type.name +
                          "." + rule.declared->name + " (expected: ";
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      if (i > 0) message += ", ";
      message += allowed[i];
    }
    place.add(row, message + ")");
  };
  // Every distinct text is looked up once where the column tells them apart.
  std::vector<bool> code_allowed;
  if (column->layout == Column::Layout::kDictionary) {
    for (std::uint32_t code = 0; code < column->child->rows; ++code) {
      code_allowed.push_back(is_allowed(column->child->text(code)));
    }
  }
  for (std::size_t row = 0; row < column->rows && !place.run.done(); ++row) {
    if (column->is_null(row)) continue;
    if (column->list) {
      for (std::uint32_t i = column->offsets[row]; i < column->offsets[row + 1]; ++i) {
        if (column->child->is_null(i)) continue;
        const std::string_view text = column->child->text(i);
        if (is_allowed(text)) continue;
        refuse(row, text);
        break;
      }
      continue;
    }
    const bool good =
        code_allowed.empty() ? is_allowed(column->text(row)) : code_allowed[column->codes[row]];
    if (!good) refuse(row, column->text(row));
  }
}

template <typename T>
void check_bounds(const Place& place, const RangeRule& rule, const Column& column) {
  const std::span<const T> values = column.fixed<T>();
  const auto refuse = [&](std::size_t row, const std::string& what) {
    place.add(row, "@range violation on " + place.type.name + "." + rule.declared->name +
                       ": value " + what);
  };
  for (std::size_t row = 0; row < values.size() && !place.run.done(); ++row) {
    if (column.is_null(row)) continue;
    const auto value = static_cast<double>(values[row]);
    if (std::isnan(value)) {
      refuse(row, "is NaN");
    } else if (rule.min && value < *rule.min) {
      refuse(row, scalar_spelling(value) + " < min " + scalar_spelling(*rule.min));
    } else if (rule.max && value > *rule.max) {
      refuse(row, scalar_spelling(value) + " > max " + scalar_spelling(*rule.max));
    }
  }
}

void check_range(const Place& place, const RangeRule& rule) {
  const Column* column = place.batch.column(rule.property);
  if (column == nullptr || column->layout != Column::Layout::kFixed) return;
  switch (column->type) {
    case ScalarType::kI32:
      return check_bounds<std::int32_t>(place, rule, *column);
    case ScalarType::kI64:
      return check_bounds<std::int64_t>(place, rule, *column);
    case ScalarType::kU32:
      return check_bounds<std::uint32_t>(place, rule, *column);
    case ScalarType::kU64:
      return check_bounds<std::uint64_t>(place, rule, *column);
    case ScalarType::kF32:
      return check_bounds<float>(place, rule, *column);
    case ScalarType::kF64:
      return check_bounds<double>(place, rule, *column);
    default:
      return;
  }
}

void check_pattern(const Place& place, const CheckRule& rule) {
  const Column* column = place.batch.column(rule.property);
  if (column == nullptr || column->list || column->type != ScalarType::kString) return;
  for (std::size_t row = 0; row < column->rows && !place.run.done(); ++row) {
    if (column->is_null(row)) continue;
    const std::string_view text = column->text(row);
    if (rule.regex.search(text)) continue;
    place.add(row, "@check violation on " + place.type.name + "." + rule.name + ": value '" +
                       excerpt(text) + "' does not match pattern '" + rule.pattern + "'");
  }
}

}  // namespace

Status check_values(Run& run, const TableDelta& table) {
  const TableRules& rules = run.rules.of(table.table);
  if (rules.enums.empty() && rules.ranges.empty() && rules.checks.empty()) return {};
  for (const auto* batches : {&table.superseded, &table.rows}) {
    for (const RowBatch* batch : *batches) {
      const Place place{run, table, *batch, *rules.type};
      for (const EnumRule& rule : rules.enums) check_enum(place, rule);
      for (const RangeRule& rule : rules.ranges) check_range(place, rule);
      for (const CheckRule& rule : rules.checks) check_pattern(place, rule);
      if (run.done()) return {};
    }
  }
  return {};
}

}  // namespace omnigraph::validation
