// A schema on its way from syntax tree to catalog: texts converted to values, places kept for
// messages. Each step of compilation (spec/schema.md §7) reads and completes it; see compile.cc for
// their order, and each step's file here. Not exposed beyond the compiler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "omnigraph/error.h"
#include "schema/ast.h"
#include "schema/catalog.h"
#include "schema/compile.h"

namespace omnigraph {

struct AnnotationDraft {
  Annotation annotation;
  SourceRange range;
};

struct PropertyDraft {
  std::string name;
  PropertyType type;
  std::vector<AnnotationDraft> annotations;  // all of them, as written
  SourceRange range;
  bool injected = false;
  std::optional<EmbedSource> embed;  // set by check_annotations

  bool has(std::string_view annotation) const;
};

struct ConstraintDraft {
  ConstraintKind kind = ConstraintKind::kKey;
  PropertyGroup members;  // sorted, unique; exactly one for @range and @check
  std::optional<RangeBound> min, max;
  std::string pattern;
  SourceRange range;
};

struct TypeDraft {
  TypeKind kind = TypeKind::kNode;
  std::string name;
  SourceRange range;
  std::vector<AnnotationDraft> annotations;
  std::vector<InterfaceName> implements;     // each once after resolve_interfaces, in name order
  std::vector<PropertyDraft> properties;     // declared; then injected after resolve_interfaces
  std::vector<ConstraintDraft> constraints;  // of the body; all after check_constraints
  std::string from, to;                      // of an edge
  SourceRange from_range, to_range;
  std::uint32_t card_min = 0;
  std::optional<std::uint32_t> card_max;

  std::string title() const;  // "node Person"
};

// The properties of one type by name, the first where several share one. Valid while the type's
// properties stay where they are.
class PropertyIndex {
 public:
  explicit PropertyIndex(const TypeDraft& type);
  const PropertyDraft* find(std::string_view name) const;

 private:
  std::unordered_map<std::string_view, const PropertyDraft*> by_name_;
};

struct SchemaDraft {
  std::string_view source;
  std::vector<TypeDraft> types;  // in source order

  Error parse_error(SourceRange range, std::string_view text) const;
  Error catalog_error(SourceRange range, std::string_view text) const;
};

// The steps. Each returns the first broken rule of its part.

// §7.1, §7.2: types, strings, constraint arguments, cardinality, per declaration.
Result<SchemaDraft> declare(std::string_view source, const SchemaAst& ast);
// §7.3: gives each node the properties of its interfaces.
Status resolve_interfaces(SchemaDraft& draft);
// §7.4: what annotations may stand where. Fills PropertyDraft::embed.
Status check_annotations(SchemaDraft& draft);
// §7.5: members exist and have fitting types. Adds the constraints that properties spell.
Status check_constraints(SchemaDraft& draft);
// §7.6: names and endpoints.
Status check_schema(const SchemaDraft& draft, CompileMode mode);

}  // namespace omnigraph
