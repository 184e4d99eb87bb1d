// From syntax to values, one declaration after another (spec/schema.md §7.1, §7.2).

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "schema/limits.h"
#include "schema/rules/draft.h"
#include "schema/source_text.h"

namespace omnigraph {
namespace {

constexpr std::array<std::string_view, 5> kReservedNames = {
    "_rowid", "_rowaddr", "_rowoffset", "_row_created_at_version", "_row_last_updated_at_version"};

// Digits to a number of at most 32 bits.
std::optional<std::uint32_t> number32(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// `-`? digits (`.` digits)?. A number beyond the range of a double becomes an infinity or zero, as
// rounding to nearest has it.
RangeBound bound(const std::string& text) {
  RangeBound result;
  const char* const end = text.data() + text.size();
  if (text.find('.') == std::string::npos) {
    std::int64_t integer = 0;
    if (std::from_chars(text.data(), end, integer).ec == std::errc()) {
      result.integer = integer;
      result.value = static_cast<double>(integer);
      return result;
    }
  }
  if (std::from_chars(text.data(), end, result.value).ec != std::errc()) {
    const std::size_t digit = text.find_first_of("123456789.");
    const bool large = digit != std::string::npos && text[digit] != '.';
    result.value = large ? std::numeric_limits<double>::infinity() : 0.0;
    if (text.front() == '-') result.value = -result.value;
  }
  return result;
}

class Declarer {
 public:
  explicit Declarer(std::string_view source) { draft_.source = source; }

  Result<SchemaDraft> run(const SchemaAst& ast) {
    draft_.types.reserve(ast.declarations.size());
    for (const Declaration& declaration : ast.declarations) {
      OG_ASSIGN_OR_RETURN(TypeDraft type,
                          std::visit([&](const auto& d) { return declare(d); }, declaration));
      draft_.types.push_back(std::move(type));
    }
    return std::move(draft_);
  }

 private:
  Result<TypeDraft> declare(const InterfaceDecl& decl) {
    TypeDraft type = begin(TypeKind::kInterface, decl.name, decl.range);
    for (const PropertyDecl& item : decl.properties) {
      OG_RETURN_IF_ERROR(add(type, item));
    }
    return type;
  }

  Result<TypeDraft> declare(const NodeDecl& decl) {
    TypeDraft type = begin(TypeKind::kNode, decl.name, decl.range);
    OG_ASSIGN_OR_RETURN(type.annotations, annotations(decl.annotations));
    type.implements = decl.implements;
    OG_RETURN_IF_ERROR(add(type, decl.body));
    return type;
  }

  Result<TypeDraft> declare(const EdgeDecl& decl) {
    TypeDraft type = begin(TypeKind::kEdge, decl.name, decl.range);
    type.from = decl.from;
    type.to = decl.to;
    type.from_range = decl.from_range;
    type.to_range = decl.to_range;
    if (decl.cardinality) OG_RETURN_IF_ERROR(cardinality(type, *decl.cardinality));
    OG_ASSIGN_OR_RETURN(type.annotations, annotations(decl.annotations));
    OG_RETURN_IF_ERROR(add(type, decl.body));
    return type;
  }

  static TypeDraft begin(TypeKind kind, const std::string& name, SourceRange range) {
    TypeDraft type;
    type.kind = kind;
    type.name = name;
    type.range = range;
    return type;
  }

  Status cardinality(TypeDraft& type, const CardinalityDecl& decl) {
    const auto min = number32(decl.min);
    const auto max = decl.max ? number32(*decl.max) : std::nullopt;
    if (!min || (decl.max && !max)) {
      return draft_.parse_error(decl.range, "invalid cardinality '" + (min ? *decl.max : decl.min) +
                                                "' on edge " + type.name +
                                                ": it exceeds 4294967295");
    }
    if (max && *min > *max) {
      return draft_.parse_error(decl.range, "edge " + type.name + ": cardinality min (" +
                                                std::to_string(*min) + ") exceeds max (" +
                                                std::to_string(*max) + ")");
    }
    type.card_min = *min;
    type.card_max = max;
    return {};
  }

  Status add(TypeDraft& type, const std::vector<BodyItem>& body) {
    for (const BodyItem& item : body) {
      if (const auto* declared = std::get_if<PropertyDecl>(&item)) {
        OG_RETURN_IF_ERROR(add(type, *declared));
      } else {
        OG_RETURN_IF_ERROR(add(type, std::get<ConstraintDecl>(item)));
      }
    }
    return {};
  }

  Status add(TypeDraft& type, const PropertyDecl& decl) {
    if (std::find(kReservedNames.begin(), kReservedNames.end(), decl.name) !=
        kReservedNames.end()) {
      return draft_.parse_error(decl.range, "property name '" + decl.name + "' of " + type.title() +
                                                " is reserved: exported rows may carry a column "
                                                "of that name");
    }
    if (++properties_ > kMaxSchemaProperties) {
      return Error(ErrorCode::kResourceExhausted, "a schema has at most " +
                                                      std::to_string(kMaxSchemaProperties) +
                                                      " properties (kMaxSchemaProperties)");
    }
    PropertyDraft property;
    property.name = decl.name;
    property.range = decl.range;
    OG_ASSIGN_OR_RETURN(property.type, property_type(type, decl));
    OG_ASSIGN_OR_RETURN(property.annotations, annotations(decl.annotations));
    type.properties.push_back(std::move(property));
    return {};
  }

  Result<PropertyType> property_type(const TypeDraft& owner, const PropertyDecl& decl) {
    const TypeDecl& written = decl.type;
    const std::string place = owner.name + "." + decl.name;
    PropertyType type;
    type.nullable = written.nullable;
    type.scalar = written.scalar;
    switch (written.form) {
      case TypeDecl::Form::kScalar:
        break;
      case TypeDecl::Form::kList:
        if (written.scalar == ScalarType::kBlob) {
          return draft_.parse_error(written.range, "list of Blob is not supported (" + place + ")");
        }
        type.list = true;
        break;
      case TypeDecl::Form::kVector: {
        const auto dimension = number32(written.dimension);
        if (!dimension) {
          return draft_.parse_error(written.range, "invalid Vector dimension '" +
                                                       written.dimension + "' (" + place + ")");
        }
        if (*dimension == 0) {
          return draft_.parse_error(written.range,
                                    "Vector dimension must be greater than zero (" + place + ")");
        }
        if (*dimension > kMaxVectorDimension) {
          return draft_.parse_error(written.range,
                                    "Vector dimension " + std::to_string(*dimension) +
                                        " exceeds maximum supported " +
                                        std::to_string(kMaxVectorDimension) + " (" + place + ")");
        }
        type.dimension = *dimension;
        break;
      }
      case TypeDecl::Form::kEnum:
        type.enum_values = written.enum_values;
        std::sort(type.enum_values.begin(), type.enum_values.end());
        const auto twice = std::adjacent_find(type.enum_values.begin(), type.enum_values.end());
        if (twice != type.enum_values.end()) {
          return draft_.parse_error(written.range,
                                    "enum of " + place + " has duplicate values: '" + *twice + "'");
        }
        break;
    }
    return type;
  }

  Result<std::vector<AnnotationDraft>> annotations(const std::vector<AnnotationDecl>& decls) {
    std::vector<AnnotationDraft> result;
    result.reserve(decls.size());
    for (const AnnotationDecl& decl : decls) {
      AnnotationDraft draft;
      draft.range = decl.range;
      draft.annotation.name = decl.name;
      if (decl.argument) {
        OG_ASSIGN_OR_RETURN(draft.annotation.value, text_of(*decl.argument));
      }
      for (const auto& [name, value] : decl.named) {
        OG_ASSIGN_OR_RETURN(std::string text, text_of(value));
        draft.annotation.kwargs.emplace_back(name, std::move(text));
      }
      result.push_back(std::move(draft));
    }
    return result;
  }

  // The text that an argument stands for: a string without its escapes, anything else as written.
  Result<std::string> text_of(const SchemaLiteral& literal) {
    if (literal.kind != SchemaLiteral::Kind::kString) return literal.text;
    std::string text;
    text.reserve(literal.text.size());
    for (std::size_t i = 0; i < literal.text.size(); ++i) {
      const char c = literal.text[i];
      if (c != '\\') {
        text += c;
        continue;
      }
      // The lexer never ends a string after a backslash; a tree made by hand might.
      const char escaped = ++i < literal.text.size() ? literal.text[i] : '\0';
      switch (escaped) {
        case '"':
        case '\\':
          text += escaped;
          break;
        case 'n':
          text += '\n';
          break;
        case 'r':
          text += '\r';
          break;
        case 't':
          text += '\t';
          break;
        default:
          return draft_.parse_error(
              literal.range,
              "unsupported escape sequence in a string (supported: \\\" \\\\ \\n \\r \\t)");
      }
    }
    return text;
  }

  Status add(TypeDraft& type, const ConstraintDecl& decl) {
    ConstraintDraft constraint;
    constraint.kind = decl.kind;
    constraint.range = decl.range;
    switch (decl.kind) {
      case ConstraintKind::kKey:
      case ConstraintKind::kUnique:
      case ConstraintKind::kIndex:
        for (const ConstraintArgument& argument : decl.arguments) {
          OG_ASSIGN_OR_RETURN(std::string name, member(decl, argument));
          constraint.members.push_back(std::move(name));
        }
        std::sort(constraint.members.begin(), constraint.members.end());
        constraint.members.erase(std::unique(constraint.members.begin(), constraint.members.end()),
                                 constraint.members.end());
        break;
      case ConstraintKind::kRange:
        OG_RETURN_IF_ERROR(range(constraint, decl));
        break;
      case ConstraintKind::kCheck:
        OG_RETURN_IF_ERROR(check(constraint, decl));
        break;
    }
    type.constraints.push_back(std::move(constraint));
    return {};
  }

  Result<std::string> member(const ConstraintDecl& decl, const ConstraintArgument& argument) {
    const auto* literal = std::get_if<SchemaLiteral>(&argument);
    if (literal == nullptr || literal->kind != SchemaLiteral::Kind::kWord) {
      return draft_.parse_error(
          literal != nullptr ? literal->range : decl.range,
          "expected property name in constraint @" + std::string(constraint_name(decl.kind)));
    }
    return literal->text;
  }

  // Arguments after the second one are ignored, for @check too.
  Status range(ConstraintDraft& constraint, const ConstraintDecl& decl) {
    if (decl.arguments.size() < 2) {
      return draft_.parse_error(decl.range, "@range requires property name and bounds");
    }
    OG_ASSIGN_OR_RETURN(std::string name, member(decl, decl.arguments[0]));
    constraint.members = {std::move(name)};
    const auto* bounds = std::get_if<RangeDecl>(&decl.arguments[1]);
    if (bounds == nullptr) {
      return draft_.parse_error(decl.range,
                                "expected range bounds such as 0..10 as the second argument of "
                                "@range");
    }
    if (bounds->min) constraint.min = bound(*bounds->min);
    if (bounds->max) constraint.max = bound(*bounds->max);
    return {};
  }

  Status check(ConstraintDraft& constraint, const ConstraintDecl& decl) {
    if (decl.arguments.size() < 2) {
      return draft_.parse_error(decl.range, "@check requires property name and pattern");
    }
    OG_ASSIGN_OR_RETURN(std::string name, member(decl, decl.arguments[0]));
    constraint.members = {std::move(name)};
    const auto* pattern = std::get_if<SchemaLiteral>(&decl.arguments[1]);
    if (pattern == nullptr || pattern->kind != SchemaLiteral::Kind::kString) {
      return draft_.parse_error(decl.range,
                                "expected string argument, the pattern, as the second argument of "
                                "@check");
    }
    OG_ASSIGN_OR_RETURN(constraint.pattern, text_of(*pattern));
    return {};
  }

  SchemaDraft draft_;
  std::size_t properties_ = 0;
};

}  // namespace

bool PropertyDraft::has(std::string_view annotation) const {
  return std::any_of(annotations.begin(), annotations.end(),
                     [&](const AnnotationDraft& a) { return a.annotation.name == annotation; });
}

PropertyIndex::PropertyIndex(const TypeDraft& type) {
  by_name_.reserve(type.properties.size());
  for (const PropertyDraft& property : type.properties) {
    by_name_.try_emplace(property.name, &property);
  }
}

const PropertyDraft* PropertyIndex::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it != by_name_.end() ? it->second : nullptr;
}

std::string TypeDraft::title() const { return std::string(type_kind_name(kind)) + " " + name; }

Error SchemaDraft::parse_error(SourceRange range, std::string_view text) const {
  return schema_error(source, range, text);
}

Error SchemaDraft::catalog_error(SourceRange range, std::string_view text) const {
  return omnigraph::catalog_error(source, range, text);
}

Result<SchemaDraft> declare(std::string_view source, const SchemaAst& ast) {
  return Declarer(source).run(ast);
}

}  // namespace omnigraph
