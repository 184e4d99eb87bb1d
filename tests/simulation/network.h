// An object store as a process sees it over a bad network, on a Stage: calls take turns, fail, lose
// their answers, land late, and end with their process.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "simulation/stage.h"
#include "storage/object_store.h"

namespace omnigraph::simulation {

struct NetworkFaults {
  std::uint64_t fail_percent = 0;   // calls that fail, lose an answer or land late
  std::uint64_t kill_permille = 0;  // calls at which their process ends, before or after they land
};

// What all processes share.
struct Network {
  Network(Stage& on, ObjectStorePtr objects) : stage(on), store(std::move(objects)) {}
  Stage& stage;
  ObjectStorePtr store;
  NetworkFaults faults;
  // While it is set calls neither fail nor pause: the checker looks.
  bool calm = false;
  std::deque<std::function<void()>> late;  // writes under way whose caller has gone on
  // Lets one late write land, or vanish.
  void land_one();
};

// The store of one process. After kill() every call fails and nothing lands any more.
class ProcessStore final : public ObjectStore {
 public:
  explicit ProcessStore(Network& network) : network_(network) {}

  bool alive() const { return alive_; }
  void kill() { alive_ = false; }

  Result<Bytes> get(std::string_view name, ByteRange range = {}) override;
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
  Status put(std::string_view name, std::string_view bytes) override;
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override;
  Status remove(std::string_view name) override;
  Result<ObjectInfo> head(std::string_view name) override;

 private:
  enum class Fate { kPass, kFail, kLoseAnswer, kLate };
  Fate before(bool write);
  // After the call landed: whether its process still is there to hear the answer.
  bool after();

  Network& network_;
  bool alive_ = true;
  bool kill_after_ = false;
};

}  // namespace omnigraph::simulation
