// One random history of a whole graph in an object store, through the engine: processes mutate,
// load, put Blobs, branch, fork the past, merge and change the schema, while others read, optimize
// and clean up, over the network of InterleavedHistory. Everything is made of the seed.
//
// What is checked, against models worked out from the commits that are there (graph_model.h): what
// InterleavedHistory checks, and besides that
//   a commit holds what its write does to the very state before it, merges included;
//   no write is there twice, none that was refused is there;
//   Blobs of readable commits keep their bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/engine.h"
#include "simulation/graph_model.h"
#include "simulation/network_history.h"

namespace omnigraph::simulation {

class GraphHistory : private NetworkHistory {
 public:
  explicit GraphHistory(std::uint64_t seed);
  // Empty when everything held, else what did not.
  std::string run();

  struct Counts {
    std::uint64_t writes = 0, merges = 0, schemas = 0, blobs = 0, branches = 0, reads = 0;
    bool operator==(const Counts&) const = default;
    Counts& operator+=(const Counts& other);
  };
  // Of what was acknowledged.
  const Counts& counts() const { return counts_; }

 private:
  struct Process : NetworkHistory::Process {
    std::unique_ptr<Graph::Engine> graph;
  };

  bool begin(Process& process, std::shared_ptr<FakeClock> clock);
  void add(const std::shared_ptr<FakeClock>& clock, void (GraphHistory::*act)(Process&));
  // Of a call that failed: damage and bugs never come from a network.
  bool judge(const char* doing, const Error& error);

  void write(Process& process);
  void mutate(Process& process);
  void load(Process& process);
  void put_blob(Process& process);
  void merge(Process& process);
  void branch(Process& process);
  void change_schema(Process& process);
  void read(Process& process);
  void read_past(Process& process);
  void optimize(Process& process);
  void clean(Process& process);
  void check_end();
  // The commit is acknowledged, or the error says what may have become of it.
  template <typename Report>
  void settle(Process& process, const char* doing, std::uint64_t number, const Report& report,
              const std::optional<Commit>& commit, std::uint64_t& counter) {
    if (report.ok()) return settle(process, number, commit, counter);
    if (judge(doing, report.error())) models_.refuse(number);
  }
  void settle(Process& process, std::uint64_t number, const std::optional<Commit>& commit,
              std::uint64_t& counter);
  void check_readable(Process& process, const Snapshot& snapshot);

  std::string any_branch(Process& process);
  std::string any_person();

  CommitModels models_;
  std::vector<std::string> acknowledged_;  // commits of main
  std::vector<std::string> known_;         // of any branch
  Counts counts_;
};

}  // namespace omnigraph::simulation
