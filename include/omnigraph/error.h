// Errors are values. Every fallible function of Omnigraph returns a Result<T>: a value or an Error
// that carries a stable code, a sentence for a person, and optional structured details.
//
// Thread-safety: both are plain values; distinct objects may be used from distinct threads.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace omnigraph {

// Stable codes. Their spelling (code_name) is part of the interface; never renumber or reuse one.
enum class ErrorCode : std::uint8_t {
  kBadRequest,          // malformed schema, query, parameter, record; a rule of the data is broken
  kNotFound,            // graph, branch, commit, type or entity that does not exist
  kConflict,            // already exists, key conflict, lost race
  kPreconditionFailed,  // --if-commit named a head that is no longer current
  kForbidden,           // refused by policy
  kReadOnly,            // the store cannot be written
  kCorrupt,             // a stored object is damaged; the message names it
  kUnsupportedFormat,   // the graph's format is newer or older than this build reads
  kIo,                  // the operating system or the network refused
  kResourceExhausted,   // a limit (memory, size, count) was met; the message names the limit
  kDeadlineExceeded,    // the query's deadline passed
  kCancelled,           // the caller cancelled
  kOutcomeUnknown,      // a write may or may not have landed
  kInternal,            // a bug
};

// "bad_request", "not_found", …
std::string_view code_name(ErrorCode code);

// A place in a source text. Lines and columns count from 1, columns in characters; byte offsets
// count from 0 and `end` is exclusive.
struct SourceSpan {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// Structured details, as (key, text) pairs in a fixed order, e.g.
// key_conflict: {"entity_kind","node"}, {"type_name","Person"}, {"entity_id","ada"}.
struct ErrorDetails {
  std::string kind;  // "key_conflict", "resource_limit", "precondition_failure", …
  std::vector<std::pair<std::string, std::string>> fields;
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::optional<SourceSpan>& span() const { return span_; }
  const std::optional<ErrorDetails>& details() const { return details_; }

  // Builders, each returning the error for chaining.
  Error&& at(SourceSpan span) && {
    span_ = span;
    return std::move(*this);
  }
  Error&& with(ErrorDetails details) && {
    details_ = std::move(details);
    return std::move(*this);
  }
  // Puts `text` in front of the message.
  Error&& prefixed(std::string_view text) && {
    message_.insert(0, text);
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string message_;
  std::optional<SourceSpan> span_;
  std::optional<ErrorDetails> details_;
};

// A value of T or an Error. `Result<void>` (alias Status) holds nothing or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & {
    assert(!ok());
    return *error_;
  }
  const Error& error() const& {
    assert(!ok());
    return *error_;
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

inline Error bad_request(std::string message) {
  return {ErrorCode::kBadRequest, std::move(message)};
}
inline Error not_found(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
inline Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }
inline Error io_error(std::string message) { return {ErrorCode::kIo, std::move(message)}; }

}  // namespace omnigraph

// Returns the error of `expression` (a Status or Result) from the enclosing function.
#define OG_RETURN_IF_ERROR(expression)     \
  do {                                     \
    auto og_status = (expression);         \
    if (!og_status.ok()) [[unlikely]]      \
      return std::move(og_status).error(); \
  } while (false)

#define OG_CONCAT_INNER(a, b) a##b
#define OG_CONCAT(a, b) OG_CONCAT_INNER(a, b)

// OG_ASSIGN_OR_RETURN(auto x, f()): x = value of f(), or returns its error.
#define OG_ASSIGN_OR_RETURN(declaration, expression) \
  OG_ASSIGN_OR_RETURN_INNER(OG_CONCAT(og_result_, __LINE__), declaration, expression)
#define OG_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) [[unlikely]]                                   \
    return std::move(result).error();                              \
  declaration = std::move(result).value()
