// Answers reads out of what was fetched ahead, and passes everything else on: lets an open ask for
// what it will need in few round trips while the code that uses it asks for one thing at a time.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "storage/object_store.h"

namespace omnigraph {

class PrefetchStore final : public ObjectStore {
 public:
  explicit PrefetchStore(ObjectStorePtr inner) : inner_(std::move(inner)) {}

  // Fetches all of it, in one round trip, and keeps it until forget(). What is there already is not
  // fetched again.
  Status load(FetchRequest request);
  void forget();

  Result<Bytes> get(std::string_view name, ByteRange range = {}) override;
  Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                        std::span<const ByteRange> ranges) override {
    return inner_->get_ranges(name, ranges);
  }
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> names) override;
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override {
    return inner_->put_if_absent(name, bytes);
  }
  Status put(std::string_view name, std::string_view bytes) override {
    return inner_->put(name, bytes);
  }
  Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name) override {
    return inner_->writer(name);
  }
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override;
  Status remove(std::string_view name) override { return inner_->remove(name); }
  Result<ObjectInfo> head(std::string_view name) override { return inner_->head(name); }
  std::optional<std::string> local_path() const override { return inner_->local_path(); }
  void note_log_append(std::uint64_t bytes) override { inner_->note_log_append(bytes); }
  void note_log_probe() override { inner_->note_log_probe(); }
  void note_log_read(std::uint64_t bytes) override { inner_->note_log_read(bytes); }

 private:
  using Names = std::pair<std::string, std::string>;  // prefix, start_after

  // The object if it was fetched; the outer nullopt: it was not.
  std::optional<std::optional<Bytes>> find(std::string_view name) const;

  const ObjectStorePtr inner_;
  mutable std::mutex mutex_;  // guards the rest
  std::map<std::string, std::optional<Bytes>, std::less<>> objects_;
  std::map<Names, std::vector<ObjectInfo>> names_;
};

}  // namespace omnigraph
