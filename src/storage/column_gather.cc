// Picking rows out of columns: one column (queries, reordering) or several (folding).
#include <algorithm>
#include <cassert>
#include <cstring>

#include "storage/column.h"
#include "storage/column_memory.h"

namespace omnigraph {
namespace {

using Layout = Column::Layout;

// Where row i of the result comes from: one column's rows, or rows of several.
struct OneColumn {
  const Column& column;
  std::span<const std::uint32_t> rows;
  std::uint32_t size() const { return static_cast<std::uint32_t>(rows.size()); }
  const Column* at(std::size_t) const { return &column; }
  std::uint32_t row(std::size_t i) const { return rows[i]; }
  std::uint32_t source(std::size_t) const { return 0; }
};
struct SeveralColumns {
  std::span<const ColumnPtr> columns;
  std::span<const SourceRow> rows;
  std::uint32_t size() const { return static_cast<std::uint32_t>(rows.size()); }
  const Column* at(std::size_t i) const { return columns[rows[i].source].get(); }
  std::uint32_t row(std::size_t i) const { return rows[i].row; }
  std::uint32_t source(std::size_t i) const { return rows[i].source; }
};

template <typename Rows>
bool null_at(const Rows& from, std::size_t i) {
  const Column* column = from.at(i);
  return column == nullptr || column->is_null(from.row(i));
}

// Fills validity when some row is null; returns the number of nulls.
template <typename Rows>
std::uint32_t gather_validity(const Rows& from, bool may_be_null, ColumnMemory& memory) {
  if (!may_be_null) return 0;
  std::uint32_t nulls = 0;
  std::uint64_t* words = memory.make_validity(from.size());
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (!null_at(from, i)) continue;
    words[i >> 6] &= ~(std::uint64_t{1} << (i & 63));
    ++nulls;
  }
  return nulls;
}

template <typename T, typename Rows>
void gather_fixed(const Rows& from, bool may_be_null, std::byte* out_bytes) {
  T* out = reinterpret_cast<T*>(out_bytes);
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (may_be_null && null_at(from, i)) {
      out[i] = T{};
    } else {
      out[i] = static_cast<const T*>(from.at(i)->values)[from.row(i)];
    }
  }
}

template <typename Rows>
ColumnPtr gather_text(const PropertyType& type, const Rows& from, bool may_be_null) {
  ColumnMemory memory;
  const std::uint32_t nulls = gather_validity(from, may_be_null, memory);
  std::uint32_t* offsets = memory.make_offsets(from.size());
  std::uint64_t size = 0;
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (!may_be_null || !null_at(from, i)) size += from.at(i)->text(from.row(i)).size();
    offsets[i + 1] = static_cast<std::uint32_t>(size);
  }
  assert(size <= kMaxColumnBytes);
  char* bytes = memory.make_bytes(size);
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (offsets[i + 1] == offsets[i]) continue;
    const std::string_view text = from.at(i)->text(from.row(i));
    std::memcpy(bytes + offsets[i], text.data(), text.size());
  }
  return column_over(type, Layout::kString, from.size(), nulls, std::move(memory));
}

// `recode[s]` maps codes of source s to codes of `dictionary`; empty: they are the same.
template <typename Rows>
ColumnPtr gather_codes(const PropertyType& type, const Rows& from, bool may_be_null,
                       const std::vector<std::vector<std::uint32_t>>& recode,
                       ColumnPtr dictionary) {
  ColumnMemory memory;
  const std::uint32_t nulls = gather_validity(from, may_be_null, memory);
  std::uint32_t* codes = memory.make_codes(from.size());
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (may_be_null && null_at(from, i)) {
      codes[i] = 0;
      continue;
    }
    const std::uint32_t code = from.at(i)->codes[from.row(i)];
    codes[i] = recode.empty() ? code : recode[from.source(i)][code];
  }
  return column_over(type, Layout::kDictionary, from.size(), nulls, std::move(memory),
                     std::move(dictionary));
}

template <typename Rows>
ColumnPtr gather_values(const PropertyType& type, const Rows& from, bool may_be_null) {
  const std::size_t width = layout_of(type) == Layout::kVector ? type.dimension * sizeof(float)
                                                               : fixed_width(type.scalar);
  ColumnMemory memory;
  const std::uint32_t nulls = gather_validity(from, may_be_null, memory);
  std::byte* out = memory.make_values(from.size() * width);
  if (layout_of(type) == Layout::kVector) {
    for (std::uint32_t i = 0; i < from.size(); ++i) {
      if (may_be_null && null_at(from, i)) {
        std::memset(out + i * width, 0, width);
      } else {
        const auto* values = static_cast<const std::byte*>(from.at(i)->values);
        std::memcpy(out + i * width, values + from.row(i) * width, width);
      }
    }
  } else if (width == 1) {
    gather_fixed<std::uint8_t>(from, may_be_null, out);
  } else if (width == 4) {
    gather_fixed<std::uint32_t>(from, may_be_null, out);
  } else {
    gather_fixed<std::uint64_t>(from, may_be_null, out);
  }
  return column_over(type, layout_of(type), from.size(), nulls, std::move(memory));
}

template <typename Rows, typename GatherElements>
ColumnPtr gather_lists(const PropertyType& type, const Rows& from, bool may_be_null,
                       const GatherElements& gather_elements) {
  ColumnMemory memory;
  const std::uint32_t nulls = gather_validity(from, may_be_null, memory);
  std::uint32_t* offsets = memory.make_offsets(from.size());
  std::uint64_t count = 0;
  std::vector<SourceRow> elements;
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    if (!null_at(from, i)) {
      const Column& column = *from.at(i);
      const std::uint32_t row = from.row(i);
      for (std::uint32_t e = column.offsets[row]; e < column.offsets[row + 1]; ++e) {
        elements.push_back({from.source(i), e});
      }
      count += column.offsets[row + 1] - column.offsets[row];
    }
    offsets[i + 1] = static_cast<std::uint32_t>(count);
  }
  assert(count <= kMaxColumnBytes);
  return column_over(type, Layout::kList, from.size(), nulls, std::move(memory),
                     gather_elements(elements));
}

PropertyType element_of(PropertyType type) {
  type.list = false;
  return type;
}

// One sorted dictionary for several, and each one's way into it.
ColumnPtr merge_dictionaries(ScalarType scalar, std::span<const ColumnPtr> columns,
                             std::vector<std::vector<std::uint32_t>>& recode) {
  struct Entry {
    std::string_view text;
    std::uint32_t source, code;
  };
  std::vector<Entry> entries;
  recode.assign(columns.size(), {});
  for (std::uint32_t s = 0; s < columns.size(); ++s) {
    if (!columns[s] || columns[s]->layout != Layout::kDictionary) continue;
    const Column& dictionary = *columns[s]->child;
    recode[s].resize(dictionary.rows);
    for (std::uint32_t code = 0; code < dictionary.rows; ++code) {
      entries.push_back({dictionary.text(code), s, code});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.text < b.text; });
  ColumnBuilder merged(PropertyType{.scalar = scalar});
  std::string_view last;
  for (const Entry& entry : entries) {
    if (merged.rows() == 0 || entry.text != last) merged.append_text(entry.text);
    last = entry.text;
    recode[entry.source][entry.code] = static_cast<std::uint32_t>(merged.rows() - 1);
  }
  return merged.finish();
}

}  // namespace

ColumnPtr gather(const Column& column, std::span<const std::uint32_t> rows) {
  const PropertyType type = type_of(column);
  const auto count = static_cast<std::uint32_t>(rows.size());
  const OneColumn from{column, rows};
  const bool may_be_null = column.null_count > 0;
  switch (column.layout) {
    case Layout::kAllNull:
      return all_null_column(type, count);
    case Layout::kFixed:
    case Layout::kVector:
      return gather_values(type, from, may_be_null);
    case Layout::kString:
      return gather_text(type, from, may_be_null);
    case Layout::kDictionary:
      return gather_codes(type, from, may_be_null, {}, column.child);
    case Layout::kList:
      return gather_lists(type, from, may_be_null, [&](const std::vector<SourceRow>& elements) {
        std::vector<std::uint32_t> element_rows(elements.size());
        for (std::size_t i = 0; i < elements.size(); ++i) element_rows[i] = elements[i].row;
        return gather(*column.child, element_rows);
      });
  }
  return all_null_column(type, count);
}

ColumnPtr gather_rows(const PropertyType& type, std::span<const ColumnPtr> sources,
                      std::span<const SourceRow> rows) {
  const SeveralColumns from{sources, rows};
  bool any = false, may_be_null = false, all_coded = true, one_dictionary = true;
  const Column* dictionary_of = nullptr;
  for (const ColumnPtr& source : sources) {
    if (!source || source->layout == Layout::kAllNull) {
      may_be_null = true;
      continue;
    }
    any = true;
    may_be_null = may_be_null || source->null_count > 0;
    all_coded = all_coded && source->layout == Layout::kDictionary;
    if (source->layout != Layout::kDictionary) continue;
    if (dictionary_of == nullptr) dictionary_of = source.get();
    one_dictionary = one_dictionary && source->child == dictionary_of->child;
  }
  if (!any) return all_null_column(type, from.size());
  switch (layout_of(type)) {
    case Layout::kFixed:
    case Layout::kVector:
      return gather_values(type, from, may_be_null);
    case Layout::kList:
      return gather_lists(type, from, may_be_null, [&](const std::vector<SourceRow>& elements) {
        std::vector<ColumnPtr> children(sources.size());
        for (std::size_t s = 0; s < sources.size(); ++s) {
          if (sources[s]) children[s] = sources[s]->child;
        }
        return gather_rows(element_of(type), children, elements);
      });
    case Layout::kString:
    case Layout::kDictionary:
    case Layout::kAllNull:
      break;
  }
  if (!all_coded) return gather_text(type, from, may_be_null);
  std::vector<std::vector<std::uint32_t>> recode;
  ColumnPtr dictionary =
      one_dictionary ? dictionary_of->child : merge_dictionaries(type.scalar, sources, recode);
  return gather_codes(type, from, may_be_null, recode, std::move(dictionary));
}

ColumnPtr concatenate(std::span<const ColumnPtr> columns) {
  assert(!columns.empty());
  if (columns.size() == 1) return columns[0];
  std::size_t count = 0;
  for (const ColumnPtr& column : columns) count += column->rows;
  std::vector<SourceRow> rows;
  rows.reserve(count);
  for (std::uint32_t s = 0; s < columns.size(); ++s) {
    for (std::uint32_t row = 0; row < columns[s]->rows; ++row) rows.push_back({s, row});
  }
  return gather_rows(type_of(*columns[0]), columns, rows);
}

}  // namespace omnigraph
