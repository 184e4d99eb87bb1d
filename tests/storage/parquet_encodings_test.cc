#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "storage/parquet/encodings.h"

namespace omnigraph::parquet {
namespace {

std::vector<std::uint32_t> hybrid(const std::vector<std::uint32_t>& values, unsigned width) {
  std::string bytes;
  encode_hybrid(values, width, bytes);
  std::vector<std::uint32_t> out(values.size());
  EXPECT_TRUE(decode_hybrid(bytes, width, std::numeric_limits<std::uint32_t>::max(), out));
  return out;
}

TEST(HybridEncoding, RunsAndGroups) {
  for (const unsigned width : {1u, 2u, 7u, 8u, 17u, 31u, 32u}) {
    const std::uint32_t most = width == 32 ? 0xFFFFFFFF : (1u << width) - 1;
    std::vector<std::uint32_t> values;
    for (std::uint32_t i = 0; i < 1000; ++i) values.push_back(i * 2654435761u & most);
    values.insert(values.end(), 500, most);
    for (std::uint32_t i = 0; i < 13; ++i) values.push_back(i & 1);
    EXPECT_EQ(hybrid(values, width), values) << width;
  }
  EXPECT_EQ(hybrid({}, 5), std::vector<std::uint32_t>{});
  EXPECT_EQ(hybrid(std::vector<std::uint32_t>(100, 0), 0), std::vector<std::uint32_t>(100, 0));
}

TEST(HybridEncoding, MalformedStreamsAreRefused) {
  std::string bytes;
  encode_hybrid(std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 7}, 3, bytes);
  std::vector<std::uint32_t> out(8);
  EXPECT_TRUE(decode_hybrid(bytes, 3, 7, out));
  EXPECT_FALSE(decode_hybrid(bytes, 3, 6, out));        // a number too great
  EXPECT_FALSE(decode_hybrid(bytes + "x", 3, 7, out));  // bytes after the end
  EXPECT_FALSE(decode_hybrid("", 3, 7, out));
  EXPECT_FALSE(decode_hybrid(std::string("\0\0", 2), 3, 7, out));  // a run of none
  out.resize(100);
  EXPECT_FALSE(decode_hybrid(bytes, 3, 7, out));  // too few
  out.resize(2);
  EXPECT_FALSE(decode_hybrid(bytes + bytes, 3, 7, out));
}

template <typename Signed>
void expect_delta(const std::vector<Signed>& values) {
  std::string bytes;
  encode_delta(std::span<const Signed>(values), bytes);
  std::vector<std::make_unsigned_t<Signed>> out(values.size());
  if constexpr (sizeof(Signed) == 4) {
    ASSERT_TRUE(decode_delta32(bytes, out));
  } else {
    ASSERT_TRUE(decode_delta64(bytes, out));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(static_cast<Signed>(out[i]), values[i]) << i;
  }
}

TEST(DeltaEncoding, ExtremesAndShortBlocks) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  expect_delta<std::int64_t>({});
  expect_delta<std::int64_t>({7});
  expect_delta<std::int64_t>({kLeast, kMost, kLeast, 0, kMost, -1});
  expect_delta<std::int32_t>({INT32_MIN, INT32_MAX, INT32_MIN, 0, -1, INT32_MAX});
  for (const std::size_t size : {2u, 32u, 33u, 34u, 128u, 129u, 130u, 257u}) {
    std::vector<std::int64_t> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<std::int64_t>(i * i) - 5;
    expect_delta(values);
  }
}

TEST(DeltaEncoding, RowIdsGoStraightTo32Bits) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < 1000; ++i) values.push_back(i * 4'294'967 % 4'294'967'295);
  std::string bytes;
  encode_delta(std::span<const std::int64_t>(values), bytes);
  std::vector<std::uint32_t> out(values.size());
  ASSERT_TRUE(decode_delta64_narrow(bytes, out));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(std::int64_t{out[i]}, values[i]);
}

TEST(DeltaEncoding, MalformedStreamsAreRefused) {
  std::vector<std::int64_t> values(200);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int64_t>(i * 77 % 50);
  std::string bytes;
  encode_delta(std::span<const std::int64_t>(values), bytes);
  std::vector<std::uint64_t> out(values.size());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_delta64(bytes.substr(0, size), out));
  }
  EXPECT_FALSE(decode_delta64(bytes + "x", out));
  out.resize(199);
  EXPECT_FALSE(decode_delta64(bytes, out));
}

RC_GTEST_PROP(EncodingProperty, DeltaRoundTrip, (std::vector<std::int64_t> values)) {
  expect_delta(values);
}
RC_GTEST_PROP(EncodingProperty, Delta32RoundTrip, (std::vector<std::int32_t> values)) {
  expect_delta(values);
}
RC_GTEST_PROP(EncodingProperty, HybridRoundTrip, (std::vector<std::uint8_t> small)) {
  std::vector<std::uint32_t> values;
  for (const std::uint8_t v : small) values.insert(values.end(), 1 + v % 11, v / 16u);
  RC_ASSERT(hybrid(values, 4) == values);
}

}  // namespace
}  // namespace omnigraph::parquet
