// The entries of the one validator that need a whole graph: merges of branches and changes of the
// schema (mutations and loads: tests/write/validator_entries_test.cc). Every constraint that two
// branches, or a schema, could break is broken and kept by way of them.
#include <gtest/gtest.h>
#include <omnigraph/graph.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace omnigraph {
namespace {

constexpr const char* kSchema = R"(
node Part {
    code: String @key
    size: I32?  color: enum(blue, red)?  name: String?  a: I32?  b: I32?  slug: String?
    @range(size, 1..10)  @check(name, "^[a-z]+$")  @unique(slug)  @unique(a, b)
}
edge Uses: Part -> Part @card(0..2)
edge Pair: Part -> Part { @unique(src, dst) }
edge Needs: Part -> Part @card(1..)
)";

constexpr const char* kBase = R"({"type":"Part","data":{"code":"p1"}}
{"type":"Part","data":{"code":"p2"}}
{"type":"Part","data":{"code":"p3"}}
{"edge":"Uses","from":"p1","to":"p2"}
{"edge":"Needs","from":"p1","to":"p2","data":{"id":"n1"}}
{"edge":"Needs","from":"p1","to":"p3","data":{"id":"n2"}}
)";

class ConstraintEntries : public testing::Test {
 protected:
  ConstraintEntries() {
    std::string name =
        (std::filesystem::temp_directory_path() / "omnigraph-entries-XXXXXX").string();
    folder_ = ::mkdtemp(name.data()) != nullptr ? name : std::string();
  }
  ~ConstraintEntries() override { std::filesystem::remove_all(folder_); }

  // A fresh graph with the base on main and a branch `side` at the same place.
  Graph fresh() {
    auto graph = Graph::create(folder_ + "/" + std::to_string(++graphs_), kSchema);
    EXPECT_TRUE(graph.ok()) << graph.error().message();
    EXPECT_EQ(load(*graph, kBase, "main"), "");
    EXPECT_TRUE(graph->create_branch("side").ok());
    return std::move(graph).value();
  }
  static std::string load(const Graph& graph, std::string_view lines, std::string_view branch) {
    const auto done = graph.load_text(lines, {.mode = LoadMode::kMerge, .branch = branch});
    return done.ok() ? "" : done.error().message();
  }
  static std::string mutate(const Graph& graph, const std::string& body, std::string_view branch) {
    const std::string source = "query q() { " + body + " }";
    const auto done = graph.mutate({.source = source, .branch = branch});
    return done.ok() ? "" : done.error().message();
  }
  static std::string merge(const Graph& graph) {
    const auto done = graph.merge({.source = "side"});
    return done.ok() ? "" : done.error().message();
  }
  static std::string content(const Graph& graph) {
    std::string out;
    const Status status = graph.export_ndjson("main", {}, [&out](std::string_view text) {
      out += text;
      return Status();
    });
    EXPECT_TRUE(status.ok());
    return out;
  }

  std::string folder_;
  int graphs_ = 0;
};

struct MergeCase {
  const char* what;
  const char* main;  // lines of a load on main
  const char* bad;   // lines of a load on the branch that cannot stand beside it
  const char* good;
  const char* kind;     // of the conflict
  const char* message;  // of the rule
};

constexpr MergeCase kMerges[] = {
    {"unique", R"({"type":"Part","data":{"code":"x","slug":"s"}})",
     R"({"type":"Part","data":{"code":"y","slug":"s"}})",
     R"({"type":"Part","data":{"code":"y","slug":"t"}})", "unique_violation",
     "@unique violation on Part.slug: value 's' held by 'x' and 'y'"},
    {"composite unique", R"({"type":"Part","data":{"code":"x","a":1,"b":2}})",
     R"({"type":"Part","data":{"code":"y","a":1,"b":2}})",
     R"({"type":"Part","data":{"code":"y","a":1,"b":3}})", "unique_violation",
     "@unique violation on Part.(a, b): value '(1, 2)' held by 'x' and 'y'"},
    {"unique ends", R"({"edge":"Pair","from":"p1","to":"p2","data":{"id":"e1"}})",
     R"({"edge":"Pair","from":"p1","to":"p2","data":{"id":"e2"}})",
     R"({"edge":"Pair","from":"p2","to":"p1","data":{"id":"e2"}})", "unique_violation",
     "@unique violation on Pair.(dst, src): value '(p2, p1)' held by 'e1' and 'e2'"},
    {"most edges", R"({"edge":"Uses","from":"p1","to":"p3"})",
     R"({"edge":"Uses","from":"p1","to":"p1"})", R"({"edge":"Uses","from":"p2","to":"p1"})",
     "cardinality_violation", "@card violation on edge Uses: source 'p1' has 3 edges (max 2)"},
};

TEST_F(ConstraintEntries, MergesOfBranches) {
  for (const MergeCase& one : kMerges) {
    SCOPED_TRACE(one.what);
    const Graph refused = fresh();
    ASSERT_EQ(load(refused, one.main, "main"), "");
    ASSERT_EQ(load(refused, one.bad, "side"), "");
    const std::string before = content(refused);
    const auto merged = refused.merge({.source = "side"});
    ASSERT_FALSE(merged.ok());
    EXPECT_EQ(merged.error().code(), ErrorCode::kConflict);
    EXPECT_NE(merged.error().message().find(one.kind), std::string::npos)
        << merged.error().message();
    const auto preview = refused.preview_merge({.source = "side"});
    ASSERT_TRUE(preview.ok());
    ASSERT_EQ(preview->conflicts.size(), 1u);
    EXPECT_EQ(preview->conflicts[0].message, one.message);
    EXPECT_EQ(content(refused), before);

    const Graph kept = fresh();
    ASSERT_EQ(load(kept, one.main, "main"), "");
    ASSERT_EQ(load(kept, one.good, "side"), "");
    EXPECT_EQ(merge(kept), "");
  }
}

TEST_F(ConstraintEntries, MergesThatTakeEndsOrEdgesAway) {
  // An end that main deletes while the branch draws an edge to it.
  const Graph graph = fresh();
  ASSERT_EQ(mutate(graph, "delete Part where code = \"p3\"", "main"), "");
  ASSERT_EQ(load(graph, R"({"edge":"Uses","from":"p2","to":"p3"})", "side"), "");
  EXPECT_NE(merge(graph).find("orphan_edge"), std::string::npos);
  // Each side leaves one edge, both together none.
  const Graph fewest = fresh();
  ASSERT_EQ(mutate(fewest, "delete Needs where to = \"p2\"", "main"), "");
  ASSERT_EQ(mutate(fewest, "delete Needs where to = \"p3\"", "side"), "");
  EXPECT_NE(merge(fewest).find("cardinality_violation"), std::string::npos);
  EXPECT_EQ(mutate(fewest, "delete Needs where to = \"p3\"", "main"),
            "@card violation on edge Needs: source 'p1' has 0 edges (min 1)");
}

std::string with(std::string schema, const std::string& from, const std::string& to) {
  const std::size_t at = schema.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return schema.replace(at, from.size(), to);
}

// No change of a schema can make stored data wrong: what could is refused, whatever the data is.
TEST_F(ConstraintEntries, SchemaChangesThatCouldBreakData) {
  const Graph graph = fresh();
  ASSERT_TRUE(graph.delete_branch("side").ok());
  const struct {
    const char* from;
    const char* to;
    const char* reason;
  } kRefused[] = {
      {"@range(size, 1..10)", "@range(size, 1..10) @range(a, 1..5)", "adding constraint"},
      {"@unique(slug)", "@unique(slug) @unique(name)", "adding constraint"},
      {"@check(name, \"^[a-z]+$\")", "@check(name, \"^[a-z]+$\") @check(slug, \"^s\")",
       "adding constraint"},
      {"enum(blue, red)?", "enum(blue)?", "changing property type"},
      {"a: I32?", "a: I32", "changing property type"},
      {"size: I32?", "size: I32?  must: I32", "adding required property"},
      {"Part @card(0..2)", "Part @card(0..1)", "changing cardinality"},
  };
  for (const auto& [from, to, reason] : kRefused) {
    const std::string desired = with(kSchema, from, to);
    const auto applied = graph.apply_schema({.desired = desired});
    ASSERT_FALSE(applied.ok()) << to;
    EXPECT_EQ(applied.error().code(), ErrorCode::kBadRequest);
    EXPECT_NE(applied.error().message().find(reason), std::string::npos)
        << applied.error().message();
  }
}

// Constraints go on under the new names, against what was written under the old ones.
TEST_F(ConstraintEntries, ConstraintsOutliveRenames) {
  const Graph graph = fresh();
  ASSERT_TRUE(graph.delete_branch("side").ok());
  ASSERT_EQ(load(graph, R"({"type":"Part","data":{"code":"x","slug":"s","a":1,"b":2}})", "main"),
            "");
  std::string desired = with(kSchema, "slug: String?", "path: String? @rename_from(\"slug\")");
  desired = with(desired, "@unique(slug)", "@unique(path)");
  desired = with(desired, "enum(blue, red)?", "enum(blue, green, red)?");
  const auto applied = graph.apply_schema({.desired = desired});
  ASSERT_TRUE(applied.ok()) << applied.error().message();
  const auto part = [&](const std::string& members) {
    return load(graph, R"({"type":"Part","data":{"code":"y",)" + members + "}}", "main");
  };
  EXPECT_EQ(part(R"("path":"s")"), "@unique violation on Part.path: value 's' held by 'x' and 'y'");
  EXPECT_EQ(part(R"("a":1,"b":2)"),
            "@unique violation on Part.(a, b): value '(1, 2)' held by 'x' and 'y'");
  EXPECT_EQ(part(R"("size":11)"), "@range violation on Part.size: value 11 > max 10 (node 'y')");
  EXPECT_EQ(part(R"("color":"black")"),
            "invalid enum value 'black' for Part.color (expected: blue, green, red) (node 'y')");
  EXPECT_EQ(part(R"("color":"green","path":"t","a":1,"b":3)"), "");
}

}  // namespace
}  // namespace omnigraph
