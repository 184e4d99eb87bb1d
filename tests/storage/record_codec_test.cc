// Every entry kind there and back, and damaged records.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

SegmentRef sample_ref(bool dense) {
  SegmentRef ref;
  ref.id = {11, 22};
  ref.table = 3;
  ref.rows = 10;
  ref.dense_rids = dense;
  ref.min_rid = 5;
  ref.max_rid = dense ? 14 : 99;
  ref.rid_base = dense ? 5 : 0;
  ref.gsn = dense ? 4 : 0;
  if (dense) ref.id_base = Ulid{7, 8};
  ref.data_bytes = 12345;
  ref.index_bytes = 678;
  ref.schema_version = 2;
  return ref;
}

void expect_equal(const SegmentRef& a, const SegmentRef& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.table, b.table);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.dense_rids, b.dense_rids);
  EXPECT_EQ(a.rid_base, b.rid_base);
  EXPECT_EQ(a.min_rid, b.min_rid);
  EXPECT_EQ(a.max_rid, b.max_rid);
  EXPECT_EQ(a.gsn, b.gsn);
  EXPECT_EQ(a.id_base, b.id_base);
  EXPECT_EQ(a.data_bytes, b.data_bytes);
  EXPECT_EQ(a.index_bytes, b.index_bytes);
  EXPECT_EQ(a.schema_version, b.schema_version);
}

Record sample_record() {
  const CatalogPtr catalog = test_catalog();
  Record record;
  record.sequence = 77;
  record.first_gsn = 50;
  record.nonce = UINT64_MAX - 3;
  CommitEntry commit;
  commit.header.id = {1, 2};
  commit.header.gsn = 50;
  commit.header.branch = "fe\"ature/ü";
  commit.header.parent = CommitId{3, 4};
  commit.header.merged_parent = CommitId{5, 6};
  commit.header.actor = "ann\n";
  commit.header.created_at = -5;
  commit.header.version = 9;
  commit.catalog_json = "{\"x\":1}";
  TableChange people;
  people.table = person(*catalog);
  people.deleted = {0, 7, 8, 4'000'000'000};
  people.inline_rows.push_back(person_rows(*catalog, {{9, "ann", 3}, {10, "ben", std::nullopt}}));
  people.inline_rows.push_back(person_rows(*catalog, {{12, "cy", -3}}));
  TableChange edges;
  edges.table = knows(*catalog);
  edges.clear = true;
  edges.segments = {sample_ref(true), sample_ref(false)};
  for (SegmentRef& ref : edges.segments) ref.table = edges.table;
  edges.inline_rows.push_back(knows_rows(*catalog, {{1, "e", 9, 10}}));
  commit.tables = {people, edges};
  record.entries.emplace_back(commit);
  record.entries.emplace_back(
      BranchCreateEntry{"b", {1, 1}, "main", {2, 2}, std::string("state/x"), 123});
  record.entries.emplace_back(BranchDeleteEntry{"b", {1, 1}});
  record.entries.emplace_back(ReserveEntry{3, 100, 50});
  ReplaceEntry replace;
  replace.table = 3;
  replace.inputs = {{1, 1}, {2, 2}};
  replace.dropped = {"", std::string("\0bits", 5)};
  replace.output = sample_ref(false);
  record.entries.emplace_back(replace);
  ReplaceEntry fold;
  fold.table = 3;
  fold.inline_through = 44;
  fold.branch = "main";
  fold.output = sample_ref(true);
  record.entries.emplace_back(fold);
  record.entries.emplace_back(FloorEntry{{{3, 10}, {4, 20}}, {"data/3/x", "index/y"}, 99});
  CommitEntry second;
  second.header.id = {1, 3};
  second.header.branch = "main";
  record.entries.emplace_back(second);
  return record;
}

TEST(RecordTest, EveryEntryComesBack) {
  const Record record = sample_record();
  const std::string bytes = encode_record(record);
  auto decoded = decode_record(bytes, "log/x");
  ASSERT_TRUE(decoded.ok()) << decoded.error().message();
  EXPECT_EQ(encode_record(*decoded), bytes);
  EXPECT_EQ(decoded->sequence, 77U);
  EXPECT_EQ(decoded->nonce, record.nonce);
  ASSERT_EQ(decoded->entries.size(), record.entries.size());
  const auto& commit = std::get<CommitEntry>(decoded->entries[0]);
  const auto& wanted = std::get<CommitEntry>(record.entries[0]);
  EXPECT_EQ(commit.header.gsn, 50U);
  EXPECT_EQ(commit.header.branch, wanted.header.branch);
  EXPECT_EQ(commit.header.actor, wanted.header.actor);
  EXPECT_EQ(commit.header.created_at, -5);
  EXPECT_EQ(commit.catalog_json, wanted.catalog_json);
  ASSERT_EQ(commit.tables.size(), 2U);
  EXPECT_EQ(commit.tables[0].deleted, wanted.tables[0].deleted);
  ASSERT_EQ(commit.tables[0].inline_rows.size(), 2U);
  EXPECT_EQ(commit.tables[0].inline_rows[0].ids.str(1), "ben");
  EXPECT_EQ(commit.tables[0].inline_rows[0].gsn, 50U);
  EXPECT_TRUE(commit.tables[1].clear);
  expect_equal(commit.tables[1].segments[0], wanted.tables[1].segments[0]);
  expect_equal(commit.tables[1].segments[1], wanted.tables[1].segments[1]);
  const auto& replace = std::get<ReplaceEntry>(decoded->entries[4]);
  EXPECT_EQ(replace.dropped[1], std::string("\0bits", 5));
  EXPECT_EQ(std::get<CommitEntry>(decoded->entries[7]).header.gsn, 51U);
}

TEST(RecordTest, EveryFlipAndEveryCutIsCorrupt) {
  const std::string bytes = encode_record(sample_record());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    auto decoded = decode_record(flipped, "log/x");
    ASSERT_FALSE(decoded.ok()) << i;
    ASSERT_EQ(decoded.error().code(), ErrorCode::kCorrupt) << i;
    ASSERT_NE(decoded.error().message().find("log/x"), std::string::npos);
    ASSERT_FALSE(decode_record(std::string_view(bytes).substr(0, i), "log/x").ok());
  }
  EXPECT_FALSE(decode_record(bytes + "x", "log/x").ok());
}

TEST(RecordTest, OneRowStaysUnderTwoKilobytes) {
  const CatalogPtr catalog = test_catalog();
  Record record;
  record.sequence = 1'000'000;
  record.first_gsn = 1'000'001;
  record.nonce = UINT64_MAX;
  CommitEntry commit;
  commit.header.id = {UINT64_MAX, UINT64_MAX};
  commit.header.parent = commit.header.id;
  commit.header.branch = "main";
  commit.header.actor = "somebody@example.org";
  commit.header.created_at = 1'700'000'000'000'000;
  TableChange change;
  change.table = person(*catalog);
  change.inline_rows.push_back(person_rows(*catalog, {{1'000'000, "some person's name", 30}}));
  commit.tables = {change};
  record.entries.emplace_back(commit);
  EXPECT_LT(encode_record(record).size(), 1000U);
}

RC_GTEST_PROP(RecordProperty, DeletedRowsComeBack, (const std::set<std::uint32_t>& rows)) {
  Record record;
  record.sequence = 1;
  CommitEntry commit;
  commit.header.branch = "main";
  TableChange change;
  change.table = 1;
  for (const std::uint32_t row : rows) {
    if (row <= kMaxRowId) change.deleted.push_back(row);
  }
  commit.tables = {change};
  record.entries.emplace_back(commit);
  auto decoded = decode_record(encode_record(record), "x");
  RC_ASSERT(decoded.ok());
  RC_ASSERT(std::get<CommitEntry>(decoded->entries[0]).tables[0].deleted == change.deleted);
}

}  // namespace
}  // namespace omnigraph
