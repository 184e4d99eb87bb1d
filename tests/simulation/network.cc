#include "simulation/network.h"

namespace omnigraph::simulation {
namespace {

Error broken(std::string_view name) {
  return io_error("the network broke at '" + std::string(name) + "'");
}

}  // namespace

void Network::land_one() {
  if (late.empty()) return;
  const auto at = static_cast<std::ptrdiff_t>(stage.below(late.size()));
  const auto write = std::move(late[static_cast<std::size_t>(at)]);
  late.erase(late.begin() + at);
  if (stage.percent(70)) write();
}

ProcessStore::Fate ProcessStore::before(bool write) {
  if (network_.calm) return alive_ ? Fate::kPass : Fate::kFail;
  network_.stage.pause();
  if (!alive_) return Fate::kFail;
  if (network_.stage.below(1000) < network_.faults.kill_permille) {
    kill_after_ = network_.stage.percent(50);
    if (!kill_after_) {
      alive_ = false;
      return Fate::kFail;
    }
  }
  if (!network_.stage.percent(network_.faults.fail_percent)) return Fate::kPass;
  if (!write) return Fate::kFail;
  switch (network_.stage.below(3)) {
    case 0:
      return Fate::kFail;
    case 1:
      return Fate::kLoseAnswer;
    default:
      return Fate::kLate;
  }
}

bool ProcessStore::after() {
  if (network_.calm) return true;
  if (kill_after_) {
    kill_after_ = false;
    alive_ = false;
  }
  // The answer travels.
  network_.stage.pause();
  return alive_;
}

Result<Bytes> ProcessStore::get(std::string_view name, ByteRange range) {
  if (before(false) != Fate::kPass) return broken(name);
  auto bytes = network_.store->get(name, range);
  if (!after()) return broken(name);
  return bytes;
}

Result<PutOutcome> ProcessStore::put_if_absent(std::string_view name, std::string_view bytes) {
  switch (before(true)) {
    case Fate::kPass:
      break;
    case Fate::kFail:
      return broken(name);
    case Fate::kLoseAnswer: {
      auto outcome = network_.store->put_if_absent(name, bytes);
      if (!after()) return broken(name);
      if (!outcome.ok()) return outcome;
      return PutOutcome::kUnknown;
    }
    case Fate::kLate:
      network_.late.push_back(
          [store = network_.store, name = std::string(name), bytes = std::string(bytes)] {
            static_cast<void>(store->put_if_absent(name, bytes));
          });
      return PutOutcome::kUnknown;
  }
  auto outcome = network_.store->put_if_absent(name, bytes);
  // Dead before the answer came: as an error, for there is nobody to whom it could be a success.
  if (!after()) return broken(name);
  return outcome;
}

Status ProcessStore::put(std::string_view name, std::string_view bytes) {
  switch (before(true)) {
    case Fate::kPass:
      break;
    case Fate::kFail:
      return broken(name);
    case Fate::kLoseAnswer:
      static_cast<void>(network_.store->put(name, bytes));
      static_cast<void>(after());
      return broken(name);
    case Fate::kLate:
      network_.late.push_back(
          [store = network_.store, name = std::string(name), bytes = std::string(bytes)] {
            static_cast<void>(store->put(name, bytes));
          });
      return broken(name);
  }
  const Status status = network_.store->put(name, bytes);
  if (!after()) return broken(name);
  return status;
}

Result<std::vector<ObjectInfo>> ProcessStore::list(std::string_view prefix,
                                                   std::string_view start_after,
                                                   std::size_t limit) {
  if (before(false) != Fate::kPass) return broken(prefix);
  auto listed = network_.store->list(prefix, start_after, limit);
  if (!after()) return broken(prefix);
  return listed;
}

Status ProcessStore::remove(std::string_view name) {
  if (before(false) != Fate::kPass) return broken(name);
  const Status status = network_.store->remove(name);
  if (!after()) return broken(name);
  return status;
}

Result<ObjectInfo> ProcessStore::head(std::string_view name) {
  if (before(false) != Fate::kPass) return broken(name);
  auto info = network_.store->head(name);
  if (!after()) return broken(name);
  return info;
}

}  // namespace omnigraph::simulation
