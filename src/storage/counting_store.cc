#include "storage/counting_store.h"

namespace omnigraph {

template <typename F>
void CountingStore::count(F&& change) {
  const std::lock_guard lock(mutex_);
  change(counts_);
}

StoreCounts CountingStore::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void CountingStore::reset() {
  count([](StoreCounts& c) { c = {}; });
}

Result<Bytes> CountingStore::get(std::string_view name, ByteRange range) {
  auto bytes = inner_->get(name, range);
  count([&](StoreCounts& c) {
    ++c.gets;
    ++c.round_trips;
    if (bytes.ok()) c.bytes_read += bytes->data.size();
  });
  return bytes;
}

Result<std::vector<Bytes>> CountingStore::get_ranges(std::string_view name,
                                                     std::span<const ByteRange> ranges) {
  auto all = inner_->get_ranges(name, ranges);
  count([&](StoreCounts& c) {
    c.gets += ranges.size();
    ++c.round_trips;
    if (!all.ok()) return;
    for (const Bytes& bytes : *all) c.bytes_read += bytes.data.size();
  });
  return all;
}

Result<std::vector<std::optional<Bytes>>> CountingStore::get_many(
    std::span<const std::string> names) {
  auto all = inner_->get_many(names);
  count([&](StoreCounts& c) {
    c.gets += names.size();
    ++c.round_trips;
    if (!all.ok()) return;
    for (const auto& bytes : *all) {
      if (bytes) c.bytes_read += bytes->data.size();
    }
  });
  return all;
}

Result<Fetched> CountingStore::fetch(const FetchRequest& request) {
  auto all = inner_->fetch(request);
  count([&](StoreCounts& c) {
    c.gets += request.objects.size() + request.pieces.size();
    c.lists += request.names.size();
    ++c.round_trips;
    if (!all.ok()) return;
    for (const auto& bytes : all->objects) {
      if (bytes) c.bytes_read += bytes->data.size();
    }
    for (const Bytes& bytes : all->pieces) c.bytes_read += bytes.data.size();
  });
  return all;
}

Result<PutOutcome> CountingStore::put_if_absent(std::string_view name, std::string_view bytes) {
  count([&](StoreCounts& c) {
    ++c.puts_if_absent;
    ++c.round_trips;
    c.bytes_written += bytes.size();
  });
  return inner_->put_if_absent(name, bytes);
}

Status CountingStore::put(std::string_view name, std::string_view bytes) {
  count([&](StoreCounts& c) {
    ++c.puts;
    ++c.round_trips;
    c.bytes_written += bytes.size();
  });
  return inner_->put(name, bytes);
}

Result<std::unique_ptr<ObjectWriter>> CountingStore::writer(std::string_view name) {
  count([&](StoreCounts& c) {
    ++c.puts;
    ++c.round_trips;
  });
  return inner_->writer(name);
}

Result<std::vector<ObjectInfo>> CountingStore::list(std::string_view prefix,
                                                    std::string_view start_after,
                                                    std::size_t limit) {
  count([&](StoreCounts& c) {
    ++c.lists;
    ++c.round_trips;
  });
  return inner_->list(prefix, start_after, limit);
}

Status CountingStore::remove(std::string_view name) {
  count([&](StoreCounts& c) {
    ++c.removes;
    ++c.round_trips;
  });
  return inner_->remove(name);
}

Result<ObjectInfo> CountingStore::head(std::string_view name) {
  count([&](StoreCounts& c) {
    ++c.heads;
    ++c.round_trips;
  });
  return inner_->head(name);
}

void CountingStore::note_log_append(std::uint64_t bytes) {
  count([&](StoreCounts& c) {
    ++c.log_appends;
    ++c.round_trips;
    c.log_bytes += bytes;
    c.bytes_written += bytes;
  });
  inner_->note_log_append(bytes);
}

void CountingStore::note_log_probe() {
  count([&](StoreCounts& c) {
    ++c.log_probes;
    ++c.round_trips;
  });
  inner_->note_log_probe();
}

void CountingStore::note_log_read(std::uint64_t bytes) {
  count([&](StoreCounts& c) {
    ++c.log_reads;
    ++c.round_trips;
    c.bytes_read += bytes;
  });
  inner_->note_log_read(bytes);
}

std::shared_ptr<CountingStore> counted(ObjectStorePtr inner) {
  return std::make_shared<CountingStore>(std::move(inner));
}

}  // namespace omnigraph
