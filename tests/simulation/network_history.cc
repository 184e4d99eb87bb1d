#include "simulation/network_history.h"

#include "schema/compile.h"

namespace omnigraph::simulation {
namespace {

constexpr std::int64_t kDayMicros = 24 * NetworkHistory::kGraceMicros;

}  // namespace

NetworkHistory::NetworkHistory(std::uint64_t seed)
    : stage_(seed), network_(stage_, make_memory_store()) {
  options_.log_form = LogForm::kObjects;
  options_.checkpoint_records = static_cast<std::uint32_t>(4 + stage_.below(16));
  options_.fold_inline_rows = static_cast<std::uint32_t>(3 + stage_.below(20));
  options_.fold_segments = static_cast<std::uint32_t>(2 + stage_.below(4));
  options_.sweep_grace_micros = kGraceMicros;
}

void NetworkHistory::fail(const std::string& what) {
  if (failure_.empty()) failure_ = "turn " + std::to_string(stage_.turn()) + ": " + what;
}

std::shared_ptr<FakeClock> NetworkHistory::wrong_clock() {
  auto clock = std::make_shared<FakeClock>();
  clock->set_micros(FakeClock::kDefaultMicros - kDayMicros +
                    static_cast<std::int64_t>(stage_.below(2 * kDayMicros)));
  return clock;
}

Result<CommitHeader> NetworkHistory::create(std::string_view schema) {
  OG_ASSIGN_OR_RETURN(const CatalogPtr catalog, compile_schema(schema));
  network_.calm = true;
  auto made = Store::init(std::make_shared<ProcessStore>(network_), *catalog, false,
                          test_runtime(stage_.random().next()), options_);
  network_.calm = false;
  if (!made.ok()) return std::move(made).error();
  return (*made)->genesis();
}

Result<std::unique_ptr<Store>> NetworkHistory::open(Process& process,
                                                    std::shared_ptr<FakeClock> clock) {
  process.objects = std::make_shared<ProcessStore>(network_);
  process.clock = std::move(clock);
  process.seen = 0;
  Runtime runtime = test_runtime(stage_.random().next() | ++opened_);
  runtime.clock = process.clock;
  const Sequence promised = promised_;
  auto store = Store::open(process.objects, std::move(runtime), options_);
  if (store.ok() && (*store)->state()->sequence < promised) {
    fail("an open misses an acknowledged commit");
  }
  return store;
}

}  // namespace omnigraph::simulation
