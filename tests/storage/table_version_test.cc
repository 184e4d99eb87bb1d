#include "storage/table_version.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <random>
#include <set>

#include "common/test_runtime.h"
#include "storage/segment_files.h"
#include "storage/segment_samples.h"

namespace omnigraph {
namespace {

using namespace samples;

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.error().message();
  return result.ok() ? std::move(result).value() : T{};
}

SegmentPtr inline_people(std::uint32_t rows, std::uint32_t first, Gsn gsn) {
  return must(make_memory_segment(people(rows, first, gsn, gsn), true));
}

struct Files {
  ObjectStorePtr objects = make_memory_store();
  Runtime runtime = test_runtime();
  UlidSource ulids{runtime.clock, runtime.random};

  SegmentPtr store(const RowBatch& batch) {
    SegmentOptions options;
    options.properties = batch.is_edge ? follows_properties() : people_properties();
    SegmentRef ref = must(write_segment_files(*objects, ulids, batch, options));
    if (batch.gsns.empty()) ref.gsn = batch.gsn;
    return must(open_segment_files(objects, ref, runtime));
  }
};

std::string bitmap_of(const TableVersion& version, std::size_t part) {
  std::string out;
  if (version.parts()[part].deleted) version.parts()[part].deleted->encode(out);
  return out;
}

std::multiset<std::string> live_texts(const TableVersion& version) {
  if (version.parts().empty()) return {};
  const bool edges = version.parts()[0].segment->is_edge();
  const RowBatch batch =
      must(merge_parts(version.parts(), edges ? follows_properties() : people_properties()));
  const auto rows = texts(batch);
  return {rows.begin(), rows.end()};
}

TEST(DeletionBitmap, SharesChunksAndRoundTrips) {
  const std::uint32_t rows = 3 * DeletionBitmap::kChunkRows + 5;
  std::vector<std::uint32_t> many;
  for (std::uint32_t i = 0; i < 9000; ++i) many.push_back(70000 + i * 2);
  many.push_back(rows - 1);
  const auto one = DeletionBitmap::with(nullptr, rows, many);
  const auto two = DeletionBitmap::with(one.get(), rows, std::vector<std::uint32_t>{3, 3});
  EXPECT_EQ(one->count(), 9001u);
  EXPECT_EQ(two->count(), 9002u);
  EXPECT_EQ(one->words(1), two->words(1));
  EXPECT_FALSE(one->contains(3));
  EXPECT_TRUE(two->contains(3));
  std::string bytes;
  two->encode(bytes);
  const auto back = must(DeletionBitmap::decode(bytes, rows));
  EXPECT_EQ(back->count(), two->count());
  for (std::uint32_t row = 0; row < rows; row += 7) {
    EXPECT_EQ(back->contains(row), two->contains(row));
  }
  for (std::size_t size = 0; size < bytes.size(); size += 11) {
    EXPECT_FALSE(DeletionBitmap::decode(bytes.substr(0, size), rows).ok());
  }
  EXPECT_FALSE(DeletionBitmap::decode(bytes, rows - 1).ok());
  EXPECT_FALSE(DeletionBitmap::decode(bytes, DeletionBitmap::kChunkRows).ok());
}

TEST(TableVersion, SmallPartsAreMergedAsTheyCome) {
  TableVersionPtr version = TableVersion::empty();
  const TableVersionPtr start = version;
  for (std::uint32_t i = 0; i < 300; ++i) {
    version = must(version->apply(false, {}, std::vector<SegmentPtr>{inline_people(1, i, i + 1)}));
    ASSERT_LE(version->parts().size(), 3u * 5);
  }
  EXPECT_EQ(version->live_rows(), 300u);
  EXPECT_EQ(version->rid_limit(), 300u);
  EXPECT_EQ(start->live_rows(), 0u);
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto by_rid = must(version->locate(i));
    const auto by_id = must(version->find_id(name_of(i)));
    ASSERT_TRUE(by_rid && by_id);
    EXPECT_EQ(by_rid->part, by_id->part);
    EXPECT_EQ(by_rid->row, by_id->row);
    EXPECT_EQ(must(version->rid(*by_id)), i);
    EXPECT_EQ(must(version->parts()[by_id->part].segment->gsn(by_id->row)), i + 1);
  }
  EXPECT_FALSE(must(version->find_id("nobody")));
  const auto locator = must(version->locator());
  ASSERT_NE(locator, nullptr);
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto at = must(version->locate(i));
    EXPECT_EQ((*locator)[i], std::uint64_t{at->part} << 32 | at->row);
  }
}

TEST(TableVersion, DeletesAndUpdatesByRowId) {
  Files files;
  const SegmentPtr stored = files.store(people(1000));
  TableVersionPtr version =
      must(TableVersion::empty()->apply(false, {}, std::vector<SegmentPtr>{stored}));
  EXPECT_EQ(must(version->locator()), nullptr);  // one dense segment
  RowBatch update = people(1, 500, 77, 2);
  const auto updated =
      must(version->apply(false, std::vector<RowId>{7, 500},
                          std::vector<SegmentPtr>{must(make_memory_segment(update))}));
  EXPECT_EQ(updated->live_rows(), 999u);
  EXPECT_TRUE(updated->has_deletions());
  EXPECT_FALSE(must(updated->locate(7)));
  EXPECT_FALSE(must(updated->find_id(name_of(7))));
  EXPECT_EQ(must(updated->locate(500))->part, 1u);
  EXPECT_EQ(must(updated->find_id(name_of(500)))->part, 1u);
  EXPECT_EQ(version->live_rows(), 1000u);
  EXPECT_FALSE(updated->apply(false, std::vector<RowId>{7}, {}).ok());      // dead already
  EXPECT_FALSE(updated->apply(false, std::vector<RowId>{99999}, {}).ok());  // never was
  EXPECT_FALSE(updated->apply(false, std::vector<RowId>{9, 9}, {}).ok());   // twice
  const auto cleared = must(updated->apply(true, {}, std::vector<SegmentPtr>{}));
  EXPECT_EQ(cleared->live_rows(), 0u);
  EXPECT_TRUE(cleared->parts().empty());
}

TEST(TableVersion, FoldedSegmentsAreReplaced) {
  Files files;
  const SegmentPtr a = files.store(people(100, 0, 1, 1)), b = files.store(people(100, 100, 2, 2)),
                   c = files.store(people(100, 200, 3, 3));
  const auto before =
      must(TableVersion::empty()->apply(false, {}, std::vector<SegmentPtr>{a, b, c}));
  const auto deleted = must(before->apply(false, std::vector<RowId>{5, 150}, {}));
  const std::vector<SegmentId> inputs = {a->id(), b->id()};
  const std::vector<std::string> dropped = {bitmap_of(*deleted, 0), bitmap_of(*deleted, 1)};
  const SegmentPtr output =
      files.store(must(merge_parts(std::span(deleted->parts()).first(2), people_properties())));
  ASSERT_EQ(output->rows(), 198u);

  const auto folded = must(deleted->replace(inputs, dropped, 0, output));
  ASSERT_NE(folded, nullptr);
  EXPECT_EQ(folded->parts().size(), 2u);
  EXPECT_EQ(live_texts(*folded), live_texts(*deleted));

  // Rows that died since are dead in the output too.
  const auto later = must(deleted->apply(false, std::vector<RowId>{6, 151, 250}, {}));
  const auto folded_later = must(later->replace(inputs, dropped, 0, output));
  ASSERT_NE(folded_later, nullptr);
  EXPECT_EQ(live_texts(*folded_later), live_texts(*later));
  EXPECT_EQ(live_texts(*must(later->replace(inputs, output))), live_texts(*later));

  // Where a row lives that the fold dropped, and where an input is gone, nothing happens.
  EXPECT_EQ(must(before->replace(inputs, dropped, 0, output)), nullptr);
  EXPECT_EQ(must(before->replace(inputs, output)), nullptr);
  EXPECT_EQ(must(folded->replace(inputs, dropped, 0, output)), nullptr);
}

TEST(TableVersion, InlineRowsAreReplaced) {
  Files files;
  TableVersionPtr version = must(TableVersion::empty()->apply(
      false, {}, std::vector<SegmentPtr>{files.store(people(50, 1000, 1, 1))}));
  for (std::uint32_t i = 0; i < 40; ++i) {
    version = must(version->apply(false, {}, std::vector<SegmentPtr>{inline_people(1, i, i + 2)}));
  }
  // The fold takes the inline rows up to gsn 31, then more is written, updated and deleted.
  std::vector<TablePart> taken;
  for (std::uint32_t i = 0; i < 30; ++i) taken.push_back({inline_people(1, i, i + 2), nullptr});
  const SegmentPtr output = files.store(must(merge_parts(taken, people_properties())));
  const auto later =
      must(version->apply(false, std::vector<RowId>{3, 8, 35},
                          std::vector<SegmentPtr>{must(make_memory_segment(people(1, 8, 5, 99)))}));
  for (const TableVersionPtr& at : {version, later}) {
    const auto replaced = must(at->replace({}, {}, 31, output));
    ASSERT_NE(replaced, nullptr);
    EXPECT_EQ(live_texts(*replaced), live_texts(*at));
    for (RowId rid = 0; rid < 40; ++rid) {
      EXPECT_EQ(must(replaced->locate(rid)).has_value(), must(at->locate(rid)).has_value());
    }
  }
}

TEST(TableVersion, FoldsMixSegmentsAndInlineRows) {
  Files files;
  const SegmentPtr stored = files.store(people(20, 0, 1, 1));
  TableVersionPtr version = must(TableVersion::empty()->apply(
      false, {}, std::vector<SegmentPtr>{stored, inline_people(5, 20, 2)}));
  const SegmentPtr output = files.store(must(merge_parts(version->parts(), people_properties())));
  const std::vector<SegmentId> inputs = {stored->id(), SegmentId{}};
  const auto later = must(version->apply(false, std::vector<RowId>{4, 22}, {}));
  for (const TableVersionPtr& at : {version, later}) {
    const auto replaced = must(at->replace(inputs, {}, 2, output));
    ASSERT_NE(replaced, nullptr);
    EXPECT_EQ(replaced->parts().size(), 1u);
    EXPECT_EQ(live_texts(*replaced), live_texts(*at));
  }
}

// Any history of inserts, updates and deletes gives the rows that a map gives.
RC_GTEST_PROP(TableVersionProperty, BehavesAsAMap, ()) {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  Files files;
  TableVersionPtr version = TableVersion::empty();
  std::map<RowId, std::string> expected;
  RowId next = 0;
  const auto remember = [&](const RowBatch& batch) {
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      expected[batch.rids[row]] = row_text(batch, row);
    }
  };
  for (Gsn gsn = 1; gsn <= 12; ++gsn) {
    std::vector<RowId> deleted;
    std::vector<SegmentPtr> added;
    for (const auto& [rid, text] : expected) {
      if (random() % 8 == 0) deleted.push_back(rid);
    }
    for (const RowId rid : deleted) {
      expected.erase(rid);
      if (random() % 2 == 0) continue;
      const RowBatch updated = people(1, rid, random(), gsn);
      remember(updated);
      added.push_back(must(make_memory_segment(updated)));
    }
    const auto rows = static_cast<std::uint32_t>(random() % 20);
    if (rows > 0) {
      const RowBatch fresh = people(rows, next, random(), gsn);
      next += rows;
      remember(fresh);
      added.push_back(random() % 4 == 0 ? files.store(fresh) : must(make_memory_segment(fresh)));
    }
    version = must(version->apply(false, deleted, added));
    RC_ASSERT(version->live_rows() == expected.size());
  }
  std::multiset<std::string> rows;
  for (const auto& [rid, text] : expected) rows.insert(text);
  RC_ASSERT(live_texts(*version) == rows);
  for (RowId rid = 0; rid < next; ++rid) {
    RC_ASSERT(must(version->locate(rid)).has_value() == expected.contains(rid));
    RC_ASSERT(must(version->find_id(name_of(rid))).has_value() == expected.contains(rid));
  }
}

}  // namespace
}  // namespace omnigraph
