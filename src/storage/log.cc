#include "storage/log.h"

namespace omnigraph {
namespace {

constexpr std::string_view kPrefix = "log/";
constexpr std::size_t kDigits = 16;

}  // namespace

std::string log_object_name(Sequence sequence) {
  std::string name(kPrefix);
  name.resize(kPrefix.size() + kDigits);
  for (std::size_t i = name.size(); i-- > kPrefix.size(); sequence >>= 4) {
    name[i] = "0123456789abcdef"[sequence & 15];
  }
  return name;
}

std::optional<Sequence> log_object_sequence(std::string_view name) {
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + kDigits) return std::nullopt;
  Sequence sequence = 0;
  for (const char c : name.substr(kPrefix.size())) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    sequence = sequence << 4 | static_cast<Sequence>(digit);
  }
  return sequence;
}

}  // namespace omnigraph
