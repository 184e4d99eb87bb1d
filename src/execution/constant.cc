#include "execution/constant.h"

#include <utility>

#include "common/date_text.h"

namespace omnigraph {
namespace {

Result<Value> literal_value(const Literal& literal) {
  if (const auto* v = std::get_if<std::string>(&literal.value)) return Value(*v);
  if (const auto* v = std::get_if<std::int64_t>(&literal.value)) return Value(*v);
  if (const auto* v = std::get_if<double>(&literal.value)) return Value(*v);
  if (const auto* v = std::get_if<bool>(&literal.value)) return Value(*v);
  if (const auto* v = std::get_if<DateText>(&literal.value)) {
    OG_ASSIGN_OR_RETURN(const Date date, parse_date(v->text));
    return Value(date);
  }
  if (const auto* v = std::get_if<DateTimeText>(&literal.value)) {
    OG_ASSIGN_OR_RETURN(const DateTime instant, parse_datetime(v->text));
    return Value(instant);
  }
  ValueList list;
  for (const Literal& element : std::get<std::vector<Literal>>(literal.value)) {
    OG_ASSIGN_OR_RETURN(Value value, literal_value(element));
    if (!list.empty() && list.front().storage().index() != value.storage().index()) {
      return bad_request("list literal elements must share one scalar type");
    }
    list.push_back(std::move(value));
  }
  return Value(std::move(list));
}

}  // namespace

bool is_constant(const TypedExpr& expression) {
  return std::holds_alternative<TLiteral>(expression.node) ||
         std::holds_alternative<TParameter>(expression.node) ||
         std::holds_alternative<TNow>(expression.node);
}

Result<Value> coerce_dates(Value value, ScalarType scalar) {
  if (scalar != ScalarType::kDate && scalar != ScalarType::kDateTime) return value;
  if (const auto* text = value.get_if<std::string>()) {
    if (scalar == ScalarType::kDate) {
      OG_ASSIGN_OR_RETURN(const Date date, parse_date(*text));
      return Value(date);
    }
    OG_ASSIGN_OR_RETURN(const DateTime instant, parse_datetime(*text));
    return Value(instant);
  }
  if (const ValueList* list = value.list()) {
    ValueList dates;
    dates.reserve(list->size());
    for (const Value& element : *list) {
      OG_ASSIGN_OR_RETURN(Value date, coerce_dates(element, scalar));
      dates.push_back(std::move(date));
    }
    return Value(std::move(dates));
  }
  return value;
}

Result<Value> constant_value(const TypedExpr& expression, const std::vector<Parameter>& declared,
                             const ParameterValues& values, DateTime now) {
  if (const auto* literal = std::get_if<TLiteral>(&expression.node)) {
    return literal_value(literal->value);
  }
  if (std::holds_alternative<TNow>(expression.node)) return Value(now);
  if (const auto* parameter = std::get_if<TParameter>(&expression.node)) {
    const Parameter& declaration = declared[parameter->index];
    if (parameter->index >= values.size() || !values[parameter->index]) {
      if (declaration.type.nullable) return Value();
      return bad_request("parameter '" + declaration.name + "' not provided");
    }
    return coerce_dates(*values[parameter->index], declaration.type.scalar);
  }
  return Error(ErrorCode::kInternal, "a constant was expected");
}

}  // namespace omnigraph
