#include "execution/graph_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/json_writer.h"
#include "query/parse.h"
#include "schema/compile.h"
#include "storage/segment_files.h"

namespace omnigraph::testing {
namespace {

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message();
    std::abort();
  }
  return std::move(result).value();
}

}  // namespace

GraphBuilder::GraphBuilder(std::string_view schema) : catalog_(must(compile_schema(schema))) {}

PlainRow GraphBuilder::make_row(const EntityType& type, Table& table,
                                const Properties& properties) {
  PlainRow row;
  row.rid = static_cast<RowId>(table.rows.size());
  for (const auto& [name, value] : properties) row.values[type.find(name)->id] = value;
  return row;
}

RowId GraphBuilder::node(std::string_view type, const std::string& id,
                         const Properties& properties) {
  const NodeType& node = *catalog_->node(type);
  Table& table = tables_[node.id];
  PlainRow row = make_row(node, table, properties);
  row.id = id;
  if (node.key.size() == 1) row.values.try_emplace(node.find(node.key[0])->id, id);
  table.rows.push_back(row);
  return row.rid;
}

RowId GraphBuilder::edge(std::string_view type, const std::string& from, const std::string& to,
                         const Properties& properties) {
  const EdgeType& edge = *catalog_->edge(type);
  Table& table = tables_[edge.id];
  PlainRow row = make_row(edge, table, properties);
  // Ids that do not follow the order of rows.
  const unsigned mixed = (row.rid * 2654435761U) & 0xFFFF;
  row.id = "E" + std::to_string(mixed) + "-" + std::to_string(row.rid);
  const auto find = [&](TypeId nodes, const std::string& id) {
    const std::vector<PlainRow>& rows = tables_[nodes].rows;
    std::size_t& known = row_of_[nodes][id];
    if (known < rows.size() && rows[known].live && rows[known].id == id) return rows[known].rid;
    for (const PlainRow& candidate : rows) {
      if (!candidate.live || candidate.id != id) continue;
      known = static_cast<std::size_t>(&candidate - rows.data());
      return candidate.rid;
    }
    ADD_FAILURE() << "no node " << id;
    return kNoRow;
  };
  row.src = find(edge.from_id, from);
  row.dst = find(edge.to_id, to);
  table.rows.push_back(row);
  return row.rid;
}

void GraphBuilder::seal(bool stored) {
  for (auto& [type, table] : tables_) {
    if (table.sealed == table.rows.size()) continue;
    const EntityType& entity = *catalog_->entity(type);
    RowBatch batch;
    batch.table = type;
    batch.is_edge = catalog_->is_edge(type);
    batch.gsn = 1;
    batch.rows = static_cast<std::uint32_t>(table.rows.size() - table.sealed);
    ColumnBuilder ids{PropertyType{}};
    for (std::size_t i = table.sealed; i < table.rows.size(); ++i) {
      const PlainRow& row = table.rows[i];
      ids.append_text(row.id);
      batch.rids.push_back(row.rid);
      if (batch.is_edge) {
        batch.src.push_back(row.src);
        batch.dst.push_back(row.dst);
      }
    }
    batch.ids = IdColumn::of_text(ids.finish());
    for (const Property& property : entity.properties) {
      ColumnBuilder column(property.type);
      for (std::size_t i = table.sealed; i < table.rows.size(); ++i) {
        const auto found = table.rows[i].values.find(property.id);
        column.append_value(found == table.rows[i].values.end() ? Value() : found->second);
      }
      batch.columns.emplace_back(property.id,
                                 column.finish(property.type.scalar == ScalarType::kString));
    }
    SegmentPtr segment = must(make_memory_segment(std::move(batch)));
    if (stored) {
      const SegmentRef ref =
          must(write_segment_files(*objects_, ulids_, *segment->memory_rows(),
                                   segment_options(*catalog_, type), runtime_.executor.get()));
      segment = must(segments_.open(ref));
    }
    std::vector<TablePart> parts = table.version->parts();
    const auto lineage = parts.empty() ? nullptr : table.version->lineage();
    parts.push_back({segment, nullptr});
    // Parts stay as they were sealed: apply() would merge small ones.
    table.version = std::make_shared<const TableVersion>(std::move(parts), lineage);
    table.sealed = table.rows.size();
  }
}

void GraphBuilder::remove(TypeId type, RowId rid) {
  seal();
  Table& table = tables_[type];
  table.rows[rid].live = false;
  std::vector<TablePart> parts = table.version->parts();
  for (TablePart& part : parts) {
    const auto row = must(part.segment->row_of(rid));
    if (!row) continue;
    const std::uint32_t rows[] = {*row};
    part.deleted = DeletionBitmap::with(part.deleted.get(), part.segment->rows(), rows);
  }
  table.version = std::make_shared<const TableVersion>(std::move(parts), table.version->lineage());
}

SnapshotPtr GraphBuilder::snapshot() {
  seal();
  TableMap tables;
  for (const auto& [type, table] : tables_) tables[type] = table.version;
  return std::make_shared<const Snapshot>(catalog_, std::move(tables), CommitHeader{}, "main");
}

const std::vector<PlainRow>& GraphBuilder::rows(TypeId type) const {
  static const std::vector<PlainRow> none;
  const auto found = tables_.find(type);
  return found == tables_.end() ? none : found->second.rows;
}

TypedRead check(const Catalog& catalog, std::string_view source) {
  const QueryFile file = must(parse_queries(source));
  return must(check_read(file.queries.front(), catalog));
}

Result<QueryResult> ask(const SnapshotPtr& snapshot, std::string_view source,
                        const std::map<std::string, Value>& parameters, const PlanOptions& options,
                        PlanNode* explain) {
  OG_ASSIGN_OR_RETURN(const QueryFile file, parse_queries(source));
  OG_ASSIGN_OR_RETURN(const TypedRead read, check_read(file.queries.front(), snapshot->catalog()));
  ParameterValues values;
  for (const Parameter& parameter : read.parameters) {
    const auto found = parameters.find(parameter.name);
    values.emplace_back();
    if (found != parameters.end()) values.back() = found->second;
  }
  OG_ASSIGN_OR_RETURN(const PlanPtr plan, make_plan(read, *snapshot, options));
  return run_plan(*plan, *snapshot, values, DateTime{1'700'000'000'000}, test_runtime(), {},
                  explain);
}

std::string text_of(const Value& value) {
  std::string out;
  JsonWriter writer(out);
  writer.value(value);
  return out;
}

std::vector<std::string> texts(const QueryResult& result) {
  std::vector<std::string> rows(result.rows);
  for (const ResultColumn& column : result.columns) {
    EXPECT_EQ(column.values->rows, result.rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (&column != &result.columns.front()) rows[i] += '|';
      rows[i] += text_of(column.values->value(i));
    }
  }
  return rows;
}

}  // namespace omnigraph::testing
