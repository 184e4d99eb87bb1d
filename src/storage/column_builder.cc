#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>
#include <string>
#include <unordered_map>

#include "storage/column.h"
#include "storage/column_memory.h"

namespace omnigraph {

// The rows so far, and the column over them once they are finished.
struct ColumnBuilder::State {
  explicit State(const PropertyType& type)
      : layout(layout_of(type)), width(fixed_width(type.scalar)) {
    if (layout == Column::Layout::kVector) width = type.dimension * sizeof(float);
    if (type.list) {
      PropertyType element = type;
      element.list = false;
      elements = std::make_unique<ColumnBuilder>(element);
    }
  }

  bool has_offsets() const {
    return layout == Column::Layout::kString || layout == Column::Layout::kList;
  }

  void mark(bool present) {
    if (!present && validity.empty()) {
      // The first null: everything before it is present.
      validity.assign(rows / 64 + 1, ~std::uint64_t{0});
      validity.reserve(rows_expected / 64 + 1);
    }
    if (!validity.empty()) {
      if (rows / 64 >= validity.size()) validity.push_back(~std::uint64_t{0});
      if (!present) validity[rows / 64] &= ~(std::uint64_t{1} << (rows % 64));
    }
    if (!present) ++nulls;
    ++rows;
  }

  void append_bytes(const void* data, std::size_t size) {
    const std::size_t at = values.size();
    values.resize(at + size);
    if (size > 0) std::memcpy(values.data() + at, data, size);
  }

  template <typename T>
  void append_fixed(T value) {
    assert(layout == Column::Layout::kFixed && width == sizeof(T));
    append_bytes(&value, sizeof(T));
    mark(true);
  }

  // Where the next row of a layout with offsets begins.
  void end_row(std::size_t at) {
    if (offsets.empty()) offsets.push_back(0);
    offsets.push_back(static_cast<std::uint32_t>(at));
  }

  Column column;
  Column::Layout layout;
  std::size_t width;
  bool in_list = false;
  std::uint32_t rows = 0;
  std::uint32_t nulls = 0;
  std::size_t rows_expected = 0;
  std::vector<std::uint64_t> validity;  // empty: no null so far
  std::vector<std::byte> values;
  std::vector<std::uint32_t> offsets;
  std::string bytes;
  std::unique_ptr<ColumnBuilder> elements;  // of lists
};

// The values that an enum allows are not needed, and would be copied.
ColumnBuilder::ColumnBuilder(const PropertyType& type)
    : type_{.scalar = type.scalar,
            .list = type.list,
            .nullable = type.nullable,
            .dimension = type.dimension} {}
ColumnBuilder::ColumnBuilder(ColumnBuilder&&) noexcept = default;
ColumnBuilder& ColumnBuilder::operator=(ColumnBuilder&&) noexcept = default;
ColumnBuilder::~ColumnBuilder() = default;

ColumnBuilder::State& ColumnBuilder::state() {
  if (!state_) state_ = std::make_shared<State>(type_);
  return *state_;
}

void ColumnBuilder::reserve(std::size_t rows) {
  State& s = state();
  s.rows_expected = rows;
  if (s.has_offsets()) {
    s.offsets.reserve(rows + 1);
  } else {
    s.values.reserve(rows * s.width);
  }
}

void ColumnBuilder::append_null() {
  State& s = state();
  if (s.in_list) return s.elements->append_null();
  if (s.has_offsets()) {
    s.end_row(s.offsets.empty() ? 0 : s.offsets.back());
  } else {
    s.values.resize(s.values.size() + s.width);
  }
  s.mark(false);
}

// A value goes to the elements while a list is open.
#define OG_APPEND_FIXED(function, type, stored)     \
  void ColumnBuilder::function(type v) {            \
    State& s = state();                             \
    if (s.in_list) return s.elements->function(v);  \
    s.append_fixed<stored>(static_cast<stored>(v)); \
  }
OG_APPEND_FIXED(append_bool, bool, std::uint8_t)
OG_APPEND_FIXED(append_i32, std::int32_t, std::int32_t)
OG_APPEND_FIXED(append_i64, std::int64_t, std::int64_t)
OG_APPEND_FIXED(append_u32, std::uint32_t, std::uint32_t)
OG_APPEND_FIXED(append_u64, std::uint64_t, std::uint64_t)
OG_APPEND_FIXED(append_f32, float, float)
OG_APPEND_FIXED(append_f64, double, double)
#undef OG_APPEND_FIXED

void ColumnBuilder::append_text(std::string_view v) {
  State& s = state();
  if (s.in_list) return s.elements->append_text(v);
  assert(s.layout == Column::Layout::kString);
  assert(s.bytes.size() + v.size() <= kMaxColumnBytes);
  s.bytes.append(v);
  s.end_row(s.bytes.size());
  s.mark(true);
}

void ColumnBuilder::append_vector(std::span<const float> v) {
  State& s = state();
  assert(s.layout == Column::Layout::kVector && v.size() == type_.dimension);
  s.append_bytes(v.data(), v.size_bytes());
  s.mark(true);
}

void ColumnBuilder::begin_list() {
  assert(type_.list && !state().in_list);
  state().in_list = true;
}

void ColumnBuilder::end_list() {
  State& s = state();
  assert(s.in_list);
  s.in_list = false;
  s.end_row(s.elements->rows());
  s.mark(true);
}

void ColumnBuilder::append_value(const Value& v) {
  State& s = state();
  if (v.is_null()) return append_null();
  if (type_.list && !s.in_list) {
    assert(v.list() != nullptr);
    begin_list();
    for (const Value& element : *v.list()) append_value(element);
    return end_list();
  }
  // Integers come as either alternative: Value(uint64_t) is an int64_t where it fits.
  const auto integer = [&v] {
    if (const auto* i = v.get_if<std::int64_t>()) return static_cast<std::uint64_t>(*i);
    const auto* u = v.get_if<std::uint64_t>();
    assert(u != nullptr);
    return u != nullptr ? *u : 0;
  };
  const auto number = [&v, &integer] {
    const auto* d = v.get_if<double>();
    return d != nullptr ? *d : static_cast<double>(static_cast<std::int64_t>(integer()));
  };
  switch (type_.scalar) {
    case ScalarType::kString:
    case ScalarType::kBlob:
      assert(v.get_if<std::string>() != nullptr);
      return append_text(*v.get_if<std::string>());
    case ScalarType::kBool:
      assert(v.get_if<bool>() != nullptr);
      return append_bool(*v.get_if<bool>());
    case ScalarType::kI32:
      return append_i32(static_cast<std::int32_t>(integer()));
    case ScalarType::kI64:
      return append_i64(static_cast<std::int64_t>(integer()));
    case ScalarType::kU32:
      return append_u32(static_cast<std::uint32_t>(integer()));
    case ScalarType::kU64:
      return append_u64(integer());
    case ScalarType::kF32:
      return append_f32(static_cast<float>(number()));
    case ScalarType::kF64:
      return append_f64(number());
    case ScalarType::kDate:
      assert(v.get_if<Date>() != nullptr);
      return append_i32(v.get_if<Date>()->days);
    case ScalarType::kDateTime:
      assert(v.get_if<DateTime>() != nullptr);
      return append_i64(v.get_if<DateTime>()->millis);
    case ScalarType::kVector: {
      assert(v.list() != nullptr && v.list()->size() == type_.dimension);
      for (const Value& element : *v.list()) {
        const auto* d = element.get_if<double>();
        const auto* i = element.get_if<std::int64_t>();
        assert(d != nullptr || i != nullptr);
        const float f = d != nullptr   ? static_cast<float>(*d)
                        : i != nullptr ? static_cast<float>(*i)
                                       : 0.0F;
        s.append_bytes(&f, sizeof f);
      }
      return s.mark(true);
    }
  }
}

void ColumnBuilder::append_from(const Column& column, std::size_t row) {
  State& s = state();
  if (column.is_null(row)) return append_null();
  switch (column.layout) {
    case Column::Layout::kAllNull:
      return append_null();
    case Column::Layout::kString:
    case Column::Layout::kDictionary:
      return append_text(column.text(row));
    case Column::Layout::kFixed:
    case Column::Layout::kVector: {
      if (s.in_list) return s.elements->append_from(column, row);
      assert(s.layout == column.layout);
      s.append_bytes(static_cast<const std::byte*>(column.values) + row * s.width, s.width);
      return s.mark(true);
    }
    case Column::Layout::kList: {
      begin_list();
      for (std::uint32_t i = column.offsets[row]; i < column.offsets[row + 1]; ++i) {
        s.elements->append_from(*column.child, i);
      }
      return end_list();
    }
  }
}

std::size_t ColumnBuilder::rows() const { return state_ ? state_->rows : 0; }

std::size_t ColumnBuilder::memory() const {
  if (!state_) return 0;
  const State& s = *state_;
  return sizeof(State) + s.validity.capacity() * 8 + s.values.capacity() +
         s.offsets.capacity() * 4 + s.bytes.capacity() + (s.elements ? s.elements->memory() : 0);
}

ColumnPtr ColumnBuilder::finish(bool dictionary) {
  const std::shared_ptr<State> kept = std::move(state_);
  if (!kept || kept->rows == kept->nulls) return all_null_column(type_, kept ? kept->rows : 0);
  State& s = *kept;
  assert(!s.in_list);
  Column& column = s.column;
  column.type = type_.scalar;
  column.list = type_.list;
  column.dimension = type_.dimension;
  column.layout = s.layout;
  column.rows = s.rows;
  column.null_count = s.nulls;
  if (type_.list) column.child = s.elements->finish(dictionary);
  if (s.nulls > 0) column.validity = s.validity.data();
  if (s.has_offsets()) {
    column.offsets = s.offsets.data();
    column.bytes = s.bytes.data();
  } else {
    column.values = s.values.data();
  }
  column.memory = sizeof(State) + s.validity.capacity() * 8 + s.values.capacity() +
                  s.offsets.capacity() * 4 + s.bytes.capacity();
  ColumnPtr finished(kept, &column);
  if (dictionary && column.layout == Column::Layout::kString) return with_dictionary(finished);
  return finished;
}

ColumnPtr with_dictionary(ColumnPtr column) {
  if (column->layout != Column::Layout::kString) return column;
  const std::uint32_t rows = column->rows;
  const std::uint32_t most = std::min(kMaxDictionary, rows / kRowsPerDictionaryEntry);
  std::unordered_map<std::string_view, std::uint32_t> codes;
  std::vector<std::string_view> texts;
  ColumnMemory memory;
  std::uint32_t* const out = memory.make_codes(rows);
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (column->is_null(row)) {
      out[row] = 0;
      continue;
    }
    const auto [at, fresh] =
        codes.try_emplace(column->text(row), static_cast<std::uint32_t>(texts.size()));
    if (fresh) {
      if (texts.size() >= most) return column;
      texts.push_back(at->first);
    }
    out[row] = at->second;
  }
  // Codes in order of first sight become codes in order of bytes.
  std::vector<std::uint32_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return texts[a] < texts[b]; });
  std::vector<std::uint32_t> final_code(texts.size());
  ColumnBuilder dictionary(PropertyType{.scalar = column->type});
  dictionary.reserve(texts.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    final_code[order[i]] = i;
    dictionary.append_text(texts[order[i]]);
  }
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (!column->is_null(row)) out[row] = final_code[out[row]];
  }
  if (column->null_count > 0) {
    std::copy_n(column->validity, (rows + 63) / 64, memory.make_validity(rows));
  }
  return column_over(type_of(*column), Column::Layout::kDictionary, rows, column->null_count,
                     std::move(memory), dictionary.finish());
}

}  // namespace omnigraph
