#include "write/load/spilled_records.h"

#include <algorithm>
#include <numeric>

#include "write/load/records.h"
#include "write/validation.h"

namespace omnigraph {
namespace {

const PropertyType kIdType{};

// About so many bytes of columns go into one block, and at most so many rows.
constexpr std::uint64_t kBlockBytes = std::uint64_t{256} << 10;
constexpr std::uint32_t kBlockRows = 8192;

std::uint64_t memory_of(const RowSlice& rows) {
  std::uint64_t bytes = rows.ids ? rows.ids->memory : 0;
  for (const ColumnPtr& column : rows.columns) bytes += column ? column->memory : 0;
  return bytes + (rows.src.size() + rows.dst.size()) * sizeof(RowId);
}

std::uint32_t rows_a_block(const RowSlice& rows) {
  const std::uint64_t each = memory_of(rows) / std::max<std::uint32_t>(1, rows.rows) + 1;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kBlockBytes / each, 1, kBlockRows));
}

// Rows [begin, end).
RowSlice part_of(const RowSlice& rows, std::uint32_t begin, std::uint32_t end) {
  if (begin == 0 && end == rows.rows) return rows;
  std::vector<std::uint32_t> wanted(end - begin);
  std::iota(wanted.begin(), wanted.end(), begin);
  RowSlice out;
  out.rows = end - begin;
  for (const ColumnPtr& column : rows.columns) {
    out.columns.push_back(column ? gather(*column, wanted) : nullptr);
  }
  if (rows.ids) out.ids = gather(*rows.ids, wanted);
  if (rows.src.empty()) return out;
  out.src.assign(rows.src.begin() + begin, rows.src.begin() + end);
  out.dst.assign(rows.dst.begin() + begin, rows.dst.begin() + end);
  return out;
}

std::string key_of(SortKey key, const RowSlice& rows, std::uint32_t row) {
  if (key == SortKey::kEnds) return end_key(rows.src[row], rows.dst[row]);
  return std::string(rows.ids->text(row));
}

RowBatch as_batch(const LoadType& type, const RowSlice& rows) {
  RowBatch batch;
  batch.table = type.type->id;
  batch.is_edge = !rows.src.empty();
  batch.rows = rows.rows;
  batch.rids.resize(rows.rows);
  std::iota(batch.rids.begin(), batch.rids.end(), 0u);
  if (rows.ids == nullptr) {
    batch.ids = IdColumn::of_run(Ulid{}, rows.rows);
  } else if (rows.ids->null_count == 0) {
    batch.ids = IdColumn::of_text(rows.ids);
  } else {
    batch.ids = IdColumn::mixed(Ulid{}, rows.ids);
  }
  batch.src = rows.src;
  batch.dst = rows.dst;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    if (rows.columns[i]) batch.columns.emplace_back(type.type->properties[i].id, rows.columns[i]);
  }
  return batch;
}

}  // namespace

std::string end_key(RowId src, RowId dst) {
  std::string key;
  for (const RowId end : {src, dst}) {
    for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(end >> shift & 0xFF);
  }
  return key;
}

std::vector<std::string> cut_ranges(const std::vector<SortedRun>& runs, std::uint64_t target) {
  std::vector<const SortedBlock*> blocks;
  for (const SortedRun& run : runs) {
    for (const SortedBlock& block : run) blocks.push_back(&block);
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const SortedBlock* a, const SortedBlock* b) { return a->first < b->first; });
  std::vector<std::string> lows{""};
  std::uint64_t bytes = 0;
  for (const SortedBlock* block : blocks) {
    if (bytes >= target && block->first > lows.back()) {
      lows.push_back(block->first);
      bytes = 0;
    }
    bytes += block->at.bytes;
  }
  return lows;
}

SpilledRecords::SpilledRecords(const LoadPlan& plan, const Rules& rules,
                               std::unique_ptr<SpillFile> file)
    : plan_(plan), rules_(rules), file_(std::move(file)), violations_(plan.types().size()) {}

Result<std::shared_ptr<SpilledRecords>> SpilledRecords::create(const LoadPlan& plan,
                                                               const Rules& rules,
                                                               const ObjectStore& objects) {
  OG_ASSIGN_OR_RETURN(auto file, SpillFile::create(objects));
  return std::shared_ptr<SpilledRecords>(new SpilledRecords(plan, rules, std::move(file)));
}

Status SpilledRecords::add(std::vector<Piece> pieces,
                           const std::vector<std::vector<Interner>>& ends, UlidSource& ulids) {
  for (std::size_t worker = 0; worker < ends.size(); ++worker) {
    for (std::size_t e = 0; e < ends[worker].size(); ++e) {
      OG_RETURN_IF_ERROR(add_texts(worker, e, ends[worker][e]));
    }
  }
  for (std::size_t index = 0; index < plan_.types().size(); ++index) {
    const LoadType& load = plan_.types()[index];
    std::vector<PieceRows*> rows;
    std::vector<std::size_t> workers;
    for (Piece& piece : pieces) {
      for (PieceRows& part : piece.types) {
        if (part.type != index) continue;
        rows.push_back(&part);
        workers.push_back(piece.worker);
      }
    }
    if (rows.empty()) continue;
    auto type = std::find_if(types_.begin(), types_.end(),
                             [&](const Type& known) { return known.type >= &load; });
    if (type == types_.end() || type->type != &load) {
      type = types_.insert(type, Type{});
      type->type = &load;
    }
    OG_RETURN_IF_ERROR(load.node != nullptr ? add_nodes(*type, rows, ulids)
                                            : add_edges(*type, rows, workers));
  }
  ++rounds_;
  return {};
}

Status SpilledRecords::check_values(const LoadType& type, const RowSlice& rows) {
  auto& violation = violations_[static_cast<std::size_t>(&type - plan_.types().data())];
  if (violation) return {};
  const TableRules& rules = rules_.of(type.type->id);
  if (rules.broken) {
    violation = *rules.broken;
    return {};
  }
  const RowBatch batch = as_batch(type, rows);
  TableDelta table;
  table.table = type.type->id;
  table.rows.push_back(&batch);
  const Delta none;
  const Snapshot nothing(nullptr, {}, {}, "");
  validation::Run run{nothing, none, rules_, Report::kFirst, nullptr};
  OG_RETURN_IF_ERROR(validation::check_values(run, table));
  if (!run.found.empty()) violation = refusal(rules_, std::move(run.found.front()));
  return {};
}

std::optional<Error> SpilledRecords::violation() const {
  for (const auto& violation : violations_) {
    if (violation) return violation;
  }
  return std::nullopt;
}

Status SpilledRecords::add_nodes(Type& type, const std::vector<PieceRows*>& pieces,
                                 UlidSource& ulids) {
  RowSlice rows;
  for (const PieceRows* piece : pieces) rows.rows += piece->rows;
  type.records += rows.rows;
  JoinedRows joined = join_pieces(pieces, *type.type->type);
  rows.columns = std::move(joined.columns);
  rows.ids = joined.ids ? std::move(joined.ids) : all_null_column(kIdType, rows.rows);
  if (ColumnPtr all = with_generated(*rows.ids, ulids)) rows.ids = std::move(all);
  OG_RETURN_IF_ERROR(check_values(*type.type, rows));
  if (const std::vector<std::uint32_t> order = text_order(*rows.ids); !order.empty()) {
    rows.ids = gather(*rows.ids, order);
    for (ColumnPtr& column : rows.columns) {
      if (column) column = gather(*column, order);
    }
  }
  return write_sorted(*type.type, SortKey::kId, rows, type.runs.emplace_back());
}

Status SpilledRecords::add_edges(Type& type, const std::vector<PieceRows*>& pieces,
                                 const std::vector<std::size_t>& workers) {
  type.rounds.resize(rounds_ + 1);
  std::vector<std::pair<std::string, RowId>> given;  // ids of their own, with their positions
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    PieceRows& piece = *pieces[i];
    RowSlice rows;
    rows.rows = piece.rows;
    rows.columns = std::move(piece.columns);
    rows.ids = std::move(piece.ids);
    rows.src = std::move(piece.from);
    rows.dst = std::move(piece.to);
    if (type.records + rows.rows > kMaxRowId) {
      return resource_limit("row_ids_per_type", kMaxRowId, type.records + rows.rows);
    }
    for (std::uint32_t row = 0; rows.ids && row < rows.rows; ++row) {
      if (rows.ids->is_null(row)) continue;
      given.emplace_back(rows.ids->text(row), static_cast<RowId>(type.records + row));
    }
    type.records += rows.rows;
    if (rows.rows == 0) continue;
    OG_RETURN_IF_ERROR(check_values(*type.type, rows));
    OG_ASSIGN_OR_RETURN(const SpillFile::Block at, write(*type.type, rows));
    type.rounds[rounds_].push_back({at, rows.rows, workers[i]});
  }
  if (given.empty()) return {};
  std::sort(given.begin(), given.end());
  RowSlice ids;
  ids.rows = static_cast<std::uint32_t>(given.size());
  ColumnBuilder texts(kIdType);
  for (const auto& [id, position] : given) {
    texts.append_text(id);
    ids.src.push_back(position);
  }
  ids.ids = texts.finish();
  ids.dst.resize(ids.rows);
  return write_sorted(*type.type, SortKey::kId, ids, type.id_runs.emplace_back());
}

Status SpilledRecords::add_texts(std::size_t worker, std::size_t ends, const Interner& texts) {
  if (texts.size() == 0) return {};
  std::vector<SpillFile::Block>& blocks = texts_[{rounds_, worker, ends}];
  for (std::uint32_t begin = 0; begin < texts.size();) {
    ColumnBuilder column(kIdType);
    std::uint64_t bytes = 0;
    for (; begin < texts.size() && bytes < kBlockBytes; ++begin) {
      column.append_text(texts.text(begin));
      bytes += texts.text(begin).size() + sizeof(std::uint32_t);
    }
    RowSlice rows;
    rows.ids = column.finish();
    rows.rows = rows.ids->rows;
    OG_ASSIGN_OR_RETURN(blocks.emplace_back(), write(plan_.types().front(), rows));
  }
  return {};
}

Result<std::vector<ColumnPtr>> SpilledRecords::texts(std::size_t round, std::size_t worker,
                                                     std::size_t ends) const {
  std::vector<ColumnPtr> out;
  const auto blocks = texts_.find({round, worker, ends});
  if (blocks == texts_.end()) return out;
  for (const SpillFile::Block& block : blocks->second) {
    OG_ASSIGN_OR_RETURN(RowSlice rows, read(plan_.types().front(), block));
    out.push_back(std::move(rows.ids));
  }
  return out;
}

Result<SpillFile::Block> SpilledRecords::write(const LoadType& type, const RowSlice& rows) const {
  std::string bytes;
  encode_row_batch(as_batch(type, rows), bytes);
  return file_->append(bytes);
}

Result<RowSlice> SpilledRecords::read(const LoadType& type, const SpillFile::Block& block) const {
  OG_ASSIGN_OR_RETURN(const std::string bytes, file_->read(block));
  OG_ASSIGN_OR_RETURN(RowBatch batch, decode_row_batch(bytes));
  RowSlice rows;
  rows.rows = batch.rows;
  rows.ids = batch.ids.text();
  rows.src = std::move(batch.src);
  rows.dst = std::move(batch.dst);
  rows.columns.resize(type.type->properties.size());
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    for (auto& [property, column] : batch.columns) {
      if (property == type.type->properties[i].id) rows.columns[i] = std::move(column);
    }
  }
  return rows;
}

Status SpilledRecords::write_sorted(const LoadType& type, SortKey key, const RowSlice& rows,
                                    SortedRun& run) const {
  const std::uint32_t step = rows_a_block(rows);
  for (std::uint32_t begin = 0; begin < rows.rows; begin += step) {
    const std::uint32_t end = std::min(rows.rows, begin + step);
    OG_ASSIGN_OR_RETURN(const SpillFile::Block at, write(type, part_of(rows, begin, end)));
    run.push_back({at, end - begin, key_of(key, rows, begin)});
  }
  return {};
}

Result<std::vector<RowSlice>> SpilledRecords::read_range(
    const LoadType& type, SortKey key, const std::vector<SortedRun>& runs, const std::string& low,
    const std::optional<std::string>& high) const {
  std::vector<RowSlice> out;
  for (const SortedRun& run : runs) {
    const auto before = [](const SortedBlock& block, const std::string& bound) {
      return block.first < bound;
    };
    auto block = std::lower_bound(run.begin(), run.end(), low, before);
    if (block != run.begin()) --block;  // its last rows may reach into the range
    for (; block != run.end() && (!high || block->first < *high); ++block) {
      OG_ASSIGN_OR_RETURN(const RowSlice rows, read(type, block->at));
      const auto row_of = [&](const std::string& bound) {
        std::uint32_t begin = 0, end = rows.rows;
        while (begin < end) {
          const std::uint32_t middle = begin + (end - begin) / 2;
          if (key_of(key, rows, middle) < bound) {
            begin = middle + 1;
          } else {
            end = middle;
          }
        }
        return begin;
      };
      const std::uint32_t begin = row_of(low);
      const std::uint32_t end = high ? row_of(*high) : rows.rows;
      if (begin < end) out.push_back(part_of(rows, begin, end));
    }
  }
  return out;
}

}  // namespace omnigraph
