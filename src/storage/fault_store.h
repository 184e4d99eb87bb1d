// A store that fails when told: for tests of what a graph does when its disk or network does not do
// as asked. Passes everything else to another store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "storage/object_store.h"

namespace omnigraph {

enum class StoreFault : std::uint8_t {
  kNone,
  kFail,        // the call does nothing and fails with kIo
  kFull,        // a write does nothing and fails with kResourceExhausted; reads pass
  kShortWrite,  // put: half of the bytes land under a name of their own (never under the object's),
                // then kResourceExhausted; reads pass
  kLostAnswer,  // a write lands and its answer is lost: put_if_absent says kUnknown, put fails
  kNotWritten,  // a write does not land and its answer is lost
};

enum class StoreCall : std::uint8_t { kGet, kPutIfAbsent, kPut, kList, kHead, kRemove };

// Thread-safe. The decision is made once for each call (each object of a get_many is one).
class FaultStore final : public ObjectStore {
 public:
  using Decide = std::function<StoreFault(StoreCall call, std::string_view name)>;

  explicit FaultStore(ObjectStorePtr inner) : inner_(std::move(inner)) {}

  // Asked before each call; null: nothing fails.
  void set_faults(Decide decide);
  // `fault` at the n-th call from now on (1: the next), and at every later one if `from_then_on`.
  void fail_at(std::uint64_t n, StoreFault fault, bool from_then_on = false);
  // Calls since the last set_faults or fail_at.
  std::uint64_t calls() const;

  Result<Bytes> get(std::string_view name, ByteRange range = {}) override;
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
  Status put(std::string_view name, std::string_view bytes) override;
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override;
  Status remove(std::string_view name) override;
  Result<ObjectInfo> head(std::string_view name) override;
  std::optional<std::string> local_path() const override { return inner_->local_path(); }

 private:
  StoreFault decide(StoreCall call, std::string_view name);

  ObjectStorePtr inner_;
  mutable std::mutex mutex_;  // guards the rest
  Decide decide_;
  std::uint64_t calls_ = 0;
};

}  // namespace omnigraph
