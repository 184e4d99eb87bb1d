#include "query/parameters.h"

#include <simdjson.h>

#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/excerpt.h"
#include "common/kept_parser.h"
#include "query/limits.h"
#include "query/rules/type_rules.h"

namespace omnigraph {
namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

Error invalid_json(std::string_view reason) {
  return bad_request("params are not valid JSON: " + std::string(reason));
}
Error invalid_json(simdjson::error_code error) {
  return invalid_json(simdjson::error_message(error));
}

// A number as JSON writes it: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?. The reader hands out
// raw tokens, so their grammar is checked here.
struct NumberShape {
  bool valid = false;
  bool integer = false;
};
NumberShape number_shape(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t first = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return {};
  bool integer = true;
  if (at < text.size() && text[at] == '.') {
    integer = false;
    ++at;
    if (digits() == 0) return {};
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    integer = false;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return {};
  }
  return {at == text.size(), integer};
}

// One JSON value, scalar parts decoded; arrays are walked in place.
struct Scalar {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString } kind = Kind::kNull;
  bool boolean = false;
  std::string_view text;  // of a number the token, of a string its content
  bool integer = false;   // of a number: no point and no exponent

  const char* name() const {
    switch (kind) {
      case Kind::kNull:
        return "null";
      case Kind::kBool:
        return "boolean";
      case Kind::kNumber:
        return "number";
      case Kind::kString:
        return "string";
    }
    return "";
  }
};

Result<Scalar> read_scalar(od::value& value, od::json_type type) {
  Scalar scalar;
  if (type == od::json_type::string) {
    scalar.kind = Scalar::Kind::kString;
    if (const auto error = value.get_string().get(scalar.text)) return invalid_json(error);
    return scalar;
  }
  scalar.text = trim(value.raw_json_token());
  // The iteration around it steps over the token, which is judged here and not by the reader.
  if (type == od::json_type::number) {
    const NumberShape shape = number_shape(scalar.text);
    if (!shape.valid) return invalid_json("malformed number");
    scalar.kind = Scalar::Kind::kNumber;
    scalar.integer = shape.integer;
    return scalar;
  }
  if (type == od::json_type::boolean) {
    scalar.kind = Scalar::Kind::kBool;
    if (scalar.text != "true" && scalar.text != "false") return invalid_json("malformed word");
    scalar.boolean = scalar.text == "true";
    return scalar;
  }
  if (scalar.text != "null") return invalid_json("malformed word");
  return scalar;
}

std::optional<std::int64_t> to_int64(std::string_view digits) {
  std::int64_t v = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return v;
}

std::optional<std::uint64_t> to_uint64(std::string_view digits) {
  std::uint64_t v = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return v;
}

// Decimal strings may carry a `+`, which from_chars does not take.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] >= '0' && text[1] <= '9') text.remove_prefix(1);
  return text;
}

std::optional<double> to_double(std::string_view number) {
  double v = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), v);
  if (error == std::errc() && end == number.data() + number.size()) return v;
  if (error == std::errc::result_out_of_range) {
    // Too small is zero, too large refused. from_chars does not tell them apart; strtod does, and
    // JSON's decimal point is the C locale's.
    const double parsed = std::strtod(std::string(number).c_str(), nullptr);
    if (parsed > -1 && parsed < 1) return parsed;
  }
  return std::nullopt;
}

Result<Value> bind_signed(const Scalar& scalar, ScalarType type) {
  std::optional<std::int64_t> v;
  if (scalar.kind == Scalar::Kind::kNumber) {
    if (scalar.integer) v = to_int64(scalar.text);
    if (!v) return bad_request("expected integer number");
  } else if (scalar.kind == Scalar::Kind::kString) {
    v = to_int64(without_plus(scalar.text));
    if (!v) return bad_request("expected integer string, got '" + excerpt(scalar.text) + "'");
  } else {
    return bad_request("expected integer");
  }
  if (type == ScalarType::kI32 && (*v < std::numeric_limits<std::int32_t>::min() ||
                                   *v > std::numeric_limits<std::int32_t>::max())) {
    return bad_request("value " + std::to_string(*v) + " exceeds I32");
  }
  return Value(*v);
}

Result<Value> bind_unsigned(const Scalar& scalar, ScalarType type) {
  std::optional<std::uint64_t> v;
  if (scalar.kind == Scalar::Kind::kNumber) {
    if (scalar.integer) v = to_uint64(scalar.text == "-0" ? "0" : scalar.text);
    if (!v) return bad_request("expected unsigned integer number");
  } else if (scalar.kind == Scalar::Kind::kString) {
    v = to_uint64(without_plus(scalar.text));
    if (!v) {
      return bad_request("expected unsigned integer string, got '" + excerpt(scalar.text) + "'");
    }
  } else {
    return bad_request("expected unsigned integer");
  }
  if (type == ScalarType::kU32 && *v > std::numeric_limits<std::uint32_t>::max()) {
    return bad_request("value " + std::to_string(*v) + " exceeds U32");
  }
  constexpr auto kMaxU64 = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (*v > kMaxU64) {
    return bad_request("value " + std::to_string(*v) +
                       " exceeds current engine range for U64 (max " + std::to_string(kMaxU64) +
                       ")");
  }
  return Value(static_cast<std::int64_t>(*v));
}

// A value that is neither array nor object, by the rule of one scalar type.
Result<Value> bind_scalar(const Scalar& scalar, ScalarType type) {
  const bool is_string = scalar.kind == Scalar::Kind::kString;
  switch (type) {
    case ScalarType::kI32:
    case ScalarType::kI64:
      return bind_signed(scalar, type);
    case ScalarType::kU32:
    case ScalarType::kU64:
      return bind_unsigned(scalar, type);
    case ScalarType::kF32:
    case ScalarType::kF64: {
      if (scalar.kind != Scalar::Kind::kNumber) return bad_request("expected float");
      const auto v = to_double(scalar.text);
      if (!v) return bad_request("expected float");
      return Value(*v);
    }
    case ScalarType::kBool:
      if (scalar.kind != Scalar::Kind::kBool) return bad_request("expected boolean");
      return Value(scalar.boolean);
    case ScalarType::kDate:
      if (!is_string) return bad_request("expected date string");
      break;
    case ScalarType::kDateTime:
      if (!is_string) return bad_request("expected datetime string");
      break;
    case ScalarType::kBlob:
      if (!is_string) {
        return bad_request(std::string("expected blob URI string, got ") + scalar.name());
      }
      break;
    case ScalarType::kString:
    case ScalarType::kVector:
      if (!is_string) return bad_request(std::string("expected string, got ") + scalar.name());
      break;
  }
  return Value(scalar.text);
}

// The words for an array or object where a scalar type was declared.
Error not_a_scalar(ScalarType type, std::string_view kind) {
  switch (type) {
    case ScalarType::kI32:
    case ScalarType::kI64:
      return bad_request("expected integer");
    case ScalarType::kU32:
    case ScalarType::kU64:
      return bad_request("expected unsigned integer");
    case ScalarType::kF32:
    case ScalarType::kF64:
      return bad_request("expected float");
    case ScalarType::kBool:
      return bad_request("expected boolean");
    case ScalarType::kDate:
      return bad_request("expected date string");
    case ScalarType::kDateTime:
      return bad_request("expected datetime string");
    case ScalarType::kBlob:
      return bad_request("expected blob URI string, got " + std::string(kind));
    default:
      return bad_request("expected string, got " + std::string(kind));
  }
}

// A message that is to be prefixed with the parameter's name, or one about the JSON as a whole.
bool is_json_error(const Error& error) {
  return error.message().rfind("params are not valid JSON", 0) == 0;
}

class Binder {
 public:
  Binder(const std::vector<Parameter>& parameters, ParameterValues& values)
      : parameters_(parameters), values_(values) {
    for (std::size_t i = 0; i < parameters.size(); ++i) index_.emplace(parameters[i].name, i);
  }

  Status bind(od::object object) {
    for (auto field : object) {
      od::value value;
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return invalid_json(error);
      const std::string name(key);  // the reader's string buffer goes on
      if (const auto error = field.value().get(value)) return invalid_json(error);
      auto status = bind_field(name, value);
      if (!status.ok()) {
        if (is_json_error(status.error())) return std::move(status).error();
        return std::move(status).error().prefixed("param '" + name + "': ");
      }
    }
    return {};
  }

 private:
  Status bind_field(const std::string& name, od::value& value) {
    od::json_type type;
    if (const auto error = value.type().get(type)) return invalid_json(error);
    const auto declared = index_.find(name);
    if (declared == index_.end()) return inspect(value, type, 0);
    const Parameter& parameter = parameters_[declared->second];
    std::optional<Value>& slot = values_[declared->second];
    if (type == od::json_type::null) {
      OG_ASSIGN_OR_RETURN([[maybe_unused]] const Scalar null, read_scalar(value, type));
      if (!parameter.type.nullable) {
        return bad_request("null is not accepted for non-nullable parameter");
      }
      slot.emplace();
      return {};
    }
    const bool vector = parameter.type.scalar == ScalarType::kVector;
    if (vector || parameter.type.list) {
      PropertyType shown = parameter.type;
      shown.nullable = false;
      if (type != od::json_type::array)
        return bad_request("expected array for " + to_string(shown));
      od::array array;
      if (const auto error = value.get_array().get(array)) return invalid_json(error);
      ValueList items;
      if (vector) {
        OG_RETURN_IF_ERROR(bind_vector(array, parameter.type, items));
      } else {
        OG_RETURN_IF_ERROR(bind_list(array, parameter.type.scalar, items));
      }
      slot = Value(std::move(items));
      return {};
    }
    OG_ASSIGN_OR_RETURN(slot, bind_one(value, type, parameter.type.scalar));
    return {};
  }

  static Result<Value> bind_one(od::value& value, od::json_type type, ScalarType scalar) {
    if (type == od::json_type::array) return not_a_scalar(scalar, "array");
    if (type == od::json_type::object) return not_a_scalar(scalar, "object");
    OG_ASSIGN_OR_RETURN(const Scalar read, read_scalar(value, type));
    return bind_scalar(read, scalar);
  }

  static Status bind_list(od::array& array, ScalarType scalar, ValueList& items) {
    for (auto element : array) {
      od::value value;
      if (const auto error = element.get(value)) return invalid_json(error);
      od::json_type type;
      if (const auto error = value.type().get(type)) return invalid_json(error);
      OG_ASSIGN_OR_RETURN(Value item, bind_one(value, type, scalar));
      items.push_back(std::move(item));
    }
    return {};
  }

  // The number of values is judged before what they are.
  static Status bind_vector(od::array& array, const PropertyType& type, ValueList& items) {
    bool numeric = true;
    std::size_t count = 0;
    for (auto element : array) {
      od::value value;
      if (const auto error = element.get(value)) return invalid_json(error);
      od::json_type kind;
      if (const auto error = value.type().get(kind)) return invalid_json(error);
      ++count;
      if (kind != od::json_type::number) {
        numeric = false;
        OG_RETURN_IF_ERROR(skip(value, kind));
        continue;
      }
      OG_ASSIGN_OR_RETURN(const Scalar number, read_scalar(value, kind));
      const auto v = to_double(number.text);
      numeric &= v.has_value();
      if (count <= type.dimension) items.emplace_back(v.value_or(0));
    }
    if (count != type.dimension) {
      PropertyType shown = type;
      shown.nullable = false;
      return bad_request("expected " + std::to_string(type.dimension) + " values for " +
                         to_string(shown) + ", got " + std::to_string(count));
    }
    if (!numeric) return bad_request("vector element is not numeric");
    return {};
  }

  // Steps over a value that will be refused anyway.
  static Status skip(od::value& value, od::json_type type) {
    if (type != od::json_type::array && type != od::json_type::object) {
      auto scalar = read_scalar(value, type);
      if (!scalar.ok()) return std::move(scalar).error();
      return {};
    }
    std::string_view text;
    simdjson::error_code error;
    if (type == od::json_type::array) {
      od::array array;
      error = value.get_array().get(array);
      if (error == simdjson::SUCCESS) error = array.raw_json().get(text);
    } else {
      od::object object;
      error = value.get_object().get(object);
      if (error == simdjson::SUCCESS) error = object.raw_json().get(text);
    }
    if (error != simdjson::SUCCESS) return invalid_json(error);
    return {};
  }

  static Status inspect(od::value& value, od::json_type type, std::uint32_t depth) {
    if (type == od::json_type::object) return bad_request("object is not supported");
    if (type != od::json_type::array) {
      OG_ASSIGN_OR_RETURN([[maybe_unused]] const Scalar scalar, read_scalar(value, type));
      return {};
    }
    if (depth >= kMaxParameterNesting) {
      return bad_request("arrays nest deeper than the limit max_parameter_nesting (" +
                         std::to_string(kMaxParameterNesting) + ")");
    }
    od::array array;
    if (const auto error = value.get_array().get(array)) return invalid_json(error);
    for (auto element : array) {
      od::value item;
      if (const auto error = element.get(item)) return invalid_json(error);
      od::json_type kind;
      if (const auto error = item.type().get(kind)) return invalid_json(error);
      OG_RETURN_IF_ERROR(inspect(item, kind, depth + 1));
    }
    return {};
  }

  const std::vector<Parameter>& parameters_;
  ParameterValues& values_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace

Result<ParameterValues> bind_parameters(const std::vector<Parameter>& parameters,
                                        std::string_view json) {
  ParameterValues values(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].type.nullable) values[i].emplace();
  }
  json = trim(json);
  if (json.empty() || json == "null") return values;
  if (json.size() > kMaxParameterBytes) {
    return bad_request("params have " + std::to_string(json.size()) +
                       " bytes, more than the limit max_parameter_bytes (" +
                       std::to_string(kMaxParameterBytes) + ")");
  }
  const simdjson::padded_string padded(json);
  if (json.front() != '{') {
    simdjson::dom::parser parser;
    const auto error = parser.parse(padded).error();
    const bool is_value = error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR;
    if (!is_value) return invalid_json(error);
    return bad_request("params must be a JSON object");
  }
  const KeptParser<od::parser> parser;
  od::document document;
  if (const auto error = parser->iterate(padded).get(document)) return invalid_json(error);
  od::object object;
  if (const auto error = document.get_object().get(object)) return invalid_json(error);
  OG_RETURN_IF_ERROR(Binder(parameters, values).bind(object));
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return invalid_json("text after the object");
  }
  return values;
}

}  // namespace omnigraph
