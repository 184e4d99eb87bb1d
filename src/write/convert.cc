#include "write/convert.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "common/date_text.h"
#include "write/blob_value.h"

namespace omnigraph {
namespace {

std::string_view kind_of(const Value& value) {
  if (value.is_null()) return "null";
  if (value.get_if<bool>()) return "Bool";
  if (value.get_if<std::int64_t>() || value.get_if<std::uint64_t>()) return "integer";
  if (value.get_if<double>()) return "float";
  if (value.get_if<std::string>()) return "String";
  if (value.get_if<Date>()) return "Date";
  if (value.get_if<DateTime>()) return "DateTime";
  return "list";
}

Error cannot_convert(const Value& value, const Property& property) {
  return bad_request("cannot convert " + std::string(kind_of(value)) + " to " +
                     to_string(property.type) + " for property '" + property.name + "'");
}

std::string digits(const Value& value) {
  if (const auto* v = value.get_if<std::int64_t>()) return std::to_string(*v);
  return std::to_string(*value.get_if<std::uint64_t>());
}

bool in_range(const Value& value, ScalarType type) {
  const auto* large = value.get_if<std::uint64_t>();  // above the I64 range
  if (large != nullptr) return type == ScalarType::kU64;
  const std::int64_t v = *value.get_if<std::int64_t>();
  switch (type) {
    case ScalarType::kI32:
      return v >= std::numeric_limits<std::int32_t>::min() &&
             v <= std::numeric_limits<std::int32_t>::max();
    case ScalarType::kU32:
      return v >= 0 && v <= std::numeric_limits<std::uint32_t>::max();
    case ScalarType::kU64:
      return v >= 0;
    default:
      return true;
  }
}

Result<Value> convert_float(double number, const Property& property) {
  const std::string name = "property '" + property.name + "' value ";
  if (!std::isfinite(number)) return bad_request(name + "must be finite");
  if (property.type.scalar == ScalarType::kF64) return Value(number);
  const auto narrow = static_cast<float>(number);
  if (!std::isfinite(narrow)) {
    return bad_request(name + scalar_spelling(number) + " exceeds Float32 range");
  }
  return Value(static_cast<double>(narrow));
}

std::optional<double> as_number(const Value& value) {
  if (const auto* v = value.get_if<double>()) return *v;
  if (const auto* v = value.get_if<std::int64_t>()) return static_cast<double>(*v);
  if (const auto* v = value.get_if<std::uint64_t>()) return static_cast<double>(*v);
  return std::nullopt;
}

// `widen`: integers become floats, as inside lists.
Result<Value> convert_scalar(const Value& value, const Property& property, bool widen,
                             BlobStage& blobs) {
  const ScalarType type = property.type.scalar;
  switch (type) {
    case ScalarType::kString:
      if (value.get_if<std::string>()) return value;
      break;
    case ScalarType::kBool:
      if (value.get_if<bool>()) return value;
      break;
    case ScalarType::kI32:
    case ScalarType::kI64:
    case ScalarType::kU32:
    case ScalarType::kU64:
      if (!value.get_if<std::int64_t>() && !value.get_if<std::uint64_t>()) break;
      if (in_range(value, type)) return value;
      return bad_request("property '" + property.name + "' integer value " + digits(value) +
                         " exceeds " + std::string(stored_type_name(type)) + " range");
    case ScalarType::kF32:
    case ScalarType::kF64: {
      const auto number = as_number(value);
      if (!number || (!widen && !value.get_if<double>())) break;
      return convert_float(*number, property);
    }
    case ScalarType::kDate:
      if (value.get_if<Date>()) return value;
      if (const auto* text = value.get_if<std::string>()) {
        OG_ASSIGN_OR_RETURN(const Date date, parse_date(*text));
        return Value(date);
      }
      break;
    case ScalarType::kDateTime:
      if (value.get_if<DateTime>()) return value;
      if (const auto* text = value.get_if<std::string>()) {
        OG_ASSIGN_OR_RETURN(const DateTime instant, parse_datetime(*text));
        return Value(instant);
      }
      break;
    case ScalarType::kBlob:
      if (const auto* text = value.get_if<std::string>()) {
        OG_ASSIGN_OR_RETURN(std::string cell, blob_cell(*text, blobs));
        return Value(std::move(cell));
      }
      break;
    case ScalarType::kVector:
      break;
  }
  return cannot_convert(value, property);
}

Result<Value> convert_vector(const ValueList& list, const Property& property) {
  if (list.size() != property.type.dimension) {
    return bad_request("vector property expects " + std::to_string(property.type.dimension) +
                       " dimensions, got " + std::to_string(list.size()) + " for property '" +
                       property.name + "'");
  }
  ValueList out;
  out.reserve(list.size());
  for (const Value& element : list) {
    const auto number = as_number(element);
    if (!number) {
      return bad_request("vector elements must be numeric for property '" + property.name + "'");
    }
    const auto narrow = static_cast<float>(*number);
    if (!std::isfinite(narrow)) {
      return bad_request("vector element value " + scalar_spelling(*number) +
                         " exceeds Float32 range");
    }
    out.emplace_back(static_cast<double>(narrow));
  }
  return Value(std::move(out));
}

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
  // Nesting is bounded by the parser.
  ValueList list;
  for (const Literal& element : std::get<std::vector<Literal>>(literal.value)) {
    OG_ASSIGN_OR_RETURN(Value value, literal_value(element));
    list.push_back(std::move(value));
  }
  return Value(std::move(list));
}

}  // namespace

Result<Value> assigned_value(const TypedExpr& expression, const std::vector<Parameter>& declared,
                             const ParameterValues& values, DateTime now) {
  if (const auto* literal = std::get_if<TLiteral>(&expression.node)) {
    return literal_value(literal->value);
  }
  if (std::holds_alternative<TNow>(expression.node)) return Value(now);
  const auto* parameter = std::get_if<TParameter>(&expression.node);
  if (parameter == nullptr) return Error(ErrorCode::kInternal, "an assignment needs a constant");
  const Parameter& declaration = declared[parameter->index];
  if (parameter->index < values.size() && values[parameter->index]) {
    return *values[parameter->index];
  }
  if (declaration.type.nullable) return Value();
  return bad_request("parameter '" + declaration.name + "' not provided");
}

Result<Value> convert_value(const Value& value, const Property& property, BlobStage& blobs) {
  if (value.is_null()) return Value();
  const ValueList* list = value.list();
  if (property.type.scalar == ScalarType::kVector) {
    if (list == nullptr) return cannot_convert(value, property);
    return convert_vector(*list, property);
  }
  if (!property.type.list) {
    if (list != nullptr) return cannot_convert(value, property);
    return convert_scalar(value, property, false, blobs);
  }
  if (list == nullptr) return cannot_convert(value, property);
  ValueList out;
  out.reserve(list->size());
  for (const Value& element : *list) {
    OG_ASSIGN_OR_RETURN(Value item, convert_scalar(element, property, true, blobs));
    out.push_back(std::move(item));
  }
  return Value(std::move(out));
}

Error missing_value(const Property& property) {
  const std::string name = "'" + property.name + "'";
  switch (property.type.list ? ScalarType::kString : property.type.scalar) {
    case ScalarType::kBlob:
      return bad_request("non-nullable blob property " + name + " has null values");
    case ScalarType::kVector:
      return bad_request("non-nullable vector property " + name + " has null values");
    default:
      return bad_request("non-nullable property " + name + " has null or invalid values");
  }
}

std::string_view stored_type_name(ScalarType type) {
  switch (type) {
    case ScalarType::kString:
      return "Utf8";
    case ScalarType::kBool:
      return "Boolean";
    case ScalarType::kI32:
      return "Int32";
    case ScalarType::kI64:
      return "Int64";
    case ScalarType::kU32:
      return "UInt32";
    case ScalarType::kU64:
      return "UInt64";
    case ScalarType::kF32:
      return "Float32";
    case ScalarType::kF64:
      return "Float64";
    case ScalarType::kDate:
      return "Date32";
    case ScalarType::kDateTime:
      return "Date64";
    case ScalarType::kBlob:
      return "Blob";
    case ScalarType::kVector:
      return "Vector";
  }
  return "";
}

}  // namespace omnigraph
