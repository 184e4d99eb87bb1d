// What a compiled catalog holds: identities, key order, injected properties, canonical forms,
// look-ups.

#include "schema/catalog.h"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "schema/schema_testing.h"

namespace omnigraph {
namespace {

std::vector<std::string> names(const std::vector<Property>& properties) {
  std::vector<std::string> result;
  for (const Property& property : properties) result.push_back(property.name);
  return result;
}

TEST(Catalog, NumbersTypesThenPropertiesThenLifetimes) {
  const CatalogPtr catalog = compiled(
      "edge Knows: B -> A { since: Date? }\n"
      "node B { y: I32 x: I32 }\n"
      "interface I { q: I32 p: I32 }\n"
      "node A implements I { z: I32 }\n");
  // Types: interface I 1, nodes A 2, B 3, edge Knows 4.
  EXPECT_EQ(catalog->interface("I")->id, 1u);
  EXPECT_EQ(catalog->node("A")->id, 2u);
  EXPECT_EQ(catalog->node("B")->id, 3u);
  EXPECT_EQ(catalog->edge("Knows")->id, 4u);
  // Properties by (owner, name): I.p 5, I.q 6, A.p 7, A.q 8, A.z 9, B.x 10, B.y 11, Knows.since 12.
  EXPECT_EQ(catalog->interface("I")->find("p")->id, 5u);
  EXPECT_EQ(catalog->interface("I")->find("q")->id, 6u);
  EXPECT_EQ(catalog->node("A")->find("p")->id, 7u);
  EXPECT_EQ(catalog->node("A")->find("q")->id, 8u);
  EXPECT_EQ(catalog->node("A")->find("z")->id, 9u);
  EXPECT_EQ(catalog->node("B")->find("x")->id, 10u);
  EXPECT_EQ(catalog->node("B")->find("y")->id, 11u);
  EXPECT_EQ(catalog->edge("Knows")->find("since")->id, 12u);
  // Lifetimes by type number.
  EXPECT_EQ(catalog->node("A")->lifetime, 13u);
  EXPECT_EQ(catalog->node("B")->lifetime, 14u);
  EXPECT_EQ(catalog->edge("Knows")->lifetime, 15u);
  EXPECT_EQ(catalog->next_identity(), 16u);
  EXPECT_EQ(catalog->version(), 1u);
}

TEST(Catalog, KeepsTheSourceVerbatim) {
  const std::string source = "// people\nnode A{s:String@key}\n";
  EXPECT_EQ(compiled(source)->source(), source);
}

TEST(Catalog, KeyOrderIsByIdentityNotAsWritten) {
  const CatalogPtr catalog = compiled("node A { z: String a: I64 m: Bool @key(z, m, a, z) }");
  EXPECT_EQ(catalog->node("A")->key, (std::vector<std::string>{"a", "m", "z"}));
  EXPECT_FALSE(catalog->node("A")->find("a")->key);  // spelled in the body
  EXPECT_TRUE(catalog->node("A")->indexes.empty());
}

TEST(Catalog, PropertySpellingsAreKept) {
  const CatalogPtr catalog =
      compiled("node A { k: String @key u: I32 @unique i: I32 @index @unique(i) }");
  const NodeType& node = *catalog->node("A");
  EXPECT_EQ(node.key, std::vector<std::string>{"k"});
  EXPECT_TRUE(node.find("k")->key);
  EXPECT_TRUE(node.find("u")->unique);
  EXPECT_TRUE(node.find("i")->index);
  EXPECT_FALSE(node.find("i")->unique);
  EXPECT_EQ(node.uniques, (std::vector<PropertyGroup>{{"i"}, {"u"}}));
  EXPECT_EQ(node.indexes, (std::vector<PropertyGroup>{{"i"}}));
}

TEST(Catalog, ConstraintsCollapseIntoCanonicalForm) {
  const CatalogPtr catalog = compiled(
      "node A { a: I32 @unique b: I32 s: String\n"
      "  @unique(b, a) @unique(a, b, a) @unique(a) @index(s) @index(s)\n"
      "  @range(a, 0..9) @range(a, 0..9) @range(a, 0.0..9) @check(s, \"x\") @check(s, \"x\") }\n"
      "edge E: A -> A { @unique(src, dst) @unique(dst, src) }");
  const NodeType& node = *catalog->node("A");
  EXPECT_EQ(node.uniques, (std::vector<PropertyGroup>{{"a"}, {"a", "b"}}));
  EXPECT_EQ(node.indexes, (std::vector<PropertyGroup>{{"s"}}));
  EXPECT_EQ(node.ranges.size(), 2u);  // 0 and 0.0 are spelled differently
  EXPECT_EQ(node.checks.size(), 1u);
  EXPECT_EQ(catalog->edge("E")->uniques, (std::vector<PropertyGroup>{{"dst", "src"}}));
}

TEST(Catalog, RangeBounds) {
  const CatalogPtr catalog = compiled(
      "node A { a: F64 b: F64 c: F64 d: I64 e: I64 f: F64\n"
      "  @range(a, -40.5..60) @range(b, 0..) @range(c, ..10)\n"
      "  @range(d, -9223372036854775808..9223372036854775808)\n"
      "  @range(f, 0.0" +
      std::string(400, '0') + "1..1" + std::string(400, '0') + ") }");
  const std::vector<RangeConstraint>& ranges = catalog->node("A")->ranges;
  ASSERT_EQ(ranges.size(), 5u);
  EXPECT_EQ(ranges[0].min->value, -40.5);
  EXPECT_EQ(ranges[0].min->integer, std::nullopt);
  EXPECT_EQ(ranges[0].max->integer, 60);
  EXPECT_EQ(ranges[1].min->integer, 0);
  EXPECT_EQ(ranges[1].max, std::nullopt);
  EXPECT_EQ(ranges[2].min, std::nullopt);
  EXPECT_EQ(ranges[2].max->value, 10.0);
  EXPECT_EQ(ranges[3].min->integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ranges[3].max->integer, std::nullopt);
  EXPECT_EQ(ranges[3].max->value, 9223372036854775808.0);
  EXPECT_EQ(ranges[4].min->value, 0.0);
  EXPECT_EQ(ranges[4].max->value, std::numeric_limits<double>::infinity());
}

TEST(Catalog, EnumValuesAreASortedSet) {
  const CatalogPtr catalog = compiled("node A { e: enum(b, B, 2nd, -x, _y) }");
  EXPECT_EQ(catalog->node("A")->find("e")->type.enum_values,
            (std::vector<std::string>{"-x", "2nd", "B", "_y", "b"}));
  EXPECT_EQ(to_string(catalog->node("A")->find("e")->type), "enum(-x, 2nd, B, _y, b)");
}

TEST(Catalog, InterfacesInjectPropertiesWithTheirConstraints) {
  const CatalogPtr catalog = compiled(
      "interface Slugged { slug: String @key }\n"
      "interface Titled { title: String @index @description(\"t\") summary: String? @unique }\n"
      "node Page implements Titled, Slugged, Titled { views: I64? }");
  const NodeType& page = *catalog->node("Page");
  EXPECT_EQ(names(page.properties),
            (std::vector<std::string>{"views", "slug", "title", "summary"}));
  EXPECT_EQ(page.implements, (std::vector<std::string>{"Slugged", "Titled"}));
  EXPECT_EQ(page.key, std::vector<std::string>{"slug"});
  EXPECT_EQ(page.uniques, (std::vector<PropertyGroup>{{"summary"}}));
  EXPECT_EQ(page.indexes, (std::vector<PropertyGroup>{{"title"}}));
  EXPECT_TRUE(page.find("slug")->injected);
  EXPECT_TRUE(page.find("slug")->key);
  EXPECT_FALSE(page.find("views")->injected);
  ASSERT_EQ(page.find("title")->annotations.size(), 1u);
  EXPECT_EQ(page.find("title")->annotations[0].value, "t");
}

TEST(Catalog, ARedeclaredPropertyStandsForItself) {
  const CatalogPtr catalog = compiled(
      "interface Slugged { slug: String @key @description(\"from above\") }\n"
      "node Page implements Slugged { slug: String @unique }");
  const NodeType& page = *catalog->node("Page");
  EXPECT_TRUE(page.key.empty());
  EXPECT_EQ(page.uniques, (std::vector<PropertyGroup>{{"slug"}}));
  EXPECT_FALSE(page.find("slug")->injected);
  EXPECT_TRUE(page.find("slug")->annotations.empty());
}

TEST(Catalog, InjectionDoesNotDependOnTheOrderOfImplements) {
  const std::string interfaces =
      "interface A { x: I32 y: I32 @rename_from(\"o\") } interface B { y: I32 z: I32 }";
  const CatalogPtr one = compiled(interfaces + " node N implements A, B {}");
  const CatalogPtr two = compiled(interfaces + " node N implements B, A, B {}");
  EXPECT_EQ(names(one->node("N")->properties), names(two->node("N")->properties));
  EXPECT_EQ(one->node("N")->find("y")->annotations, two->node("N")->find("y")->annotations);
}

TEST(Catalog, EmbedsAnnotationsAndCardinality) {
  const CatalogPtr catalog = compiled(
      "node D @description(\"docs\") @owner(\"team\", since=\"2020\") {\n"
      "  t: String @label(title)\n"
      "  v: Vector(3)? @embed(\"t\", model=\"m1\") w: Vector(3)? @embed(t) }\n"
      "edge Cites: D -> D @card(1..) @weighted\n"
      "edge Near: D -> D @card(0..2)\n"
      "edge Free: D -> D @card(2)");
  const NodeType& doc = *catalog->node("D");
  EXPECT_EQ(doc.embeds, (std::vector<EmbedSource>{{"v", "t", "m1"}, {"w", "t", std::nullopt}}));
  ASSERT_EQ(doc.annotations.size(), 2u);
  EXPECT_EQ(doc.annotations[1].kwargs,
            (std::vector<std::pair<std::string, std::string>>{{"since", "2020"}}));
  EXPECT_EQ(doc.find("t")->annotations[0].value, "title");
  EXPECT_TRUE(doc.find("v")->annotations.empty());
  EXPECT_EQ(catalog->edge("Cites")->card_min, 1u);
  EXPECT_EQ(catalog->edge("Cites")->card_max, std::nullopt);
  EXPECT_EQ(catalog->edge("Near")->card_max, 2u);
  EXPECT_EQ(catalog->edge("Free")->card_min, 0u);
  EXPECT_EQ(catalog->edge("Free")->card_max, std::nullopt);
  EXPECT_EQ(catalog->edge("Cites")->from_id, doc.id);
}

TEST(Catalog, LookUps) {
  const CatalogPtr catalog = compiled(
      "node Link { a: I32 b: I32 c: I32 } edge Link: Link -> Link { w: I32 }\n"
      "edge WorksWith: Link -> Link interface Link {}");
  EXPECT_EQ(catalog->node("link"), nullptr);
  EXPECT_EQ(catalog->node("Nope"), nullptr);
  EXPECT_EQ(catalog->edge("workswith"), nullptr);
  EXPECT_EQ(catalog->edge_by_word("WorksWith"), catalog->edge("WorksWith"));
  EXPECT_EQ(catalog->edge_by_word("worksWITH"), catalog->edge("WorksWith"));
  EXPECT_EQ(catalog->edge_by_word("works"), nullptr);
  for (const NodeType& type : catalog->nodes()) {
    EXPECT_EQ(catalog->node(type.id), &type);
    EXPECT_EQ(catalog->entity(type.id), &type);
    EXPECT_EQ(catalog->edge(type.id), nullptr);
    EXPECT_FALSE(catalog->is_edge(type.id));
    for (const Property& property : type.properties) {
      EXPECT_EQ(type.find(property.name), &property);
      EXPECT_EQ(type.find(property.id), &property);
    }
    EXPECT_EQ(type.find("z"), nullptr);
    EXPECT_EQ(type.find(PropertyId{999}), nullptr);
  }
  for (const EdgeType& type : catalog->edges()) {
    EXPECT_EQ(catalog->edge(type.id), &type);
    EXPECT_TRUE(catalog->is_edge(type.id));
  }
  EXPECT_EQ(catalog->entity(catalog->interface("Link")->id), nullptr);
  EXPECT_EQ(catalog->entity(0), nullptr);
}

TEST(Catalog, HandMadeTypesAreSearchedWithoutIndexes) {
  NodeType type;
  type.properties.resize(2);
  type.properties[1].name = "b";
  type.properties[1].id = 7;
  EXPECT_EQ(type.find("b"), &type.properties[1]);
  EXPECT_EQ(type.find(PropertyId{7}), &type.properties[1]);
  EXPECT_EQ(type.find("c"), nullptr);
}

}  // namespace
}  // namespace omnigraph
