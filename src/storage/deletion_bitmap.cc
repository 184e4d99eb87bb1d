// Encoded deletion bitmap:
//   varint chunks        ceil(segment rows / 65536)
//   per chunk  u8 kind   0 none; 1 a few rows; 2 the bits
//     kind 1: varint count (1 .. 4096), then per row a varint: its distance from the row before
//     (the
//             first: from -1), so at least 1
//     kind 2: 1,024 little-endian u64 words, for more than 4,096 rows
// Each bitmap has one encoding.
#include <algorithm>
#include <bit>
#include <cassert>

#include "storage/byte_codec.h"
#include "storage/table_version.h"

namespace omnigraph {
namespace {

constexpr std::size_t kWords = DeletionBitmap::kChunkRows / 64;
constexpr std::uint32_t kListedRows = 4096;

enum ChunkKind : std::uint8_t { kNone = 0, kListed = 1, kBits = 2 };

std::uint32_t chunks_for(std::uint32_t rows) {
  return static_cast<std::uint32_t>((std::uint64_t{rows} + DeletionBitmap::kChunkRows - 1) /
                                    DeletionBitmap::kChunkRows);
}

std::uint32_t bits_in(const std::vector<std::uint64_t>& chunk) {
  std::uint32_t count = 0;
  for (const std::uint64_t word : chunk) count += static_cast<std::uint32_t>(std::popcount(word));
  return count;
}

}  // namespace

std::shared_ptr<const DeletionBitmap> DeletionBitmap::with(const DeletionBitmap* base,
                                                           std::uint32_t segment_rows,
                                                           std::span<const std::uint32_t> rows) {
  auto bitmap = base != nullptr ? std::make_shared<DeletionBitmap>(*base)
                                : std::make_shared<DeletionBitmap>();
  bitmap->chunks_.resize(chunks_for(segment_rows));
  std::vector<std::shared_ptr<Chunk>> own(bitmap->chunks_.size());  // chunks copied in this call
  for (const std::uint32_t row : rows) {
    assert(row < segment_rows);
    const std::uint32_t index = row / kChunkRows;
    if (own[index] == nullptr) {
      own[index] = bitmap->chunks_[index] ? std::make_shared<Chunk>(*bitmap->chunks_[index])
                                          : std::make_shared<Chunk>(kWords);
      bitmap->chunks_[index] = own[index];
    }
    std::uint64_t& word = (*own[index])[(row % kChunkRows) / 64];
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    if ((word & bit) == 0) ++bitmap->count_;
    word |= bit;
  }
  return bitmap;
}

void DeletionBitmap::encode(std::string& out) const {
  append_varint(out, chunks_.size());
  for (const auto& chunk : chunks_) {
    const std::uint32_t count = chunk ? bits_in(*chunk) : 0;
    if (count == 0) {
      out.push_back(static_cast<char>(kNone));
    } else if (count > kListedRows) {
      out.push_back(static_cast<char>(kBits));
      for (const std::uint64_t word : *chunk) append_fixed(out, word);
    } else {
      out.push_back(static_cast<char>(kListed));
      append_varint(out, count);
      std::int64_t last = -1;
      for (std::size_t w = 0; w < kWords; ++w) {
        for (std::uint64_t word = (*chunk)[w]; word != 0; word &= word - 1) {
          const auto row = static_cast<std::int64_t>(w * 64) + std::countr_zero(word);
          append_varint(out, static_cast<std::uint64_t>(row - last));
          last = row;
        }
      }
    }
  }
}

Result<std::shared_ptr<const DeletionBitmap>> DeletionBitmap::decode(std::string_view bytes,
                                                                     std::uint32_t segment_rows) {
  const auto damaged = [](std::string_view what) {
    return corrupt("deletion bitmap: " + std::string(what));
  };
  ByteReader in(bytes);
  const std::uint64_t chunks = in.varint();
  if (!in.ok() || chunks != chunks_for(segment_rows)) {
    return damaged("made for a segment of another size");
  }
  auto bitmap = std::make_shared<DeletionBitmap>();
  bitmap->chunks_.resize(chunks);
  for (std::uint32_t index = 0; index < chunks; ++index) {
    const auto kind = in.fixed<std::uint8_t>();
    if (!in.ok()) return damaged("cut off");
    if (kind == kNone) continue;
    const std::uint32_t chunk_rows = std::min(kChunkRows, segment_rows - index * kChunkRows);
    auto chunk = std::make_shared<Chunk>(kWords);
    std::uint32_t count = 0;
    if (kind == kListed) {
      count = in.bounded<std::uint32_t>(kListedRows);
      std::uint64_t row = ~std::uint64_t{0};
      for (std::uint32_t i = 0; i < count; ++i) {
        const auto distance = in.bounded<std::uint64_t>(kChunkRows);
        row += distance;
        if (!in.ok() || distance == 0 || row >= chunk_rows) return damaged("names a row too far");
        (*chunk)[row / 64] |= std::uint64_t{1} << (row % 64);
      }
      if (count == 0) return damaged("an empty chunk");
    } else if (kind == kBits) {
      const std::string_view words = in.take(kWords * sizeof(std::uint64_t));
      if (!in.ok()) return damaged("cut off");
      std::memcpy(chunk->data(), words.data(), words.size());
      count = bits_in(*chunk);
      for (std::uint32_t row = chunk_rows; row < kChunkRows; ++row) {
        if (((*chunk)[row / 64] >> (row % 64)) & 1) return damaged("names a row too far");
      }
      if (count <= kListedRows) return damaged("a chunk in the wrong form");
    } else {
      return damaged("an unknown form of chunk");
    }
    bitmap->count_ += count;
    bitmap->chunks_[index] = std::move(chunk);
  }
  if (in.remaining() != 0) return damaged("bytes after the end");
  return std::shared_ptr<const DeletionBitmap>(std::move(bitmap));
}

}  // namespace omnigraph
