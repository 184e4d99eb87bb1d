// The syntax tree of `.pg`: what the parser makes of a source before any rule but the grammar has
// been applied. Texts are kept as written (strings with their escapes, numbers as digits), so that
// printing a tree and parsing it again gives an equal tree. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "omnigraph/value.h"
#include "schema/catalog.h"

namespace omnigraph {

// Byte range [begin, end) in the source. Never part of a tree's meaning: all are equal.
struct SourceRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const SourceRange&) const { return true; }
};

enum class ConstraintKind : std::uint8_t { kKey, kUnique, kIndex, kRange, kCheck };
// "key", "unique", "index", "range", "check".
std::string_view constraint_name(ConstraintKind kind);

// An argument of an annotation or constraint.
struct SchemaLiteral {
  enum class Kind : std::uint8_t { kString, kFloat, kInt, kBool, kWord };
  Kind kind = Kind::kString;
  std::string text;  // of a string: what stands between the quotes, escapes untouched
  SourceRange range;
  bool operator==(const SchemaLiteral&) const = default;
};

// @name, @name(argument), @name(argument, key=literal, …)
struct AnnotationDecl {
  std::string name;
  std::optional<SchemaLiteral> argument;
  std::vector<std::pair<std::string, SchemaLiteral>> named;  // only beside `argument`
  SourceRange range;
  bool operator==(const AnnotationDecl&) const = default;
};

// lo..hi, lo.., ..hi; each bound as `-`? digits (`.` digits)?, without white space.
struct RangeDecl {
  std::optional<std::string> min, max;
  SourceRange range;
  bool operator==(const RangeDecl&) const = default;
};

using ConstraintArgument = std::variant<SchemaLiteral, RangeDecl>;

struct ConstraintDecl {
  ConstraintKind kind = ConstraintKind::kKey;
  std::vector<ConstraintArgument> arguments;  // at least one
  SourceRange range;
  bool operator==(const ConstraintDecl&) const = default;
};

struct TypeDecl {
  enum class Form : std::uint8_t { kScalar, kList, kEnum, kVector };
  Form form = Form::kScalar;
  ScalarType scalar = ScalarType::kString;  // of kScalar and kList
  std::vector<std::string> enum_values;     // of kEnum, as written
  std::string dimension;                    // of kVector, digits
  bool nullable = false;
  SourceRange range;
  bool operator==(const TypeDecl&) const = default;
};

struct PropertyDecl {
  std::string name;
  TypeDecl type;
  std::vector<AnnotationDecl> annotations;
  SourceRange range;  // of the name
  bool operator==(const PropertyDecl&) const = default;
};

using BodyItem = std::variant<PropertyDecl, ConstraintDecl>;

struct InterfaceDecl {
  std::string name;
  std::vector<PropertyDecl> properties;
  SourceRange range;  // of the name
  bool operator==(const InterfaceDecl&) const = default;
};

struct InterfaceName {
  std::string name;
  SourceRange range;
  bool operator==(const InterfaceName&) const = default;
};

struct NodeDecl {
  std::string name;
  std::vector<AnnotationDecl> annotations;
  std::vector<InterfaceName> implements;
  std::vector<BodyItem> body;
  SourceRange range;  // of the name
  bool operator==(const NodeDecl&) const = default;
};

struct CardinalityDecl {
  std::string min;                 // digits
  std::optional<std::string> max;  // digits
  SourceRange range;
  bool operator==(const CardinalityDecl&) const = default;
};

struct EdgeDecl {
  std::string name;
  std::string from, to;
  std::optional<CardinalityDecl> cardinality;
  std::vector<AnnotationDecl> annotations;
  std::vector<BodyItem> body;
  SourceRange range;  // of the name
  SourceRange from_range, to_range;
  bool operator==(const EdgeDecl&) const = default;
};

using Declaration = std::variant<InterfaceDecl, NodeDecl, EdgeDecl>;

struct SchemaAst {
  std::vector<Declaration> declarations;  // in source order
  bool operator==(const SchemaAst&) const = default;
};

}  // namespace omnigraph
