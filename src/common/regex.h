// Regular expressions that search in time linear in the text, whatever the pattern: for `@check`.
// Syntax and Unicode classes of the Rust `regex` crate; no back-references, no look-around.
// Thread-safe: const after compilation.
#pragma once

#include <memory>
#include <string_view>

#include "omnigraph/error.h"

struct OmnigraphRegex;

namespace omnigraph {

class Regex {
 public:
  // Error kBadRequest with the reason when `pattern` is not a regular expression, is nested deeper
  // than 250 or would take more than 10 MiB.
  static Result<Regex> compile(std::string_view pattern);

  // Whether the pattern matches anywhere in `text`; anchor with ^ and $. False for what is not
  // UTF-8.
  bool search(std::string_view text) const;

 private:
  struct Free {
    void operator()(OmnigraphRegex* regex) const;
  };
  explicit Regex(OmnigraphRegex* regex) : regex_(regex) {}
  std::unique_ptr<OmnigraphRegex, Free> regex_;
};

}  // namespace omnigraph
