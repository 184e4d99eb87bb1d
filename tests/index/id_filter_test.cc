#include "index/id_filter.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace omnigraph {
namespace {

// Some 64-bit hash of a number (the finalizer of MurmurHash3).
std::uint64_t hash_of(std::uint64_t n) {
  n = (n ^ (n >> 33)) * 0xff51afd7ed558ccdU;
  n = (n ^ (n >> 33)) * 0xc4ceb9fe1a85ec53U;
  return n ^ (n >> 33);
}

// Never forgets an id, and lets few others through.
TEST(IdFilter, HoldsAllAndLittleElse) {
  for (const std::uint32_t rows : {1u, 8u, 1000u, IdFilter::kMaxRows}) {
    IdFilter filter(rows);
    for (std::uint32_t i = 0; i < rows; ++i) filter.add(hash_of(i + 1));
    std::uint32_t passed = 0;
    for (std::uint32_t i = 0; i < rows; ++i) {
      ASSERT_TRUE(filter.may_hold(hash_of(i + 1)));
    }
    constexpr std::uint32_t kOthers = 10'000;
    for (std::uint32_t i = 0; i < kOthers; ++i) {
      passed += filter.may_hold(hash_of(i + (1u << 20))) ? 1 : 0;
    }
    EXPECT_LT(passed, kOthers / 10) << rows;
    EXPECT_LE(filter.memory(), 16 + rows * 2);
  }
}

}  // namespace
}  // namespace omnigraph
