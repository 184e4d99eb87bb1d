#include "write/load/loader.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "write/load/input.h"
#include "write/load/memory_reservation.h"

namespace omnigraph {
namespace {

// Inputs below this size are not worth a second thread.
constexpr std::uint64_t kSequentialBytes = std::uint64_t{1} << 20;

class Reading {
 public:
  Reading(LoadSource& source, const LoadSettings& settings, const LoadPlan& plan,
          const Runtime& runtime, BlobStage& blobs)
      : settings_(settings),
        plan_(plan),
        runtime_(runtime),
        cutter_(source, settings.progress),
        memory_(std::make_shared<MemoryReservation>(runtime.budget)) {
    const bool small = source.total() > 0 && source.total() < kSequentialBytes;
    workers_ = small || settings.permissive ? 1 : runtime.executor->width();
    const ValueIntake intake{settings.permissive ? Strictness::kPermissive : Strictness::kStrict,
                             &blobs};
    for (unsigned i = 0; i < workers_; ++i) {
      parsers_.push_back(std::make_unique<RecordParser>(plan, intake));
    }
  }

  Result<LoadRecords> run(const Rules& rules, UlidSource& ulids) {
    runtime_.executor->parallel_for(workers_, [this](std::size_t worker) { work(worker); });
    if (failed_) return std::move(*failed_);
    std::sort(pieces_.begin(), pieces_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    OG_RETURN_IF_ERROR(report_malformed());
    OG_RETURN_IF_ERROR(report_wrong());
    std::vector<Piece> pieces;
    for (auto& [index, piece] : pieces_) pieces.push_back(std::move(piece));
    OG_ASSIGN_OR_RETURN(LoadRecords records,
                        gather_records(plan_, rules, settings_.mode, std::move(pieces),
                                       std::move(parsers_), ulids));
    records.memory = memory_;
    return records;
  }

 private:
  void work(std::size_t worker) {
    PieceCutter::Buffer buffer;
    for (;;) {
      const auto more = settings_.permissive ? cutter_.rest(buffer, runtime_.budget->limit())
                                             : cutter_.next(buffer);
      if (!more.ok()) return fail(more.error());
      if (!*more) return;
      Piece piece = parsers_[worker]->parse(buffer.text);
      piece.worker = worker;
      if (piece.malformed) cutter_.stop();
      std::uint64_t memory = sizeof(Piece);
      for (const PieceRows& rows : piece.types) memory += rows.memory();
      const std::lock_guard lock(mutex_);
      pieces_.emplace_back(buffer.index, std::move(piece));
      if (Status taken = memory_->take(memory); !taken.ok()) {
        if (!failed_) failed_ = std::move(taken).error();
        cutter_.stop();
        return;
      }
    }
  }

  void fail(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!failed_) failed_ = error;
    cutter_.stop();
  }

  // Pieces are handed out in order, so all before a malformed one have been read.
  Status report_malformed() {
    std::uint64_t lines = 0;
    for (auto& [index, piece] : pieces_) {
      if (piece.malformed) return std::move(*piece.malformed).placed(lines);
      lines += piece.lines;
    }
    return {};
  }

  Status report_wrong() {
    for (std::size_t type = 0; type < plan_.types().size(); ++type) {
      for (auto& [index, piece] : pieces_) {
        for (PieceRows& rows : piece.types) {
          if (rows.type == type && rows.wrong) return std::move(*rows.wrong);
        }
      }
    }
    return {};
  }

  const LoadSettings& settings_;
  const LoadPlan& plan_;
  const Runtime& runtime_;
  PieceCutter cutter_;
  unsigned workers_ = 1;
  std::vector<std::unique_ptr<RecordParser>> parsers_;  // one a worker
  std::mutex mutex_;                                    // guards the next three
  std::shared_ptr<MemoryReservation> memory_;
  std::vector<std::pair<std::size_t, Piece>> pieces_;
  std::optional<Error> failed_;
};

}  // namespace

Result<LoadRecords> read_records(LoadSource& source, const LoadSettings& settings,
                                 const LoadPlan& plan, const Rules& rules, const Runtime& runtime,
                                 UlidSource& ulids, BlobStage& blobs) {
  return Reading(source, settings, plan, runtime, blobs).run(rules, ulids);
}

}  // namespace omnigraph
