#include "common/crc32c.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "common/test_runtime.h"

namespace omnigraph {
namespace {

TEST(Crc32c, GivesThePublishedSums) {
  EXPECT_EQ(crc32c(std::string_view("")), 0u);
  EXPECT_EQ(crc32c(std::string_view("123456789")), 0xE3069283u);
  // RFC 3720, appendix B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

TEST(Crc32c, IsTheSameByInstructionAndByTables) {
  SeededRandom random(3);
  std::vector<std::uint8_t> bytes(20'000);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  // Around the word, one block of three lanes, and two of them; at odd addresses too.
  constexpr std::size_t kSizes[] = {0, 1, 7, 8, 9, 63, 3071, 3072, 3073, 6143, 6144, 6151, 19'990};
  for (const std::size_t size : kSizes) {
    for (const std::size_t offset : {0U, 1U, 5U}) {
      EXPECT_EQ(crc32c(bytes.data() + offset, size), crc32c_portable(bytes.data() + offset, size));
    }
  }
}

RC_GTEST_PROP(Crc32c, GoesOnFromAPrefix, (std::string first, std::string second)) {
  RC_ASSERT(crc32c(second, crc32c(first)) == crc32c(first + second));
  RC_ASSERT(crc32c_portable(second.data(), second.size(), crc32c(first)) == crc32c(first + second));
}

TEST(Crc32c, SeesEveryFlippedBit) {
  std::string bytes(100, 'x');
  const std::uint32_t sum = crc32c(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(crc32c(bytes), sum);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
}

}  // namespace
}  // namespace omnigraph
