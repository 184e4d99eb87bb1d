// Writing a segment: data object first, page by page, then the index object with its directory.
#include "storage/segment_files.h"

#include <algorithm>
#include <functional>

#include "index/adjacency.h"
#include "index/index_file.h"
#include "index/page_directory.h"
#include "index/sorted_column.h"
#include "index/tuple_index.h"
#include "storage/column_memory.h"
#include "storage/parquet/column_encoder.h"
#include "storage/parquet/footer.h"
#include "storage/segment_edges.h"
#include "storage/segment_layout.h"
#include "storage/tuple_text.h"

namespace omnigraph {

std::string segment_data_name(TypeId table, const SegmentId& id) {
  return "data/" + std::to_string(table) + "/" + id.text() + ".parquet";
}
std::string segment_index_name(const SegmentId& id) { return "index/" + id.text(); }

namespace {

// Row groups that are encoded before they are written, for each thread.
constexpr std::size_t kGroupsPerThread = 2;

void for_each(Executor* executor, std::size_t n, const std::function<void(std::size_t)>& body) {
  if (executor != nullptr) {
    executor->parallel_for(n, body);
  } else {
    for (std::size_t i = 0; i < n; ++i) body(i);
  }
}

// A column without nulls over numbers that the caller keeps.
template <typename T>
ColumnPtr view_of(ScalarType type, const std::vector<T>& values) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->layout = Column::Layout::kFixed;
  column->rows = static_cast<std::uint32_t>(values.size());
  column->values = values.data();
  return column;
}

class SegmentWriter {
 public:
  SegmentWriter(ObjectStore& objects, const RowBatch& batch, const SegmentOptions& options,
                Executor* executor, SegmentId id)
      : objects_(objects), batch_(batch), options_(options), executor_(executor), id_(id) {}

  Result<SegmentRef> run() {
    OG_RETURN_IF_ERROR(check());
    describe();
    SegmentRef ref;
    ref.id = id_;
    ref.table = batch_.table;
    ref.is_edge = batch_.is_edge;
    ref.rows = batch_.rows;
    ref.dense_rids = !layout_.has_rids;
    const auto [least, greatest] = std::minmax_element(batch_.rids.begin(), batch_.rids.end());
    ref.rid_base = ref.dense_rids ? batch_.rids.front() : 0;
    ref.min_rid = *least;
    ref.max_rid = *greatest;
    ref.gsn = layout_.has_gsns ? 0 : batch_.gsn;
    if (layout_.id_form == IdForm::kRun || layout_.id_form == IdForm::kMixed) {
      ref.id_base = layout_.id_base;
    }
    ref.schema_version = options_.schema_version;
    OG_ASSIGN_OR_RETURN(ref.data_bytes, write_data());
    OG_ASSIGN_OR_RETURN(ref.index_bytes, write_index());
    return ref;
  }

 private:
  static Error out_of_order(std::string_view what) {
    return {ErrorCode::kInternal, "rows of a new segment are not in order: " + std::string(what)};
  }

  Status check() const {
    const std::size_t rows = batch_.rows;
    if (rows == 0 || rows > kMaxSegmentRows) {
      return Error(ErrorCode::kInternal, "a segment of " + std::to_string(rows) + " rows");
    }
    const std::size_t ends = batch_.is_edge ? rows : 0;
    bool fits = batch_.rids.size() == rows && batch_.ids.rows() == rows &&
                batch_.src.size() == ends && batch_.dst.size() == ends &&
                (batch_.gsns.empty() || batch_.gsns.size() == rows);
    for (const auto& [property, column] : batch_.columns) fits = fits && column->rows == rows;
    if (!fits) return Error(ErrorCode::kInternal, "columns of a new segment differ in length");
    if (batch_.is_edge) {
      for (std::size_t i = 1; i < rows; ++i) {
        const bool less =
            batch_.src[i - 1] < batch_.src[i] ||
            (batch_.src[i - 1] == batch_.src[i] && batch_.dst[i - 1] <= batch_.dst[i]);
        if (!less) return out_of_order("edges by source and target");
      }
    } else if (!batch_.ids.is_run()) {
      char before[26], here[26];
      for (std::size_t i = 1; i < rows; ++i) {
        if (batch_.ids.get(i - 1, before) >= batch_.ids.get(i, here)) {
          return out_of_order("nodes by id");
        }
      }
    }
    return {};
  }

  // Decides the columns of the file.
  void describe() {
    layout_.table = batch_.table;
    layout_.rows = batch_.rows;
    layout_.is_edge = batch_.is_edge;
    layout_.unique_groups = options_.unique_groups;
    layout_.has_gsns = !batch_.gsns.empty();
    for (std::size_t i = 1; i < batch_.rids.size() && !layout_.has_rids; ++i) {
      layout_.has_rids = batch_.rids[i] != batch_.rids[i - 1] + 1;
    }
    describe_ids();
    PropertyType row_id{.scalar = ScalarType::kU32}, number{.scalar = ScalarType::kU64};
    if (batch_.is_edge) {
      add({kSrcColumn, "_src", row_id, true, true, false}, view_of(ScalarType::kU32, batch_.src));
      add({kDstColumn, "_dst", row_id, true, true, false}, view_of(ScalarType::kU32, batch_.dst));
    }
    if (layout_.has_rids) {
      add({kRidColumn, "_rid", row_id, true, true, false}, view_of(ScalarType::kU32, batch_.rids));
    }
    if (layout_.has_gsns) {
      add({kGsnColumn, "_gsn", number, true, false, false}, view_of(ScalarType::kU64, batch_.gsns));
    }
    for (const auto& [property, type] : options_.properties) {
      // What is null in every row need not be stored.
      const auto at = std::find_if(batch_.columns.begin(), batch_.columns.end(),
                                   [id = property](const auto& c) { return c.first == id; });
      if (at == batch_.columns.end() || at->second->layout == Column::Layout::kAllNull) continue;
      add({property, "p" + std::to_string(property), type_of(*at->second), false, false, true},
          at->second);
    }
  }

  void describe_ids() {
    layout_.id_base = batch_.ids.base();
    if (batch_.ids.is_run()) {
      layout_.id_form = IdForm::kRun;
      return;
    }
    const ColumnPtr& text = batch_.ids.text();
    const PropertyType type{.scalar = ScalarType::kString};
    if (text->null_count > 0) {
      layout_.id_form = IdForm::kMixed;
      add({kIdColumn, "id", type, false, false, false}, text);
      return;
    }
    layout_.id_base = {};
    if (options_.id_property && same_texts(batch_.column(*options_.id_property), *text)) {
      layout_.id_form = IdForm::kProperty;
      layout_.id_property = *options_.id_property;
      return;
    }
    layout_.id_form = IdForm::kTexts;
    add({kIdColumn, "id", type, true, false, false}, text);
  }

  static bool same_texts(const Column* property, const Column& ids) {
    if (property == &ids) return true;
    if (property == nullptr || property->null_count > 0 || property->list ||
        property->type != ScalarType::kString) {
      return false;
    }
    for (std::uint32_t row = 0; row < ids.rows; ++row) {
      if (property->text(row) != ids.text(row)) return false;
    }
    return true;
  }

  void add(parquet::StoredColumn column, ColumnPtr values) {
    columns_.push_back(std::move(column));
    values_.push_back(std::move(values));
  }

  Result<std::uint64_t> write_data() {
    OG_ASSIGN_OR_RETURN(const auto out, objects_.writer(segment_data_name(batch_.table, id_)));
    OG_RETURN_IF_ERROR(out->append(parquet::kMagic));
    const std::size_t columns = columns_.size();
    directories_.resize(columns);
    distinct_.resize(columns);
    for (std::size_t c = 0; c < columns; ++c) {
      directories_[c].type = columns_[c].type;
      directories_[c].wide = columns_[c].wide;
      directories_[c].required = columns_[c].required;
    }
    const std::uint32_t groups = (batch_.rows + kGroupRows - 1) / kGroupRows;
    const std::size_t window = kGroupsPerThread * (executor_ != nullptr ? executor_->width() : 1);
    std::vector<parquet::RowGroup> written;
    for (std::uint32_t first = 0; first < groups; first += static_cast<std::uint32_t>(window)) {
      const std::size_t count = std::min<std::size_t>(window, groups - first);
      std::vector<Result<parquet::EncodedChunk>> chunks(count * columns, parquet::EncodedChunk{});
      for_each(executor_, chunks.size(), [&](std::size_t i) {
        const auto group = first + static_cast<std::uint32_t>(i / columns);
        const std::size_t c = i % columns;
        const std::uint32_t begin = group * kGroupRows;
        const std::uint32_t end = std::min(batch_.rows, begin + kGroupRows);
        chunks[i] = parquet::encode_chunk(columns_[c], *values_[c], begin, end);
      });
      for (std::size_t g = 0; g < count; ++g) {
        parquet::RowGroup& group = written.emplace_back();
        const std::uint32_t begin = (first + static_cast<std::uint32_t>(g)) * kGroupRows;
        group.rows = std::min(kGroupRows, batch_.rows - begin);
        for (std::size_t c = 0; c < columns; ++c) {
          Result<parquet::EncodedChunk>& chunk = chunks[g * columns + c];
          if (!chunk.ok()) return std::move(chunk).error();
          OG_RETURN_IF_ERROR(write_chunk(*out, c, std::move(chunk).value(), group));
        }
      }
    }
    OG_RETURN_IF_ERROR(out->append(parquet::make_footer(columns_, written, batch_.rows)));
    const std::uint64_t size = out->size();
    OG_RETURN_IF_ERROR(out->finish());
    return size;
  }

  Status write_chunk(ObjectWriter& out, std::size_t c, parquet::EncodedChunk chunk,
                     parquet::RowGroup& group) {
    const std::uint64_t offset = out.size();
    parquet::WrittenChunk& written = group.chunks.emplace_back();
    written.offset = offset;
    written.bytes = chunk.bytes.size();
    written.raw_bytes = chunk.raw_bytes;
    written.values = chunk.values;
    written.codec = chunk.codec;
    written.dictionary = chunk.dictionary.entries > 0;
    ColumnDirectory& directory = directories_[c];
    if (written.dictionary) chunk.dictionary.stored.offset += offset;
    directory.dictionaries.push_back(chunk.dictionary);
    for (DataPage& page : chunk.pages) {
      page.stored.offset += offset;
      written.plain = written.plain || page.encoding == PageEncoding::kPlain;
      written.delta = written.delta || page.encoding == PageEncoding::kDelta;
      widen(directory.bounds, page.bounds);
      directory.pages.push_back(std::move(page));
    }
    const std::size_t pages = (group.rows + kPageRows - 1) / kPageRows;
    written.data_offset = directory.pages[directory.pages.size() - pages].stored.offset;
    distinct_[c].merge(chunk.distinct);
    return out.append(chunk.bytes);
  }

  // The indexes are made side by side; each is one section.
  Result<std::uint64_t> write_index() {
    struct Section {
      SectionKind kind;
      std::uint32_t key;
      std::string bytes;
    };
    std::vector<Section> sections;
    std::vector<std::function<void(std::string&)>> makers;
    const auto plan = [&](SectionKind kind, std::uint32_t key, auto make) {
      sections.push_back({kind, key, {}});
      makers.emplace_back(std::move(make));
    };
    std::string samples;
    std::uint64_t targets = 0;
    if (batch_.is_edge) {
      plan(SectionKind::kByTarget, 0, [this, &samples, &targets](std::string& out) {
        const std::vector<std::uint32_t> order = order_by_target(batch_.dst);
        encode_permutation(order, out);
        for (std::size_t i = 0; i < order.size(); ++i) {
          const RowId target = batch_.dst[order[i]];
          targets += i == 0 || batch_.dst[order[i - 1]] != target ? 1u : 0u;
          if (i % kTargetsPerSample == 0) {
            samples.append(reinterpret_cast<const char*>(&target), sizeof target);
          }
        }
      });
      if (!batch_.ids.is_run()) {
        plan(SectionKind::kIds, 0, [this](std::string& out) { index_ids(out); });
      }
    }
    for (std::uint32_t g = 0; g < options_.unique_groups.size(); ++g) {
      plan(SectionKind::kTuples, g, [this, g](std::string& out) {
        TupleIndex::build(tuple_entries(members(options_.unique_groups[g]), batch_.rows))
            ->encode(out);
      });
    }
    for (const PropertyId property : options_.sorted_properties) {
      const Column* column = batch_.column(property);
      if (column == nullptr || column->layout == Column::Layout::kAllNull || column->list) continue;
      plan(SectionKind::kSorted, property,
           [column](std::string& out) { encode_permutation(sorted_permutation(*column), out); });
    }
    for_each(executor_, makers.size(), [&](std::size_t i) { makers[i](sections[i].bytes); });

    // The directories come first: a cold look-up finds them beside the head.
    IndexFileBuilder file(id_);
    std::string layout;
    encode_layout(layout_, layout);
    file.add(SectionKind::kSegment, 0, std::move(layout));
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      directories_[c].distinct = distinct_[c].count();
      if (columns_[c].property == kDstColumn) directories_[c].distinct = targets;
      if (columns_[c].property == kSrcColumn) directories_[c].distinct = distinct_sources();
      std::string bytes;
      encode_directory(directories_[c], bytes);
      file.add(SectionKind::kDirectory, columns_[c].property, std::move(bytes));
    }
    if (batch_.is_edge) file.add(SectionKind::kTargetSamples, 0, std::move(samples));
    for (Section& section : sections) {
      file.add(section.kind, section.key, std::move(section.bytes));
    }
    const std::string bytes = file.finish();
    OG_ASSIGN_OR_RETURN(const auto out, objects_.writer(segment_index_name(id_)));
    OG_RETURN_IF_ERROR(out->append(bytes));
    OG_RETURN_IF_ERROR(out->finish());
    return static_cast<std::uint64_t>(bytes.size());
  }

  void index_ids(std::string& out) const {
    std::vector<TupleIndex::Entry> entries;
    const Column& text = *batch_.ids.text();
    for (std::uint32_t row = 0; row < batch_.rows; ++row) {
      if (!text.is_null(row)) entries.push_back({tuple_hash(text.text(row)), row});
    }
    TupleIndex::build(std::move(entries))->encode(out);
  }

  std::vector<TupleMember> members(const std::vector<PropertyId>& group) const {
    std::vector<TupleMember> members;
    for (const PropertyId property : group) {
      TupleMember& member = members.emplace_back();
      if (property == kSrcColumn) {
        member.ends = batch_.src.data();
      } else if (property == kDstColumn) {
        member.ends = batch_.dst.data();
      } else {
        member.column = batch_.column(property);
      }
    }
    return members;
  }

  std::uint64_t distinct_sources() const {
    std::uint64_t count = 1;
    for (std::size_t i = 1; i < batch_.src.size(); ++i) count += batch_.src[i] != batch_.src[i - 1];
    return count;
  }

  ObjectStore& objects_;
  const RowBatch& batch_;
  const SegmentOptions& options_;
  Executor* const executor_;
  const SegmentId id_;
  SegmentLayout layout_;
  std::vector<parquet::StoredColumn> columns_;
  std::vector<ColumnPtr> values_;
  std::vector<ColumnDirectory> directories_;
  std::vector<DistinctEstimate> distinct_;
};

}  // namespace

Result<SegmentRef> write_segment_files(ObjectStore& objects, SegmentId id, const RowBatch& batch,
                                       const SegmentOptions& options, Executor* executor) {
  return SegmentWriter(objects, batch, options, executor, id).run();
}

Result<SegmentRef> write_segment_files(ObjectStore& objects, UlidSource& ulids,
                                       const RowBatch& batch, const SegmentOptions& options,
                                       Executor* executor) {
  return SegmentWriter(objects, batch, options, executor, ulids.next()).run();
}

}  // namespace omnigraph
