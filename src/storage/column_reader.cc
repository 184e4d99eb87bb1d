#include "storage/column_reader.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "storage/column_memory.h"
#include "storage/parquet/page_decoder.h"

namespace omnigraph {

using parquet::GroupTexts;
using parquet::PageTarget;
using Layout = Column::Layout;

// Which pages are decoded, and where to.
struct ColumnReader::Plan {
  std::uint32_t first_page = 0, pages = 0;
  PageTarget target;                    // of the first page
  std::vector<std::uint64_t> text;      // bytes of texts before page i of the plan
  std::vector<std::uint32_t> elements;  // elements before it
  const std::vector<std::optional<GroupTexts>>* dictionaries = nullptr;  // by row group, whole file
  bool in_order = false;  // pages share bits of a buffer: one after the other
};

namespace {

bool is_text(ScalarType type) { return type == ScalarType::kString || type == ScalarType::kBlob; }

// The range of bytes that covers pages [first, last] and their dictionaries' data, if that is one
// contiguous stretch worth reading at once.
struct Stretch {
  std::uint64_t begin = UINT64_MAX, end = 0;
  void add(const StoredPage& page) {
    begin = std::min(begin, page.offset);
    end = std::max(end, page.offset + page.header_bytes + page.stored_bytes);
  }
};

std::string_view slice(const Bytes& bytes, const Stretch& stretch, const StoredPage& page) {
  return bytes.data.substr(page.offset - stretch.begin,
                           std::size_t{page.header_bytes} + page.stored_bytes);
}

// One sorted dictionary of several groups'; fills each one's recoding. Null when it does not pay.
ColumnPtr merged_dictionary(std::vector<std::optional<GroupTexts>>& groups, std::uint32_t rows,
                            ScalarType type) {
  std::vector<std::string_view> all;
  for (const auto& group : groups) {
    if (group) all.insert(all.end(), group->texts.begin(), group->texts.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.empty() || all.size() > kMaxDictionary ||
      all.size() > std::max(1u, rows / kRowsPerDictionaryEntry)) {
    return nullptr;
  }
  for (auto& group : groups) {
    if (!group || group->texts.size() == all.size()) continue;  // the same codes
    group->recode.resize(group->texts.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < group->texts.size(); ++i) {
      while (all[at] != group->texts[i]) ++at;
      group->recode[i] = static_cast<std::uint32_t>(at);
    }
  }
  ColumnBuilder texts(PropertyType{.scalar = type});
  texts.reserve(all.size());
  for (const std::string_view text : all) texts.append_text(text);
  return texts.finish();
}

}  // namespace

Error ColumnReader::named(Error error) const {
  if (error.code() != ErrorCode::kCorrupt) return error;
  return corrupt("object '" + name_ + "' is damaged: " + error.message() +
                 "; run `omnigraph repair` or restore the object from a copy");
}

Status ColumnReader::run(const ColumnDirectory& column, const Plan& plan) const {
  const std::uint32_t last_page = plan.first_page + plan.pages;
  const std::uint32_t first_group = plan.first_page / kGroupPages;
  const std::uint32_t groups = (last_page + kGroupPages - 1) / kGroupPages - first_group;
  std::mutex mutex;  // guards failure
  std::optional<Error> failure;
  const auto decode_group = [&](std::size_t g) -> Status {
    const std::uint32_t group = first_group + static_cast<std::uint32_t>(g);
    const std::uint32_t begin = std::max(plan.first_page, group * kGroupPages);
    const std::uint32_t end = std::min(last_page, (group + 1) * kGroupPages);
    Stretch stretch;
    for (std::uint32_t p = begin; p < end; ++p) stretch.add(column.pages[p].stored);
    OG_ASSIGN_OR_RETURN(const Bytes bytes, read_(stretch.begin, stretch.end - stretch.begin));
    const GroupTexts* dictionary = nullptr;
    if (plan.dictionaries != nullptr && (*plan.dictionaries)[group]) {
      dictionary = &*(*plan.dictionaries)[group];
    }
    for (std::uint32_t p = begin; p < end; ++p) {
      const DataPage& page = column.pages[p];
      OG_ASSIGN_OR_RETURN(const parquet::PageBody body,
                          parquet::open_page(page.stored, slice(bytes, stretch, page.stored)));
      PageTarget target = plan.target;
      target.row = (p - plan.first_page) * kPageRows;
      target.text = plan.text.empty() ? 0 : plan.text[p - plan.first_page];
      target.element = plan.elements.empty() ? 0 : plan.elements[p - plan.first_page];
      OG_RETURN_IF_ERROR(parquet::decode_page(column, page, body.bytes, dictionary, target));
    }
    return {};
  };
  const auto body = [&](std::size_t g) {
    Status status = decode_group(g);
    if (status.ok()) return;
    const std::lock_guard lock(mutex);
    if (!failure) failure = std::move(status).error();
  };
  if (groups == 1 || plan.in_order || !executor_) {
    for (std::size_t g = 0; g < groups; ++g) body(g);
  } else {
    executor_->parallel_for(groups, body);
  }
  if (failure) return named(std::move(*failure));
  return {};
}

Status ColumnReader::row_ids(const ColumnDirectory& column, RowId* out) const {
  if (column.type.scalar != ScalarType::kU32 || column.type.list || column.bounds.nulls != 0) {
    return named(corrupt("a column of row ids is none"));
  }
  Plan plan;
  plan.pages = static_cast<std::uint32_t>(column.pages.size());
  plan.target.values = reinterpret_cast<std::byte*>(out);
  return run(column, plan);
}

Status ColumnReader::numbers(const ColumnDirectory& column, std::uint64_t* out) const {
  if (column.type.scalar != ScalarType::kU64 || column.type.list || column.bounds.nulls != 0) {
    return named(corrupt("a column of commit numbers is none"));
  }
  Plan plan;
  plan.pages = static_cast<std::uint32_t>(column.pages.size());
  plan.target.values = reinterpret_cast<std::byte*>(out);
  return run(column, plan);
}

Result<ColumnPtr> ColumnReader::whole(const ColumnDirectory& column) const {
  return decode(column, 0, static_cast<std::uint32_t>(column.pages.size()), true);
}

Result<ColumnPtr> ColumnReader::page(const ColumnDirectory& column, std::uint32_t page) const {
  return decode(column, page, 1, false);
}

Result<ColumnPtr> ColumnReader::decode(const ColumnDirectory& column, std::uint32_t first_page,
                                       std::uint32_t pages, bool counted) const {
  const PropertyType& type = column.type;
  const std::uint32_t rows = std::min(rows_ - first_page * kPageRows, pages * kPageRows);
  Plan plan;
  plan.first_page = first_page;
  plan.pages = pages;
  std::uint32_t nulls = 0, element_nulls = 0, elements = 0;
  std::uint64_t text = 0;
  bool any_codes = false, all_codes = true;
  for (std::uint32_t p = first_page; p < first_page + pages; ++p) {
    const DataPage& page = column.pages[p];
    plan.text.push_back(text);
    plan.elements.push_back(elements);
    nulls += page.bounds.nulls;
    elements += page.elements;
    element_nulls += page.element_nulls;
    text += page.text_bytes;
    any_codes = any_codes || page.encoding == PageEncoding::kDictionary;
    all_codes = all_codes && page.encoding == PageEncoding::kDictionary;
  }

  // Dictionaries first: they decide the layout.
  std::vector<std::optional<GroupTexts>> dictionaries;
  ColumnPtr dictionary;
  if (any_codes) {
    dictionaries.resize(column.dictionaries.size());
    for (std::uint32_t p = first_page; p < first_page + pages; ++p) {
      const std::uint32_t group = p / kGroupPages;
      if (dictionaries[group] || column.dictionaries[group].entries == 0) continue;
      const DictionaryPage& stored = column.dictionaries[group];
      OG_ASSIGN_OR_RETURN(const Bytes bytes,
                          read_(stored.stored.offset, std::uint64_t{stored.stored.header_bytes} +
                                                          stored.stored.stored_bytes));
      auto body = parquet::open_page(stored.stored, bytes.data);
      if (!body.ok()) return named(std::move(body).error());
      if (!body->owned) {
        // A view of what was read: keep it as long as the texts.
        body->owned = std::make_unique_for_overwrite<char[]>(body->bytes.size());
        std::copy(body->bytes.begin(), body->bytes.end(), body->owned.get());
        body->bytes = {body->owned.get(), body->bytes.size()};
      }
      auto texts = parquet::decode_dictionary(stored, std::move(body).value());
      if (!texts.ok()) return named(std::move(texts).error());
      dictionaries[group] = std::move(texts).value();
    }
    plan.dictionaries = &dictionaries;
    if (all_codes && counted) dictionary = merged_dictionary(dictionaries, rows, type.scalar);
  }

  Layout layout = layout_of(type);
  if (layout == Layout::kString && dictionary) layout = Layout::kDictionary;
  const Layout element_layout = is_text(type.scalar) ? Layout::kString : Layout::kFixed;
  const std::size_t width =
      layout == Layout::kVector ? type.dimension * sizeof(float) : fixed_width(type.scalar);

  // Everything is counted before anything is allocated.
  std::uint64_t bytes = nulls > 0 ? (std::uint64_t{rows} + 63) / 64 * 8 : 0;
  if (layout == Layout::kFixed || layout == Layout::kVector) bytes += std::uint64_t{rows} * width;
  if (layout == Layout::kDictionary) bytes += std::uint64_t{rows} * 4 + dictionary->memory;
  if (layout == Layout::kString) bytes += std::uint64_t{rows} * 4 + 4 + text;
  if (layout == Layout::kList) {
    bytes += std::uint64_t{rows} * 4 + 4 +
             std::uint64_t{elements} * std::max<std::size_t>(width, 4) + text + elements / 8 + 16;
  }
  ColumnMemory memory, child_memory;
  if (counted) {
    OG_ASSIGN_OR_RETURN(memory.reservation, cache_->reserve(bytes));
    child_memory.reservation = memory.reservation;
  }
  PageTarget& target = plan.target;
  if (nulls > 0) target.validity = memory.make_validity(rows);
  switch (layout) {
    case Layout::kFixed:
    case Layout::kVector:
      target.values = memory.make_values(std::size_t{rows} * width);
      break;
    case Layout::kDictionary:
      target.codes = memory.make_codes(rows);
      break;
    case Layout::kString:
      target.offsets = memory.make_offsets(rows);
      target.bytes = memory.make_bytes(text);
      break;
    case Layout::kList:
      target.offsets = memory.make_offsets(rows);
      if (element_nulls > 0) {
        target.element_validity = child_memory.make_validity(elements);
        plan.in_order = true;
      }
      if (element_layout == Layout::kString) {
        target.element_offsets = child_memory.make_offsets(elements);
        target.element_bytes = child_memory.make_bytes(text);
      } else {
        target.element_values = child_memory.make_values(std::size_t{elements} * width);
      }
      break;
    case Layout::kAllNull:
      break;
  }
  OG_RETURN_IF_ERROR(run(column, plan));
  ColumnPtr child = dictionary;
  if (layout == Layout::kList) {
    PropertyType element = type;
    element.list = false;
    child = column_over(element, element_layout, elements, element_nulls, std::move(child_memory));
  }
  return column_over(type, layout, rows, nulls, std::move(memory), std::move(child));
}

}  // namespace omnigraph
