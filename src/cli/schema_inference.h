// A first schema for data that exists: reads load records (NDJSON, spec/writes.md §6.2) and says
// what types, properties and keys would take them. A proposal for a person to correct: data alone
// does not tell what a value means.
//
// Rules. A property is required when every record of its type has it. Whole numbers make I64 (U64
// above that), others F64; texts that are all days make Date, all instants DateTime, all `base64:…`
// Blob; few texts over and over an enum; lists by their items; lists of fractions of one length
// from kVectorLength on a Vector. A key is a required property that no two records share, a text or
// whole number; the one that most edges name, else the one with the most telling name. An edge goes
// between the types whose ids its records name. What cannot be said in a schema (a name, a mixture
// of types, an edge whose ends are nowhere) becomes a comment and a warning.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"

namespace omnigraph::cli {

struct InferredSchema {
  std::string source;
  std::vector<std::string> warnings;
};

class SchemaInference {
 public:
  static constexpr std::size_t kVectorLength = 8;  // shorter lists are lists
  static constexpr std::size_t kEnumValues = 12;   // at most
  static constexpr std::size_t kEnumRecords = 20;  // values at least, and four times the texts

  SchemaInference();
  ~SchemaInference();

  // All records of an input. Errors: kBadRequest naming the line that is no record.
  Status add(std::string_view ndjson);
  InferredSchema finish();

 private:
  struct Type;
  struct Edge;
  std::map<std::string, Type> types_;
  std::map<std::string, Edge> edges_;
};

}  // namespace omnigraph::cli
