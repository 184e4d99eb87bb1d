// What a stored segment is: the first section of its index file. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/ids.h"

namespace omnigraph {

// Where the ids of a stored segment are.
enum class IdForm : std::uint8_t {
  kTexts = 0,     // column kIdColumn, no nulls
  kRun = 1,       // consecutive ULIDs from id_base
  kMixed = 2,     // column kIdColumn; null rows take id_base + row
  kProperty = 3,  // the column of id_property
};

struct SegmentLayout {
  TypeId table = 0;
  std::uint32_t rows = 0;
  bool is_edge = false;
  bool has_rids = false;  // column kRidColumn; else the reference gives them
  bool has_gsns = false;  // column kGsnColumn; else the reference gives it
  IdForm id_form = IdForm::kTexts;
  PropertyId id_property = 0;
  Ulid id_base;
  std::vector<std::vector<PropertyId>> unique_groups;  // section kTuples, key: position here
};

void encode_layout(const SegmentLayout& layout, std::string& out);
Result<SegmentLayout> decode_layout(std::string_view bytes);

}  // namespace omnigraph
