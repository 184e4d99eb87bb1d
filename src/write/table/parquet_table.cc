// Parquet files of other programs: footer and schema. Pages: parquet_pages.h.
#include <algorithm>
#include <cstring>

#include "write/table/parquet_pages.h"
#include "write/table/table_rows.h"
#include "write/table/thrift_reader.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kRowsAtOnce = 4096;
constexpr std::uint64_t kMaxFooter = std::uint64_t{256} << 20;
enum Repetition { kRequired = 0, kOptional = 1, kRepeated = 2 };

// What a leaf's annotations make of it: its type, or why it is not read.
void decide_type(const ThriftValue& element, ParquetColumn& out) {
  const int converted = static_cast<int>(element.number_or(6, -1));
  const ThriftValue* logical = element.find(10);
  const int kind =
      logical != nullptr && !logical->fields.empty() ? logical->fields.begin()->first : -1;
  const auto refuse = [&out](const char* what) {
    out.refusal = std::string("is ") + what + ", which is not read";
  };
  if (kind == 5 || converted == 5) return refuse("a decimal number");
  if (kind == 7 || converted == 7 || converted == 8) return refuse("a time of day");
  if (kind == 14) return refuse("a UUID");
  if (kind == 15) return refuse("a 16-bit float");
  if (converted == 21) return refuse("an interval");
  switch (out.physical) {
    case 0:
      out.type.scalar = ScalarType::kBool;
      return;
    case 1: {
      const ThriftValue* integer = kind == 10 ? logical->find(10) : nullptr;
      const bool is_unsigned = (converted >= 11 && converted <= 13) ||
                               (integer != nullptr && integer->number_or(2, 1) == 0);
      out.type.scalar = kind == 6 || converted == 6 ? ScalarType::kDate
                        : is_unsigned               ? ScalarType::kU32
                                                    : ScalarType::kI32;
      return;
    }
    case 2: {
      const ThriftValue* instant = kind == 8 ? logical->find(8) : nullptr;
      if (instant != nullptr || converted == 9 || converted == 10) {
        out.type.scalar = ScalarType::kDateTime;
        const ThriftValue* unit = instant != nullptr ? instant->find(2) : nullptr;
        const int which = unit != nullptr && !unit->fields.empty() ? unit->fields.begin()->first
                          : converted == 10                        ? 2
                                                                   : 1;
        out.divisor = which == 3 ? 1'000'000 : which == 2 ? 1'000 : 1;
        return;
      }
      const ThriftValue* integer = kind == 10 ? logical->find(10) : nullptr;
      const bool is_unsigned =
          converted == 14 || (integer != nullptr && integer->number_or(2, 1) == 0);
      out.type.scalar = is_unsigned ? ScalarType::kU64 : ScalarType::kI64;
      return;
    }
    case 3:
      return refuse("a 96-bit timestamp");
    case 4:
      out.type.scalar = ScalarType::kF32;
      return;
    case 5:
      out.type.scalar = ScalarType::kF64;
      return;
    default: {
      const bool text = kind == 1 || kind == 4 || kind == 12 || converted == 0 || converted == 4 ||
                        converted == 19;
      out.type.scalar = text ? ScalarType::kString : ScalarType::kBlob;
    }
  }
}

class ParquetTable final : public ColumnTable {
 public:
  explicit ParquetTable(std::shared_ptr<const TableFile> file) : file_(std::move(file)) {}

  Status open() {
    const std::uint64_t size = file_->size();
    if (size < 12) return file_->refuse("it is no whole Parquet file");
    OG_ASSIGN_OR_RETURN(const std::string tail, file_->read(size - 8, 8));
    if (tail.substr(4) == "PARE") return file_->refuse("its footer is encrypted");
    if (tail.substr(4) != "PAR1") return file_->refuse("it is no whole Parquet file");
    std::uint32_t length = 0;
    std::memcpy(&length, tail.data(), sizeof length);
    if (length > size - 12 || length > kMaxFooter) return file_->refuse("its footer is damaged");
    OG_ASSIGN_OR_RETURN(footer_, file_->read(size - 8 - length, length));
    auto metadata = read_thrift(footer_);
    if (!metadata) return file_->refuse("its footer is damaged");
    metadata_ = std::move(*metadata);
    const ThriftValue* schema = metadata_.find(2);
    if (schema == nullptr || schema->list.empty()) return file_->refuse("its footer is damaged");
    elements_ = &schema->list;
    const std::int64_t children = elements_->front().number_or(5, 0);
    next_element_ = 1;
    for (std::int64_t i = 0; i < children; ++i) OG_RETURN_IF_ERROR(read_top());
    if (columns_.size() > kMaxTableColumns) return file_->refuse("it has too many columns");
    for (const ParquetColumn& column : columns_) names_.push_back(column.name);
    wanted_.assign(columns_.size(), true);
    return {};
  }

  const std::vector<std::string>& columns() const override { return names_; }

  Status choose(const std::vector<bool>& wanted) override {
    wanted_ = wanted;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!wanted_[i] || columns_[i].refusal.empty()) continue;
      return file_->refuse("column '" + names_[i] + "' " + columns_[i].refusal);
    }
    return {};
  }

  Result<TableBatch> next() override {
    while (rows_left_ == 0) {
      const ThriftValue* groups = metadata_.find(4);
      if (groups == nullptr || group_ == groups->list.size()) return TableBatch{};
      OG_RETURN_IF_ERROR(open_group(groups->list[group_++]));
    }
    TableBatch batch;
    batch.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows_left_, kRowsAtOnce));
    rows_left_ -= batch.rows;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!chunks_[i]) {
        batch.columns.push_back(nullptr);
        continue;
      }
      ColumnBuilder builder(columns_[i].type);
      OG_RETURN_IF_ERROR(chunks_[i]->append(batch.rows, builder));
      batch.columns.push_back(builder.finish());
    }
    return batch;
  }

 private:
  Result<const ThriftValue*> element() {
    if (next_element_ >= elements_->size()) return file_->refuse("its schema is damaged");
    return &(*elements_)[next_element_++];
  }

  // A column at the top of the schema, with all that is below it.
  Status read_top() {
    ParquetColumn column;
    OG_ASSIGN_OR_RETURN(const ThriftValue* top, element());
    column.name = top->find(4) != nullptr ? std::string(top->find(4)->bytes) : "";
    const std::int64_t repetition = top->number_or(3, kRequired);
    const std::size_t first_leaf = leaves_;
    if (top->number_or(5, 0) == 0) {
      take_leaf(*top, column);
      if (repetition == kRepeated) {
        column.max_repetition = column.max_definition = 1;
        column.present_list = 0;
        column.type.list = true;
      } else {
        column.max_definition = repetition == kOptional ? 1 : 0;
      }
    } else {
      OG_RETURN_IF_ERROR(read_group(*top, column));
    }
    leaf_of_.push_back(first_leaf);
    columns_.push_back(std::move(column));
    return {};
  }

  void take_leaf(const ThriftValue& leaf, ParquetColumn& column) {
    ++leaves_;
    column.physical = static_cast<int>(leaf.number_or(1, 6));
    column.type_length = static_cast<int>(leaf.number_or(2, 0));
    decide_type(leaf, column);
  }

  // A list of scalars in two or three levels; anything else is passed over and not read.
  Status read_group(const ThriftValue& top, ParquetColumn& column) {
    const std::size_t begin = next_element_;
    const bool list =
        top.number_or(6, -1) == 3 || (top.find(10) != nullptr && top.find(10)->find(3) != nullptr);
    const int outer = top.number_or(3, kRequired) == kOptional ? 1 : 0;
    if (list && top.number_or(5, 0) == 1 && begin < elements_->size()) {
      const ThriftValue& middle = (*elements_)[begin];
      if (middle.number_or(3, kRequired) == kRepeated) {
        column.type.list = true;
        column.max_repetition = 1;
        column.present_list = outer;
        if (middle.number_or(5, 0) == 0) {
          column.max_definition = outer + 1;
          ++next_element_;
          take_leaf(middle, column);
          return {};
        }
        if (middle.number_or(5, 0) == 1 && begin + 1 < elements_->size()) {
          const ThriftValue& leaf = (*elements_)[begin + 1];
          const std::int64_t inner = leaf.number_or(3, kRequired);
          if (leaf.number_or(5, 0) == 0 && inner != kRepeated) {
            column.max_definition = outer + 1 + (inner == kOptional ? 1 : 0);
            next_element_ += 2;
            take_leaf(leaf, column);
            return {};
          }
        }
      }
    }
    column.refusal = list ? "is a list of lists or structs, which is not read"
                          : "is a struct or map, which is not read";
    std::int64_t open = top.number_or(5, 0);
    while (open > 0) {
      OG_ASSIGN_OR_RETURN(const ThriftValue* below, element());
      const std::int64_t children = below->number_or(5, 0);
      if (children < 0 || children > static_cast<std::int64_t>(elements_->size())) {
        return file_->refuse("its schema is damaged");
      }
      open += children - 1;
      if (children == 0) ++leaves_;
    }
    return {};
  }

  Status open_group(const ThriftValue& group) {
    const std::int64_t rows = group.number_or(3, -1);
    const ThriftValue* chunks = group.find(1);
    if (rows < 0 || chunks == nullptr || chunks->list.size() != leaves_) {
      return file_->refuse("its footer is damaged");
    }
    rows_left_ = static_cast<std::uint64_t>(rows);
    chunks_.clear();
    chunks_.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!wanted_[i] || !columns_[i].refusal.empty()) continue;
      const ThriftValue& chunk = chunks->list[leaf_of_[i]];
      const ThriftValue* metadata = chunk.find(3);
      if (metadata == nullptr) return file_->refuse("column '" + names_[i] + "' is encrypted");
      if (chunk.find(1) != nullptr) {
        return file_->refuse("column '" + names_[i] + "' lies in another file");
      }
      chunks_[i] = std::make_unique<ParquetChunk>(file_, columns_[i], *metadata);
    }
    return {};
  }

  std::shared_ptr<const TableFile> file_;
  std::string footer_;  // the metadata points into it
  ThriftValue metadata_;
  const std::vector<ThriftValue>* elements_ = nullptr;
  std::size_t next_element_ = 0, leaves_ = 0;
  std::vector<ParquetColumn> columns_;
  std::vector<std::size_t> leaf_of_;  // by column: its chunk in a row group
  std::vector<std::string> names_;
  std::vector<bool> wanted_;
  std::size_t group_ = 0;
  std::uint64_t rows_left_ = 0;  // of the row group at hand
  std::vector<std::unique_ptr<ParquetChunk>> chunks_;
};

}  // namespace

Result<std::unique_ptr<ColumnTable>> open_parquet(std::shared_ptr<const TableFile> file) {
  auto table = std::make_unique<ParquetTable>(std::move(file));
  OG_RETURN_IF_ERROR(table->open());
  return std::unique_ptr<ColumnTable>(std::move(table));
}

}  // namespace omnigraph
