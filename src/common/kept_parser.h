// A JSON parser that a thread keeps: making its buffers costs more than reading a small text. Those
// that a large text made it grow are let go again.
//
//   KeptParser<simdjson::dom::parser> parser;
//   parser->parse(…)
//
// At most one of a kind at a time in a thread.
#pragma once

#include <cstddef>

namespace omnigraph {

template <typename Parser>
class KeptParser {
 public:
  KeptParser() = default;
  KeptParser(const KeptParser&) = delete;
  KeptParser& operator=(const KeptParser&) = delete;
  ~KeptParser() {
    if (kept().capacity() > kKeptCapacity) kept() = Parser();
  }
  Parser* operator->() const { return &kept(); }

 private:
  static constexpr std::size_t kKeptCapacity = 64 * 1024;
  static Parser& kept() {
    thread_local Parser parser;
    return parser;
  }
};

}  // namespace omnigraph
