#include "common/date_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace omnigraph {
namespace {

std::string date_of(std::string_view text) {
  const Result<Date> date = parse_date(text);
  return date.ok() ? date_text(*date) : date.error().message();
}

std::string instant_of(std::string_view text) {
  const Result<DateTime> instant = parse_datetime(text);
  return instant.ok() ? datetime_text(*instant) : instant.error().message();
}

TEST(DateText, ReadsEverySpelling) {
  EXPECT_EQ(date_of("2024-06-01"), "2024-06-01");
  EXPECT_EQ(date_of("2024-6-1"), "2024-06-01");
  EXPECT_EQ(date_of("2024-06-1"), "2024-06-01");
  EXPECT_EQ(date_of("2024-6-01"), "2024-06-01");
  EXPECT_EQ(date_of("20240601"), "2024-06-01");
  EXPECT_EQ(date_of("+10999-12-31"), "+10999-12-31");
  EXPECT_EQ(date_of("+2024-6-1"), "2024-06-01");
  EXPECT_EQ(date_of("-0012-05-06"), "-0012-05-06");
  EXPECT_EQ(date_of("-0012-5-6"), "-0012-05-06");
  EXPECT_EQ(date_of("0000-02-29"), "0000-02-29");
}

TEST(DateText, TakesTheUtcDayOfAnInstant) {
  EXPECT_EQ(date_of("2024-06-01T23:30:00-05:00"), "2024-06-02");
  EXPECT_EQ(date_of("2024-06-01T00:30:00+01:00"), "2024-05-31");
  EXPECT_EQ(date_of("2024-06-01 12:00:00"), "2024-06-01");
  EXPECT_EQ(date_of("2016-12-31T23:59:60Z"), "2016-12-31");
}

TEST(DateText, RefusesWhatIsNoDate) {
  for (const char* text : {"",
                           "x",
                           "2024",
                           "2024-06",
                           "2024-06-",
                           "2024-06-31",
                           "2023-02-29",
                           "1900-02-29",
                           "2024-00-01",
                           "2024-13-01",
                           "2024-01-00",
                           "2024/06/01",
                           "24-06-01",
                           "2024-6-1 ",
                           " 2024-6-1",
                           "2024061",
                           "202406011",
                           "+999-01-01",
                           "-12-05-06",
                           "+2024-06-01T00:00:00Z",
                           "2024-06-01T",
                           "2024-06-01Z",
                           "+99999999-01-01",
                           "2024-006-1",
                           "--2024-1-1",
                           "+2024-+1-1",
                           "\xD9\xA2"
                           "024-6-1"}) {
    EXPECT_EQ(date_of(text), "invalid Date literal '" + std::string(text) + "'");
    EXPECT_EQ(parse_date(text).error().code(), ErrorCode::kBadRequest);
  }
}

TEST(DateText, KnowsDaysSinceTheEpoch) {
  EXPECT_EQ(parse_date("1970-01-01")->days, 0);
  EXPECT_EQ(parse_date("2024-01-01")->days, 19'723);
  EXPECT_EQ(parse_date("1969-12-31")->days, -1);
  EXPECT_EQ(date_text(Date{std::numeric_limits<std::int32_t>::max()}), "+5881580-07-11");
  EXPECT_EQ(date_text(Date{std::numeric_limits<std::int32_t>::min()}), "-5877641-06-23");
  EXPECT_EQ(date_of("+5881580-07-12"), "invalid Date literal '+5881580-07-12'");
}

RC_GTEST_PROP(DateText, ReadsWhatItWrites, (std::int32_t days)) {
  const Result<Date> date = parse_date(date_text(Date{days}));
  RC_ASSERT(date.ok());
  RC_ASSERT(date->days == days);
}

TEST(DateTimeText, ReadsEverySpelling) {
  EXPECT_EQ(instant_of("2024-06-01"), "2024-06-01T00:00:00.000Z");
  EXPECT_EQ(instant_of("20240601"), "2024-06-01T00:00:00.000Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56Z"), "2024-06-01T12:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01t12:34:56z"), "2024-06-01T12:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01 12:34:56"), "2024-06-01T12:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56.7"), "2024-06-01T12:34:56.700Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56.0019999999999"), "2024-06-01T12:34:56.001Z");
  EXPECT_EQ(instant_of("2024-06-01T123456"), "2024-06-01T12:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56+02:00"), "2024-06-01T10:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56 +0200"), "2024-06-01T10:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56-02"), "2024-06-01T14:34:56.000Z");
  EXPECT_EQ(instant_of("2024-06-01T12:34:56  Z"), "2024-06-01T12:34:56.000Z");
  EXPECT_EQ(instant_of("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000Z");
  EXPECT_EQ(instant_of("1969-12-31T23:59:59.999Z"), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parse_datetime("2024-01-01T00:00:00Z")->millis, 1'704'067'200'000);
}

TEST(DateTimeText, RefusesWhatIsNoInstant) {
  for (const char* text : {"",
                           "2024-06-31",
                           "2024-6-1T12:34:56Z",
                           "2024-06-01T12:34Z",
                           "2024-06-01T12:34",
                           "2024-06-01T24:00:00",
                           "2024-06-01T12:60:00",
                           "2024-06-01T12:34:61",
                           "2024-06-01T12:34:56.",
                           "2024-06-01T12:34:56.Z",
                           "2024-06-01T1:34:56Z",
                           "2024-06-01T12:3456Z",
                           "2024-06-01T1234:56Z",
                           "2024-06-01T123456.5",
                           "2024-06-01T12:34:56+2",
                           "2024-06-01T12:34:56+02:0",
                           "2024-06-01T12:34:56+24:00",
                           "2024-06-01T12:34:56+02:60",
                           "2024-06-01T12:34:56Zz",
                           "2024-06-01T12:34:56 ",
                           "2024-06-01_12:34:56",
                           "2024-06-01T12:34:56 UTC",
                           "+2024-06-01T12:34:56Z",
                           "+10999-12-31"}) {
    EXPECT_EQ(instant_of(text), "invalid DateTime literal '" + std::string(text) + "'");
  }
}

TEST(DateTimeText, WritesTheWholeRange) {
  EXPECT_EQ(datetime_text(DateTime{std::numeric_limits<std::int64_t>::max()}),
            "+292278994-08-17T07:12:55.807Z");
  EXPECT_EQ(datetime_text(DateTime{std::numeric_limits<std::int64_t>::min()}),
            "-292275055-05-16T16:47:04.192Z");
}

RC_GTEST_PROP(DateTimeText, ReadsWhatItWrites, ()) {
  // The long spelling has years of four digits.
  const auto millis = *rc::gen::inRange<std::int64_t>(-62'167'219'200'000, 253'402'300'800'000);
  const Result<DateTime> instant = parse_datetime(datetime_text(DateTime{millis}));
  RC_ASSERT(instant.ok());
  RC_ASSERT(instant->millis == millis);
}

TEST(ScalarSpelling, IsShortAndPositional) {
  EXPECT_EQ(scalar_spelling(2.0), "2");
  EXPECT_EQ(scalar_spelling(1.5), "1.5");
  EXPECT_EQ(scalar_spelling(0.0000001), "0.0000001");
  EXPECT_EQ(scalar_spelling(-0.0), "0");
  EXPECT_EQ(scalar_spelling(0.0F), "0");
  EXPECT_EQ(scalar_spelling(0.1F), "0.1");
  EXPECT_EQ(scalar_spelling(static_cast<double>(0.1F)), "0.10000000149011612");
  EXPECT_EQ(scalar_spelling(1e23), "1" + std::string(23, '0'));
  EXPECT_EQ(scalar_spelling(-1234.5e10), "-12345000000000");
}

RC_GTEST_PROP(ScalarSpelling, ReadsBack, (std::uint64_t bits)) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  RC_PRE(std::isfinite(value));
  const std::string text = scalar_spelling(value);
  RC_ASSERT(text.find('e') == std::string::npos);
  RC_ASSERT(std::strtod(text.c_str(), nullptr) == value);
  const auto narrow = static_cast<float>(value);
  if (std::isfinite(narrow)) {
    RC_ASSERT(std::strtof(scalar_spelling(narrow).c_str(), nullptr) == narrow);
  }
}

}  // namespace
}  // namespace omnigraph
