// Comma-separated values as RFC 4180 has them: fields in double quotes may hold commas, line ends
// and doubled quotes. A byte order mark is skipped, lines end with LF or CRLF, empty lines are no
// rows. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "omnigraph/error.h"
#include "write/load/load.h"

namespace omnigraph {

struct CsvField {
  std::string text;
  bool quoted = false;  // empty and not quoted is no value
};

class CsvReader {
 public:
  CsvReader(std::unique_ptr<LoadSource> source, std::string name);
  // The next row, or false at the end. Errors: kBadRequest "row N: …", kResourceExhausted for a row
  // above kMaxLineBytes, those of the source.
  Result<bool> next(std::vector<CsvField>& fields);
  const std::string& name() const { return name_; }

 private:
  Result<int> get();  // the next byte, or -1
  Error refuse(const std::string& what) const;

  std::unique_ptr<LoadSource> source_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t row_ = 0;
  bool begun_ = false;
};

}  // namespace omnigraph
