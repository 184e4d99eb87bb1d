// One random history of a graph in an object store: writers, readers, a compactor and a cleaner,
// each a process of its own, whose calls to the store take turns in an order drawn from the seed,
// over a network that fails, delays, loses answers and lets writes land late, and with processes
// that end at any call and begin anew, and clocks that are wrong.
//
// What is checked, against a plain model:
//   an acknowledged commit is there for every read and open that began later;
//   any other is there whole or not at all;
//   each branch has one linear history;
//   a reader sees states that were committed and never goes back;
//   what a reader may still read is not swept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simulation/network.h"
#include "simulation/people.h"
#include "simulation/stage.h"

namespace omnigraph::simulation {

class InterleavedHistory {
 public:
  explicit InterleavedHistory(std::uint64_t seed);
  // Empty when everything held, else what did not.
  std::string run();
  std::uint64_t commits() const { return acknowledged_.size(); }

 private:
  struct Process {
    std::shared_ptr<ProcessStore> objects;
    std::shared_ptr<FakeClock> clock;
    std::unique_ptr<Store> store;
    Sequence seen = 0;
  };

  void fail(const std::string& what);
  bool going() const { return !stage_.over() && failure_.empty(); }
  // Opens the graph, as a process just begun; false when the network did not let it.
  bool begin(Process& process, std::shared_ptr<FakeClock> clock);
  // Begins processes, one after the other's end, and lets each do `act` again and again.
  void play(const std::shared_ptr<FakeClock>& clock, const std::function<void(Process&)>& act);

  void write(Process& process);
  void read(Process& process);
  void compact(Process& process);
  void clean(Process& process);

  void commit(Process& process);
  void branch(Process& process);
  void read_past(Process& process);
  // Of a call that failed: damage and bugs never come from a network.
  void judge(const char* doing, const Error& error);
  // What a fresh process finds once nobody writes.
  void check_end();
  void check_readable(const Store& store, const Snapshot& snapshot);
  std::shared_ptr<FakeClock> wrong_clock();

  Stage stage_;
  Network network_;
  StoreOptions options_;
  People people_;
  std::shared_ptr<FakeClock> cleaner_clock_ = std::make_shared<FakeClock>();
  struct Acknowledged {
    CommitId id;
    Sequence sequence = 0;
  };
  std::vector<Acknowledged> acknowledged_;  // on main
  Sequence promised_ = 0;                   // the newest acknowledged
  std::uint64_t opened_ = 0;
  std::string failure_;
};

}  // namespace omnigraph::simulation
