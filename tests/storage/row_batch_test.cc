#include "storage/row_batch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "storage/segment_samples.h"

namespace omnigraph {
namespace {

using namespace samples;

RowBatch round_trip(const RowBatch& batch) {
  std::string bytes;
  encode_row_batch(batch, bytes);
  auto decoded = decode_row_batch(bytes);
  EXPECT_TRUE(decoded.ok()) << decoded.error().message();
  return decoded.ok() ? std::move(decoded).value() : RowBatch{};
}

TEST(RowBatch, RoundTripsEveryKindOfColumn) {
  for (const std::uint32_t rows : {0u, 1u, 2u, 63u, 64u, 65u, 1000u}) {
    const RowBatch batch = people(rows);
    const RowBatch back = round_trip(batch);
    EXPECT_EQ(texts(back), texts(people(rows, 0, 1, 0)));  // the entry says which commit
    EXPECT_EQ(back.table, kPeople);
  }
}

TEST(RowBatch, RoundTripsEdgesRunsAndMixedIds) {
  RowBatch batch = follows(100, 20, 1, 0, 0);
  EXPECT_EQ(texts(round_trip(batch)), texts(batch));
  EXPECT_TRUE(round_trip(batch).ids.is_run());
  ColumnBuilder own(type(ScalarType::kString));
  for (int i = 0; i < 100; ++i) {
    if (i % 7 == 3) {
      own.append_text("own-" + std::to_string(i));
    } else {
      own.append_null();
    }
  }
  batch.ids = IdColumn::mixed(batch.ids.base(), own.finish());
  EXPECT_EQ(texts(round_trip(batch)), texts(batch));
  EXPECT_EQ(batch.ids.str(3), "own-3");
  EXPECT_EQ(batch.ids.str(4), batch.ids.base().plus(4).text());
}

TEST(RowBatch, KeepsRowIdsAndCommitNumbersOfEachRow) {
  RowBatch batch = people(5);
  batch.rids = {9, 3, 70000, kMaxRowId, 0};
  batch.gsns = {5, 1, Gsn{1} << 60, 2, 3};
  const RowBatch back = round_trip(batch);
  EXPECT_EQ(back.rids, batch.rids);
  EXPECT_EQ(back.gsns, batch.gsns);
}

TEST(RowBatch, OneSmallRowTakesFewBytes) {
  RowBatch batch = people(1);
  batch.columns.resize(4);
  std::string bytes;
  encode_row_batch(batch, bytes);
  EXPECT_LT(bytes.size(), 100u + 50u);
}

TEST(RowBatch, EveryCutIsRefused) {
  std::string bytes;
  encode_row_batch(people(20), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_row_batch(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(decode_row_batch(bytes + "x").ok());
}

TEST(RowBatch, DamagedBytesNeverReadOutside) {
  std::string bytes;
  encode_row_batch(people(20), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const auto decoded = decode_row_batch(damaged);  // either refused or some other batch
      if (decoded.ok()) static_cast<void>(texts(decoded.value()));
    }
  }
}

TEST(RowBatch, AFutureVersionIsNamed) {
  const auto decoded = decode_row_batch(std::string("\x09\x00", 2));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code(), ErrorCode::kUnsupportedFormat);
}

TEST(RowBatch, NodesSortByIdBytes) {
  RowBatch batch;
  batch.rows = 5;
  batch.rids = {0, 1, 2, 3, 4};
  ColumnBuilder ids(type(ScalarType::kString));
  for (const char* id : {"prefix-prefix-b", "b", "prefix-prefix-a", "\xC3\xA9", ""}) {
    ids.append_text(id);
  }
  batch.ids = IdColumn::of_text(ids.finish());
  EXPECT_EQ(sort_order(batch), (std::vector<std::uint32_t>{4, 1, 2, 0, 3}));
}

RC_GTEST_PROP(RowBatchProperty, EdgesSortBySourceTargetId, ()) {
  const auto rows = *rc::gen::inRange(1u, 300u);
  RowBatch batch = follows(rows, 12, *rc::gen::arbitrary<std::uint64_t>());
  std::vector<std::uint32_t> shuffled(rows);
  std::iota(shuffled.begin(), shuffled.end(), 0u);
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(rows));
  const RowBatch mixed = reorder(batch, shuffled);
  const RowBatch sorted = reorder(mixed, sort_order(mixed));
  RC_ASSERT(texts(sorted) == texts(batch));
}

RC_GTEST_PROP(RowBatchProperty, EncodingIsTheIdentity, ()) {
  const auto rows = *rc::gen::inRange(0u, 200u);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const RowBatch batch =
      *rc::gen::arbitrary<bool>() ? people(rows, 3, seed, 0) : follows(rows, 9, seed, 5, 0);
  RC_ASSERT(texts(round_trip(batch)) == texts(batch));
}

}  // namespace
}  // namespace omnigraph
