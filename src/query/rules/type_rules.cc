#include "query/rules/type_rules.h"

#include <algorithm>
#include <utility>

#include "common/nearest_name.h"
#include "query/check.h"
#include "query/limits.h"

namespace omnigraph::gq {
namespace {

// At most kMaxEchoedNameBytes of `text`, cut between characters.
std::string cut(std::string_view text) {
  if (text.size() <= kMaxEchoedNameBytes) return std::string(text);
  std::size_t end = kMaxEchoedNameBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return std::string(text.substr(0, end)) + "…";
}

Error wrong_literal(const ValueTarget& target, const PropertyType& got, SourceSpan span) {
  return type_error("T3",
                    "property " + quoted(target.property) + " has type " + to_string(target.type) +
                        " but got " + to_string(got),
                    span);
}

Error wrong_value(const ValueTarget& target, const PropertyType& got, SourceSpan span) {
  return type_error("T7",
                    "cannot assign/compare " + to_string(got) + " with " + to_string(target.type) +
                        " for property " + quoted(target.property),
                    span);
}

std::string list_of(const std::vector<std::string>& values) {
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    text += values[i];
  }
  return text + "]";
}

Status check_enum_literal(const ValueTarget& target, const Literal& literal) {
  if (!target.type.is_enum()) return {};
  if (const auto* items = std::get_if<std::vector<Literal>>(&literal.value)) {
    for (const Literal& item : *items) OG_RETURN_IF_ERROR(check_enum_literal(target, item));
    return {};
  }
  const auto* text = std::get_if<std::string>(&literal.value);
  const auto& values = target.type.enum_values;
  if (text == nullptr || std::binary_search(values.begin(), values.end(), *text)) return {};
  return type_error("T3",
                    "property " + quoted(target.property) + " expects one of " + list_of(values) +
                        ", got '" + cut(*text) + "'",
                    literal.span);
}

Result<TypedExprPtr> check_literal(const ValueTarget& target, const Literal& literal) {
  const bool is_list = std::holds_alternative<std::vector<Literal>>(literal.value);
  if (target.type.scalar == ScalarType::kVector && !target.type.list) {
    if (const auto size = numeric_list_size(literal)) {
      if (*size == target.type.dimension) return typed_literal(literal, target.type);
      return type_error("T3",
                        "property " + quoted(target.property) + " has type " +
                            to_string(target.type) + " but got vector literal with " +
                            std::to_string(*size) + " elements",
                        literal.span);
    }
  }
  OG_ASSIGN_OR_RETURN(PropertyType got, literal_type(literal));
  if (target.use == ValueTarget::Use::kMatch && target.type.list) {
    if (is_list) {
      return type_error("T3",
                        "property " + quoted(target.property) + " has type " +
                            to_string(target.type) +
                            ": list equality is not supported; match a single element, which "
                            "tests membership",
                        literal.span);
    }
    const PropertyType element = element_type(target.type);
    if (!compatible(element, got)) {
      return type_error("T3",
                        "property " + quoted(target.property) + " has type " +
                            to_string(target.type) + " but got " + to_string(got) +
                            "; membership takes " + to_string(element),
                        literal.span);
    }
  } else if (!compatible(target.type, got)) {
    return wrong_literal(target, got, literal.span);
  }
  OG_RETURN_IF_ERROR(check_enum_literal(target, literal));
  return typed_literal(literal, std::move(got));
}

}  // namespace

Error type_error(std::string_view code, std::string_view text, SourceSpan span) {
  std::string message = "type error: ";
  if (!code.empty()) {
    message += code;
    message += ": ";
  }
  message += text;
  return bad_request(std::move(message)).at(span);
}

std::string quoted(std::string_view name) { return "`" + cut(name) + "`"; }
std::string quoted_variable(std::string_view name) { return "`$" + cut(name) + "`"; }

std::string suggestion(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view best = nearest_name(name, candidates);
  return best.empty() ? "" : "; did you mean " + quoted(best) + "?";
}

std::string suggest_property(std::string_view name, const EntityType& type) {
  std::vector<std::string_view> names;
  for (const Property& property : type.properties) names.push_back(property.name);
  return suggestion(name, names);
}

Result<ParameterTable> ParameterTable::of(const std::vector<Parameter>& parameters) {
  ParameterTable table;
  table.parameters_ = &parameters;
  for (std::uint32_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    if (parameter.name == kNowParameter) {
      return type_error(
          "", "parameter name " + quoted_variable(parameter.name) + " is reserved for now()",
          parameter.span);
    }
    if (!parameter.unknown_type.empty()) {
      return type_error("",
                        "unknown parameter type " + quoted(parameter.unknown_type) + " for " +
                            quoted_variable(parameter.name),
                        parameter.span);
    }
    if (!table.index_.emplace(parameter.name, i).second) {
      return type_error("", "parameter " + quoted_variable(parameter.name) + " is declared twice",
                        parameter.span);
    }
  }
  return table;
}

std::optional<std::uint32_t> ParameterTable::find(std::string_view name) const {
  const auto at = index_.find(name);
  if (at == index_.end()) return std::nullopt;
  return at->second;
}

PropertyType scalar_type(ScalarType scalar) {
  PropertyType type;
  type.scalar = scalar;
  return type;
}

bool compatible(const PropertyType& a, const PropertyType& b) {
  if (a.list != b.list) return false;
  if (a.scalar == b.scalar) return a.scalar != ScalarType::kVector || a.dimension == b.dimension;
  return is_numeric(a.scalar) && is_numeric(b.scalar);
}

PropertyType element_type(const PropertyType& list) {
  PropertyType element = list;
  element.list = false;
  element.nullable = false;
  return element;
}

Result<PropertyType> literal_type(const Literal& literal) {
  struct Visitor {
    PropertyType operator()(const std::string&) const { return scalar_type(ScalarType::kString); }
    PropertyType operator()(std::int64_t) const { return scalar_type(ScalarType::kI64); }
    PropertyType operator()(double) const { return scalar_type(ScalarType::kF64); }
    PropertyType operator()(bool) const { return scalar_type(ScalarType::kBool); }
    PropertyType operator()(const DateText&) const { return scalar_type(ScalarType::kDate); }
    PropertyType operator()(const DateTimeText&) const {
      return scalar_type(ScalarType::kDateTime);
    }
    PropertyType operator()(const std::vector<Literal>&) const {
      PropertyType type = scalar_type(ScalarType::kString);
      type.list = true;
      return type;
    }
  };
  PropertyType type = std::visit(Visitor{}, literal.value);
  const auto* items = std::get_if<std::vector<Literal>>(&literal.value);
  if (items == nullptr || items->empty()) return type;
  for (const Literal& item : *items) {
    const PropertyType next = std::visit(Visitor{}, item.value);
    if (next.list) return type_error("", "nested list literals are not supported", item.span);
    if (&item == &items->front()) type.scalar = next.scalar;
    if (!compatible(scalar_type(type.scalar), next)) {
      return type_error("",
                        "list literal elements must share a compatible scalar type, got " +
                            to_string(scalar_type(type.scalar)) + " and " + to_string(next),
                        item.span);
    }
  }
  return type;
}

std::optional<std::size_t> numeric_list_size(const Literal& literal) {
  const auto* items = std::get_if<std::vector<Literal>>(&literal.value);
  if (items == nullptr) return std::nullopt;
  const bool numeric = std::all_of(items->begin(), items->end(), [](const Literal& item) {
    return std::holds_alternative<std::int64_t>(item.value) ||
           std::holds_alternative<double>(item.value);
  });
  return numeric ? std::optional(items->size()) : std::nullopt;
}

TypedExprPtr typed_parameter(const ParameterTable& parameters, std::uint32_t index,
                             SourceSpan span) {
  return std::make_shared<const TypedExpr>(
      TypedExpr{TParameter{index}, parameters.at(index).type, span});
}

TypedExprPtr typed_literal(const Literal& literal, PropertyType type) {
  return std::make_shared<const TypedExpr>(
      TypedExpr{TLiteral{literal}, std::move(type), literal.span});
}

TypedExprPtr typed_now(SourceSpan span) {
  return std::make_shared<const TypedExpr>(
      TypedExpr{TNow{}, scalar_type(ScalarType::kDateTime), span});
}

Result<TypedExprPtr> check_value(const ValueTarget& target, const MutationValue& value,
                                 SourceSpan span, const ParameterTable& parameters) {
  if (const auto* literal = std::get_if<Literal>(&value)) return check_literal(target, *literal);

  PropertyType got = scalar_type(ScalarType::kDateTime);  // of now()
  std::optional<std::uint32_t> parameter;
  if (const auto* variable = std::get_if<VariableRef>(&value)) {
    parameter = parameters.find(variable->name);
    if (!parameter) {
      return type_error("T14",
                        std::string(target.variable_word) + " " + quoted_variable(variable->name) +
                            " must be a declared query parameter",
                        span);
    }
    got = parameters.at(*parameter).type;
  }
  const bool membership = target.use == ValueTarget::Use::kMatch && target.type.list;
  const bool blob_text = target.use == ValueTarget::Use::kMutation && parameter &&
                         target.type.scalar == ScalarType::kBlob && !target.type.list &&
                         got.scalar == ScalarType::kString && !got.list;
  if (!blob_text && !compatible(membership ? element_type(target.type) : target.type, got)) {
    return wrong_value(target, got, span);
  }
  return parameter ? typed_parameter(parameters, *parameter, span) : typed_now(span);
}

}  // namespace omnigraph::gq
