// Cuts an input into pieces that end at line ends, for several workers at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "write/load/load.h"

namespace omnigraph {

class PieceCutter {
 public:
  static constexpr std::size_t kPieceBytes = std::size_t{2} << 20;
  static constexpr std::size_t kLeastPieceBytes = std::size_t{64} << 10;

  // `progress` may be empty; it is called under the cutter's lock. Pieces are of about
  // `piece_bytes`.
  PieceCutter(LoadSource& source, std::function<void(const LoadProgress&)> progress,
              std::size_t piece_bytes = kPieceBytes);

  // A worker's own buffer, reused from piece to piece.
  struct Buffer {
    std::vector<char> bytes;
    std::string_view text;
    std::size_t index = 0;  // of the piece, from 0
  };
  // The next piece, or false at the end (or after stop()). A line beyond kMaxLineBytes is handed
  // out cut off, longer than that limit. Thread-safe.
  Result<bool> next(Buffer& buffer);
  // The same for a sequence of JSON values that need not end with their line: cut behind a value
  // that is an object or array. kResourceExhausted `load memory` when one is longer than `limit`.
  Result<bool> next_values(Buffer& buffer, std::uint64_t limit);
  void stop();
  // Whether nothing is left to hand out.
  bool ended();

 private:
  Status fill(Buffer& buffer, std::size_t upto, std::size_t& used);
  // What was left over goes to the front of the buffer; how much that is.
  std::size_t take_carried(Buffer& buffer);
  // What stands behind `end` is left over.
  void carry(Buffer& buffer, std::size_t end, std::size_t& used);

  const std::size_t piece_bytes_;
  std::mutex mutex_;  // guards all below
  LoadSource& source_;
  std::function<void(const LoadProgress&)> progress_;
  std::vector<char> carried_;  // what was unfinished behind the last piece
  std::size_t next_index_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace omnigraph
