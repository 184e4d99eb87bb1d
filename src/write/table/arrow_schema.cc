#include "write/table/arrow_schema.h"

namespace omnigraph::arrow {

PropertyType type_of(const Field& field) {
  PropertyType type;
  const Field& leaf = field.list() && !field.children.empty() ? field.children[0] : field;
  type.list = field.list();
  switch (leaf.kind) {
    case kInt:
      type.scalar = leaf.width == 64 ? (leaf.is_signed ? ScalarType::kI64 : ScalarType::kU64)
                                     : (leaf.is_signed ? ScalarType::kI32 : ScalarType::kU32);
      break;
    case kFloatingPoint:
      type.scalar = leaf.width == 32 ? ScalarType::kF32 : ScalarType::kF64;
      break;
    case kBool:
      type.scalar = ScalarType::kBool;
      break;
    case kDate:
      type.scalar = leaf.days ? ScalarType::kDate : ScalarType::kDateTime;
      break;
    case kTimestamp:
      type.scalar = ScalarType::kDateTime;
      break;
    case kBinary:
    case kLargeBinary:
    case kFixedSizeBinary:
      type.scalar = ScalarType::kBlob;
      break;
    default:
      type.scalar = ScalarType::kString;
  }
  return type;
}

Field read_field(const Flat& flat, std::size_t& left, int depth) {
  Field field;
  field.name = std::string(flat.text(0));
  field.kind = flat.number<std::uint8_t>(2);
  const Flat type = flat.table(3);
  const auto refuse = [&field](const char* what) {
    field.refusal = std::string("is ") + what + ", which is not read";
  };
  switch (field.kind) {
    case kNull:
    case kUtf8:
    case kLargeUtf8:
    case kBinary:
    case kLargeBinary:
    case kBool:
    case kList:
    case kLargeList:
      break;
    case kInt:
      field.width = type.number<std::int32_t>(0);
      field.is_signed = type.number<std::uint8_t>(1) != 0;
      if (field.width != 8 && field.width != 16 && field.width != 32 && field.width != 64) {
        refuse("an integer of another width");
      }
      break;
    case kFloatingPoint: {
      const int precision = type.number<std::int16_t>(0);
      field.width = precision == 1 ? 32 : 64;
      if (precision == 0) refuse("a 16-bit float");
      break;
    }
    case kDate:
      field.days = type.number<std::int16_t>(0, 1) == 0;
      break;
    case kTimestamp: {
      const int unit = type.number<std::int16_t>(0);
      field.factor = unit == 0 ? 1000 : 1;
      field.divisor = unit == 3 ? 1'000'000 : unit == 2 ? 1000 : 1;
      break;
    }
    case kFixedSizeBinary:
    case kFixedSizeList:
      field.width = type.number<std::int32_t>(0);
      if (field.width < 0) refuse("of a negative size");
      break;
    case kDecimal:
      refuse("a decimal number");
      break;
    case kTime:
      refuse("a time of day");
      break;
    case kStruct:
      refuse("a struct");
      break;
    case kMap:
      refuse("a map");
      break;
    default:
      refuse(field.kind == kUnion || field.kind > kLargeList
                 ? "of a newer layout (a view, union or run-end encoding)"
                 : "of a type without a property type");
  }
  if (const Flat dictionary = flat.table(4)) {
    field.dictionary = dictionary.number<std::int64_t>(0);
    if (const Flat index = dictionary.table(1)) {
      field.index_width = index.number<std::int32_t>(0);
      field.index_signed = index.number<std::uint8_t>(1) != 0;
    }
  }
  const std::uint64_t children = flat.size(5);
  for (std::uint64_t i = 0; i < children && depth < kMaxDepth && left > 0; ++i) {
    --left;
    field.children.push_back(read_field(flat.element(5, i), left, depth + 1));
  }
  if (field.list()) {
    if (field.children.size() != 1) {
      refuse("a list of nothing");
    } else if (field.children[0].list() || !field.children[0].children.empty()) {
      refuse("a list of lists or structs");
    } else if (!field.children[0].refusal.empty()) {
      field.refusal = "is a list whose element " + field.children[0].refusal;
    }
  }
  return field;
}

}  // namespace omnigraph::arrow
