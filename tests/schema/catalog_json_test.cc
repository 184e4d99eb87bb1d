// The stored form of a catalog: it comes back whole, and damage is told from schemas.

#include "schema/catalog_json.h"

#include <string>
#include <vector>

#include "schema/schema_testing.h"

namespace omnigraph {
namespace {

std::string stored() {
  return catalog_to_json(
      *compiled("// \"people\" \\ \xC5\xBE\n"
                "interface Named { name: String @key }\n"
                "node Person implements Named { age: I32? }\n"
                "edge Knows: Person -> Person { since: Date? @unique(src, dst) }\n"));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(CatalogJson, RoundTrip) {
  const std::string json = stored();
  const Result<CatalogPtr> back = catalog_from_json(json);
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(catalog_to_json(**back), json);
  EXPECT_EQ((*back)->node("Person")->key, std::vector<std::string>{"name"});
  EXPECT_EQ((*back)->edge_by_word("KNOWS"), (*back)->edge("Knows"));
}

TEST(CatalogJson, NumbersComeFromTheStoreNotFromTheSource) {
  const std::string json =
      R"({"version":7,"next_identity":90,"source":"node Pair { a: String b: I32 @key(a, b) }",)"
      R"("interfaces":[],"nodes":[{"name":"Pair","id":40,"lifetime":60,"properties":)"
      R"([{"name":"a","id":52},{"name":"b","id":51}],"extra":1}],"edges":[]})";
  const Result<CatalogPtr> catalog = catalog_from_json(json);
  ASSERT_TRUE(catalog.ok()) << catalog.error().message();
  EXPECT_EQ((*catalog)->version(), 7u);
  EXPECT_EQ((*catalog)->next_identity(), 90u);
  EXPECT_EQ((*catalog)->node(TypeId{40})->lifetime, 60u);
  // Key order follows identities.
  EXPECT_EQ((*catalog)->node("Pair")->key, (std::vector<std::string>{"b", "a"}));
}

TEST(CatalogJson, DamageIsCorrupt) {
  const std::string json = stored();
  const std::vector<std::string> damaged = {
      "",
      "{",
      "[]",
      "7",
      json.substr(0, json.size() / 2),
      replaced(json, R"("version":1)", R"("version":0)"),
      replaced(json, R"("version":1)", R"("version":"1")"),
      replaced(json, R"("version":1)", R"("version":4294967296)"),
      replaced(json, R"("next_identity":)", R"("next_identity":1,"x":)"),
      replaced(json, R"("source":)", R"("sauce":)"),
      replaced(json, "node Person", "node person"),
      replaced(json, "age: I32?", "old: I32?"),
      replaced(json, "age: I32?", "age: I32? more: I32?"),
      replaced(json, R"("name":"Person","id":2)", R"("name":"Persona","id":2)"),
      replaced(json, R"("name":"Person","id":2)", R"("name":"Person","id":1)"),
      replaced(json, R"("name":"Person","id":2)", R"("name":"Person","id":99)"),
      replaced(json, R"("lifetime":)", R"("life":)"),
      replaced(json, R"("edges":[)", R"("edges":[{"name":"Extra","id":3},)"),
      replaced(json, R"("edges":)", R"("hedges":)"),
      replaced(json, R"("interfaces":[{)", R"("interfaces":[[],{)"),
  };
  for (const std::string& text : damaged) {
    const Result<CatalogPtr> catalog = catalog_from_json(text);
    ASSERT_FALSE(catalog.ok()) << text;
    EXPECT_EQ(catalog.error().code(), ErrorCode::kCorrupt);
    EXPECT_TRUE(catalog.error().message().starts_with("stored schema is damaged"))
        << catalog.error().message();
  }
}

}  // namespace
}  // namespace omnigraph
