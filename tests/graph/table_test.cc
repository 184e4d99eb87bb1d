// Tables of other programs as inputs of loads. The files in data/ were written by pyarrow
// (tests/interop/make_tables.py): one content in many forms, and what is not read.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "graph/answers.h"
#include "omnigraph/graph.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Thing {
    key: String @key
    i32: I32?  i64: I64?  u32: U32?  u64: U64?  f32: F32?  f64: F64?  flag: Bool?
    day: Date?  at: DateTime?  text: String?  tags: [String]?  nums: [I64]?  vec: Vector(3)?
    body: Blob?
}
node Loose { n: I32? }
edge Joins: Thing -> Thing { since: Date?  weight: F64? }
)";

class TableTest : public testing::Test {
 protected:
  TableTest() {
    const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / ("og_table_" + std::string(info.name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~TableTest() override { std::filesystem::remove_all(folder_); }

  Graph fresh(const std::string& name) {
    return Graph::create((folder_ / name).string(), kSchema).value();
  }
  static std::string data(const std::string& name) {
    return (std::filesystem::path(__FILE__).parent_path() / "data" / name).string();
  }
  std::string file(const std::string& name, std::string_view content) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  // "" or the error's message.
  static std::string load(const Graph& graph, const std::string& path, TableInput table,
                          LoadMode mode = LoadMode::kAppend) {
    const auto report = graph.load_file(path, {.mode = mode, .table = std::move(table)});
    return report.ok() ? "" : report.error().message();
  }
  static std::string line(const std::string& text, const std::string& id) {
    const std::size_t at = text.find("\"id\":\"" + id + "\"");
    if (at == std::string::npos) return "";
    return text.substr(at, text.find('\n', at) - at);
  }
  std::string parquet(const Graph& graph, const std::string& type) {
    std::string bytes;
    const Status status = graph.export_parquet("main", type, [&](std::string_view piece) -> Status {
      bytes += piece;
      return {};
    });
    EXPECT_TRUE(status.ok()) << status.error().message();
    return file(type + ".parquet", bytes);
  }

  std::filesystem::path folder_;
};

TEST_F(TableTest, OneContentInManyForms) {
  std::string first;
  for (const char* name :
       {"snappy_dictionary.parquet", "zstd_v2_delta.parquet", "gzip_plain.parquet",
        "plain_small_pages.parquet", "snappy_v2.parquet", "file.arrow", "stream.arrows"}) {
    SCOPED_TRACE(name);
    const Graph graph = fresh(name);
    ASSERT_EQ(load(graph, data(name), {.type = "Thing"}), "");
    const std::string text = test::exported(graph);
    if (first.empty()) first = text;
    EXPECT_TRUE(text == first);
  }
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 300);
  const std::string row = line(first, "k0005");
  for (const char* part :
       {R"("i32":38595,)", R"("i64":-145000000000000000,)", R"("u32":4294967290,)",
        R"("u64":18446744073709551610,)", R"("f32":1.25,)", R"("f64":1.6666666666666667,)",
        R"("flag":false,)", R"("day":-115,)", R"("at":17999250,)", R"("text":"5",)",
        R"("tags":["t0"],)", R"("nums":[0,1],)", R"("vec":[2.5,)", R"("body":"base64:BQUFBQU=")"}) {
    EXPECT_NE(row.find(part), std::string::npos) << part << " in " << row;
  }
  const std::string nulls = line(first, "k0003");
  for (const char* name : {"i32", "u64", "f64", "flag", "day", "at", "text", "body"}) {
    EXPECT_NE(nulls.find("\"" + std::string(name) + "\":null"), std::string::npos) << nulls;
  }
  EXPECT_NE(nulls.find(R"("tags":["t0","t1","t2"])"), std::string::npos) << nulls;
  EXPECT_NE(line(first, "k0001").find(R"("tags":null)"), std::string::npos);
  EXPECT_NE(line(first, "k0004").find(R"("tags":[])"), std::string::npos);
}

TEST_F(TableTest, AnExportAsParquetLoadsBackEqual) {
  const Graph graph = fresh("g");
  ASSERT_EQ(load(graph, data("gzip_plain.parquet"), {.type = "Thing"}), "");
  std::string edges;
  for (int i = 0; i < 200; ++i) {
    edges +=
        R"({"edge":"Joins","from":"k00)" + std::to_string(10 + i % 90) +
        R"(","to":"k0007","data":{)" +
        (i % 2 == 0 ? "\"weight\":" + std::to_string(i) + ".5" : "\"since\":" + std::to_string(i)) +
        "}}\n";
  }
  ASSERT_TRUE(graph.load_text(edges, {.mode = LoadMode::kAppend}).ok());
  const Graph copy = fresh("copy");
  ASSERT_EQ(load(copy, parquet(graph, "Thing"), {.type = "Thing"}), "");
  ASSERT_EQ(load(copy, parquet(graph, "Joins"), {.type = "Joins"}), "");
  EXPECT_TRUE(test::exported(copy) == test::exported(graph));
  EXPECT_FALSE(
      graph.export_parquet("main", "Nope", [](std::string_view) { return Status(); }).ok());
  // A type without rows is a file without rows.
  EXPECT_EQ(load(copy, parquet(graph, "Loose"), {.type = "Loose"}), "");
}

TEST_F(TableTest, Csv) {
  const Graph graph = fresh("g");
  const std::string things =
      file("things.csv",
           "\xEF\xBB\xBFkey,i32,flag,day,text,tags,vec,u64\r\n"
           "a,1,TRUE,2024-01-02,\"one, "
           "\"\"two\"\"\nthree\",\"[\"\"x\"\",\"\"y\"\"]\",\"[1,2,3]\",18446744073709551615\r\n"
           "\r\n"
           "b,,,,,,,\n"
           "c,-5,false,20240103,\"\",[],,0");
  EXPECT_EQ(load(graph, things, {.type = "Thing"}), "");
  const std::string text = test::exported(graph);
  EXPECT_NE(line(text, "a").find(R"("text":"one, \"two\"\nthree","tags":["x","y"])"),
            std::string::npos)
      << text;
  EXPECT_NE(line(text, "a").find("\"u64\":18446744073709551615"), std::string::npos);
  EXPECT_NE(line(text, "b").find("\"text\":null"), std::string::npos);
  EXPECT_NE(line(text, "c").find("\"text\":\"\""), std::string::npos);
  const std::string joins = file("joins.csv", "source,target,since\na,b,2024-05-01\nb,a,\n");
  EXPECT_EQ(
      load(graph, joins, {.type = "Joins", .columns = {{"from", "source"}, {"to", "target"}}}), "");
  EXPECT_EQ(load(graph, file("n.csv", "n\n7\n"), {.type = "Loose"}), "");
}

TEST_F(TableTest, MappingsAreHeldToTheSchema) {
  const Graph graph = fresh("g");
  const std::string path = file("t.csv", "name,i32,extra\na,1,x\n");
  EXPECT_EQ(load(graph, path, {.type = "Nope"}), "unknown node or edge type 'Nope'");
  EXPECT_EQ(load(graph, path, {.type = "Thing"}),
            "column 'name' is no property of 'Thing': give it a place with --map PROPERTY=name, or "
            "leave such columns out with --ignore-unknown");
  EXPECT_EQ(load(graph, path, {.type = "Thing", .columns = {{"key", "nome"}}}),
            "the table has no column 'nome', which is to be 'key'");
  EXPECT_EQ(load(graph, path, {.type = "Thing", .columns = {{"kee", "name"}}}),
            "column 'name' is to be 'kee', which type 'Thing' does not have");
  EXPECT_EQ(load(graph, path, {.type = "Thing", .columns = {{"key", "name"}, {"key", "extra"}}}),
            "two columns are to be 'key'");
  EXPECT_EQ(
      load(graph, path, {.type = "Joins", .ignore_unknown = true}),
      "the table has no column 'from' for the ends of 'Joins': name one with --map from=COLUMN");
  EXPECT_EQ(
      load(graph, path, {.type = "Thing", .columns = {{"key", "name"}}, .ignore_unknown = true}),
      "");
  EXPECT_EQ(load(graph, file("v.csv", "key,i32\na,1\nb,x\n"), {.type = "Thing"}, LoadMode::kMerge),
            "strict property 'i32' expects Int32, got \"x\" (line 2)");
  EXPECT_EQ(
      load(graph, file("f.csv", "key,i32\na\n"), {.type = "Thing"}),
      "cannot read '" + (folder_ / "f.csv").string() + "': row 1 has 1 fields, the header has 2");
  EXPECT_EQ(
      load(graph, file("q.csv", "key,i32\n\"a,1\n"), {.type = "Thing"}).find("does not end") ==
          std::string::npos,
      false);
  EXPECT_EQ(
      load(graph, file("e.csv", ""), {.type = "Thing"}).find("it is empty") == std::string::npos,
      false);
}

TEST_F(TableTest, WhatIsNotReadIsNamed) {
  const Graph graph = fresh("g");
  const auto refusal = [&](const std::string& name) {
    const std::string message = load(graph, data(name), {.type = "Thing"});
    const std::size_t at = message.find("': ");
    return at == std::string::npos ? message : message.substr(at + 3);
  };
  EXPECT_EQ(refusal("odd_decimal.parquet"), "column 'text' is a decimal number, which is not read");
  EXPECT_EQ(refusal("odd_nested.parquet"),
            "column 'text' is a list of lists or structs, which is not read");
  EXPECT_EQ(refusal("odd_struct.parquet"), "column 'text' is a struct or map, which is not read");
  EXPECT_EQ(refusal("odd_decimal.arrow"), "column 'text' is a decimal number, which is not read");
  EXPECT_EQ(refusal("odd_nested.arrow"),
            "column 'text' is a list of lists or structs, which is not read");
  EXPECT_EQ(refusal("odd_struct.arrow"), "column 'text' is a struct, which is not read");
  EXPECT_EQ(refusal("odd_lz4.parquet"),
            "column 'key' is compressed by LZ4, which is not read; write it with Snappy, gzip, "
            "Zstandard or uncompressed");
  const auto plain = graph.load_file(data("gzip_plain.parquet"), {.mode = LoadMode::kAppend});
  ASSERT_FALSE(plain.ok());
  EXPECT_NE(
      plain.error().message().find("it is a Parquet file; name the type of its rows with --type"),
      std::string::npos);
}

// Cut and bent files are refused or read, never a crash.
TEST_F(TableTest, DamageIsRefused) {
  for (const char* name : {"snappy_dictionary.parquet", "zstd_v2_delta.parquet", "file.arrow",
                           "stream.arrows", "snappy_v2.parquet"}) {
    std::ifstream in(data(name), std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const Graph graph = fresh(std::string("g_") + name);
    std::uint32_t state = 12345;
    for (int round = 0; round < 40; ++round) {
      std::string bent = whole;
      state = state * 1664525 + 1013904223;
      if (round % 4 == 0) {
        bent.resize(state % whole.size());
      } else {
        for (int k = 0; k < 3; ++k) {
          state = state * 1664525 + 1013904223;
          bent[state % bent.size()] = static_cast<char>(state >> 24);
        }
      }
      const auto report = graph.load_file(
          file("bent", bent), {.mode = LoadMode::kOverwrite, .table = TableInput{.type = "Thing"}});
      EXPECT_TRUE(report.ok() || report.error().code() != ErrorCode::kInternal);
    }
  }
}

}  // namespace
}  // namespace omnigraph
