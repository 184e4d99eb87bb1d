// One random history of a graph: several handles on one store, each as if in a process of its own,
// committing, reading, folding, checkpointing, crashing, while the store fails; and a plain model
// that says what must be there. Single-threaded and made of its seed alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/test_runtime.h"
#include "simulation/people.h"
#include "storage/fault_store.h"
#include "storage/store.h"

namespace omnigraph::simulation {

struct HistoryOptions {
  std::uint64_t seed = 1;
  int steps = 80;
  int handles = 2;
  int fault_percent = 0;        // of the store's calls
  int fault_point_percent = 0;  // of the steps run with a random fault point armed
  int power_cut_percent = 0;    // of the steps, where they append to a log in files: it is lost
                                // between the write and the sync, and tears what was written
};

class StoreHistory {
 public:
  StoreHistory(ObjectStorePtr objects, LogForm form, HistoryOptions options);
  // Runs all steps and the final check. Empty when everything held, else what did not.
  std::string run();
  std::uint64_t sectors_lost() const { return sectors_lost_; }

 private:
  struct Handle {
    std::unique_ptr<Store> store;
    Sequence seen = 0;  // readers never go back
  };

  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  bool percent(int p) { return static_cast<int>(below(100)) < p; }
  void inject(bool on);

  void step();
  void commit(Handle& handle);
  void branch(Handle& handle);
  void maintain(Handle& handle);
  void read(Handle& handle);
  void read_past(Handle& handle);
  void crash(Handle& handle);
  using LogFiles = std::map<std::string, std::string>;  // by path
  LogFiles log_files() const;
  void cut_power(const LogFiles& before);
  void check_state(Handle& handle);
  void check_end();

  Runtime runtime();
  bool open(Handle& handle);
  void check_snapshot(const Snapshot& snapshot);
  void fail(const std::string& what);

  HistoryOptions options_;
  SeededRandom random_;
  // One clock for all handles that moves with each step, so that ids of different handles differ.
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::shared_ptr<FaultStore> faults_;
  LogForm form_;
  std::vector<Handle> handles_;
  People people_;
  std::vector<CommitId> acknowledged_;  // on main, in order
  std::uint64_t opened_ = 0;
  std::uint64_t sectors_lost_ = 0;
  int at_step_ = 0;
  std::string failure_;
};

}  // namespace omnigraph::simulation
