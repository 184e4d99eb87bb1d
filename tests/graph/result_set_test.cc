// Results in every form. The expected texts are those of the specification, down to blanks.
#include <gtest/gtest.h>

#include <limits>

#include "graph/result_data.h"

namespace omnigraph {
namespace {

PropertyType type_of(ScalarType scalar, bool list = false, std::uint32_t dimension = 0) {
  PropertyType type;
  type.scalar = scalar;
  type.list = list;
  type.nullable = true;
  type.dimension = dimension;
  return type;
}

ResultColumn column(std::string name, PropertyType type, const std::vector<Value>& values,
                    bool dictionary = false) {
  ColumnBuilder builder(type);
  for (const Value& value : values) builder.append_value(value);
  return {std::move(name), type, builder.finish(dictionary)};
}

ResultSet result(std::vector<ResultColumn> columns, std::uint64_t rows) {
  auto data = std::make_shared<ResultSet::Data>();
  data->query_name = "q";
  data->target.branch = "main";
  data->columns = std::move(columns);
  data->rows = rows;
  return ResultSet(std::move(data));
}

ResultSet birds() {
  return result({column("b.name", type_of(ScalarType::kString), {"Kestrel", "Red\nKite"}),
                 column("b.wing", type_of(ScalarType::kI32), {76, Value()})},
                2);
}

TEST(ResultText, Table) {
  EXPECT_EQ(birds().to_text(ResultFormat::kTable),
            "2 rows from branch main via q\n"
            "b.name    | b.wing\n"
            "----------+-------\n"
            "Kestrel   | 76    \n"
            "Red\\nKite | null  \n");
}

TEST(ResultText, TableOfNothing) {
  EXPECT_EQ(
      result({column("b.code", type_of(ScalarType::kString), {})}, 0).to_text(ResultFormat::kTable),
      "0 rows from branch main via q\nb.code\n------\n");
  EXPECT_EQ(result({}, 0).to_text(ResultFormat::kTable),
            "0 rows from branch main via q\n(no rows)\n");
}

TEST(ResultText, TableCutsAndWraps) {
  const ResultSet one =
      result({column("b.code", type_of(ScalarType::kString), {"peregrine falcon"})}, 1);
  EXPECT_EQ(one.to_text(ResultFormat::kTable, {.max_column_width = 8}),
            "1 rows from branch main via q\nb.code  \n--------\nperegri…\n");
  EXPECT_EQ(one.to_text(ResultFormat::kTable, {.max_column_width = 8, .wrap = true}),
            "1 rows from branch main via q\nb.code  \n--------\nperegrin\ne falcon\n");
  // Below eight the column still takes its name's eight; a cell counts at most the width asked for.
  EXPECT_EQ(one.to_text(ResultFormat::kTable, {.max_column_width = 0}),
            "1 rows from branch main via q\nb.code\n------\npereg…\n");
}

TEST(ResultText, TableCountsCharacters) {
  EXPECT_EQ(result({column("n", type_of(ScalarType::kString), {"žluťoučký", "x"})}, 2)
                .to_text(ResultFormat::kTable, {.max_column_width = 9}),
            "2 rows from branch main via q\nn        \n---------\nžluťoučký\nx        \n");
}

TEST(ResultText, KeyValue) {
  EXPECT_EQ(birds().to_text(ResultFormat::kKeyValue),
            "2 rows from branch main via q\nrow 1\nb.name: Kestrel\nb.wing: 76\n\nrow 2\nb.name: "
            "Red\nKite\nb.wing: null\n");
  EXPECT_EQ(
      result({column("n", type_of(ScalarType::kString), {})}, 0).to_text(ResultFormat::kKeyValue),
      "0 rows from branch main via q\n(no rows)\n");
}

TEST(ResultText, Csv) {
  const Value tags = ValueList{"a", "b"};
  EXPECT_EQ(result({column("wing", type_of(ScalarType::kI32), {7, Value()}),
                    column("call", type_of(ScalarType::kString), {"kee, \"kee\"", "two\nlines"}),
                    column("tags", type_of(ScalarType::kString, true), {tags, Value()})},
                   2)
                .to_text(ResultFormat::kCsv),
            "wing,call,tags\n7,\"kee, \"\"kee\"\"\",\"[\"\"a\"\",\"\"b\"\"]\"\nnull,\"two\nlines\","
            "null\n");
}

TEST(ResultText, JsonLines) {
  EXPECT_EQ(
      birds().to_text(ResultFormat::kJsonLines),
      "{\"kind\":\"metadata\",\"query_name\":\"q\",\"target\":{\"branch\":\"main\","
      "\"snapshot\":null},\"row_count\":2}\n"
      "{\"b.name\":\"Kestrel\",\"b.wing\":76}\n{\"b.name\":\"Red\\nKite\",\"b.wing\":null}\n");
}

TEST(ResultText, Json) {
  EXPECT_EQ(birds().to_text(ResultFormat::kJson),
            "{\n  \"query_name\": \"q\",\n  \"target\": {\n    \"branch\": \"main\",\n"
            "    \"snapshot\": null\n  },\n  \"row_count\": 2,\n  \"columns\": [\n    \"b.name\",\n"
            "    \"b.wing\"\n  ],\n  \"rows\": [\n    {\n      \"b.name\": \"Kestrel\",\n"
            "      \"b.wing\": 76\n    },\n    {\n      \"b.name\": \"Red\\nKite\",\n"
            "      \"b.wing\": null\n    }\n  ]\n}\n");
}

TEST(ResultText, EveryTypeInJson) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(
      result({column("b", type_of(ScalarType::kBool), {true}),
              column("i", type_of(ScalarType::kI64), {std::int64_t{9007199254740993}}),
              column("u", type_of(ScalarType::kU64), {UINT64_MAX}),
              column("f", type_of(ScalarType::kF32), {0.1}),
              column("d", type_of(ScalarType::kF64), {30.0}),
              column("n", type_of(ScalarType::kF64), {infinity}),
              column("day", type_of(ScalarType::kDate), {Date{0}}),
              column("at", type_of(ScalarType::kDateTime), {DateTime{1}}),
              column("v", type_of(ScalarType::kVector, false, 2), {Value(ValueList{0.5, 1.0})}),
              column("l", type_of(ScalarType::kI32, true), {Value(ValueList{})})},
             1)
          .to_json(),
      "{\"query_name\":\"q\",\"target\":{\"branch\":\"main\",\"snapshot\":null},\"row_count\":1,"
      "\"columns\":[\"b\",\"i\",\"u\",\"f\",\"d\",\"n\",\"day\",\"at\",\"v\",\"l\"],\"rows\":[{"
      "\"b\":true,\"i\":9007199254740993,\"u\":18446744073709551615,\"f\":0.10000000149011612,"
      "\"d\":30.0,\"n\":\"Infinity\",\"day\":\"1970-01-01\",\"at\":\"1970-01-01T00:00:00.001Z\","
      "\"v\":[0.5,1.0],\"l\":[]}]}");
}

TEST(ResultText, DatesAndInfinitiesStandBareInCells) {
  EXPECT_EQ(
      result({column("day", type_of(ScalarType::kDate), {Date{0}}),
              column("n", type_of(ScalarType::kF64), {-std::numeric_limits<double>::infinity()})},
             1)
          .to_text(ResultFormat::kCsv),
      "day,n\n1970-01-01,-Infinity\n");
}

TEST(ResultText, ARepeatedNameIsOneMember) {
  EXPECT_TRUE(result({column("n", type_of(ScalarType::kI32), {1}),
                      column("n", type_of(ScalarType::kI32), {2})},
                     1)
                  .to_text(ResultFormat::kJsonLines)
                  .ends_with("{\"n\":2}\n"));
}

TEST(ResultText, ASinkMayStop) {
  const Status stopped = birds().write(
      ResultFormat::kTable, {}, [](std::string_view) -> Status { return io_error("closed"); });
  EXPECT_FALSE(stopped.ok());
}

// ---- Arrow ----

bool valid(const ArrowArray& array, std::int64_t row) {
  if (array.buffers[0] == nullptr) return true;
  const std::int64_t at = row + array.offset;
  return (static_cast<const std::uint8_t*>(array.buffers[0])[at / 8] >> (at % 8) & 1) != 0;
}
std::string text_at(const ArrowArray& array, std::int64_t row) {
  const auto* offsets = static_cast<const std::int32_t*>(array.buffers[1]) + array.offset + row;
  return {static_cast<const char*>(array.buffers[2]) + offsets[0],
          static_cast<std::size_t>(offsets[1] - offsets[0])};
}

TEST(ResultArrow, SchemaNamesTypes) {
  const ResultSet set = result(
      {column("s", type_of(ScalarType::kString), {}), column("b", type_of(ScalarType::kBool), {}),
       column("d", type_of(ScalarType::kDate), {}), column("t", type_of(ScalarType::kDateTime), {}),
       column("l", type_of(ScalarType::kI64, true), {}),
       column("v", type_of(ScalarType::kVector, false, 3), {})},
      0);
  ArrowSchema schema;
  ASSERT_TRUE(set.export_schema(&schema).ok());
  EXPECT_STREQ(schema.format, "+s");
  ASSERT_EQ(schema.n_children, 6);
  const char* formats[] = {"u", "b", "tdD", "tsm:UTC", "+l", "+w:3"};
  for (int i = 0; i < 6; ++i) EXPECT_STREQ(schema.children[i]->format, formats[i]);
  EXPECT_STREQ(schema.children[0]->name, "s");
  EXPECT_STREQ(schema.children[4]->children[0]->format, "l");
  schema.release(&schema);
  EXPECT_EQ(schema.release, nullptr);
}

TEST(ResultArrow, ArraysHoldTheRows) {
  const ResultSet set =
      result({column("s", type_of(ScalarType::kString), {"a", Value(), "ccc"}),
              column("coded", type_of(ScalarType::kString), {"x", "x", Value()}, true),
              column("b", type_of(ScalarType::kBool), {true, false, true}),
              column("l", type_of(ScalarType::kI32, true),
                     {Value(ValueList{1, 2}), Value(), Value(ValueList{3})}),
              column("none", type_of(ScalarType::kF64), {Value(), Value(), Value()})},
             3);
  ArrowArray array;
  ASSERT_TRUE(set.export_array(&array).ok());
  EXPECT_EQ(array.length, 3);
  ASSERT_EQ(array.n_children, 5);
  const ArrowArray& text = *array.children[0];
  EXPECT_EQ(text.null_count, 1);
  EXPECT_EQ(text_at(text, 0), "a");
  EXPECT_FALSE(valid(text, 1));
  EXPECT_EQ(text_at(text, 2), "ccc");
  EXPECT_EQ(text_at(*array.children[1], 1), "x");
  EXPECT_FALSE(valid(*array.children[1], 2));
  EXPECT_EQ(static_cast<const std::uint8_t*>(array.children[2]->buffers[1])[0], 0b101);
  const ArrowArray& list = *array.children[3];
  EXPECT_EQ(static_cast<const std::int32_t*>(list.buffers[1])[1], 2);
  EXPECT_EQ(static_cast<const std::int32_t*>(list.children[0]->buffers[1])[2], 3);
  EXPECT_EQ(array.children[4]->null_count, 3);
  EXPECT_FALSE(valid(*array.children[4], 0));
  EXPECT_NE(array.children[4]->buffers[1], nullptr);
  // A child may be taken over and released on its own.
  ArrowArray moved = *array.children[0];
  array.children[0]->release = nullptr;
  array.release(&array);
  EXPECT_EQ(text_at(moved, 2), "ccc");
  moved.release(&moved);
}

TEST(ResultArrow, StreamCutsBatches) {
  std::vector<Value> numbers;
  for (int i = 0; i < 10; ++i) numbers.emplace_back(i);
  ArrowArrayStream stream;
  {
    const ResultSet set = result({column("n", type_of(ScalarType::kI32), numbers)}, 10);
    ASSERT_TRUE(set.export_stream(&stream, 4).ok());
  }  // the stream keeps the rows
  ArrowSchema schema;
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  schema.release(&schema);
  std::vector<std::int32_t> seen;
  std::vector<std::int64_t> lengths;
  while (true) {
    ArrowArray batch;
    ASSERT_EQ(stream.get_next(&stream, &batch), 0);
    if (batch.release == nullptr) break;
    lengths.push_back(batch.length);
    const ArrowArray& child = *batch.children[0];
    EXPECT_EQ(child.length, batch.length);
    for (std::int64_t i = 0; i < child.length; ++i) {
      seen.push_back(static_cast<const std::int32_t*>(child.buffers[1])[child.offset + i]);
    }
    batch.release(&batch);
  }
  EXPECT_EQ(lengths, (std::vector<std::int64_t>{4, 4, 2}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  stream.release(&stream);
  EXPECT_FALSE(result({}, 0).export_stream(&stream, 0).ok());
}

}  // namespace
}  // namespace omnigraph
