// Stages 2 and 3 of the validator: @unique, within the write and against what stays committed.
#include <algorithm>

#include "write/identity.h"
#include "write/validation.h"

namespace omnigraph::validation {
namespace {

struct Holder {
  std::uint64_t hash = 0;
  std::uint32_t batch = 0;
  std::uint32_t row = 0;
};

class UniqueCheck {
 public:
  UniqueCheck(Run& run, const TableDelta& table, const UniqueRule& rule)
      : run_(run), table_(table), rule_(rule), rules_(run.rules.of(table.table)) {
    batches_ = table.rows;
    if (table.superseded_are_records) {
      batches_.insert(batches_.end(), table.superseded.begin(), table.superseded.end());
    }
  }

  Status run() {
    OG_RETURN_IF_ERROR(gather());
    OG_RETURN_IF_ERROR(within());
    if (run_.done() || table_.clear) return {};
    for (const Holder& holder : holders_) {
      if (holder.batch >= table_.rows.size()) continue;
      OG_RETURN_IF_ERROR(against_committed(holder));
      if (run_.done()) return {};
    }
    return {};
  }

 private:
  Result<bool> tuple(const Holder& at, std::string& out) const {
    out.clear();
    return append_tuple(out, *batches_[at.batch], at.row, rule_.group);
  }

  Status gather() {
    std::string text;
    const bool on_ends = rule_.on_ends();
    auto* wanted = run_.reads != nullptr ? &run_.reads->tuples[table_.table] : nullptr;
    for (std::uint32_t b = 0; b < batches_.size(); ++b) {
      const RowBatch& batch = *batches_[b];
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        if (on_ends && (batch.src[row] == kNoRow || batch.dst[row] == kNoRow)) continue;
        Holder holder{0, b, row};
        OG_RETURN_IF_ERROR(check_scalars(batch, row));
        OG_ASSIGN_OR_RETURN(const bool counts, tuple(holder, text));
        if (!counts) continue;
        holder.hash = tuple_hash(text);
        holders_.push_back(holder);
        if (wanted != nullptr) wanted->insert(holder.hash);
      }
    }
    return {};
  }

  // A group over a list or vector compiles, but no value of one has a spelling to compare.
  Status check_scalars(const RowBatch& batch, std::uint32_t row) const {
    for (std::size_t i = 0; i < rule_.group.size(); ++i) {
      const Column* column = batch.column(rule_.group[i]);
      if (column == nullptr || column->is_null(row)) continue;
      if (!column->list && column->layout != Column::Layout::kVector) continue;
      return bad_request("@unique on " + rules_.type->name + "." + rule_.names[i] +
                         ": unsupported column type (lists and vectors have no canonical text)");
    }
    return {};
  }

  Status within() {
    std::vector<Holder> sorted = holders_;
    std::sort(sorted.begin(), sorted.end(), [](const Holder& a, const Holder& b) {
      return std::tie(a.hash, a.batch, a.row) < std::tie(b.hash, b.batch, b.row);
    });
    std::string one, other;
    for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
      for (std::size_t j = i + 1; j < sorted.size() && sorted[j].hash == sorted[i].hash; ++j) {
        OG_RETURN_IF_ERROR(tuple(sorted[i], one));
        OG_RETURN_IF_ERROR(tuple(sorted[j], other));
        if (one != other) continue;
        OG_RETURN_IF_ERROR(refuse(sorted[i], id_of(sorted[i]), id_of(sorted[j])));
        if (run_.done()) return {};
        break;
      }
    }
    return {};
  }

  Status against_committed(const Holder& holder) {
    std::string mine, theirs;
    const TableVersionPtr& version = run_.base.table(table_.table);
    for (const TablePart& part : version->parts()) {
      OG_ASSIGN_OR_RETURN(const auto rows, part.segment->find_tuple(rule_.group, holder.hash));
      for (const std::uint32_t row : rows) {
        if (!part.live(row)) continue;
        OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
        if (std::binary_search(table_.deleted.begin(), table_.deleted.end(), rid)) continue;
        theirs.clear();
        OG_ASSIGN_OR_RETURN(const bool counts,
                            append_tuple(theirs, *part.segment, row, rule_.group, *rules_.type));
        if (!counts) continue;
        OG_RETURN_IF_ERROR(tuple(holder, mine));
        if (mine != theirs) continue;
        OG_ASSIGN_OR_RETURN(const std::string other, part.segment->id_text(row));
        return refuse(holder, other, id_of(holder));
      }
    }
    return {};
  }

  std::string id_of(const Holder& holder) const {
    return batches_[holder.batch]->ids.str(holder.row);
  }

  Status refuse(const Holder& holder, const std::string& first, const std::string& second) {
    const RowBatch& batch = *batches_[holder.batch];
    std::vector<std::string> spellings;
    for (const PropertyId member : rule_.group) {
      std::string& text = spellings.emplace_back();
      if (member == kSrcColumn) {
        OG_ASSIGN_OR_RETURN(text, run_.node_id(rules_.edge->from_id, batch.src[holder.row]));
      } else if (member == kDstColumn) {
        OG_ASSIGN_OR_RETURN(text, run_.node_id(rules_.edge->to_id, batch.dst[holder.row]));
      } else {
        append_spelling(text, *batch.column(member), holder.row);
      }
    }
    run_.add(Violation::Kind::kUnique, table_.table, id_of(holder),
             unique_message(*rules_.type, rule_, spellings, first, second));
    return {};
  }

  Run& run_;
  const TableDelta& table_;
  const UniqueRule& rule_;
  const TableRules& rules_;
  std::vector<const RowBatch*> batches_;
  std::vector<Holder> holders_;
};

}  // namespace

Status check_unique(Run& run, const TableDelta& table, const UniqueRule& rule) {
  return UniqueCheck(run, table, rule).run();
}

Status check_uniques(Run& run, const TableDelta& table) {
  for (const Violation& violation : table.found_before) {
    run.found.push_back(violation);
    if (run.done()) return {};
  }
  if (table.rows.empty() && !table.superseded_are_records) return {};
  for (const UniqueRule& rule : run.rules.of(table.table).uniques) {
    OG_RETURN_IF_ERROR(UniqueCheck(run, table, rule).run());
    if (run.done()) return {};
  }
  return {};
}

}  // namespace omnigraph::validation
