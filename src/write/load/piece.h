// Parsing of one piece of the input into columns. Every worker has a RecordParser of its own; ends
// of edges become numbers of the worker's interners, so that workers share nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "omnigraph/error.h"
#include "storage/column.h"
#include "write/load/interner.h"
#include "write/load/json_record.h"
#include "write/load/json_value.h"
#include "write/load/plan.h"

namespace omnigraph {

// A refusal that names a line (or record) of the whole input, known only when all pieces before it
// have been counted.
struct PlacedError {
  std::uint64_t line = 0;  // within its piece, from 1
  ErrorCode code = ErrorCode::kBadRequest;
  std::string before, after;   // the message around the number
  std::optional<Error> whole;  // the error itself when its message names no line

  Error placed(std::uint64_t lines_before) &&;
};

// The records of one type in one piece.
struct PieceRows {
  std::size_t type = 0;  // in LoadPlan::types()
  std::uint32_t rows = 0;
  std::vector<ColumnPtr> columns;       // by position of the property; null: all null
  ColumnPtr ids;                        // null rows: to be generated; null: all rows
  std::vector<std::uint32_t> from, to;  // numbers of the worker's interners
  // The first record that is wrong in itself: reported when no line of the input is malformed. Rows
  // after it were not collected.
  std::optional<PlacedError> wrong;

  std::size_t memory() const;
};

struct Piece {
  std::size_t worker = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;               // blank ones included; permissive: records
  std::optional<PlacedError> malformed;  // ends the piece
  std::vector<PieceRows> types;          // by type, only those with a record
};

// Old spelling of a keyed node's id → canonical id, of one node type (permissive loads).
using IdRemap = std::map<std::string, std::string, std::less<>>;

// "refusing ambiguous edge endpoint remap: …".
Error ambiguous_remap(const std::string& type, std::string_view given, const std::string& one,
                      const std::string& other);

class RecordParser {
 public:
  // `intake.blobs` must outlive the parser; null is for types without Blob properties.
  RecordParser(const LoadPlan& plan, const ValueIntake& intake);
  ~RecordParser();

  // Parses whole lines (strict) or a sequence of records (permissive).
  Piece parse(std::string_view text);

  // One a LoadPlan::end_tables(); the parser is done afterwards.
  std::vector<Interner> take_ends() { return std::move(ends_); }
  // The same, and the parser begins anew.
  std::vector<Interner> exchange_ends() {
    return std::exchange(ends_, std::vector<Interner>(ends_.size()));
  }
  std::size_t memory() const;
  const std::map<TypeId, IdRemap>& remaps() const { return remaps_; }

 private:
  class Collector;

  void parse_lines(std::string_view text, Piece& piece);
  void parse_sequence(std::string_view text, Piece& piece);
  std::optional<PlacedError> parse_line(std::string_view line, std::uint64_t number, bool utf8);
  std::optional<PlacedError> read_strict(std::uint64_t number);
  std::optional<PlacedError> read_permissive(std::uint64_t number);
  // An end whose number is not known yet: it goes to (*out)[row].
  struct OpenEnd {
    Interner* ends;
    std::vector<std::uint32_t>* out;
    std::uint32_t row, hash;
    std::string_view text;  // of the piece
  };
  static constexpr std::size_t kMaxOpenEnds = 32;
  void collect_end(Interner& ends, const JsonToken& token, std::vector<std::uint32_t>& out);
  void number_open_ends();
  void collect(std::size_t type, std::uint64_t number, const JsonToken* from, const JsonToken* to,
               std::uint32_t data);
  PlacedError wrong_record(Error error, std::uint64_t number) const;
  Status collect_members(Collector& rows, std::uint32_t data);
  Status collect_key(Collector& rows, const JsonToken* id);
  Status remap_id(const LoadType& type, std::string_view given, const std::string& canonical,
                  const std::vector<Value>& key);

  const LoadPlan& plan_;
  const ValueIntake intake_;
  JsonReader reader_;
  std::vector<Interner> ends_;
  std::vector<OpenEnd> open_ends_;
  std::vector<std::unique_ptr<Collector>> collectors_;  // by type
  std::vector<std::uint32_t> slots_;  // by position: token of the record's value, 0 for none
  std::map<TypeId, IdRemap> remaps_;
};

}  // namespace omnigraph
