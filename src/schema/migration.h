// What it takes to get from an accepted schema to a desired source: an ordered list of steps, and
// the catalog that results (spec/schema.md §11). Planning reads no data and takes no lock. Plain
// values; plan_migration is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "omnigraph/error.h"
#include "schema/catalog.h"

namespace omnigraph {

// Each step names its type as it is called afterwards (a dropped one as it was) and carries the
// identities that a writer needs.
struct AddTypeStep {
  TypeKind kind;
  std::string name;
  TypeId type;
};
struct RenameTypeStep {
  TypeKind kind;
  std::string from, to;
  TypeId type;
};
struct AddPropertyStep {
  TypeKind kind;
  std::string type_name, property_name;
  PropertyType property_type;  // nullable: existing entities read null
  TypeId type;
  PropertyId property;
};
struct RenamePropertyStep {
  TypeKind kind;
  std::string type_name, from, to;
  TypeId type;
  PropertyId property;
};
struct AddIndexStep {  // `add_constraint`: an index is the only constraint that can be added
  TypeKind kind;
  std::string type_name;
  PropertyGroup members;
};
struct ExtendEnumStep {
  TypeKind kind;
  std::string type_name, property_name;
  std::vector<std::string> added_values;  // sorted
};
struct UpdateTypeMetadataStep {
  TypeKind kind;
  std::string name;
  std::vector<Annotation> annotations;  // the whole desired set of @description and @instruction
};
struct UpdatePropertyMetadataStep {
  TypeKind kind;
  std::string type_name, property_name;
  std::vector<Annotation> annotations;  // as above
};
enum class DropMode : std::uint8_t { kSoft, kHard };
struct DropTypeStep {
  TypeKind kind;
  std::string name;
  DropMode mode;
  TypeId type;
};
struct DropPropertyStep {
  TypeKind kind;
  std::string type_name, property_name;
  DropMode mode;
  TypeId type;
  PropertyId property;
};
struct UnsupportedChange {
  std::string entity;  // "node:Person", "node:Person.age", …
  std::string reason;
  std::string code;  // "OG-MF-106"; empty when there is none
};

using MigrationStep =
    std::variant<AddTypeStep, RenameTypeStep, AddPropertyStep, RenamePropertyStep, AddIndexStep,
                 ExtendEnumStep, UpdateTypeMetadataStep, UpdatePropertyMetadataStep, DropTypeStep,
                 DropPropertyStep, UnsupportedChange>;

struct Migration {
  std::vector<MigrationStep> steps;  // empty: no difference in meaning, nothing to apply
  // The desired schema with the accepted one's identities, fresh ones for what is new, and the next
  // version. Only meaningful to store when the plan is supported and not empty.
  CatalogPtr catalog;

  bool supported() const { return first_unsupported() == nullptr; }
  const UnsupportedChange* first_unsupported() const;
  // Ok, or kBadRequest with the first unsupported step's reason, prefixed by `[CODE] `.
  Status check_supported() const;
};

// Errors: those of compile_schema; kBadRequest `schema identity resolution failed: …` when a
// rename hint does not resolve. An unsupported change is a step, not an error.
Result<Migration> plan_migration(const Catalog& accepted, std::string_view desired_source,
                                 bool allow_data_loss);

// "destructive" for the codes OG-DS-* and OG-MF-106, "validated" for OG-MF-103 and OG-MF-104, ""
// for a code that the registry does not hold.
std::string_view migration_tier(std::string_view code);

}  // namespace omnigraph
