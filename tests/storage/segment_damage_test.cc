// Damaged objects of a segment: never a crash, never a wrong answer, always an error that names the
// object and a way out.
#include <gtest/gtest.h>

#include "common/test_runtime.h"
#include "storage/segment_files.h"
#include "storage/segment_samples.h"

namespace omnigraph {
namespace {

using namespace samples;

struct Stored {
  ObjectStorePtr objects = make_memory_store();
  Runtime runtime = test_runtime();
  UlidSource ulids{runtime.clock, runtime.random};
  SegmentRef ref;
  SegmentOptions options;
  std::string data, index;

  explicit Stored(const RowBatch& batch) {
    options.properties = batch.is_edge ? follows_properties() : people_properties();
    if (batch.is_edge) {
      options.unique_groups = {{kSrcColumn, kDstColumn}};
    } else {
      options.unique_groups = {{kBig}};
      options.sorted_properties = {kAge};
      options.id_property = kName;
    }
    ref = write_segment_files(*objects, ulids, batch, options).value();
    ref.gsn = batch.gsn;
    data = std::string(objects->get(segment_data_name(ref.table, ref.id)).value().data);
    index = std::string(objects->get(segment_index_name(ref.id)).value().data);
  }

  // A store that holds these bytes instead.
  Result<std::string> answers(const std::string& data_bytes, const std::string& index_bytes) const {
    const ObjectStorePtr damaged = make_memory_store();
    EXPECT_TRUE(damaged->put(segment_data_name(ref.table, ref.id), data_bytes).ok());
    EXPECT_TRUE(damaged->put(segment_index_name(ref.id), index_bytes).ok());
    OG_ASSIGN_OR_RETURN(const SegmentPtr segment, open_segment_files(damaged, ref, runtime));
    return ask(*segment);
  }

  // The answers to every kind of question, as one text.
  Result<std::string> ask(const Segment& segment) const {
    std::string out;
    for (std::uint32_t row = 0; row < segment.rows(); row += 37) {
      OG_ASSIGN_OR_RETURN(const std::string id, segment.id_text(row));
      OG_ASSIGN_OR_RETURN(const auto found, segment.find_id(id));
      out += id + "@" + std::to_string(found.value_or(9999)) + "\n";
      if (!segment.is_edge()) continue;
      for (const bool outgoing : {true, false}) {
        OG_ASSIGN_OR_RETURN(const RowId node, outgoing ? segment.src(row) : segment.dst(row));
        OG_ASSIGN_OR_RETURN(const auto edges, segment.edges_of(node, outgoing));
        for (const std::uint32_t edge : edges) out += std::to_string(edge) + ",";
      }
    }
    OG_ASSIGN_OR_RETURN(const RowBatch batch, read_rows(segment, options.properties));
    for (const std::string& text : texts(batch)) out += text + "\n";
    for (const auto& group : options.unique_groups) {
      OG_ASSIGN_OR_RETURN(const auto rows, segment.find_tuple(group, 1));
      out += std::to_string(rows.size());
    }
    for (const PropertyId property : options.sorted_properties) {
      OG_ASSIGN_OR_RETURN(const auto rows, segment.sorted_rows(property, type(ScalarType::kI32)));
      for (const std::uint32_t row : *rows) out += std::to_string(row) + ",";
    }
    for (const auto& [property, property_type] : options.properties) {
      OG_ASSIGN_OR_RETURN(const auto statistics, segment.statistics(property));
      if (statistics) {
        append_value(out, statistics->bounds.min);
        append_value(out, statistics->bounds.max);
      }
    }
    return out;
  }
};

void expect_no_wrong_answer(const Stored& stored, const Result<std::string>& answers,
                            const std::string& expected, const std::string& object,
                            std::size_t byte, std::size_t& refused) {
  if (answers.ok()) {
    EXPECT_EQ(*answers, expected) << object << " byte " << byte;
    return;
  }
  ++refused;
  EXPECT_EQ(answers.error().code(), ErrorCode::kCorrupt) << answers.error().message();
  EXPECT_NE(answers.error().message().find(stored.ref.id.text()), std::string::npos)
      << answers.error().message();
  EXPECT_NE(answers.error().message().find("repair"), std::string::npos);
}

void flip_everywhere(const Stored& stored) {
  const auto expected = stored.answers(stored.data, stored.index);
  ASSERT_TRUE(expected.ok()) << expected.error().message();
  // Every stretch of a few bytes has one flipped.
  const std::size_t data_step = std::max<std::size_t>(1, stored.data.size() / 150);
  const std::size_t index_step = std::max<std::size_t>(1, stored.index.size() / 150);
  std::size_t refused = 0, tried = 0;
  for (std::size_t i = 0; i < stored.data.size(); i += data_step, ++tried) {
    std::string damaged = stored.data;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    expect_no_wrong_answer(stored, stored.answers(damaged, stored.index), *expected, "data", i,
                           refused);
  }
  for (std::size_t i = 0; i < stored.index.size(); i += index_step, ++tried) {
    std::string damaged = stored.index;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    expect_no_wrong_answer(stored, stored.answers(stored.data, damaged), *expected, "index", i,
                           refused);
  }
  EXPECT_GT(refused, tried / 2);
}

TEST(SegmentDamage, FlippedBitsOfNodes) { flip_everywhere(Stored(people(200))); }
TEST(SegmentDamage, FlippedBitsOfEdges) { flip_everywhere(Stored(follows(400, 30))); }

TEST(SegmentDamage, FlippedBitsOfFoldedRows) {
  RowBatch batch = people(150);
  std::reverse(batch.rids.begin(), batch.rids.end());
  for (std::uint32_t i = 0; i < batch.rows; ++i) batch.gsns.push_back(i + 1);
  flip_everywhere(Stored(batch));
}

TEST(SegmentDamage, CutOffObjects) {
  const Stored stored(people(100));
  const auto expected = stored.answers(stored.data, stored.index);
  std::size_t refused = 0;
  for (const std::size_t keep : {0u, 1u, 4u, 40u, 100u, 1000u}) {
    expect_no_wrong_answer(stored, stored.answers(stored.data.substr(0, keep), stored.index),
                           *expected, "data", keep, refused);
    expect_no_wrong_answer(stored, stored.answers(stored.data, stored.index.substr(0, keep)),
                           *expected, "index", keep, refused);
  }
  EXPECT_EQ(refused, 12u);
}

TEST(SegmentDamage, MissingAndForeignObjects) {
  const Stored stored(people(100)), other(people(100, 50, 9));
  const auto expected = stored.answers(stored.data, stored.index);
  std::size_t refused = 0;
  expect_no_wrong_answer(stored, stored.answers(stored.index, stored.data), *expected, "swapped", 0,
                         refused);
  expect_no_wrong_answer(stored, stored.answers(stored.data, other.index), *expected, "foreign", 0,
                         refused);
  expect_no_wrong_answer(stored, stored.answers(other.data, stored.index), *expected, "foreign", 0,
                         refused);
  expect_no_wrong_answer(stored, stored.answers("hello", "world"), *expected, "text", 0, refused);
  EXPECT_EQ(refused, 4u);
  const auto segment = open_segment_files(make_memory_store(), stored.ref, stored.runtime).value();
  const auto ids = segment->ids();
  ASSERT_FALSE(ids.ok());
  EXPECT_EQ(ids.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(ids.error().message().find("missing"), std::string::npos);
}

TEST(SegmentDamage, AReferenceThatFitsNoSegmentIsRefused) {
  const Stored stored(people(100));
  SegmentRef ref = stored.ref;
  ref.rows = 0;
  EXPECT_FALSE(open_segment_files(stored.objects, ref, stored.runtime).ok());
  ref.rows = 90;
  const auto segment = open_segment_files(stored.objects, ref, stored.runtime).value();
  EXPECT_FALSE(segment->ids().ok());
}

}  // namespace
}  // namespace omnigraph
