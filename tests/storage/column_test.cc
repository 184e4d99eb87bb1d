#include "storage/column.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

#include "storage/column_cache.h"
#include "storage/column_memory.h"
#include "storage/column_statistics.h"
#include "storage/segment_samples.h"

namespace omnigraph {
namespace {

using namespace samples;

ColumnPtr texts_of(const std::vector<std::string>& texts, bool dictionary = false) {
  ColumnBuilder builder(type(ScalarType::kString));
  for (const std::string& text : texts) {
    if (text == "null") {
      builder.append_null();
    } else {
      builder.append_text(text);
    }
  }
  return builder.finish(dictionary);
}

TEST(Column, ValuesOfEveryType) {
  const RowBatch batch = people(50);
  for (const auto& [property, column] : batch.columns) {
    ColumnBuilder again(type(column->type, column->list, column->dimension));
    ColumnBuilder copied(type(column->type, column->list, column->dimension));
    for (std::uint32_t row = 0; row < column->rows; ++row) {
      again.append_value(column->value(row));
      copied.append_from(*column, row);
    }
    EXPECT_EQ(again.rows(), 50u);
    EXPECT_GT(again.memory(), 0u);
    const ColumnPtr a = again.finish(), b = copied.finish();
    for (std::uint32_t row = 0; row < column->rows; ++row) {
      EXPECT_EQ(a->value(row), column->value(row));
      EXPECT_EQ(b->value(row), column->value(row));
    }
    EXPECT_EQ(again.rows(), 0u);
  }
}

TEST(Column, UnsignedNumbersAboveTheSignedRange) {
  ColumnBuilder builder(type(ScalarType::kU64));
  builder.append_u64(~std::uint64_t{0});
  builder.append_value(Value(~std::uint64_t{0} - 1));
  builder.append_value(Value(std::int64_t{5}));
  const ColumnPtr column = builder.finish();
  EXPECT_EQ(column->value(0), Value(~std::uint64_t{0}));
  EXPECT_EQ(column->value(1), Value(~std::uint64_t{0} - 1));
  EXPECT_EQ(column->value(2), Value(std::int64_t{5}));
}

TEST(Column, AllNullHasNoBuffers) {
  ColumnBuilder builder(type(ScalarType::kI64));
  for (int i = 0; i < 100; ++i) builder.append_null();
  const ColumnPtr column = builder.finish();
  EXPECT_EQ(column->layout, Column::Layout::kAllNull);
  EXPECT_TRUE(column->is_null(99));
  EXPECT_TRUE(gather(*column, std::vector<std::uint32_t>{3, 4})->is_null(1));
}

TEST(Column, FewDistinctTextsAreCodedInOrder) {
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(i % 5 == 0 ? "null" : std::to_string(i % 3));
  const ColumnPtr coded = texts_of(texts, true), plain = texts_of(texts);
  ASSERT_EQ(coded->layout, Column::Layout::kDictionary);
  EXPECT_EQ(plain->layout, Column::Layout::kString);
  EXPECT_EQ(coded->child->rows, 3u);
  for (std::uint32_t row = 0; row < 100; ++row) EXPECT_EQ(coded->value(row), plain->value(row));
  EXPECT_EQ(coded->child->text(0), "0");
  EXPECT_EQ(coded->child->text(2), "2");
  std::vector<std::string> distinct;
  for (int i = 0; i < 100; ++i) distinct.push_back(std::to_string(i));
  EXPECT_EQ(texts_of(distinct, true)->layout, Column::Layout::kString);
}

TEST(Column, DictionariesAreMergedWhenRowsAreGathered) {
  std::vector<std::string> left(20, "b"), right(20, "a");
  left[3] = "null";
  right[7] = "c";
  const std::vector<ColumnPtr> columns = {texts_of(left, true), texts_of(right, true)};
  const ColumnPtr both = concatenate(columns);
  ASSERT_EQ(both->layout, Column::Layout::kDictionary);
  EXPECT_EQ(both->child->rows, 3u);
  EXPECT_EQ(both->null_count, 1u);
  for (std::uint32_t row = 0; row < 20; ++row) {
    EXPECT_EQ(both->value(row), columns[0]->value(row));
    EXPECT_EQ(both->value(20 + row), columns[1]->value(row));
  }
  const std::vector<ColumnPtr> mixed = {texts_of(left), texts_of(right, true), nullptr};
  const std::vector<SourceRow> rows = {{1, 7}, {0, 3}, {2, 0}, {0, 0}};
  const ColumnPtr gathered = gather_rows(type(ScalarType::kString), mixed, rows);
  EXPECT_EQ(gathered->value(0), Value("c"));
  EXPECT_TRUE(gathered->is_null(1));
  EXPECT_TRUE(gathered->is_null(2));
  EXPECT_EQ(gathered->value(3), Value("b"));
}

RC_GTEST_PROP(ColumnProperty, GatherTakesTheRowsAsked, ()) {
  const RowBatch batch = people(40, 0, *rc::gen::arbitrary<std::uint64_t>());
  const auto picks = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0u, 40u));
  for (const auto& [property, column] : batch.columns) {
    const ColumnPtr picked = gather(*column, picks);
    RC_ASSERT(picked->rows == picks.size());
    std::uint32_t nulls = 0;
    for (std::uint32_t i = 0; i < picks.size(); ++i) {
      RC_ASSERT(picked->value(i) == column->value(picks[i]));
      nulls += picked->is_null(i) ? 1u : 0u;
    }
    RC_ASSERT(picked->null_count == nulls);
  }
}

TEST(ColumnStatistics, BoundsNullsAndDistinct) {
  ColumnBuilder builder(type(ScalarType::kF64));
  for (int i = 0; i < 10000; ++i) {
    if (i % 10 == 0) {
      builder.append_null();
    } else {
      builder.append_f64(i % 700 - 3.5);
    }
  }
  const ColumnStatistics statistics = statistics_of(*builder.finish());
  EXPECT_EQ(statistics.bounds.min, Value(-2.5));
  EXPECT_EQ(statistics.bounds.max, Value(695.5));
  EXPECT_EQ(statistics.bounds.nulls, 1000u);
  EXPECT_EQ(statistics.pages.size(), 3u);
  EXPECT_NEAR(static_cast<double>(statistics.distinct), 630.0, 60.0);
}

TEST(ColumnStatistics, LongTextsAreCutAndNotANumberIsAboveAll) {
  const std::string longest(100, 'z');
  const ColumnStatistics statistics = statistics_of(*texts_of({"b", longest, "a"}));
  EXPECT_EQ(statistics.bounds.min, Value("a"));
  EXPECT_EQ(statistics.bounds.max, Value(longest.substr(0, kBoundTextBytes)));
  EXPECT_FALSE(statistics.bounds.max_exact);
  ColumnBuilder floats(type(ScalarType::kF32));
  floats.append_f32(std::nanf(""));
  floats.append_f32(3);
  const ZoneBounds bounds = bounds_of(*floats.finish(), 0, 2);
  EXPECT_EQ(bounds.min, Value(3.0));
  ASSERT_NE(bounds.max.get_if<double>(), nullptr);
  EXPECT_TRUE(std::isnan(*bounds.max.get_if<double>()));
}

TEST(ColumnCache, EvictsWhatNobodyHoldsOldestFirst) {
  const auto budget = std::make_shared<MemoryBudget>(100);
  ColumnCache cache(budget);
  const int segment = 0;
  const auto keep = [&](std::uint64_t which, std::uint64_t bytes) {
    auto token = cache.reserve(bytes);
    EXPECT_TRUE(token.ok());
    std::shared_ptr<const void> part = std::make_shared<const std::shared_ptr<const void>>(*token);
    cache.keep({&segment, 0, which}, part);
    return part;
  };
  const auto held = keep(1, 40);
  keep(2, 30);
  keep(3, 30);
  EXPECT_NE(cache.find({&segment, 0, 2}), nullptr);  // used after 3
  keep(4, 30);                                       // takes the place of 3
  EXPECT_EQ(cache.find({&segment, 0, 3}), nullptr);
  EXPECT_NE(cache.find({&segment, 0, 2}), nullptr);
  EXPECT_FALSE(cache.reserve(70).ok());  // 1 is held
  EXPECT_EQ(budget->used(), 40u);
  EXPECT_TRUE(cache.make_room(60));
  EXPECT_FALSE(cache.make_room(61));
  cache.forget(&segment);
  EXPECT_EQ(cache.parts(), 0u);
  EXPECT_EQ(budget->used(), 40u);
}

}  // namespace
}  // namespace omnigraph
