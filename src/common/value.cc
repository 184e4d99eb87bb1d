#include "omnigraph/value.h"

namespace omnigraph {

std::string_view scalar_name(ScalarType type) {
  switch (type) {
    case ScalarType::kString:
      return "String";
    case ScalarType::kBool:
      return "Bool";
    case ScalarType::kI32:
      return "I32";
    case ScalarType::kI64:
      return "I64";
    case ScalarType::kU32:
      return "U32";
    case ScalarType::kU64:
      return "U64";
    case ScalarType::kF32:
      return "F32";
    case ScalarType::kF64:
      return "F64";
    case ScalarType::kDate:
      return "Date";
    case ScalarType::kDateTime:
      return "DateTime";
    case ScalarType::kBlob:
      return "Blob";
    case ScalarType::kVector:
      return "Vector";
  }
  return "String";
}

std::string to_string(const PropertyType& type) {
  std::string text;
  if (type.list) text += '[';
  if (type.is_enum()) {
    text += "enum(";
    for (std::size_t i = 0; i < type.enum_values.size(); ++i) {
      if (i > 0) text += ", ";
      text += type.enum_values[i];
    }
    text += ')';
  } else {
    text += scalar_name(type.scalar);
    if (type.scalar == ScalarType::kVector) {
      text += '(';
      text += std::to_string(type.dimension);
      text += ')';
    }
  }
  if (type.list) text += ']';
  if (type.nullable) text += '?';
  return text;
}

bool operator==(const Value& a, const Value& b) {
  if (a.storage_.index() != b.storage_.index()) return false;
  const ValueList* left = a.list();
  const ValueList* right = b.list();
  // A list compares by what it holds, not by which shared copy it is.
  if (left != nullptr && right != nullptr) return left == right || *left == *right;
  return a.storage_ == b.storage_;
}

}  // namespace omnigraph
