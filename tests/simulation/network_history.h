// What histories of several processes on one object store have in common: a stage, a network, and
// processes that open the graph, act, end at any call and begin anew, with clocks that are wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/test_runtime.h"
#include "simulation/network.h"
#include "simulation/stage.h"
#include "storage/store.h"

namespace omnigraph::simulation {

class NetworkHistory {
 public:
  static constexpr std::int64_t kGraceMicros = std::int64_t{3'600} * 1'000'000;

 protected:
  explicit NetworkHistory(std::uint64_t seed);

  // One process; what acts derives from it.
  struct Process {
    std::shared_ptr<ProcessStore> objects;
    std::shared_ptr<FakeClock> clock;
    Sequence seen = 0;
  };

  void fail(const std::string& what);
  bool going() const { return !stage_.over() && failure_.empty(); }
  // Up to a day off, either way.
  std::shared_ptr<FakeClock> wrong_clock();
  // Makes the graph, while nothing fails.
  Result<CommitHeader> create(std::string_view schema);
  // Opens the graph for a process just begun.
  Result<std::unique_ptr<Store>> open(Process& process, std::shared_ptr<FakeClock> clock);

  // Begins processes, one after the other's end, and lets each do `act` again and again; `begin`
  // says whether it came so far, `end` is the end of those that are not killed (`in_order`
  // percent).
  template <typename P>
  void play(const std::shared_ptr<FakeClock>& clock, std::uint64_t in_order,
            const std::function<bool(P&, std::shared_ptr<FakeClock>)>& begin,
            const std::function<void(P&)>& act, const std::function<void(P&)>& end) {
    while (going()) {
      P process;
      if (begin(process, clock ? clock : wrong_clock())) {
        while (going() && process.objects->alive()) {
          process.clock->advance_micros(1'000);
          act(process);
          stage_.pause();
        }
        if (in_order == 0 || !stage_.percent(in_order)) process.objects->kill();
        end(process);
      }
      process.objects->kill();
      stage_.pause();
    }
  }

  Stage stage_;
  Network network_;
  StoreOptions options_;
  std::shared_ptr<FakeClock> cleaner_clock_ = std::make_shared<FakeClock>();
  Sequence promised_ = 0;  // the newest acknowledged
  std::string failure_;

 private:
  std::uint64_t opened_ = 0;
};

}  // namespace omnigraph::simulation
