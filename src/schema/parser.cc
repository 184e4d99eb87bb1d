#include "schema/parser.h"

#include <array>
#include <string>
#include <utility>

#include "schema/lexer.h"
#include "schema/limits.h"
#include "schema/source_text.h"

namespace omnigraph {
namespace {

// Longer names stand before their own prefixes (DateTime, Date).
constexpr std::array<std::pair<std::string_view, ScalarType>, 11> kScalars = {{
    {"String", ScalarType::kString},
    {"Blob", ScalarType::kBlob},
    {"Bool", ScalarType::kBool},
    {"I32", ScalarType::kI32},
    {"I64", ScalarType::kI64},
    {"U32", ScalarType::kU32},
    {"U64", ScalarType::kU64},
    {"F32", ScalarType::kF32},
    {"F64", ScalarType::kF64},
    {"DateTime", ScalarType::kDateTime},
    {"Date", ScalarType::kDate},
}};

constexpr std::array<ConstraintKind, 5> kConstraintKinds = {
    ConstraintKind::kKey, ConstraintKind::kUnique, ConstraintKind::kIndex, ConstraintKind::kRange,
    ConstraintKind::kCheck};

// Recursive descent. Each function takes what its rule takes and returns true, or returns false
// with the lexer's refusal noted; a caller that has another alternative goes back first. Only
// `@card` and numbers need more than one token of foresight.
class Grammar {
 public:
  Grammar(std::string_view source, std::vector<SourceRange>* tokens) : lexer_(source, tokens) {}

  Result<SchemaAst> schema() {
    SchemaAst ast;
    while (!lexer_.at_end()) {
      if (!declaration(ast)) return lexer_.error();
      if (ast.declarations.size() > kMaxSchemaTypes) {
        return Error(ErrorCode::kResourceExhausted, "a schema declares at most " +
                                                        std::to_string(kMaxSchemaTypes) +
                                                        " types (kMaxSchemaTypes)");
      }
    }
    return ast;
  }

 private:
  SourceRange since(std::uint32_t begin) const { return {begin, lexer_.token_end()}; }

  bool declaration(SchemaAst& ast) {
    if (lexer_.take("interface")) {
      InterfaceDecl decl;
      if (!interface(decl)) return false;
      ast.declarations.emplace_back(std::move(decl));
    } else if (lexer_.take("node")) {
      NodeDecl decl;
      if (!node(decl)) return false;
      ast.declarations.emplace_back(std::move(decl));
    } else if (lexer_.take("edge")) {
      EdgeDecl decl;
      if (!edge(decl)) return false;
      ast.declarations.emplace_back(std::move(decl));
    } else {
      return false;
    }
    return true;
  }

  bool named_type(std::string& name, SourceRange& range) {
    const std::uint32_t begin = lexer_.place();
    if (!lexer_.type_name(name)) return false;
    range = since(begin);
    return true;
  }

  bool interface(InterfaceDecl& decl) {
    if (!named_type(decl.name, decl.range) || !lexer_.take("{")) return false;
    while (!lexer_.take("}")) {
      PropertyDecl item;
      if (!property(item)) return false;
      decl.properties.push_back(std::move(item));
    }
    return true;
  }

  bool node(NodeDecl& decl) {
    if (!named_type(decl.name, decl.range) || !annotations(decl.annotations)) return false;
    if (lexer_.take("implements")) {
      do {
        InterfaceName& name = decl.implements.emplace_back();
        if (!named_type(name.name, name.range)) return false;
      } while (lexer_.take(","));
    }
    return lexer_.take("{") && body(decl.body);
  }

  bool edge(EdgeDecl& decl) {
    if (!named_type(decl.name, decl.range) || !lexer_.take(":") ||
        !named_type(decl.from, decl.from_range) || !lexer_.take("->") ||
        !named_type(decl.to, decl.to_range)) {
      return false;
    }
    const std::uint32_t begin = lexer_.place();
    CardinalityDecl card;
    if (cardinality(card)) {
      decl.cardinality = std::move(card);
    } else {
      lexer_.go_back(begin);  // `@card`, `@card(2)`: an annotation like any other
    }
    if (!annotations(decl.annotations)) return false;
    return !lexer_.take("{") || body(decl.body);
  }

  bool cardinality(CardinalityDecl& card) {
    const std::uint32_t begin = lexer_.place();
    if (!lexer_.take("@card") || !lexer_.take("(") || !lexer_.integer(card.min) ||
        !lexer_.take("..")) {
      return false;
    }
    std::string max;
    if (lexer_.integer(max)) card.max = std::move(max);
    if (!lexer_.take(")")) return false;
    card.range = since(begin);
    return true;
  }

  // The items up to and including `}`.
  bool body(std::vector<BodyItem>& items) {
    while (!lexer_.take("}")) {
      ConstraintKind kind{};
      if (at_constraint(kind)) {
        ConstraintDecl item;
        if (!constraint(item)) return false;
        items.emplace_back(std::move(item));
      } else {
        lexer_.refuse("a constraint such as `@unique(…)`");
        PropertyDecl item;
        if (!property(item)) return false;
        items.emplace_back(std::move(item));
      }
    }
    return true;
  }

  // Whether the text reads "@" CNAME "(" here. Takes nothing.
  bool at_constraint(ConstraintKind& kind) {
    if (!lexer_.peek("@")) return false;
    const std::uint32_t begin = lexer_.place();
    bool found = false;
    lexer_.take("@");
    for (const ConstraintKind candidate : kConstraintKinds) {
      if (!lexer_.peek(constraint_name(candidate))) continue;
      lexer_.take(constraint_name(candidate));
      found = lexer_.peek("(");
      kind = candidate;
      break;
    }
    lexer_.go_back(begin);
    return found;
  }

  bool property(PropertyDecl& decl) {
    const std::uint32_t begin = lexer_.place();
    if (!lexer_.identifier(decl.name)) return false;
    decl.range = since(begin);
    return lexer_.take(":") && type(decl.type) && annotations(decl.annotations);
  }

  bool type(TypeDecl& decl) {
    const std::uint32_t begin = lexer_.place();
    if (lexer_.peek("[")) {
      decl.form = TypeDecl::Form::kList;
      if (!lexer_.take("[") || !scalar(decl.scalar) || !lexer_.take("]")) return false;
    } else if (lexer_.peek("enum")) {
      decl.form = TypeDecl::Form::kEnum;
      if (!lexer_.take("enum") || !lexer_.take("(")) return false;
      do {
        if (!lexer_.enum_value(decl.enum_values.emplace_back())) return false;
      } while (lexer_.take(","));
      if (!lexer_.take(")")) return false;
    } else if (lexer_.peek("Vector")) {
      decl.form = TypeDecl::Form::kVector;
      decl.scalar = ScalarType::kVector;
      if (!lexer_.take("Vector") || !lexer_.take("(") || !lexer_.integer(decl.dimension) ||
          !lexer_.take(")")) {
        return false;
      }
    } else if (!scalar(decl.scalar)) {
      return lexer_.refuse("`[`") || lexer_.refuse("`enum(…)`") || lexer_.refuse("`Vector(…)`");
    }
    decl.nullable = lexer_.take("?");
    decl.range = since(begin);
    return true;
  }

  bool scalar(ScalarType& type) {
    for (const auto& [name, scalar] : kScalars) {
      if (!lexer_.peek(name)) continue;
      type = scalar;
      return lexer_.take(name);
    }
    return lexer_.refuse(
        "a type (String, Blob, Bool, I32, I64, U32, U64, F32, F64, Date, DateTime)");
  }

  bool annotations(std::vector<AnnotationDecl>& list) {
    ConstraintKind kind{};
    while (lexer_.peek("@") && !at_constraint(kind)) {
      if (!annotation(list.emplace_back())) return false;
    }
    lexer_.refuse("an annotation");
    return true;
  }

  bool annotation(AnnotationDecl& decl) {
    const std::uint32_t begin = lexer_.place();
    if (!lexer_.take("@") || !lexer_.identifier(decl.name)) return false;
    if (lexer_.take("(")) {
      if (!literal_or_word(decl.argument.emplace())) return false;
      while (lexer_.take(",")) {
        auto& [name, value] = decl.named.emplace_back();
        if (!lexer_.identifier(name) || !lexer_.take("=") || !literal(value)) return false;
      }
      if (!lexer_.take(")")) return false;
    }
    decl.range = since(begin);
    return true;
  }

  bool literal(SchemaLiteral& value) {
    const std::uint32_t begin = lexer_.place();
    using Kind = SchemaLiteral::Kind;
    if (lexer_.string(value.text)) {
      value.kind = Kind::kString;
    } else if (lexer_.decimal(value.text)) {
      value.kind = Kind::kFloat;
    } else if (lexer_.integer(value.text)) {
      value.kind = Kind::kInt;
    } else if (lexer_.take("true")) {
      value.kind = Kind::kBool;
      value.text = "true";
    } else if (lexer_.take("false")) {
      value.kind = Kind::kBool;
      value.text = "false";
    } else {
      return false;
    }
    value.range = since(begin);
    return true;
  }

  bool literal_or_word(SchemaLiteral& value) {
    if (literal(value)) return true;
    const std::uint32_t begin = lexer_.place();
    if (!lexer_.identifier(value.text)) return false;
    value.kind = SchemaLiteral::Kind::kWord;
    value.range = since(begin);
    return true;
  }

  bool constraint(ConstraintDecl& decl) {
    const std::uint32_t begin = lexer_.place();
    if (!at_constraint(decl.kind) || !lexer_.take("@") ||
        !lexer_.take(constraint_name(decl.kind)) || !lexer_.take("(")) {
      return false;
    }
    do {
      ConstraintArgument argument;
      if (!constraint_argument(argument)) return false;
      decl.arguments.push_back(std::move(argument));
    } while (lexer_.take(","));
    if (!lexer_.take(")")) return false;
    decl.range = since(begin);
    return true;
  }

  bool constraint_argument(ConstraintArgument& argument) {
    const std::uint32_t begin = lexer_.place();
    RangeDecl bounds;
    if (range(bounds)) {
      bounds.range = since(begin);
      argument = std::move(bounds);
      return true;
    }
    lexer_.go_back(begin);
    SchemaLiteral value;
    if (!literal_or_word(value)) return false;
    argument = std::move(value);
    return true;
  }

  bool range(RangeDecl& bounds) {
    std::string number_text;
    if (number(number_text)) bounds.min = number_text;
    if (!lexer_.take("..")) return false;
    const std::uint32_t begin = lexer_.place();
    if (number(number_text)) {
      bounds.max = number_text;
    } else {
      lexer_.go_back(begin);
    }
    return bounds.min.has_value() || bounds.max.has_value();
  }

  bool number(std::string& text) {
    text.clear();
    const std::uint32_t begin = lexer_.place();
    std::string digits;
    if (lexer_.take("-")) text = "-";
    if (!lexer_.integer(digits)) {
      lexer_.go_back(begin);
      return false;
    }
    text += digits;
    const std::uint32_t whole = lexer_.place();
    // The dot of a fraction, unless it is the first of `..`.
    if (!lexer_.peek("..") && lexer_.take(".") && lexer_.integer(digits)) {
      text += '.';
      text += digits;
    } else {
      lexer_.go_back(whole);
    }
    return true;
  }

  SchemaLexer lexer_;
};

}  // namespace

std::string_view constraint_name(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::kKey:
      return "key";
    case ConstraintKind::kUnique:
      return "unique";
    case ConstraintKind::kIndex:
      return "index";
    case ConstraintKind::kRange:
      return "range";
    case ConstraintKind::kCheck:
      return "check";
  }
  return "";
}

Result<SchemaAst> parse_schema(std::string_view source, std::vector<SourceRange>* tokens) {
  if (source.size() > kMaxSchemaBytes) {
    return Error(ErrorCode::kResourceExhausted,
                 "a schema source holds at most " + std::to_string(kMaxSchemaBytes) +
                     " bytes (kMaxSchemaBytes), this one " + std::to_string(source.size()));
  }
  if (const auto at = first_invalid_utf8(source)) {
    return syntax_error(source, static_cast<std::uint32_t>(*at), {"UTF-8 text"});
  }
  return Grammar(source, tokens).schema();
}

}  // namespace omnigraph
