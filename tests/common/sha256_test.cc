#include "common/sha256.h"

#include <gtest/gtest.h>

namespace omnigraph {
namespace {

std::string hex(const Sha256Digest& digest) { return hex_text(digest.data(), digest.size()); }

// FIPS 180-4 and, for lengths around a block, the values of coreutils' sha256sum.
TEST(Sha256, KnownValues) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(std::string(119, 'b'))),
            "68297a9eb141ce16bbc0847da1c0c48e2858704feaa13993bde29f87a198a6e1");
  EXPECT_EQ(hex(sha256(std::string(1000, 'a'))),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}

TEST(Sha256, PiecesMakeTheWhole) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += static_cast<char>(i * 31);
  const std::string whole = hex(sha256(text));
  for (std::size_t piece = 1; piece < 130; ++piece) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      hash.update(std::string_view(text).substr(at, piece));
    }
    EXPECT_EQ(hex(hash.finish()), whole) << piece;
  }
}

}  // namespace
}  // namespace omnigraph
