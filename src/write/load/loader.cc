#include "write/load/loader.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "write/load/input.h"
#include "write/load/memory_reservation.h"
#include "write/load/spilled_records.h"

namespace omnigraph {
namespace {

// Inputs below this size are not worth a second thread.
constexpr std::uint64_t kSequentialBytes = std::uint64_t{1} << 20;

// The input is read in rounds: each ends when the records in memory take their share of the budget.
// What is then left of the input decides: nothing, and they stay in memory; more, and they go to
// disk.
class Reading {
 public:
  Reading(LoadSource& source, const LoadSettings& settings, const LoadPlan& plan,
          const Rules& rules, const Runtime& runtime, UlidSource& ulids, BlobStage& blobs,
          const ObjectStore& objects)
      : settings_(settings),
        plan_(plan),
        rules_(rules),
        runtime_(runtime),
        ulids_(ulids),
        objects_(objects),
        cutter_(source, settings.progress, piece_bytes(runtime.budget->limit())),
        memory_(std::make_shared<MemoryReservation>(runtime.budget)),
        wrong_(plan.types().size()) {
    const bool small = source.total() > 0 && source.total() < kSequentialBytes;
    workers_ = small ? 1 : runtime.executor->width();
    const ValueIntake intake{settings.permissive ? Strictness::kPermissive : Strictness::kStrict,
                             &blobs};
    for (unsigned i = 0; i < workers_; ++i) {
      parsers_.push_back(std::make_unique<RecordParser>(plan, intake));
    }
  }

  Result<LoadRecords> run() {
    for (;;) {
      full_ = false;
      runtime_.executor->parallel_for(workers_, [this](std::size_t worker) { work(worker); });
      if (failed_) return std::move(*failed_);
      std::sort(pieces_.begin(), pieces_.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      OG_RETURN_IF_ERROR(note_errors());
      const bool ended = cutter_.ended();
      for (auto& wrong : wrong_) {
        if (ended && wrong) return std::move(*wrong);
      }
      if (ended && !spilled_) return in_memory();
      OG_RETURN_IF_ERROR(spill());
      if (ended) return on_disk();
    }
  }

 private:
  static std::size_t piece_bytes(std::uint64_t budget) {
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(
        budget / 128, PieceCutter::kLeastPieceBytes, PieceCutter::kPieceBytes));
  }
  // Of the budget: what is in memory is copied while it is sorted and encoded.
  std::uint64_t share() const { return runtime_.budget->limit() / 8; }

  void work(std::size_t worker) {
    PieceCutter::Buffer buffer;
    while (!full_) {
      const auto more =
          settings_.permissive ? cutter_.next_values(buffer, share()) : cutter_.next(buffer);
      if (!more.ok()) return fail(more.error());
      if (!*more) return;
      const std::size_t ends = parsers_[worker]->memory();
      Piece piece = parsers_[worker]->parse(buffer.text);
      piece.worker = worker;
      if (piece.malformed) cutter_.stop();
      std::uint64_t memory = sizeof(Piece) + parsers_[worker]->memory() - ends;
      for (const PieceRows& rows : piece.types) memory += rows.memory();
      const std::lock_guard lock(mutex_);
      pieces_.emplace_back(buffer.index, std::move(piece));
      bytes_ += memory;
      if (Status taken = memory_->take(memory); !taken.ok()) full_ = true;
      if (bytes_ > share()) full_ = true;
    }
  }

  void fail(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!failed_) failed_ = error;
    cutter_.stop();
  }

  // Pieces are handed out in order, so all before a malformed one have been read. What is wrong in
  // a record is kept until every line is known to be well formed.
  Status note_errors() {
    for (auto& [index, piece] : pieces_) {
      if (piece.malformed) return std::move(*piece.malformed).placed(lines_);
      for (PieceRows& rows : piece.types) {
        if (rows.wrong && !wrong_[rows.type]) {
          wrong_[rows.type] = std::move(*rows.wrong).placed(lines_);
        }
      }
      lines_ += piece.lines;
    }
    return {};
  }

  std::vector<Piece> take_pieces() {
    std::vector<Piece> pieces;
    for (auto& [index, piece] : pieces_) pieces.push_back(std::move(piece));
    pieces_.clear();
    return pieces;
  }

  // What the workers found about spellings of ids, which must agree among them.
  Status join_remaps(std::map<TypeId, IdRemap>& out) const {
    for (const auto& parser : parsers_) {
      for (const auto& [table, remap] : parser->remaps()) {
        for (const auto& [given, canonical] : remap) {
          const auto [entry, fresh] = out[table].try_emplace(given, canonical);
          if (fresh || entry->second == canonical) continue;
          return ambiguous_remap(plan_.types()[plan_.of(table)].type->name, given, entry->second,
                                 canonical);
        }
      }
    }
    return {};
  }

  Result<LoadRecords> in_memory() {
    std::map<TypeId, IdRemap> remaps;
    OG_RETURN_IF_ERROR(join_remaps(remaps));
    OG_ASSIGN_OR_RETURN(
        LoadRecords records,
        gather_records(plan_, rules_, settings_.mode, take_pieces(), std::move(parsers_), ulids_));
    records.remaps = std::move(remaps);
    records.memory = memory_;
    return records;
  }

  Status spill() {
    if (!spilled_) {
      OG_ASSIGN_OR_RETURN(spilled_, SpilledRecords::create(plan_, rules_, objects_));
    }
    std::vector<std::vector<Interner>> ends;
    for (const auto& parser : parsers_) ends.push_back(parser->exchange_ends());
    OG_RETURN_IF_ERROR(spilled_->add(take_pieces(), ends, ulids_));
    bytes_ = 0;
    memory_ = std::make_shared<MemoryReservation>(runtime_.budget);
    return {};
  }

  Result<LoadRecords> on_disk() {
    LoadRecords records;
    OG_RETURN_IF_ERROR(join_remaps(records.remaps));
    records.spilled = spilled_;
    return records;
  }

  const LoadSettings& settings_;
  const LoadPlan& plan_;
  const Rules& rules_;
  const Runtime& runtime_;
  UlidSource& ulids_;
  const ObjectStore& objects_;
  PieceCutter cutter_;
  unsigned workers_ = 1;
  std::vector<std::unique_ptr<RecordParser>> parsers_;  // one a worker
  std::atomic<bool> full_ = false;                      // this round has its share
  std::mutex mutex_;                                    // guards the next four in a round
  std::shared_ptr<MemoryReservation> memory_;
  std::uint64_t bytes_ = 0;
  std::vector<std::pair<std::size_t, Piece>> pieces_;
  std::optional<Error> failed_;
  std::uint64_t lines_ = 0;                  // of earlier rounds
  std::vector<std::optional<Error>> wrong_;  // by type: the first wrong record
  std::shared_ptr<SpilledRecords> spilled_;  // null: everything is in memory
};

}  // namespace

Result<LoadRecords> read_records(LoadSource& source, const LoadSettings& settings,
                                 const LoadPlan& plan, const Rules& rules, const Runtime& runtime,
                                 UlidSource& ulids, BlobStage& blobs, const ObjectStore& objects) {
  return Reading(source, settings, plan, rules, runtime, ulids, blobs, objects).run();
}

}  // namespace omnigraph
