#include "common/ulid.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "common/test_runtime.h"

namespace omnigraph {
namespace {

struct Source {
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  UlidSource ids{clock, std::make_shared<SeededRandom>(7)};
};

TEST(Ulid, PrintsAndParses) {
  const Ulid id{0x0123456789ABCDEF, 0xFEDCBA9876543210};
  EXPECT_EQ(id.text().size(), 26u);
  EXPECT_EQ(Ulid::parse(id.text()), id);
  EXPECT_EQ(Ulid{}.text(), std::string(26, '0'));
  EXPECT_EQ((Ulid{~0ull, ~0ull}.text()), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(Ulid::parse("7zzzzzzzzzzzzzzzzzzzzzzzzz"), (Ulid{~0ull, ~0ull}));
}

TEST(Ulid, RefusesWhatIsNoUlid) {
  EXPECT_FALSE(Ulid::parse(""));
  EXPECT_FALSE(Ulid::parse(std::string(25, '0')));
  EXPECT_FALSE(Ulid::parse(std::string(27, '0')));
  EXPECT_FALSE(Ulid::parse("80000000000000000000000000"));
  for (const char c : {'I', 'L', 'O', 'U', '-', '\xC3'}) {
    std::string text(26, '0');
    text[13] = c;
    EXPECT_FALSE(Ulid::parse(text));
  }
}

RC_GTEST_PROP(Ulid, TextSortsLikeBits,
              (std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d)) {
  const Ulid left{a, b};
  const Ulid right{c, d};
  RC_ASSERT((left < right) == (left.text() < right.text()));
  RC_ASSERT(Ulid::parse(left.text()) == left);
}

TEST(Ulid, AddsAcrossTheHalves) {
  const Ulid id{1, ~0ull - 1};
  EXPECT_EQ(id.plus(1), (Ulid{1, ~0ull}));
  EXPECT_EQ(id.plus(2), (Ulid{2, 0}));
  EXPECT_EQ(id.plus(~0ull), (Ulid{2, ~0ull - 2}));
}

TEST(UlidSource, CarriesTheClock) {
  Source source;
  EXPECT_EQ(source.ids.next().millis(), FakeClock::kDefaultMicros / 1000);
  source.clock->advance_micros(5'000);
  EXPECT_EQ(source.ids.next().millis(), FakeClock::kDefaultMicros / 1000 + 5);
}

TEST(UlidSource, AddsOneOnATieAndWhenTheClockStepsBack) {
  Source source;
  const Ulid first = source.ids.next();
  EXPECT_EQ(source.ids.next(), first.plus(1));
  source.clock->advance_micros(-60'000'000);
  EXPECT_EQ(source.ids.next(), first.plus(2));
}

TEST(UlidSource, GivesRunsThatNobodyElseGets) {
  Source source;
  const Ulid first = source.ids.next_run(1000);
  EXPECT_EQ(source.ids.next(), first.plus(1000));
}

TEST(UlidSource, StaysAheadOfWhatItSaw) {
  Source source;
  const Ulid seen{static_cast<std::uint64_t>(FakeClock::kDefaultMicros / 1000 + 9999) << 16, 5};
  source.ids.observe(seen);
  const Ulid next = source.ids.next();
  EXPECT_GT(next, seen);
  EXPECT_LE(next.millis(), seen.millis() + 1);
  source.ids.observe(Ulid{1, 1});
  EXPECT_EQ(source.ids.next(), next.plus(1));
}

// Several go on from one id, all within a millisecond: they must not hand out the same.
TEST(UlidSource, DoesNotMeetOthersThatSawTheSame) {
  const auto clock = std::make_shared<FakeClock>();
  const auto random = std::make_shared<SeededRandom>(3);
  const Ulid seen{static_cast<std::uint64_t>(FakeClock::kDefaultMicros / 1000) << 16, 5};
  std::set<Ulid> handed_out;
  for (int i = 0; i < 50; ++i) {
    UlidSource source(clock, random);
    source.observe(seen);
    for (int n = 0; n < 20; ++n) EXPECT_TRUE(handed_out.insert(source.next()).second);
  }
}

TEST(UlidSource, DoesNotFollowTheLastIdThereIs) {
  Source source;
  source.ids.observe(Ulid{~0ull, ~0ull});
  EXPECT_EQ(source.ids.next().millis(), FakeClock::kDefaultMicros / 1000);
}

RC_GTEST_PROP(UlidSource, OnlyGrows, (std::vector<std::int16_t> steps)) {
  Source source;
  Ulid last;
  for (const std::int16_t step : steps) {
    source.clock->advance_micros(step);
    const std::uint64_t count = static_cast<std::uint64_t>(step & 3) + 1;
    const Ulid first = source.ids.next_run(count);
    RC_ASSERT(last < first);
    last = first.plus(count - 1);
  }
}

}  // namespace
}  // namespace omnigraph
