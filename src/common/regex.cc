#include "common/regex.h"

#include <cassert>
#include <cstdint>
#include <string>

#include "omnigraph_rust.h"

namespace omnigraph {
namespace {

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

void Regex::Free::operator()(OmnigraphRegex* regex) const { omnigraph_regex_free(regex); }

Result<Regex> Regex::compile(std::string_view pattern) {
  // Messages draw the pattern with a marker below it; longer ones are cut.
  std::uint8_t reason[1024];
  OmnigraphRegex* regex =
      omnigraph_regex_compile(bytes_of(pattern), pattern.size(), reason, sizeof reason);
  if (regex == nullptr) return bad_request(reinterpret_cast<const char*>(reason));
  return Regex(regex);
}

bool Regex::search(std::string_view text) const {
  assert(regex_ != nullptr);
  return omnigraph_regex_is_match(regex_.get(), bytes_of(text), text.size()) == 1;
}

}  // namespace omnigraph
