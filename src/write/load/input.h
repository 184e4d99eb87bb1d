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

  // `progress` may be empty; it is called under the cutter's lock.
  PieceCutter(LoadSource& source, std::function<void(const LoadProgress&)> progress);

  // A worker's own buffer, reused from piece to piece.
  struct Buffer {
    std::vector<char> bytes;
    std::string_view text;
    std::size_t index = 0;  // of the piece, from 0
  };
  // The next piece, or false at the end (or after stop()). A line beyond kMaxLineBytes is handed
  // out cut off, longer than that limit. Thread-safe.
  Result<bool> next(Buffer& buffer);
  // Everything that is left, as one piece.
  Result<bool> rest(Buffer& buffer, std::uint64_t limit);
  void stop();

 private:
  Status fill(Buffer& buffer, std::size_t upto, std::size_t& used);

  std::mutex mutex_;  // guards all below
  LoadSource& source_;
  std::function<void(const LoadProgress&)> progress_;
  std::vector<char> carried_;  // the unfinished line behind the last piece
  std::size_t next_index_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace omnigraph
