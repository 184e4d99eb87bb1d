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

#include "simulation/network_history.h"
#include "simulation/people.h"

namespace omnigraph::simulation {

class InterleavedHistory : private NetworkHistory {
 public:
  explicit InterleavedHistory(std::uint64_t seed);
  // Empty when everything held, else what did not.
  std::string run();
  std::uint64_t commits() const { return acknowledged_.size(); }

 private:
  struct Process : NetworkHistory::Process {
    std::unique_ptr<Store> store;
  };

  // As a process just begun; false when the network did not let it.
  bool begin(Process& process, std::shared_ptr<FakeClock> clock);
  void add(const std::shared_ptr<FakeClock>& clock, void (InterleavedHistory::*act)(Process&));

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

  People people_;
  struct Acknowledged {
    CommitId id;
    Sequence sequence = 0;
  };
  std::vector<Acknowledged> acknowledged_;  // on main
};

}  // namespace omnigraph::simulation
