#include "storage/row_batch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>

#include "storage/column_memory.h"

namespace omnigraph {

IdColumn IdColumn::of_text(ColumnPtr text) {
  IdColumn ids;
  ids.rows_ = text->rows;
  ids.text_ = std::move(text);
  return ids;
}

IdColumn IdColumn::of_run(Ulid base, std::uint32_t rows) {
  IdColumn ids;
  ids.rows_ = rows;
  ids.base_ = base;
  return ids;
}

IdColumn IdColumn::mixed(Ulid base, ColumnPtr text_or_null) {
  IdColumn ids;
  ids.rows_ = text_or_null->rows;
  ids.base_ = base;
  // No row brought its own id: a plain run.
  if (text_or_null->null_count < ids.rows_) ids.text_ = std::move(text_or_null);
  return ids;
}

std::string_view IdColumn::get(std::size_t row, char (&scratch)[26]) const {
  assert(row < rows_);
  if (text_ != nullptr && !text_->is_null(row)) return text_->text(row);
  base_.plus(row).write_text(scratch);
  return {scratch, sizeof scratch};
}

std::string IdColumn::str(std::size_t row) const {
  char scratch[26];
  return std::string(get(row, scratch));
}

const Column* RowBatch::column(PropertyId property) const {
  for (const auto& [id, column] : columns) {
    if (id == property) return column.get();
  }
  return nullptr;
}

std::size_t RowBatch::memory() const {
  std::size_t total = sizeof(RowBatch) + rids.capacity() * sizeof(RowId) +
                      gsns.capacity() * sizeof(Gsn) +
                      (src.capacity() + dst.capacity()) * sizeof(RowId);
  const auto add = [&total](const Column& column) {
    total += column.memory;
    if (column.child) total += column.child->memory;
  };
  if (ids.text()) add(*ids.text());
  for (const auto& [property, column] : columns) add(*column);
  return total;
}

namespace {

// The first eight bytes of a text as a number that sorts like them.
std::uint64_t prefix_of(std::string_view text) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
  }
  return prefix;
}

// True when ids ascend with the row for every row, without looking at texts.
bool ids_are_run(const IdColumn& ids) { return ids.is_run(); }

std::vector<std::uint32_t> node_order(const RowBatch& batch) {
  std::vector<std::uint32_t> order(batch.rows);
  std::iota(order.begin(), order.end(), 0u);
  if (ids_are_run(batch.ids)) return order;
  struct Key {
    std::uint64_t prefix;
    std::uint32_t row;
  };
  std::vector<Key> keys(batch.rows);
  char scratch[26];
  bool sorted = true;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    keys[row] = {prefix_of(batch.ids.get(row, scratch)), row};
    if (row > 0 && keys[row - 1].prefix >= keys[row].prefix) {
      char before[26];
      sorted = sorted && batch.ids.get(row - 1, before) <= batch.ids.get(row, scratch);
    }
  }
  if (sorted) return order;
  std::sort(keys.begin(), keys.end(), [&batch](const Key& a, const Key& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    char left[26], right[26];
    const int c = batch.ids.get(a.row, left).compare(batch.ids.get(b.row, right));
    return c != 0 ? c < 0 : a.row < b.row;
  });
  for (std::uint32_t i = 0; i < batch.rows; ++i) order[i] = keys[i].row;
  return order;
}

// One stable pass of a radix sort by `kDigitBits` bits of key(row) from `shift` on.
constexpr unsigned kDigitBits = 11;
void radix_pass(const std::vector<RowId>& keys, unsigned shift, std::vector<std::uint32_t>& order,
                std::vector<std::uint32_t>& scratch) {
  constexpr std::size_t kBuckets = std::size_t{1} << kDigitBits;
  std::array<std::uint32_t, kBuckets> starts{};
  for (const RowId key : keys) ++starts[(key >> shift) & (kBuckets - 1)];
  std::uint32_t total = 0;
  for (std::uint32_t& start : starts) total += std::exchange(start, total);
  for (const std::uint32_t row : order) {
    scratch[starts[(keys[row] >> shift) & (kBuckets - 1)]++] = row;
  }
  order.swap(scratch);
}

void radix_sort(const std::vector<RowId>& keys, std::vector<std::uint32_t>& order,
                std::vector<std::uint32_t>& scratch) {
  const RowId greatest = *std::max_element(keys.begin(), keys.end());
  for (unsigned shift = 0; shift < 32 && (greatest >> shift) != 0; shift += kDigitBits) {
    radix_pass(keys, shift, order, scratch);
  }
}

std::vector<std::uint32_t> edge_order(const RowBatch& batch) {
  const std::vector<RowId>& src = batch.src;
  const std::vector<RowId>& dst = batch.dst;
  std::vector<std::uint32_t> order(batch.rows);
  std::iota(order.begin(), order.end(), 0u);
  bool sorted = true;
  for (std::uint32_t i = 1; i < batch.rows && sorted; ++i) {
    sorted = src[i - 1] < src[i] || (src[i - 1] == src[i] && dst[i - 1] <= dst[i]);
  }
  // Least significant first; each pass is stable, so that a run's ids come out ascending.
  if (!sorted) {
    std::vector<std::uint32_t> scratch(batch.rows);
    radix_sort(dst, order, scratch);
    radix_sort(src, order, scratch);
  }
  if (ids_are_run(batch.ids)) return order;
  for (std::uint32_t begin = 0; begin < batch.rows;) {
    std::uint32_t end = begin + 1;
    while (end < batch.rows && src[order[end]] == src[order[begin]] &&
           dst[order[end]] == dst[order[begin]]) {
      ++end;
    }
    if (end - begin > 1) {
      std::sort(order.begin() + begin, order.begin() + end,
                [&batch](std::uint32_t a, std::uint32_t b) {
                  char left[26], right[26];
                  const int c = batch.ids.get(a, left).compare(batch.ids.get(b, right));
                  return c != 0 ? c < 0 : a < b;
                });
    }
    begin = end;
  }
  return order;
}

template <typename T>
std::vector<T> pick(const std::vector<T>& values, std::span<const std::uint32_t> order) {
  if (values.empty()) return {};
  std::vector<T> picked(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) picked[i] = values[order[i]];
  return picked;
}

IdColumn pick_ids(const IdColumn& ids, std::span<const std::uint32_t> order) {
  if (!ids.is_run() && ids.text()->null_count == 0) {
    return IdColumn::of_text(gather(*ids.text(), order));
  }
  // A stretch of a run is a run.
  bool consecutive = ids.is_run() && !order.empty();
  for (std::size_t i = 1; i < order.size() && consecutive; ++i) {
    consecutive = order[i] == order[i - 1] + 1;
  }
  if (consecutive) {
    return IdColumn::of_run(ids.base().plus(order[0]), static_cast<std::uint32_t>(order.size()));
  }
  ColumnBuilder texts(PropertyType{.scalar = ScalarType::kString});
  texts.reserve(order.size());
  char scratch[26];
  for (const std::uint32_t row : order) texts.append_text(ids.get(row, scratch));
  if (order.empty()) return {};
  return IdColumn::of_text(texts.finish());
}

}  // namespace

std::vector<std::uint32_t> sort_order(const RowBatch& batch) {
  if (batch.rows == 0) return {};
  return batch.is_edge ? edge_order(batch) : node_order(batch);
}

RowBatch reorder(const RowBatch& batch, std::span<const std::uint32_t> order) {
  RowBatch out;
  out.table = batch.table;
  out.is_edge = batch.is_edge;
  out.rows = static_cast<std::uint32_t>(order.size());
  out.gsn = batch.gsn;
  out.ids = pick_ids(batch.ids, order);
  out.rids = pick(batch.rids, order);
  out.gsns = pick(batch.gsns, order);
  out.src = pick(batch.src, order);
  out.dst = pick(batch.dst, order);
  out.columns.reserve(batch.columns.size());
  for (const auto& [property, column] : batch.columns) {
    out.columns.emplace_back(property, gather(*column, order));
  }
  return out;
}

std::optional<RowBatch> join_batches(std::span<const NumberedBatch> batches) {
  RowBatch out;
  out.table = batches.front().rows->table;
  out.is_edge = batches.front().rows->is_edge;
  std::vector<std::pair<PropertyId, PropertyType>> properties;
  for (const NumberedBatch& batch : batches) {
    out.rows += batch.rows->rows;
    for (const auto& [property, column] : batch.rows->columns) {
      const auto at = std::find_if(properties.begin(), properties.end(),
                                   [id = property](const auto& p) { return p.first == id; });
      if (at == properties.end()) {
        properties.emplace_back(property, type_of(*column));
      } else if (at->second != type_of(*column)) {
        return std::nullopt;
      }
    }
  }
  out.rids.reserve(out.rows);
  out.gsns.reserve(out.rows);
  if (out.is_edge) {
    out.src.reserve(out.rows);
    out.dst.reserve(out.rows);
  }
  ColumnBuilder ids(PropertyType{.scalar = ScalarType::kString});
  ids.reserve(out.rows);
  char scratch[26];
  for (const auto& [rows, gsn] : batches) {
    out.rids.insert(out.rids.end(), rows->rids.begin(), rows->rids.end());
    if (rows->gsns.empty()) {
      out.gsns.insert(out.gsns.end(), rows->rows, gsn);
    } else {
      out.gsns.insert(out.gsns.end(), rows->gsns.begin(), rows->gsns.end());
    }
    out.src.insert(out.src.end(), rows->src.begin(), rows->src.end());
    out.dst.insert(out.dst.end(), rows->dst.begin(), rows->dst.end());
    for (std::uint32_t row = 0; row < rows->rows; ++row) {
      ids.append_text(rows->ids.get(row, scratch));
    }
  }
  out.ids = IdColumn::of_text(ids.finish());
  out.columns.reserve(properties.size());
  for (const auto& [property, type] : properties) {
    ColumnBuilder values(type);
    values.reserve(out.rows);
    for (const NumberedBatch& batch : batches) {
      const Column* column = batch.rows->column(property);
      for (std::uint32_t row = 0; row < batch.rows->rows; ++row) {
        if (column != nullptr && !column->is_null(row)) {
          values.append_from(*column, row);
        } else {
          values.append_null();
        }
      }
    }
    out.columns.emplace_back(property, values.finish());
  }
  return out;
}

}  // namespace omnigraph
