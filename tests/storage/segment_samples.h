// Rows for tests: batches of people and of follows, made from a seed.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "storage/row_batch.h"
#include "storage/segment.h"

namespace omnigraph::samples {

inline constexpr TypeId kPeople = 1, kFollows = 2;
inline constexpr PropertyId kName = 11, kAge = 12, kCity = 13, kScore = 14, kTags = 15, kSpot = 16,
                            kActive = 17, kBorn = 18, kSeen = 19, kBig = 20, kRatio = 21,
                            kSince = 31;

inline PropertyType type(ScalarType scalar, bool list = false, std::uint32_t dimension = 0) {
  PropertyType made;
  made.scalar = scalar;
  made.list = list;
  made.nullable = true;
  made.dimension = dimension;
  return made;
}

inline std::vector<std::pair<PropertyId, PropertyType>> people_properties() {
  return {{kName, type(ScalarType::kString)},       {kAge, type(ScalarType::kI32)},
          {kCity, type(ScalarType::kString)},       {kScore, type(ScalarType::kF64)},
          {kTags, type(ScalarType::kString, true)}, {kSpot, type(ScalarType::kVector, false, 3)},
          {kActive, type(ScalarType::kBool)},       {kBorn, type(ScalarType::kDate)},
          {kSeen, type(ScalarType::kDateTime)},     {kBig, type(ScalarType::kU64)},
          {kRatio, type(ScalarType::kF32)}};
}

inline std::string name_of(std::uint32_t i) {
  std::string digits = std::to_string(i);
  return "person-" + std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits;
}

// People `first` .. `first + rows`, in segment order, with every kind of column and some nulls.
inline RowBatch people(std::uint32_t rows, std::uint32_t first = 0, std::uint64_t seed = 1,
                       Gsn gsn = 1) {
  std::mt19937_64 random(seed);
  RowBatch batch;
  batch.table = kPeople;
  batch.rows = rows;
  batch.gsn = gsn;
  std::vector<ColumnBuilder> columns;
  const auto properties = people_properties();
  for (const auto& [property, property_type] : properties) columns.emplace_back(property_type);
  for (std::uint32_t i = 0; i < rows; ++i) {
    batch.rids.push_back(first + i);
    const auto maybe_null = [&](ColumnBuilder& column, auto&& append) {
      if (random() % 10 == 0) {
        column.append_null();
      } else {
        append(column);
      }
    };
    columns[0].append_text(name_of(first + i));
    maybe_null(columns[1], [&](auto& c) { c.append_i32(static_cast<int>(random() % 90)); });
    maybe_null(columns[2],
               [&](auto& c) { c.append_text("city " + std::to_string(random() % 40)); });
    maybe_null(columns[3],
               [&](auto& c) { c.append_f64(static_cast<double>(random() % 1000) / 7); });
    maybe_null(columns[4], [&](auto& c) {
      c.begin_list();
      for (std::uint64_t n = random() % 4; n > 0; --n) c.append_text("t" + std::to_string(n));
      c.end_list();
    });
    maybe_null(columns[5], [&](auto& c) {
      const float spot[3] = {1.5F, static_cast<float>(random() % 9), -2};
      c.append_vector(spot);
    });
    maybe_null(columns[6], [&](auto& c) { c.append_bool(random() % 2 == 0); });
    maybe_null(columns[7], [&](auto& c) { c.append_i32(-static_cast<int>(random() % 30000)); });
    maybe_null(columns[8],
               [&](auto& c) { c.append_i64(static_cast<std::int64_t>(random() >> 20)); });
    maybe_null(columns[9], [&](auto& c) { c.append_u64(random()); });
    maybe_null(columns[10], [&](auto& c) { c.append_f32(static_cast<float>(random() % 100) / 3); });
  }
  for (std::size_t c = 0; c < columns.size(); ++c) {
    batch.columns.emplace_back(properties[c].first, columns[c].finish(c == 2));
  }
  batch.ids = IdColumn::of_text(batch.columns[0].second);
  return batch;
}

// Edges among `nodes` nodes in segment order, ids a run.
inline RowBatch follows(std::uint32_t rows, std::uint32_t nodes, std::uint64_t seed = 1,
                        RowId first = 0, Gsn gsn = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::pair<RowId, RowId>> pairs(rows);
  for (auto& [source, target] : pairs) {
    source = static_cast<RowId>(random() % nodes);
    target = static_cast<RowId>(random() % nodes);
  }
  std::sort(pairs.begin(), pairs.end());
  RowBatch batch;
  batch.table = kFollows;
  batch.is_edge = true;
  batch.rows = rows;
  batch.gsn = gsn;
  batch.ids = IdColumn::of_run(Ulid{0x018CC251F4001234 + seed, 77 + first}, rows);
  ColumnBuilder since(type(ScalarType::kDate));
  for (std::uint32_t i = 0; i < rows; ++i) {
    batch.rids.push_back(first + i);
    batch.src.push_back(pairs[i].first);
    batch.dst.push_back(pairs[i].second);
    since.append_i32(static_cast<int>(random() % 20000));
  }
  batch.columns.emplace_back(kSince, since.finish());
  return batch;
}

inline std::vector<std::pair<PropertyId, PropertyType>> follows_properties() {
  return {{kSince, type(ScalarType::kDate)}};
}

// Row `row` as text: everything that a reader could see of it.
inline std::string row_text(const RowBatch& batch, std::uint32_t row);

inline void append_value(std::string& out, const Value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (const auto* list = value.list()) {
    out += '[';
    for (const Value& element : *list) append_value(out, element), out += ',';
    out += ']';
  } else if (const auto* s = value.get_if<std::string>()) {
    out += *s;
  } else if (const auto* i = value.get_if<std::int64_t>()) {
    out += std::to_string(*i);
  } else if (const auto* u = value.get_if<std::uint64_t>()) {
    out += std::to_string(*u);
  } else if (const auto* d = value.get_if<double>()) {
    out += std::to_string(*d);
  } else if (const auto* b = value.get_if<bool>()) {
    out += *b ? "true" : "false";
  } else if (const auto* date = value.get_if<Date>()) {
    out += std::to_string(date->days);
  } else if (const auto* instant = value.get_if<DateTime>()) {
    out += std::to_string(instant->millis);
  }
}

inline std::string row_text(const RowBatch& batch, std::uint32_t row) {
  std::string out = batch.ids.str(row) + "|" + std::to_string(batch.rids[row]) + "|" +
                    std::to_string(batch.gsns.empty() ? batch.gsn : batch.gsns[row]);
  if (batch.is_edge) {
    out += "|" + std::to_string(batch.src[row]) + ">" + std::to_string(batch.dst[row]);
  }
  for (const auto& [property, column] : batch.columns) {
    out += "|" + std::to_string(property) + "=";
    append_value(out, column->value(row));
  }
  return out;
}

inline std::vector<std::string> texts(const RowBatch& batch) {
  std::vector<std::string> rows;
  for (std::uint32_t row = 0; row < batch.rows; ++row) rows.push_back(row_text(batch, row));
  return rows;
}

}  // namespace omnigraph::samples
