#include "schema/print.h"

namespace omnigraph {
namespace {

void print(std::string& out, const SchemaLiteral& literal) {
  const bool quoted = literal.kind == SchemaLiteral::Kind::kString;
  if (quoted) out += '"';
  out += literal.text;
  if (quoted) out += '"';
}

void print(std::string& out, const RangeDecl& range) {
  if (range.min) out += *range.min;
  out += "..";
  if (range.max) out += *range.max;
}

void print(std::string& out, const std::vector<AnnotationDecl>& annotations) {
  for (const AnnotationDecl& annotation : annotations) {
    out += " @" + annotation.name;
    if (!annotation.argument) continue;
    out += '(';
    print(out, *annotation.argument);
    for (const auto& [name, value] : annotation.named) {
      out += ", " + name + "=";
      print(out, value);
    }
    out += ')';
  }
}

void print(std::string& out, const TypeDecl& type) {
  switch (type.form) {
    case TypeDecl::Form::kScalar:
      out += scalar_name(type.scalar);
      break;
    case TypeDecl::Form::kList:
      out += '[';
      out += scalar_name(type.scalar);
      out += ']';
      break;
    case TypeDecl::Form::kEnum:
      out += "enum(";
      for (std::size_t i = 0; i < type.enum_values.size(); ++i) {
        if (i > 0) out += ", ";
        out += type.enum_values[i];
      }
      out += ')';
      break;
    case TypeDecl::Form::kVector:
      out += "Vector(" + type.dimension + ")";
      break;
  }
  if (type.nullable) out += '?';
}

void print(std::string& out, const PropertyDecl& property) {
  out += "  " + property.name + ": ";
  print(out, property.type);
  print(out, property.annotations);
  out += '\n';
}

void print(std::string& out, const ConstraintDecl& constraint) {
  out += "  @";
  out += constraint_name(constraint.kind);
  out += '(';
  for (std::size_t i = 0; i < constraint.arguments.size(); ++i) {
    if (i > 0) out += ", ";
    std::visit([&](const auto& argument) { print(out, argument); }, constraint.arguments[i]);
  }
  out += ")\n";
}

void print(std::string& out, const std::vector<BodyItem>& body) {
  out += " {\n";
  for (const BodyItem& item : body) {
    std::visit([&](const auto& i) { print(out, i); }, item);
  }
  out += "}\n";
}

void print(std::string& out, const InterfaceDecl& decl) {
  out += "interface " + decl.name + " {\n";
  for (const PropertyDecl& property : decl.properties) print(out, property);
  out += "}\n";
}

void print(std::string& out, const NodeDecl& decl) {
  out += "node " + decl.name;
  print(out, decl.annotations);
  for (std::size_t i = 0; i < decl.implements.size(); ++i) {
    out += i == 0 ? " implements " : ", ";
    out += decl.implements[i].name;
  }
  print(out, decl.body);
}

void print(std::string& out, const EdgeDecl& decl) {
  out += "edge " + decl.name + ": " + decl.from + " -> " + decl.to;
  if (decl.cardinality) {
    out += " @card(" + decl.cardinality->min + ".." + decl.cardinality->max.value_or("") + ")";
  }
  print(out, decl.annotations);
  if (decl.body.empty()) {
    out += '\n';
  } else {
    print(out, decl.body);
  }
}

}  // namespace

std::string print_schema(const SchemaAst& ast) {
  std::string out;
  for (const Declaration& declaration : ast.declarations) {
    if (!out.empty()) out += '\n';
    std::visit([&](const auto& d) { print(out, d); }, declaration);
  }
  return out;
}

}  // namespace omnigraph
