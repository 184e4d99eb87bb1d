#include <algorithm>
#include <utility>

#include "execution/operator.h"

namespace omnigraph {
namespace {

// Stands in front of an operator when a plan is explained: rows count for the step before it, time
// for the operator, less what the ones behind it take.
class Measured final : public Operator {
 public:
  Measured(Operator& next, Counters* before, Counters* of_next, Clock& clock)
      : next_(next), before_(before), of_next_(of_next), clock_(clock) {}

  Status push(Batch& batch) override {
    const std::int64_t begin = clock_.steady_nanos();
    if (before_ != nullptr) before_->rows += batch.rows;
    Status status = next_.push(batch);
    const auto spent = static_cast<std::uint64_t>(clock_.steady_nanos() - begin);
    if (before_ != nullptr) before_->nanos -= spent;
    if (of_next_ != nullptr) of_next_->nanos += spent;
    return status;
  }
  Status finish() override { return next_.finish(); }

 private:
  Operator& next_;
  Counters* before_;   // null: outer rows
  Counters* of_next_;  // null: the sink
  Clock& clock_;
};

std::unique_ptr<Operator> make_operator(const BoundStep& step, Execution& execution, Operator& next,
                                        const StopFlag* stop) {
  switch (step.plan->kind) {
    case Step::Kind::kExpand:
      return make_expand(step, execution, next, stop);
    case Step::Kind::kHops:
      return make_hops(step, execution, next, stop);
    case Step::Kind::kClose:
      return make_close(step, execution, next);
    case Step::Kind::kTest:
      return make_test(step, execution, next);
    case Step::Kind::kFilter:
      return make_filter(step, execution, next);
    case Step::Kind::kAbsent:
      return make_absent(step, execution, next);
    case Step::Kind::kProduct:
      break;
  }
  return make_product(step, execution, next, stop);
}

// Walks the live rows of a weights form in [begin, end) and hands them on in batches.
class SourceReader {
 public:
  SourceReader(const BoundScope& scope, Execution& execution, Pipeline& pipeline,
               const StopFlag* stop)
      : scope_(scope), context_(execution.context), pipeline_(pipeline), stop_(stop) {
    batch_.columns.resize(execution.slots());
    variable_ = scope.plan->source.front().variable;
    const auto& live = scope.plan->live;
    wanted_ = std::find(live.begin(), live.end(), variable_) != live.end();
  }

  Status read(std::uint32_t begin, std::uint32_t end) {
    const Weights& weights = *scope_.source;
    std::shared_ptr<const TableView::Live> live;
    if (weights.form == Weights::Form::kAll) {
      OG_ASSIGN_OR_RETURN(live, scope_.source_table->live());
    }
    std::uint32_t at = begin;
    while (at < end && !(stop_ != nullptr && stop_->load(std::memory_order_relaxed))) {
      const std::uint32_t until = std::min(end, at + kBatchRows);
      batch_.clear();
      if (weights.pending.empty()) {
        fill(weights, live.get(), at, until);
      } else {
        OG_RETURN_IF_ERROR(fill_product(weights, at, until));
      }
      at = until;
      if (rows_.empty()) continue;
      batch_.rows = static_cast<std::uint32_t>(rows_.size());
      if (wanted_) batch_.columns[variable_].assign(rows_.begin(), rows_.end());
      if (scope_.factor != 1) {
        if (batch_.weights.empty()) batch_.weights.assign(batch_.rows, 1);
        for (auto& weight : batch_.weights) weight = saturating_multiply(weight, scope_.factor);
      }
      OG_RETURN_IF_ERROR(context_.check());
      OG_RETURN_IF_ERROR(pipeline_.push(batch_));
    }
    return {};
  }

 private:
  void fill(const Weights& weights, const TableView::Live* live, std::uint32_t from,
            std::uint32_t to) {
    rows_.clear();
    switch (weights.form) {
      case Weights::Form::kAll:
        for (RowId rid = from; rid < to; ++rid) {
          if (live->contiguous ? rid >= live->first && rid < live->limit : live->bytes[rid] != 0) {
            rows_.push_back(rid);
          }
        }
        return;
      case Weights::Form::kDegree:
        batch_.weights.resize(to - from);
        read_range(weights, from, to, batch_.weights.data());
        return keep_nonzero(from);
      case Weights::Form::kBytes: {
        rows_.resize(to - from);
        std::size_t n = 0;
        for (RowId rid = from; rid < to; ++rid) {
          rows_[n] = rid;
          n += weights.bytes[rid];
        }
        rows_.resize(n);
        return;
      }
      case Weights::Form::kWide:
        batch_.weights.assign(weights.wide.begin() + from, weights.wide.begin() + to);
        return keep_nonzero(from);
      case Weights::Form::kSparse:
        rows_.assign(weights.keys.begin() + from, weights.keys.begin() + to);
        if (!weights.counts.empty()) {
          batch_.weights.assign(weights.counts.begin() + from, weights.counts.begin() + to);
        }
        return;
    }
  }

  // The weights of [from, to) with what is still to be multiplied in.
  Status fill_product(const Weights& weights, std::uint32_t from, std::uint32_t to) {
    batch_.weights.resize(to - from);
    read_range(weights, from, to, batch_.weights.data());
    for (const RangeFactor& factor : weights.pending) {
      OG_RETURN_IF_ERROR(multiply_range(factor, from, to, batch_.weights.data(), sums_));
    }
    keep_nonzero(from);
    return {};
  }

  // Rows are the row ids from `from` on whose weight is not 0.
  void keep_nonzero(RowId from) {
    rows_.resize(batch_.weights.size());
    std::size_t n = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[n] = from + static_cast<RowId>(i);
      batch_.weights[n] = batch_.weights[i];
      n += batch_.weights[n] != 0 ? 1 : 0;
    }
    rows_.resize(n);
    batch_.weights.resize(n);
  }

  const BoundScope& scope_;
  QueryContext& context_;
  Pipeline& pipeline_;
  const StopFlag* stop_;
  VarId variable_ = 0;
  bool wanted_ = false;
  Batch batch_;
  std::vector<RowId> rows_;
  std::vector<std::uint64_t> sums_;
};

}  // namespace

void Batch::keep(std::span<const std::uint32_t> selected) {
  if (selected.size() == rows) return;
  for (auto& column : columns) {
    if (column.empty()) continue;
    for (std::size_t i = 0; i < selected.size(); ++i) column[i] = column[selected[i]];
    column.resize(selected.size());
  }
  if (!weights.empty()) {
    for (std::size_t i = 0; i < selected.size(); ++i) weights[i] = weights[selected[i]];
    weights.resize(selected.size());
  }
  rows = static_cast<std::uint32_t>(selected.size());
}

Pipeline::Pipeline(const BoundScope& scope, Execution& execution, Operator& sink,
                   const StopFlag* stop)
    : first_(&sink), sink_(sink) {
  const std::size_t n = scope.steps.size();
  const auto measure = [&](std::size_t next) {
    if (!execution.measure) return;
    Counters* before = next > 0 ? &scope.steps[next - 1]->counters
                                : (scope.plan->seeded ? nullptr : &scope.counters);
    Counters* of_next = next < n ? &scope.steps[next]->counters : nullptr;
    operators_.push_back(
        std::make_unique<Measured>(*first_, before, of_next, *execution.context.runtime().clock));
    first_ = operators_.back().get();
  };
  measure(n);
  for (std::size_t i = n; i-- > 0;) {
    operators_.push_back(make_operator(*scope.steps[i], execution, *first_, stop));
    first_ = operators_.back().get();
    measure(i);
  }
}

Status Pipeline::push(Batch& batch) { return first_->push(batch); }

Status Pipeline::finish() {
  for (auto at = operators_.rbegin(); at != operators_.rend(); ++at) {
    OG_RETURN_IF_ERROR((*at)->finish());
  }
  return sink_.finish();
}

Status run_scope(const BoundScope& scope, Execution& execution, const StopFlag* stop,
                 std::size_t most_morsels, const std::function<Operator&(std::size_t)>& make_sink,
                 const std::function<Status(std::size_t)>& prepare) {
  if (scope.never) return prepare(0);
  std::uint32_t begin = 0, end = scope.source_table->key_limit();
  if (scope.source->form == Weights::Form::kSparse) {
    end = static_cast<std::uint32_t>(scope.source->keys.size());
  } else if (scope.source->form == Weights::Form::kAll) {
    OG_ASSIGN_OR_RETURN(const auto live, scope.source_table->live());
    if (live->contiguous) {
      begin = live->first;
      end = live->limit;
    }
  }
  std::uint32_t morsel_rows = std::max(end - begin, 1U);
  if (most_morsels > 1 && execution.context.runtime().executor->width() > 1) {
    // Rows that the steps will see, whatever the source is.
    double work = end - begin;
    for (const RangeFactor& factor : scope.source->pending) {
      work = std::max(work, static_cast<double>(edges_of(factor)));
    }
    for (const auto& step : scope.steps) work = std::max(work, step->plan->estimated_rows);
    const QueryGrain& grain = execution.context.grain();
    if (work > static_cast<double>(grain.parallel_rows)) {
      const auto pieces = static_cast<std::uint32_t>(
          std::clamp(work / grain.morsel_rows, 2.0, static_cast<double>(most_morsels)));
      morsel_rows = std::max((end - begin + pieces - 1) / pieces, 1U);
      // Searches are cheaper together.
      const bool searches =
          std::any_of(scope.steps.begin(), scope.steps.end(),
                      [](const auto& step) { return step->plan->kind == Step::Kind::kHops; });
      if (searches) morsel_rows = std::max<std::uint32_t>(morsel_rows, GroupSearch::kLanes);
    }
  }
  const std::size_t morsels = (std::size_t{end - begin} + morsel_rows - 1) / morsel_rows;
  OG_RETURN_IF_ERROR(prepare(morsels));
  return execution.context.parallel(morsels, [&](std::size_t morsel) -> Status {
    Pipeline pipeline(scope, execution, make_sink(morsel), stop);
    SourceReader reader(scope, execution, pipeline, stop);
    Clock& clock = *execution.context.runtime().clock;
    const std::int64_t started = execution.measure ? clock.steady_nanos() : 0;
    const auto low = begin + static_cast<std::uint32_t>(morsel) * morsel_rows;
    const std::uint32_t high = std::min(end, low + morsel_rows);
    OG_RETURN_IF_ERROR(reader.read(low, high));
    if (execution.measure) {
      scope.counters.nanos += static_cast<std::uint64_t>(clock.steady_nanos() - started);
    }
    return pipeline.finish();
  });
}

}  // namespace omnigraph
