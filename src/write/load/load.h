// Bulk load: one input of NDJSON records becomes one commit (spec/writes.md §6, permissive §7).
//
// The input is read in pieces that end at line ends; pieces are parsed side by side into columns,
// ends of edges as small numbers of interned ids. When all is read, ids of nodes are sorted and
// given row ids (a live id keeps its own), ends are resolved, edges sorted, everything is
// validated, and written: few rows inside the commit record, many as segments. Nothing is visible
// before the commit.
//
// Memory: about the columns of the input and a piece a thread, counted against the budget.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/graph.h"
#include "storage/store.h"

namespace omnigraph {

// Where records come from. Read by one thread at a time.
class LoadSource {
 public:
  virtual ~LoadSource() = default;
  // Fills `out` with up to `size` bytes; 0 at the end. Error kIo naming the source.
  virtual Result<std::size_t> read(char* out, std::size_t size) = 0;
  // Bytes in all, 0 when not known.
  virtual std::uint64_t total() const { return 0; }
  // How many of them have been taken from where they lie (before decompression).
  virtual std::uint64_t consumed() const { return 0; }
  // Goes back to the beginning, where that is possible; else false.
  virtual Result<bool> rewind() { return false; }
};

// A file, or standard input for "-"; decompressed when it begins as gzip or Zstandard does.
Result<std::unique_ptr<LoadSource>> open_load_source(const std::string& path);
// `text` must outlive the source.
std::unique_ptr<LoadSource> text_load_source(std::string_view text);

struct LoadSettings {
  LoadMode mode = LoadMode::kMerge;
  std::string branch = "main";
  std::optional<std::string> actor = std::nullopt;
  bool permissive = false;
  std::function<void(const LoadProgress&)> progress = nullptr;
};

struct LoadOutcome {
  std::vector<LoadedType> nodes, edges;  // sorted by name; only types with a record
  std::uint64_t total_entities = 0;
  CommitHeader commit;
};

}  // namespace omnigraph
