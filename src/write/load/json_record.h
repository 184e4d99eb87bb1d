// Reads one JSON value (RFC 8259) into a flat list of tokens that point into the text. Written for
// records: what a general parser leaves open is decided here as the strict grammar of loads needs
// it (spec/writes.md §6): duplicate members at any depth are found, the spelling of numbers is
// kept, every part is checked even when nobody reads it, and nesting is bounded.
//
// A reader is reused for many records and then allocates nothing. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace omnigraph {

struct JsonToken {
  enum class Kind : std::uint8_t {
    kNull,
    kFalse,
    kTrue,
    kInteger,  // a number without fraction or exponent
    kNumber,   // any other number
    kString,
    kArray,
    kObject,  // followed by pairs: the name (kString), the value
  };
  Kind kind = Kind::kNull;
  std::uint32_t next = 0;  // index of the token behind this value
  std::string_view text;   // strings: content without escapes; numbers: as written
  std::string_view raw;    // as written
};

class JsonReader {
 public:
  // Reads the value at `begin` (blanks before it are skipped). The tokens are valid until the next
  // call and as long as the text. False: error() says why. Behind the value stands stop().
  // The text must be valid UTF-8; see invalid_utf8().
  bool read(const char* begin, const char* end, bool allow_duplicates);
  // The same for a text that holds exactly one value.
  bool read_whole(std::string_view text, bool allow_duplicates);

  const std::vector<JsonToken>& tokens() const { return tokens_; }
  const std::string& error() const { return error_; }
  const char* stop() const { return at_; }

  // The value of a member of the object at `object`; the last one when it occurs twice; null: none.
  const JsonToken* member(std::uint32_t object, std::string_view name) const;

 private:
  bool fail(std::string reason);
  bool read_string(JsonToken& token);
  bool read_escaped(JsonToken& token, const char* from, const char* escape);
  bool read_number(JsonToken& token);
  bool read_word(JsonToken& token, std::string_view word, JsonToken::Kind kind);
  bool read_tokens();
  bool check_members(std::uint32_t object);
  void skip_blanks();

  std::vector<JsonToken> tokens_;
  std::vector<std::uint32_t> open_;      // tokens of the containers we are in
  std::vector<std::string_view> names_;  // scratch of check_members
  std::unique_ptr<char[]> unescaped_;    // contents of strings with escapes
  std::size_t unescaped_size_ = 0, unescaped_used_ = 0;
  std::string error_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool allow_duplicates_ = false;
};

// 1 plus the number of `{ } [ ] , :` outside strings: what the slot limit counts.
std::uint64_t structural_slots(std::string_view line);

}  // namespace omnigraph
