// Blob cells through the public API: small ones in the row, large ones as objects of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "graph/answers.h"
#include "omnigraph/graph.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Doc { slug: String @key  title: String?  body: Blob? }
node Tag { name: String @key }
node Strict { name: String @key  body: Blob }
edge Cites: Doc -> Doc { scan: Blob? }
)";
constexpr std::string_view kDocs =
    R"({"type":"Doc","data":{"slug":"d1","title":"one","body":"base64:aGVsbG8gd29ybGQ="}}
{"type":"Doc","data":{"slug":"empty","body":"base64:"}}
{"type":"Doc","data":{"slug":"none"}}
{"type":"Strict","data":{"name":"s","body":"base64:eA=="}}
{"edge":"Cites","from":"d1","to":"none","data":{"id":"c1","scan":"base64:c2Nhbg=="}}
)";

class BlobTest : public testing::Test {
 protected:
  BlobTest() {
    const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / ("og_blob_" + std::string(info.name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    graph_.emplace(Graph::create(root("g"), kSchema).value());
    const auto loaded = graph_->load_text(kDocs, {.mode = LoadMode::kAppend});
    EXPECT_TRUE(loaded.ok()) << loaded.error().message();
  }
  ~BlobTest() override { std::filesystem::remove_all(folder_); }

  std::string root(std::string_view name) const { return (folder_ / name).string(); }
  std::size_t objects(std::string_view graph = "g") const {
    const auto folder = folder_ / graph / "blob";
    if (!std::filesystem::exists(folder)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  static BlobSelector doc(std::string_view id) {
    return {.is_edge = false, .type = "Doc", .id = id, .property = "body"};
  }
  // The bytes of a cell, or the error's message.
  static std::string bytes(const Graph& graph, const BlobRequest& request, std::uint64_t offset = 0,
                           std::uint64_t length = UINT64_MAX) {
    const auto value = graph.blob(request);
    if (!value.ok()) return value.error().message();
    std::string out;
    const Status read = value->read(offset, length, [&](std::string_view piece) -> Status {
      EXPECT_LE(piece.size(), BlobValue::kPieceBytes);
      out += piece;
      return {};
    });
    return read.ok() ? out : read.error().message();
  }
  static std::string noise(std::size_t size, char first) {
    std::string out(size, first);
    for (std::size_t i = 1; i < size; ++i) out[i] = static_cast<char>(out[i - 1] * 13 + 7);
    return out;
  }

  std::filesystem::path folder_;
  std::optional<Graph> graph_;
};

TEST_F(BlobTest, SmallValuesStayInTheRow) {
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}), "hello world");
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}, 6), "world");
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}, 3, 4), "lo w");
  EXPECT_EQ(bytes(*graph_, {.cell = doc("empty")}), "");
  EXPECT_EQ(bytes(*graph_, {.cell = {true, "Cites", "c1", "scan"}}), "scan");
  const auto value = graph_->blob({.cell = doc("d1")});
  EXPECT_EQ(value->descriptor().size, 11u);
  EXPECT_EQ(value->descriptor().etag, "\"b94d27b9934d3e08a52e52d7da7dabfa\"");
  EXPECT_EQ(value->descriptor().resolved_snapshot, "manifest:main:v2");
  EXPECT_EQ(objects(), 0u);
}

TEST_F(BlobTest, RefusalsSayWhatIsMissing) {
  EXPECT_EQ(bytes(*graph_, {.cell = doc("ghost")}), "no node 'Doc' with id 'ghost' found");
  EXPECT_EQ(bytes(*graph_, {.cell = doc("none")}),
            "Blob property 'Doc.body' is null for id 'none'");
  EXPECT_EQ(bytes(*graph_, {.cell = {false, "Nope", "d1", "body"}}), "unknown node type 'Nope'");
  EXPECT_EQ(bytes(*graph_, {.cell = {true, "Doc", "d1", "body"}}), "unknown edge type 'Doc'");
  EXPECT_EQ(bytes(*graph_, {.cell = {false, "Doc", "d1", "title"}}),
            "property 'Doc.title' is not a Blob");
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1"), .branch = "b", .snapshot = "s"}),
            "request may specify branch or snapshot, not both");
}

TEST_F(BlobTest, LargeValuesAreObjectsNamedByContent) {
  const std::string large = noise(3 * BlobValue::kPieceBytes + 17, 'a');
  std::ofstream(root("file"), std::ios::binary) << large;
  const auto put = graph_->put_blob_file({.cell = doc("d1")}, root("file"));
  ASSERT_TRUE(put.ok()) << put.error().message();
  EXPECT_EQ(put->size, large.size());
  EXPECT_EQ(objects(), 1u);
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}), large);
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}, BlobValue::kPieceBytes - 1, 3),
            large.substr(BlobValue::kPieceBytes - 1, 3));
  // The same content in another cell, an edge's, takes no second object.
  const BlobSelector scan{true, "Cites", "c1", "scan"};
  ASSERT_TRUE(graph_->put_blob({.cell = scan}, large).ok());
  EXPECT_EQ(objects(), 1u);
  EXPECT_EQ(bytes(*graph_, {.cell = scan}), large);
  EXPECT_EQ(graph_->blob({.cell = scan})->descriptor().etag, put->etag);
  // It is there for other handles, and the entity kept its other values.
  const Graph other = Graph::open(root("g")).value();
  EXPECT_EQ(bytes(other, {.cell = doc("d1")}), large);
  EXPECT_NE(test::exported(other).find("\"title\":\"one\""), std::string::npos);
}

TEST_F(BlobTest, VersionsKeepTheirBytes) {
  const std::string before = graph_->snapshot()->commit_id;
  const std::string large = noise(5000, 'b');
  const auto reading = graph_->blob({.cell = doc("d1")});
  ASSERT_TRUE(graph_->put_blob({.cell = doc("d1")}, large).ok());
  const std::string between = graph_->snapshot()->commit_id;
  ASSERT_TRUE(graph_->clear_blob({.cell = doc("d1")}).ok());
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}), "Blob property 'Doc.body' is null for id 'd1'");
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1"), .snapshot = between}), large);
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1"), .snapshot = before}), "hello world");
  EXPECT_EQ(graph_->blob({.cell = doc("d1"), .snapshot = before})->descriptor().resolved_snapshot,
            before);
  std::string out;
  ASSERT_TRUE(reading
                  ->read(0, UINT64_MAX,
                         [&](std::string_view piece) -> Status {
                           out += piece;
                           return {};
                         })
                  .ok());
  EXPECT_EQ(out, "hello world");
}

TEST_F(BlobTest, WritesAreConditionalAndChecked) {
  const std::string head = graph_->snapshot()->commit_id;
  ASSERT_TRUE(graph_->put_blob({.cell = doc("none"), .if_commit = head}, "x").ok());
  const auto lost = graph_->put_blob({.cell = doc("none"), .if_commit = head}, "y");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code(), ErrorCode::kPreconditionFailed);
  EXPECT_EQ(bytes(*graph_, {.cell = doc("none")}), "x");
  const auto cleared = graph_->clear_blob({.cell = {false, "Strict", "s", "body"}});
  ASSERT_FALSE(cleared.ok());
  EXPECT_EQ(cleared.error().message(), "non-nullable blob property 'body' has null values");
  const auto missing = graph_->put_blob({.cell = doc("ghost")}, "x");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(graph_->put_blob_file({.cell = doc("d1")}, root("no such file")).ok());
}

TEST_F(BlobTest, MutationsCarryBlobsAlong) {
  const std::string large = noise(4000, 'c');
  ASSERT_TRUE(graph_->put_blob({.cell = doc("d1")}, large).ok());
  const auto update = graph_->mutate(
      {.source = "query q() { update Doc set { title: \"two\" } where slug = \"d1\" }"});
  ASSERT_TRUE(update.ok());
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}), large);
  const auto null = graph_->mutate(
      {.source = "query q($b: Blob?) { update Doc set { body: $b } where slug = \"d1\" }"});
  ASSERT_TRUE(null.ok()) << null.error().message();
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}), large);
  const auto other = graph_->mutate(
      {.source = "query q($b: Blob) { update Doc set { body: $b } where slug = \"d1\" }",
       .params = R"({"b":"base64:b3RoZXI="})"});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(bytes(*graph_, {.cell = doc("d1")}), "other");
}

TEST_F(BlobTest, RefusedWritesLeaveNoObjects) {
  std::string base64(8000, 'A');
  const std::string record =
      R"({"type":"Doc","data":{"slug":"n","body":"base64:)" + base64 + "\"}}\n";
  const auto refused = graph_->load_text(record + "not json", {.mode = LoadMode::kAppend});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(objects(), 0u);
  const std::string params = R"({"b":"base64:)" + base64 + "\"}";
  const auto duplicate =
      graph_->mutate({.source = "query q($b: Blob) { insert Doc { slug: \"z\", body: $b }"
                                " insert Cites { from: \"z\", to: \"nobody\" } }",
                      .params = params});
  ASSERT_FALSE(duplicate.ok());
  EXPECT_EQ(objects(), 0u);
  ASSERT_TRUE(graph_->load_text(record, {.mode = LoadMode::kAppend}).ok());
  EXPECT_EQ(objects(), 1u);
}

TEST_F(BlobTest, AnExportLoadsBackEqual) {
  const std::string large = noise(2 * BlobValue::kPieceBytes * 3 + 5, 'd');
  ASSERT_TRUE(graph_->put_blob({.cell = doc("none")}, large).ok());
  ASSERT_TRUE(graph_->put_blob({.cell = {true, "Cites", "c1", "scan"}}, noise(1025, 'e')).ok());
  const std::string text = test::exported(*graph_);
  const Graph copy = Graph::create(root("copy"), kSchema).value();
  const auto loaded = copy.load_text(text, {.mode = LoadMode::kOverwrite});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(test::exported(copy), text);
  EXPECT_EQ(bytes(copy, {.cell = doc("none")}), large);
  EXPECT_EQ(bytes(copy, {.cell = doc("empty")}), "");
  EXPECT_EQ(objects("copy"), 2u);
}

TEST_F(BlobTest, ManyAtOnce) {
  std::string records;
  for (int i = 0; i < 60; ++i) {
    records += R"({"type":"Doc","data":{"slug":"m)" + std::to_string(i) + R"(","body":"base64:)" +
               std::string(4000 + 4 * static_cast<std::size_t>(i % 50), 'A') + "\"}}\n";
  }
  ASSERT_TRUE(graph_->load_text(records, {.mode = LoadMode::kAppend}).ok());
  EXPECT_EQ(objects(), 50u);  // ten came twice
  for (int i = 0; i < 60; ++i) {
    const std::string id = "m" + std::to_string(i);
    EXPECT_EQ(bytes(*graph_, {.cell = doc(id)}),
              std::string(3000 + 3 * static_cast<std::size_t>(i % 50), '\0'));
  }
}

TEST_F(BlobTest, ALostObjectIsNamed) {
  ASSERT_TRUE(graph_->put_blob({.cell = doc("d1")}, noise(3000, 'f')).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "g" / "blob")) {
    std::filesystem::resize_file(entry.path(), 100);
  }
  const std::string cut = bytes(*graph_, {.cell = doc("d1")});
  EXPECT_NE(cut.find("is cut off: a Blob of 3000 bytes"), std::string::npos) << cut;
  std::filesystem::remove_all(folder_ / "g" / "blob");
  const std::string gone = bytes(*graph_, {.cell = doc("d1")});
  EXPECT_NE(gone.find("is missing: the bytes of a Blob are lost"), std::string::npos) << gone;
}

}  // namespace
}  // namespace omnigraph
