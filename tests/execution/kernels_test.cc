// The small exact pieces: comparison kernels against the general comparison, exact sums, groups.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/test_runtime.h"
#include "execution/exact_sum.h"
#include "execution/filter_kernels.h"
#include "execution/predicate.h"
#include "execution/query_generator.h"

namespace omnigraph::testing {
namespace {

constexpr Compare kComparisons[] = {Compare::kEq, Compare::kNe, Compare::kLt,
                                    Compare::kLe, Compare::kGt, Compare::kGe};

void expect_kernel_agrees(const PropertyType& type, const std::vector<Value>& stored,
                          const std::vector<Value>& operands, std::initializer_list<Compare> ops,
                          bool dictionary = false) {
  ColumnBuilder builder(type);
  for (const Value& value : stored) builder.append_value(value);
  const ColumnPtr column = builder.finish(dictionary);
  for (const Compare op : ops) {
    for (const Value& operand : operands) {
      const ColumnTest test = ColumnTest::compile(*column, op, operand);
      std::vector<std::uint8_t> marks(stored.size(), 1);
      test.mark(0, column->rows, marks.data());
      for (std::uint32_t row = 0; row < column->rows; ++row) {
        const bool expected = matches(op, cell_of(*column, row), cell_of(operand));
        EXPECT_EQ(marks[row] != 0, expected) << int(op) << " row " << row;
        EXPECT_EQ(test.test(row), expected) << int(op) << " row " << row;
      }
    }
  }
}

const std::vector<Value> kNumbers = {Value(),
                                     0,
                                     1,
                                     -1,
                                     2.5,
                                     -2.5,
                                     2.0,
                                     0.1,
                                     1e30,
                                     -1e30,
                                     std::int64_t{INT64_MAX},
                                     std::int64_t{INT64_MIN},
                                     std::uint64_t{UINT64_MAX},
                                     2147483647,
                                     std::int64_t{2147483648},
                                     std::int64_t{-2147483648},
                                     std::int64_t{9007199254740993},
                                     9007199254740992.0,
                                     std::numeric_limits<double>::infinity(),
                                     -std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::quiet_NaN(),
                                     9223372036854775808.0,
                                     18446744073709551616.0};

TEST(KernelsTest, IntegersAgreeWithTheGeneralComparison) {
  const auto all = {Compare::kEq, Compare::kNe, Compare::kLt,
                    Compare::kLe, Compare::kGt, Compare::kGe};
  expect_kernel_agrees({.scalar = ScalarType::kI32, .list = false, .nullable = true},
                       {0, 1, -1, Value(), 2, INT32_MAX, INT32_MIN}, kNumbers, all);
  expect_kernel_agrees({.scalar = ScalarType::kI64, .list = false, .nullable = true},
                       {0, 3, Value(), std::int64_t{INT64_MAX}, std::int64_t{INT64_MIN},
                        std::int64_t{9007199254740993}, std::int64_t{9007199254740992}},
                       kNumbers, all);
  expect_kernel_agrees({.scalar = ScalarType::kU32, .list = false, .nullable = true},
                       {0, 1, Value(), std::int64_t{4294967295}}, kNumbers, all);
  expect_kernel_agrees(
      {.scalar = ScalarType::kF64, .list = false, .nullable = true},
      {0.0, -0.0, 2.5, Value(), 0.1, 9007199254740992.0, 9007199254740994.0,
       std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), 5e-324},
      kNumbers, all);
  expect_kernel_agrees({.scalar = ScalarType::kF32, .list = false, .nullable = true},
                       {0.0, 0.10000000149011612, 2.5, Value(), 3.4028234663852886e38}, kNumbers,
                       all);
}

TEST(KernelsTest, TextsAgreeWithTheGeneralComparison) {
  const std::vector<Value> stored = {"b", "a", "",  Value(), "ab", "abc", "b",  "a",  "a",  "é",
                                     "b", "a", "b", "a",     "b",  "a",   "ab", "ab", "ab", "ab"};
  const std::vector<Value> operands = {"", "a", "ab", "b", "c", "é", "abcd", Value()};
  for (const bool dictionary : {false, true}) {
    expect_kernel_agrees({.scalar = ScalarType::kString, .list = false, .nullable = true}, stored,
                         operands,
                         {Compare::kEq, Compare::kNe, Compare::kLt, Compare::kLe, Compare::kGt,
                          Compare::kGe, Compare::kContains, Compare::kStartsWith},
                         dictionary);
  }
}

TEST(KernelsTest, NumbersCompareByValue) {
  const PropertyType i32{.scalar = ScalarType::kI32};
  const PropertyType f32{.scalar = ScalarType::kF32};
  const PropertyType date{.scalar = ScalarType::kDate};
  EXPECT_TRUE(matches(Compare::kEq, Value(2), Value(2.0), i32));
  EXPECT_FALSE(matches(Compare::kEq, Value(2), Value(2.7), i32));
  EXPECT_TRUE(matches(Compare::kLt, Value(2), Value(2.7), i32));
  EXPECT_TRUE(matches(Compare::kLt, Value(3), Value(std::int64_t{3000000000}), i32));
  EXPECT_TRUE(matches(Compare::kEq, Value(0.10000000149011612), Value(0.1), f32));
  EXPECT_FALSE(matches(Compare::kNe, Value(), Value(1), i32));
  EXPECT_FALSE(matches(Compare::kEq, Value(), Value(), i32));
  EXPECT_TRUE(matches(Compare::kLt, Value(Date{1}), Value("1970-01-03"), date));
  EXPECT_FALSE(matches(Compare::kGt, Value(Date{1}), Value("1970-01-03"), date));
  for (const Compare op : kComparisons) {
    EXPECT_FALSE(matches(op, Value(1), Value(), i32));
  }
}

TEST(ExactSumTest, DoesNotDependOnTheOrder) {
  Dice dice(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> terms;
    for (std::size_t i = 0; i < 50; ++i) {
      const double magnitude = std::ldexp(1.0, static_cast<int>(dice.below(120)) - 60);
      const double term = magnitude * (static_cast<double>(dice.below(1U << 20)) / 1048576.0);
      terms.push_back(dice.chance(50) ? term : -term);
    }
    ExactSum forward, backward, halves[2];
    for (const double term : terms) forward.add(term);
    for (std::size_t i = terms.size(); i-- > 0;) backward.add(terms[i]);
    for (std::size_t i = 0; i < terms.size(); ++i) halves[i % 2].add(terms[i]);
    halves[0].add(halves[1]);
    EXPECT_EQ(forward.value(), backward.value());
    EXPECT_EQ(forward.value(), halves[0].value());
    ExactSum zero;
    for (const double term : terms) zero.add(term);
    for (const double term : terms) zero.add(-term);
    EXPECT_EQ(zero.value(), 0.0);
  }
}

TEST(ExactSumTest, RoundsOnceAtTheEnd) {
  ExactSum sum;
  sum.add(1e308);
  sum.add(1e308);
  sum.add(-1e308);
  EXPECT_EQ(sum.value(), 1e308);
  ExactSum tiny;
  tiny.add(1.0);
  tiny.add(0x1p-60);
  tiny.add(0x1p-120);
  tiny.add(-1.0);
  EXPECT_EQ(tiny.value(), 0x1p-60 + 0x1p-120);
  ExactSum half;  // 2^53 + 1 + a bit: rounds up, not to even
  half.add(9007199254740992.0);
  half.add(1.0);
  half.add(0x1p-200);
  EXPECT_EQ(half.value(), 9007199254740994.0);
  ExactSum smallest;
  smallest.add(5e-324);
  smallest.add(5e-324);
  EXPECT_EQ(smallest.value(), 1e-323);
}

TEST(ExactSumTest, WeightsAreRepeatedAdditions) {
  for (const double term : {0.1, -1e300, 5e-324, 0x1.fffffffffffffp-3, 3.0}) {
    for (const std::uint64_t times : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{1000}}) {
      ExactSum at_once, one_by_one;
      at_once.add(term, times);
      for (std::uint64_t i = 0; i < times; ++i) one_by_one.add(term);
      EXPECT_EQ(at_once.value(), one_by_one.value()) << term << " x " << times;
    }
  }
}

TEST(ExactSumTest, InfinitiesAndNan) {
  ExactSum sum;
  sum.add(std::numeric_limits<double>::infinity());
  sum.add(1.0);
  EXPECT_TRUE(std::isinf(sum.value()));
  sum.add(-std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(sum.value()));
}

}  // namespace
}  // namespace omnigraph::testing
