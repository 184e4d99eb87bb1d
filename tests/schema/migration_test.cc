// Planning from an accepted schema to a desired one: steps and their order, refusals, identities.

#include "schema/migration.h"

#include <string>
#include <utility>
#include <vector>

#include "schema/catalog_json.h"
#include "schema/migration_render.h"
#include "schema/schema_testing.h"

namespace omnigraph {
namespace {

Migration plan(const Catalog& accepted, std::string_view desired, bool allow_data_loss = false) {
  Result<Migration> result = plan_migration(accepted, desired, allow_data_loss);
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message();
    return {};
  }
  return std::move(result).value();
}

std::vector<std::string> lines(const Migration& migration) {
  std::vector<std::string> result;
  for (const MigrationStep& step : migration.steps) result.push_back(describe(step));
  return result;
}

std::vector<std::string> lines(std::string_view accepted, std::string_view desired) {
  return lines(plan(*compiled(accepted), desired));
}

std::string json(const Migration& migration) {
  std::string out;
  JsonWriter writer(out);
  write_json(writer, migration.steps);
  return out;
}

using Lines = std::vector<std::string>;

TEST(Migration, NoDifferenceInMeaning) {
  const CatalogPtr accepted = compiled(
      "interface I { n: I32? } interface J {}\n"
      "node Task implements I, J { slug: String @key state: enum(todo, done) a: I32? b: I32?\n"
      "  @unique(a, b) @range(a, 0..9) @check(slug, \"x\") }\n"
      "edge Blocks: Task -> Task @card(0..2) { @unique(src, dst) }");
  const Migration same = plan(*accepted,
                              "// reordered\n"
                              "edge Blocks: Task -> Task @card(0..2) { @unique(dst, src) }\n"
                              "node Task @rename_from(\"Item\") implements J, I, J {\n"
                              "  @check(slug, \"x\") @unique(b, a) @unique(a, b) @range(a, 0..9)\n"
                              "  b: I32? a: I32? @rename_from(\"aa\")\n"
                              "  state: enum(done, todo) slug: String @key }\n"
                              "interface J {} interface I { n: I32? }");
  EXPECT_EQ(lines(same), Lines{});
  EXPECT_TRUE(same.supported());
  EXPECT_EQ(same.catalog->next_identity(), accepted->next_identity());
  EXPECT_EQ(same.catalog->version(), accepted->version() + 1);
}

TEST(Migration, AdditiveStepsInKindThenNameOrder) {
  const CatalogPtr accepted = compiled(
      "interface Named { name: String }\n"
      "node Person implements Named { slug: String @key age: I32? }");
  const Migration migration = plan(*accepted,
                                   "interface Dated { on: Date? }\n"
                                   "interface Named { name: String alias: String? }\n"
                                   "node Firm { name: String @key }\n"
                                   "node Person implements Named {\n"
                                   "  slug: String @key age: I32? @index level: enum(low, high)?\n"
                                   "  vec: Vector(4)? @embed(\"slug\") }\n"
                                   "edge WorksAt: Person -> Firm");
  EXPECT_EQ(lines(migration), (Lines{
                                  "add interface type 'Dated'",
                                  "add property 'Named.alias' (String?) on interface 'Named'",
                                  "add node type 'Firm'",
                                  "add constraint @index(age) on node 'Person'",
                                  "add property 'Person.alias' (String?) on node 'Person'",
                                  "add property 'Person.level' (Enum(high|low)?) on node 'Person'",
                                  "add property 'Person.vec' (Vector(4)?) on node 'Person'",
                                  "add edge type 'WorksAt'",
                              }));
  EXPECT_TRUE(migration.supported());
  EXPECT_TRUE(migration.check_supported().ok());
  EXPECT_EQ(
      json(migration),
      R"([{"kind":"add_type","type_kind":"interface","name":"Dated"},)"
      R"({"kind":"add_property","type_kind":"interface","type_name":"Named",)"
      R"("property_name":"alias","property_type":)"
      R"({"scalar":"String","nullable":true,"list":false,"enum_values":null}},)"
      R"({"kind":"add_type","type_kind":"node","name":"Firm"},)"
      R"({"kind":"add_constraint","type_kind":"node","type_name":"Person",)"
      R"("constraint":{"Index":["age"]}},)"
      R"({"kind":"add_property","type_kind":"node","type_name":"Person","property_name":"alias",)"
      R"("property_type":{"scalar":"String","nullable":true,"list":false,"enum_values":null}},)"
      R"({"kind":"add_property","type_kind":"node","type_name":"Person","property_name":"level",)"
      R"("property_type":{"scalar":"String","nullable":true,"list":false,)"
      R"("enum_values":["high","low"]}},)"
      R"({"kind":"add_property","type_kind":"node","type_name":"Person","property_name":"vec",)"
      R"("property_type":{"scalar":{"Vector":4},"nullable":true,"list":false,)"
      R"("enum_values":null}},)"
      R"({"kind":"add_type","type_kind":"edge","name":"WorksAt"}])");
}

TEST(Migration, NewNumbersContinueAndOldOnesStay) {
  const CatalogPtr first = compiled("node B { x: I32? } edge E: B -> B");
  // Types B 1, E 2; x 3; lifetimes 4, 5.
  const Migration migration = plan(*first,
                                   "node A { p: I32? } node B { x: I32? a: I32? }\n"
                                   "edge E: B -> A interface I { q: I32? }");
  const Catalog& next = *migration.catalog;
  EXPECT_EQ(next.node("B")->id, 1u);
  EXPECT_EQ(next.node("B")->lifetime, 4u);
  EXPECT_EQ(next.node("B")->find("x")->id, 3u);
  EXPECT_EQ(next.edge("E")->id, 2u);
  EXPECT_EQ(next.interface("I")->id, 6u);
  EXPECT_EQ(next.node("A")->id, 7u);
  // Properties by (owner's number, name): B.a 8, I.q 9, A.p 10; then A's lifetime.
  EXPECT_EQ(next.node("B")->find("a")->id, 8u);
  EXPECT_EQ(next.interface("I")->find("q")->id, 9u);
  EXPECT_EQ(next.node("A")->find("p")->id, 10u);
  EXPECT_EQ(next.node("A")->lifetime, 11u);
  EXPECT_EQ(next.next_identity(), 12u);
  const Result<CatalogPtr> back = catalog_from_json(catalog_to_json(next));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(catalog_to_json(**back), catalog_to_json(next));
}

TEST(Migration, RenamesKeepNumbersAndKeyOrder) {
  const CatalogPtr accepted = compiled(
      "node Pair { alpha: String zeta: String @key(alpha, zeta) @range(n, 0..1) n: I32?\n"
      "  @check(alpha, \"a\") @index(n, zeta) }\n"
      "edge Knows: Pair -> Pair { since: Date? @index(src, since) }");
  const Migration migration =
      plan(*accepted,
           "node Duo @rename_from(\"Pair\") { aaaa: String @rename_from(\"zeta\")\n"
           "  zzzz: String @rename_from(alpha) m: I32? @rename_from(\"n\") @key(aaaa, zzzz)\n"
           "  @range(m, 0..1) @check(zzzz, \"a\") @index(m, aaaa) }\n"
           "edge Meets: Duo -> Duo @rename_from(\"Knows\") { date: Date? @rename_from(\"since\")\n"
           "  @index(date, src) }");
  EXPECT_EQ(lines(migration), (Lines{
                                  "rename node type 'Pair' -> 'Duo'",
                                  "rename property 'Duo.zeta' -> 'Duo.aaaa' on node 'Duo'",
                                  "rename property 'Duo.n' -> 'Duo.m' on node 'Duo'",
                                  "rename property 'Duo.alpha' -> 'Duo.zzzz' on node 'Duo'",
                                  "rename edge type 'Knows' -> 'Meets'",
                                  "rename property 'Meets.since' -> 'Meets.date' on edge 'Meets'",
                              }));
  const NodeType& before = *accepted->node("Pair");
  const NodeType& after = *migration.catalog->node("Duo");
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.lifetime, before.lifetime);
  EXPECT_EQ(after.key, (std::vector<std::string>{"zzzz", "aaaa"}));
  EXPECT_EQ(after.find("aaaa")->id, before.find("zeta")->id);
  EXPECT_EQ(migration.catalog->edge("Meets")->from_id, before.id);
  // The hints stay in the accepted source and mean nothing there.
  EXPECT_EQ(lines(plan(*migration.catalog, migration.catalog->source())), Lines{});
}

TEST(Migration, RenamedAndWidenedPropertyIsNamedAnew) {
  const CatalogPtr accepted = compiled("node Task { state: enum(todo, done) }");
  const Migration migration =
      plan(*accepted, "node Task { status: enum(done, todo, blocked, x) @rename_from(\"state\") }");
  EXPECT_EQ(json(migration),
            R"([{"kind":"rename_property","type_kind":"node","type_name":"Task","from":"state",)"
            R"("to":"status"},{"kind":"extend_enum","type_kind":"node","type_name":"Task",)"
            R"("property_name":"status","added_values":["blocked","x"]}])");
  EXPECT_EQ(lines(migration)[1], "extend enum 'Task.status' (+blocked, +x) on node 'Task'");
}

TEST(Migration, InterfacePropertyRenamesReachTheirNodes) {
  const CatalogPtr accepted = compiled(
      "interface I { old: I32? } node N implements I {}\n"
      "node M implements I { old: I32? }");
  const Migration migration =
      plan(*accepted,
           "interface I { fresh: I32? @rename_from(\"old\") } node N implements I {}\n"
           "node M implements I { fresh: I32? @rename_from(\"old\") }\n"
           "node New implements I {}");
  EXPECT_EQ(lines(migration), (Lines{
                                  "rename property 'I.old' -> 'I.fresh' on interface 'I'",
                                  "rename property 'M.old' -> 'M.fresh' on node 'M'",
                                  "rename property 'N.old' -> 'N.fresh' on node 'N'",
                                  "add node type 'New'",
                              }));
}

TEST(Migration, DropsAreSoftUnlessDataLossIsAllowed) {
  const CatalogPtr accepted =
      compiled("node A { x: I32? y: I32 } node B { k: I32 @unique } edge E: A -> B");
  EXPECT_EQ(lines(plan(*accepted, "node A {}")), (Lines{
                                                     "drop property 'A.x' of node 'A' (soft mode)",
                                                     "drop property 'A.y' of node 'A' (soft mode)",
                                                     "drop node type 'B' (soft mode)",
                                                     "drop edge type 'E' (soft mode)",
                                                 }));
  const Migration hard = plan(*accepted, "node A { x: I32? y: I32 }", true);
  EXPECT_EQ(json(hard), R"([{"kind":"drop_type","type_kind":"node","name":"B","mode":"hard"},)"
                        R"({"kind":"drop_type","type_kind":"edge","name":"E","mode":"hard"}])");
  const std::string without_x = "node A { y: I32 } node B { k: I32 @unique } edge E: A -> B";
  EXPECT_EQ(json(plan(*accepted, without_x, true)),
            R"([{"kind":"drop_property","type_kind":"node","type_name":"A",)"
            R"("property_name":"x","mode":"hard"}])");
}

TEST(Migration, WhatIsDeclaredAgainIsNew) {
  const CatalogPtr first = compiled("node A { x: I32? } node B {}");
  const CatalogPtr second = plan(*first, "node A {}").catalog;
  const Migration third = plan(*second, "node A { x: I32? } node B {}");
  EXPECT_EQ(lines(third), (Lines{"add property 'A.x' (I32?) on node 'A'", "add node type 'B'"}));
  EXPECT_GT(third.catalog->node("A")->find("x")->id, first->node("A")->find("x")->id);
  EXPECT_NE(third.catalog->node("B")->lifetime, first->node("B")->lifetime);
  EXPECT_NE(third.catalog->node("B")->id, first->node("B")->id);
  EXPECT_EQ(third.catalog->version(), 3u);
}

TEST(Migration, MetadataIsAStepOtherAnnotationsAreNot) {
  const CatalogPtr accepted = compiled(
      "node Person @description(\"old\") @owner(\"x\") { name: String @key @description(\"n\") }\n"
      "edge Knows: Person -> Person");
  const Migration migration =
      plan(*accepted,
           "node Person @owner(\"x\") @instruction(\"by \\\"name\\\"\") @description(\"new\")\n"
           "  { name: String @key }\n"
           "edge Knows: Person -> Person @description(\"friends\")");
  EXPECT_EQ(lines(migration), (Lines{
                                  "update metadata on node 'Person' "
                                  "(@description(\"new\"), @instruction(\"by \\\"name\\\"\"))",
                                  "update metadata on property 'Person.name' of node 'Person' ()",
                                  "update metadata on edge 'Knows' (@description(\"friends\"))",
                              }));
  EXPECT_EQ(json(migration),
            R"([{"kind":"update_type_metadata","type_kind":"node","name":"Person","annotations":)"
            R"([{"name":"description","value":"new"},)"
            R"({"name":"instruction","value":"by \"name\""}]},)"
            R"({"kind":"update_property_metadata","type_kind":"node","type_name":"Person",)"
            R"("property_name":"name","annotations":[]},)"
            R"({"kind":"update_type_metadata","type_kind":"edge","name":"Knows","annotations":)"
            R"([{"name":"description","value":"friends"}]}])");
}

struct Refusal {
  std::string accepted, desired;
  std::string entity, code, reason;
};

TEST(Migration, UnsupportedChanges) {
  const std::string word = "changing property type";
  const std::vector<Refusal> refusals = {
      {"node A {}", "node A { x: I32 }", "node:A.x", "OG-MF-103", "adding required property"},
      {"interface I {}", "interface I { x: I32 }", "interface:I.x", "OG-MF-103",
       "adding required property"},
      {"node A { x: I32? }", "node A { x: I64? }", "node:A.x", "OG-MF-106", word},
      {"node A { x: I64? }", "node A { x: I32? }", "node:A.x", "OG-MF-106", word},
      {"node A { x: I32? }", "node A { x: I32 }", "node:A.x", "OG-MF-106", word},
      {"node A { x: I32 }", "node A { x: I32? }", "node:A.x", "OG-MF-106", word},
      {"node A { x: I32 }", "node A { x: [I32] }", "node:A.x", "OG-MF-106", word},
      {"node A { x: Vector(2) }", "node A { x: Vector(3) }", "node:A.x", "OG-MF-106", word},
      {"node A { x: enum(a, b) }", "node A { x: enum(a) }", "node:A.x", "OG-MF-106", word},
      {"node A { x: enum(a, b) }", "node A { x: enum(a, c) }", "node:A.x", "OG-MF-106", word},
      {"node A { x: enum(a, b) }", "node A { x: enum(a, b, c)? }", "node:A.x", "OG-MF-106", word},
      {"node A { x: enum(a, b) }", "node A { x: String }", "node:A.x", "OG-MF-106", word},
      {"node A { x: String }", "node A { x: enum(a) }", "node:A.x", "OG-MF-106", word},
      {"node A { s: String v: Vector(2) @embed(s) }", "node A { s: String v: Vector(2) }",
       "node:A.v", "", "changing @embed source or model"},
      {"node A { s: String v: Vector(2) }", "node A { s: String v: Vector(2) @embed(s) }",
       "node:A.v", "", "changing @embed source or model"},
      {"node A { s: String t: String v: Vector(2) @embed(s) }",
       "node A { s: String t: String v: Vector(2) @embed(t) }", "node:A.v", "",
       "changing @embed source or model"},
      {"node A { s: String v: Vector(2) @embed(s, model=\"a\") }",
       "node A { s: String v: Vector(2) @embed(s, model=\"b\") }", "node:A.v", "",
       "changing @embed source or model"},
      {"node A { x: I32 @key }", "node A { x: I32 @key(x) }", "node:A.x", "",
       "removing property constraints"},
      {"node A { x: I32 @unique }", "node A { x: I32 @unique(x) }", "node:A.x", "",
       "removing property constraints"},
      {"node A { x: I32 @index }", "node A { x: I32 @index(x) }", "node:A.x", "",
       "removing property constraints"},
      {"node A { x: I32 @unique(x) }", "node A { x: I32 @unique }", "node:A.x", "",
       "adding a property-level @unique"},
      {"node A { x: I32 @key(x) }", "node A { x: I32 @key }", "node:A.x", "",
       "adding a property-level @key"},
      {"interface I { x: I32 } node A implements I {}",
       "interface I { x: I32 } node A implements I { x: I32 }", "node:A.x", "",
       "declaration provenance"},
      {"interface I {} node A implements I { x: I32? }",
       "interface I { x: I32? } node A implements I { x: I32? }", "node:A.x", "",
       "satisfaction links"},
      {"node A { x: I32? @index }", "node A {}", "node:A", "", "removing constraints"},
      {"node A { x: I32 @range(x, 0..1) }", "node A { x: I32 @range(x, 0..2) }", "node:A", "",
       "removing constraints"},
      {"node A { x: I32 @index(x) }", "node A { x: I32 }", "node:A", "", "removing constraints"},
      {"node A { x: I32 }", "node A { x: I32 @unique(x) }", "node:A", "", "adding constraint"},
      {"node A { x: I32 }", "node A { x: I32 @range(x, ..1) }", "node:A", "", "adding constraint"},
      {"node A { x: String }", "node A { x: String @check(x, \"a\") }", "node:A", "",
       "adding constraint"},
      {"node A { x: I32 }", "node A { x: I32 @key(x) }", "node:A", "", "adding constraint"},
      {"node A {}", "node A { x: I32? @unique }", "node:A", "", "adding constraint"},
      {"node A @w(1) {}", "node A @w(2) {}", "node:A", "",
       "changing annotations beyond @description/@instruction"},
      {"node A { x: I32 }", "node A { x: I32 @pii }", "node:A.x", "",
       "changing annotations beyond @description/@instruction"},
      {"interface I {} node A {}", "interface I {} node A implements I {}", "node:A", "",
       "changing implemented interfaces"},
      {"node A {} node B {} edge E: A -> A", "node A {} node B {} edge E: A -> B", "edge:E", "",
       "changing edge endpoints"},
      {"node A {} edge E: A -> A", "node A {} edge E: A -> A @card(0..5)", "edge:E", "",
       "changing cardinality"},
      {"interface I {}", "", "interface:I", "", "removing interface"},
  };
  for (const Refusal& refusal : refusals) {
    const Migration migration = plan(*compiled(refusal.accepted), refusal.desired);
    EXPECT_FALSE(migration.supported()) << refusal.desired;
    const UnsupportedChange* change = migration.first_unsupported();
    ASSERT_NE(change, nullptr) << refusal.desired;
    EXPECT_EQ(change->entity, refusal.entity);
    EXPECT_EQ(change->code, refusal.code);
    expect_holds(change->reason, refusal.reason);
    const Status status = migration.check_supported();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message(),
              (refusal.code.empty() ? "" : "[" + refusal.code + "] ") + change->reason);
  }
}

// The same declarations beside a change that is supported.
TEST(Migration, NeighboursOfUnsupportedChangesAreSupported) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"node A {}", "node A { x: I32? @index @description(\"d\") @w }"},
      {"node A { x: enum(a)? }", "node A { x: enum(a, b)? }"},
      {"node A { s: String v: Vector(2) @embed(s, model=\"m\") }",
       "node A { t: String @rename_from(s) v: Vector(2) @embed(t, model=\"m\") }"},
      {"node A { x: I32 @index(x) }", "node A { x: I32 @index }"},
      {"node A { x: I32 @index(x) y: I32 }", "node A { x: I32 y: I32 @index(x) @index(y, x) }"},
      {"interface I { x: I32 } node A implements I { x: I32 }",
       "interface I { x: I32 z: I32? } node A implements I { x: I32 }"},
      {"node A @w(1) @z {}", "node A @z @w(1) @rename_from(b) {}"},
      {"node A {} edge E: A -> A @card(0..)", "node A {} edge E: A -> A"},
      {"node A { x: I32 @key }", "node A { x: I32 @key @index(x) }"},
      {"node A { k: I32 @key x: I32 @unique @range(x, 0..1) }", ""},
  };
  for (const auto& [accepted, desired] : pairs) {
    const Migration migration = plan(*compiled(accepted), desired);
    EXPECT_TRUE(migration.supported())
        << desired << ": " << (lines(migration).empty() ? "" : lines(migration).back());
  }
}

TEST(Migration, StepsOfConstraintChanges) {
  const std::string base = "node P { n: String @key a: I32? } node Note { t: String }";
  EXPECT_EQ(lines(base, "node P { n: String @key a: I32? @unique } node Note { t: String }"),
            (Lines{"unsupported change on node:P.a: adding a property-level @unique to 'P.a' is "
                   "not supported: add a new type with it and load its entities",
                   "unsupported change on node:P: adding constraint unique:a to 'P' is not "
                   "supported: add a new type with it and load its entities"}));
  EXPECT_EQ(lines(base, "node P { n: String @key a: I32? } node Note { t: String @key }").size(),
            2u);
  // An index at the property moves from the body without losing anything.
  EXPECT_EQ(lines("node P { a: I32 @index(a) }", "node P { a: I32 @index }"),
            Lines{"add constraint @index(a) on node 'P'"});
  // One refusal for all that go, before those that come.
  EXPECT_EQ(
      lines("node P { a: I32 b: I32 @index(a) @unique(b) }",
            "node P { a: I32 b: I32 "
            "@index(b) @index(a, b) }"),
      (Lines{"unsupported change on node:P: removing constraints from 'P' is not supported: "
             "index:a, unique:b (keep them, or add a new type without them)",
             "add constraint @index(a, b) on node 'P'", "add constraint @index(b) on node 'P'"}));
  EXPECT_EQ(lines("node P {} edge E: P -> P { s: I32 }",
                  "node P {} edge E: P -> P { s: I32 @index @index(src, dst) }"),
            (Lines{"add constraint @index(s) on edge 'E'",
                   "add constraint @index(dst, src) on edge 'E'"}));
}

TEST(Migration, StepsWithinOneTypeComeInOrder) {
  EXPECT_EQ(
      lines("interface I {}\n"
            "node Old @description(\"a\") { gone: I32? p: enum(x) @description(\"p\") q: I32? }\n"
            "edge E: Old -> Old { w: I32? }",
            "interface I {}\n"
            "node New @rename_from(\"Old\") @description(\"b\") @w implements I {\n"
            "  r: enum(x, y) @rename_from(\"p\") @index  q: I32? @w  z: I32  a: I32? @index }\n"
            "edge E: New -> New @card(1..)"),
      (Lines{
          "rename node type 'Old' -> 'New'",
          "unsupported change on node:New: changing implemented interfaces of node 'New' is not "
          "supported: keep them, or add a new node type and load its entities",
          "update metadata on node 'New' (@description(\"b\"))",
          "unsupported change on node:New: changing annotations beyond @description/@instruction "
          "of 'New' is not supported",
          "add property 'New.a' (I32?) on node 'New'",
          "unsupported change on node:New.q: changing annotations beyond "
          "@description/@instruction of 'New.q' is not supported",
          "rename property 'New.p' -> 'New.r' on node 'New'",
          "extend enum 'New.r' (+y) on node 'New'",
          "add constraint @index(r) on node 'New'",
          "update metadata on property 'New.r' of node 'New' ()",
          "unsupported change on node:New.z [OG-MF-103, validated]: adding required property "
          "'New.z' to an existing type is not supported: declare it nullable (I32?)",
          "drop property 'New.gone' of node 'New' (soft mode)",
          "add constraint @index(a) on node 'New'",
          "unsupported change on edge:E: changing cardinality of edge 'E' is not supported: add a "
          "new edge type with it and load its edges",
          "drop property 'E.w' of edge 'E' (soft mode)",
      }));
}

TEST(Migration, ResolutionErrors) {
  const CatalogPtr accepted =
      compiled("interface I { ip: I32? } node A { p: String } node B { q: String } edge E: A -> B");
  const std::string i = "interface I { ip: I32? } ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {i + "node A { p: String } node C @rename_from(\"Missing\") {}",
       "no accepted declaration has that name"},
      {i + "node B { q: String } edge F: B -> B @rename_from(\"A\")", "across declaration kinds"},
      {i + "node C @rename_from(\"I\") {}", "across declaration kinds"},
      {i + "node A { p: String } node B { q: String } node C @rename_from(\"B\") {}",
       "consumed by more than one desired declaration"},
      {i + "node C @rename_from(\"B\") {} node D @rename_from(\"B\") {}",
       "consumed by more than one desired declaration"},
      {i + "node A { p: String r: I32? @rename_from(\"zzz\") }",
       "no accepted property with that name"},
      {i + "node B { q: String r: I32? @rename_from(\"p\") }", "across stable owners"},
      {i + "node A { p: String r: I32? @rename_from(\"ip\") }", "across stable owners"},
      {i + "node D { x: String @rename_from(\"p\") }", "cannot import property identity"},
      {i + "interface New { x: String @rename_from(\"ip\") }", "cannot import property identity"},
      {i + "node A { p: String r: String @rename_from(\"p\") }", "consumed more than once"},
      {i + "node A { r: String @rename_from(\"p\") s: String @rename_from(\"p\") }",
       "consumed more than once"},
  };
  for (const auto& [desired, words] : cases) {
    const Result<Migration> result = plan_migration(*accepted, desired, false);
    ASSERT_FALSE(result.ok()) << desired;
    EXPECT_TRUE(result.error().message().starts_with("schema identity resolution failed:"))
        << result.error().message();
    EXPECT_EQ(result.error().code(), ErrorCode::kBadRequest);
    expect_holds(result.error().message(), words);
  }
}

TEST(Migration, AcceptedHintsResolveByNameFirst) {
  const CatalogPtr accepted = compiled("node A { p: String q: String }");
  // Both names exist, so both hints are idle.
  const std::string crossed = "node A { p: String @rename_from(q) q: String @rename_from(p) }";
  EXPECT_EQ(lines(plan(*accepted, crossed)), Lines{});
}

TEST(Migration, CompileErrorsComeBeforeResolution) {
  const CatalogPtr accepted = compiled("node A {}");
  const Result<Migration> result =
      plan_migration(*accepted, "node B @rename_from(\"Gone\") { n: I32 n: I32 }", false);
  ASSERT_FALSE(result.ok());
  expect_holds(result.error().message(), "duplicate property");
}

TEST(Migration, Tiers) {
  EXPECT_EQ(migration_tier("OG-MF-103"), "validated");
  EXPECT_EQ(migration_tier("OG-MF-106"), "destructive");
  EXPECT_EQ(migration_tier("OG-DS-102"), "destructive");
  EXPECT_EQ(migration_tier("OG-XX-000"), "");
}

}  // namespace
}  // namespace omnigraph
