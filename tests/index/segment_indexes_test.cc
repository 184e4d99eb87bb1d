// Hash indexes, permutations, page directories and the file that holds them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <limits>
#include <numeric>
#include <random>

#include "common/crc32c.h"
#include "index/index_file.h"
#include "index/page_directory.h"
#include "index/sorted_column.h"
#include "index/tuple_index.h"

namespace omnigraph {
namespace {

TEST(TupleIndex, FindsEveryRowOfAHash) {
  const auto index = TupleIndex::build({{9, 4}, {7, 1}, {9, 2}, {8, 0}, {9, 3}});
  const auto nine = index->find(9);
  EXPECT_EQ(std::vector<std::uint32_t>(nine.begin(), nine.end()),
            (std::vector<std::uint32_t>{2, 3, 4}));
  EXPECT_TRUE(index->find(6).empty());
  EXPECT_TRUE(TupleIndex::build({})->find(6).empty());
}

TEST(TupleIndex, StoredFormIsChecked) {
  std::string bytes;
  TupleIndex::build({{9, 4}, {7, 1}})->encode(bytes);
  ASSERT_TRUE(TupleIndex::decode(bytes, 5).ok());
  EXPECT_EQ((*TupleIndex::decode(bytes, 5))->find(9).size(), 1u);
  EXPECT_FALSE(TupleIndex::decode(bytes, 4).ok());  // row 4 is too far
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(TupleIndex::decode(bytes.substr(0, size), 5).ok());
  }
  std::swap(bytes[8], bytes[16]);  // hashes out of order
  EXPECT_FALSE(TupleIndex::decode(bytes, 5).ok());
}

TEST(Permutation, RoundTripsAtEveryWidth) {
  std::mt19937 random(1);
  for (const std::uint32_t rows : {0u, 1u, 2u, 3u, 64u, 65u, 1000u, 70000u}) {
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random);
    std::string bytes;
    encode_permutation(order, bytes);
    EXPECT_EQ(decode_permutation(bytes, rows).value(), order);
    const auto packed =
        PackedPermutation::open(std::string_view(bytes).substr(0, 8), rows, bytes.size());
    ASSERT_TRUE(packed.ok());
    for (std::uint32_t i = 0; i < rows; i += 1 + rows / 50) {
      EXPECT_EQ(packed->number(std::string_view(bytes).substr(packed->word_offset(i), 8), i),
                order[i]);
    }
    EXPECT_FALSE(decode_permutation(bytes, rows + 1).ok());
    EXPECT_FALSE(decode_permutation(bytes.substr(0, bytes.size() - 1), rows).ok());
  }
  std::string wrong;
  encode_permutation({0, 1, 2, 3, 4}, wrong);
  wrong[8] = static_cast<char>(wrong[8] | 7);  // 7 of 5 rows
  EXPECT_FALSE(decode_permutation(wrong, 5).ok());
}

// A column over values that the test keeps.
template <typename T>
Column column_of(ScalarType type, const std::vector<T>& values,
                 const std::uint64_t* validity = nullptr, std::uint32_t nulls = 0) {
  Column column;
  column.type = type;
  column.layout = Column::Layout::kFixed;
  column.rows = static_cast<std::uint32_t>(values.size());
  column.values = values.data();
  column.validity = validity;
  column.null_count = nulls;
  return column;
}

TEST(SortedPermutation, NullsThenValuesThenRows) {
  const std::vector<std::int32_t> values = {5, 0, -3, 5, 7};
  const std::uint64_t present = 0b11101;  // row 1 is null
  EXPECT_EQ(sorted_permutation(column_of(ScalarType::kI32, values, &present, 1)),
            (std::vector<std::uint32_t>{1, 2, 0, 3, 4}));
}

TEST(SortedPermutation, NotANumberIsAboveAllAndZerosAreEqual) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double most = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {nan, 0.0, most, -0.0, -1.0};
  EXPECT_EQ(sorted_permutation(column_of(ScalarType::kF64, values)),
            (std::vector<std::uint32_t>{4, 1, 3, 2, 0}));
}

TEST(SortedPermutation, UnsignedNumbersByValue) {
  const std::vector<std::uint64_t> values = {~std::uint64_t{0}, 1, std::uint64_t{1} << 63};
  EXPECT_EQ(sorted_permutation(column_of(ScalarType::kU64, values)),
            (std::vector<std::uint32_t>{1, 2, 0}));
}

ColumnDirectory sample_directory() {
  ColumnDirectory directory;
  directory.type.scalar = ScalarType::kString;
  directory.type.nullable = true;
  directory.distinct = 77;
  for (std::uint32_t i = 0; i < 3; ++i) {
    DataPage page;
    page.rows = i < 2 ? kPageRows : 10;
    page.stored = {100 + i * 50, 10, 40, 40, 0xABCD0000 + i, PageCodec::kNone};
    page.encoding = i == 1 ? PageEncoding::kDictionary : PageEncoding::kPlain;
    page.text_bytes = 1000 * i;
    page.bounds.nulls = i;
    if (i > 0) {
      page.bounds.min = Value("a" + std::to_string(i));
      page.bounds.max = Value("b" + std::to_string(i));
      page.bounds.max_exact = i == 1;
    }
    directory.pages.push_back(page);
  }
  directory.bounds = {Value("a1"), Value("b2"), false, 3};
  directory.dictionaries.push_back({{50, 10, 30, 30, 7, PageCodec::kNone}, 5, 20});
  return directory;
}

TEST(PageDirectory, RoundTrips) {
  const ColumnDirectory directory = sample_directory();
  std::string bytes;
  encode_directory(directory, bytes);
  const std::uint32_t rows = 2 * kPageRows + 10;
  const auto back = decode_directory(bytes, rows, 1000);
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(back->distinct, 77u);
  ASSERT_EQ(back->pages.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const DataPage &a = directory.pages[i], &b = back->pages[i];
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.stored.offset, b.stored.offset);
    EXPECT_EQ(a.stored.crc, b.stored.crc);
    EXPECT_EQ(a.encoding, b.encoding);
    EXPECT_EQ(a.text_bytes, b.text_bytes);
    EXPECT_EQ(a.bounds.min, b.bounds.min);
    EXPECT_EQ(a.bounds.max, b.bounds.max);
    EXPECT_EQ(a.bounds.max_exact || a.bounds.max.is_null(), b.bounds.max_exact);
    EXPECT_EQ(a.bounds.nulls, b.bounds.nulls);
  }
  EXPECT_EQ(back->dictionaries[0].entries, 5u);

  EXPECT_FALSE(decode_directory(bytes, rows + kPageRows, 1000).ok());  // another number of pages
  EXPECT_FALSE(decode_directory(bytes, rows, 200).ok());               // pages outside the file
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_directory(bytes.substr(0, size), rows, 1000).ok()) << size;
  }
}

TEST(PageDirectory, APageWithoutItsDictionaryIsRefused) {
  ColumnDirectory directory = sample_directory();
  directory.dictionaries[0] = {};
  std::string bytes;
  encode_directory(directory, bytes);
  EXPECT_FALSE(decode_directory(bytes, 2 * kPageRows + 10, 1000).ok());
}

IndexFile::Read reader_of(const std::string& bytes) {
  return [&bytes](std::uint64_t offset, std::uint64_t length) -> Result<Bytes> {
    Bytes part;
    part.data = std::string_view(bytes).substr(offset, length);
    return part;
  };
}

TEST(IndexFile, HoldsSectionsUnderChecksums) {
  const SegmentId id{3, 4};
  std::string large(200'000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  IndexFileBuilder builder(id);
  builder.add(SectionKind::kSegment, 0, "segment");
  builder.add(SectionKind::kTuples, 2, large);
  builder.add(SectionKind::kSorted, 9, "");
  const std::string bytes = builder.finish();
  const auto open = [&](const std::string& from, SegmentId segment) {
    return IndexFile::open("index/x", segment, from.size(), IndexFile::Reads::kFetched,
                           reader_of(from));
  };
  const auto file = open(bytes, id);
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_EQ((*file)->section(SectionKind::kSegment).value().data, "segment");
  EXPECT_EQ((*file)->section(SectionKind::kTuples, 2).value().data, large);
  EXPECT_EQ((*file)->part(SectionKind::kTuples, 2, 70'000, 5).value().data,
            large.substr(70'000, 5));
  EXPECT_EQ((*file)->section(SectionKind::kSorted, 9).value().data, "");
  EXPECT_FALSE((*file)->has(SectionKind::kTuples, 1));
  EXPECT_FALSE((*file)->section(SectionKind::kTuples, 1).ok());
  EXPECT_FALSE((*file)->part(SectionKind::kTuples, 2, 199'999, 2).ok());
  EXPECT_FALSE(open(bytes, SegmentId{3, 5}).ok());
  EXPECT_FALSE(open(bytes + "x", id).ok());

  // Damage in one page is noticed by whoever touches it, and by nobody else.
  std::string damaged = bytes;
  damaged[damaged.size() - 1] = static_cast<char>(damaged[damaged.size() - 1] ^ 1);
  const auto hurt = open(damaged, id);
  ASSERT_TRUE(hurt.ok());
  EXPECT_TRUE((*hurt)->section(SectionKind::kSegment).ok());
  const auto section = (*hurt)->section(SectionKind::kTuples, 2);
  ASSERT_FALSE(section.ok());
  EXPECT_EQ(section.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(section.error().message().find("index/x"), std::string::npos);
  for (std::size_t i = 0; i < 200; ++i) {
    std::string head = bytes;
    head[i] = static_cast<char>(head[i] ^ 0x10);
    const auto opened = open(head, id);
    if (!opened.ok()) continue;
    const auto content = (*opened)->section(SectionKind::kSegment);
    EXPECT_TRUE(!content.ok() || content->data == "segment") << i;
  }
}

TEST(IndexFile, ALaterVersionIsNamed) {
  IndexFileBuilder builder(SegmentId{1, 1});
  builder.add(SectionKind::kSegment, 0, "s");
  std::string bytes = builder.finish();
  bytes[4] = 2;
  std::uint32_t head;
  std::memcpy(&head, bytes.data() + 16, sizeof head);
  const std::uint32_t crc = crc32c(std::string_view(bytes).substr(0, head - 4));
  std::memcpy(bytes.data() + head - 4, &crc, sizeof crc);
  const auto opened = IndexFile::open("index/x", SegmentId{1, 1}, bytes.size(),
                                      IndexFile::Reads::kFetched, reader_of(bytes));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnsupportedFormat);
}

RC_GTEST_PROP(PermutationProperty, RoundTrip, (std::vector<std::uint8_t> weights)) {
  std::vector<std::uint32_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return weights[a] < weights[b]; });
  std::string bytes;
  encode_permutation(order, bytes);
  RC_ASSERT(decode_permutation(bytes, static_cast<std::uint32_t>(order.size())).value() == order);
}

}  // namespace
}  // namespace omnigraph
