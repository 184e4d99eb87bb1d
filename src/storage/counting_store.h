// Counts what passes to another store, and what the `file` log under it does: for tests of cost.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "storage/object_store.h"

namespace omnigraph {

struct StoreCounts {
  std::uint64_t gets = 0, puts = 0, puts_if_absent = 0, lists = 0, heads = 0, removes = 0;
  std::uint64_t log_appends = 0, log_probes = 0, log_reads = 0;  // of the `file` form
  std::uint64_t bytes_read = 0, bytes_written = 0;
  std::uint64_t log_bytes = 0;    // appended by the `file` form, sectors included
  std::uint64_t round_trips = 0;  // calls; a get_many, get_ranges or fetch is one

  std::uint64_t all_puts() const { return puts + puts_if_absent + log_appends; }
};

// Thread-safe, like what it wraps.
class CountingStore final : public ObjectStore {
 public:
  explicit CountingStore(ObjectStorePtr inner) : inner_(std::move(inner)) {}

  StoreCounts counts() const;
  void reset();

  Result<Bytes> get(std::string_view name, ByteRange range = {}) override;
  Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                        std::span<const ByteRange> ranges) override;
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> names) override;
  Result<Fetched> fetch(const FetchRequest& request) override;
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
  Status put(std::string_view name, std::string_view bytes) override;
  Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name) override;
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override;
  Status remove(std::string_view name) override;
  Result<ObjectInfo> head(std::string_view name) override;
  std::optional<std::string> local_path() const override { return inner_->local_path(); }
  void note_log_append(std::uint64_t bytes) override;
  void note_log_probe() override;
  void note_log_read(std::uint64_t bytes) override;

 private:
  template <typename F>
  void count(F&& change);

  ObjectStorePtr inner_;
  mutable std::mutex mutex_;  // guards counts_
  StoreCounts counts_;
};

std::shared_ptr<CountingStore> counted(ObjectStorePtr inner);

}  // namespace omnigraph
