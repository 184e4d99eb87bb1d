#include "write/blob_value.h"

#include <array>
#include <cstdint>

#include "write/limits.h"

namespace omnigraph {
namespace {

constexpr std::string_view kPrefix = "base64:";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse_alphabet() {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr auto kReverse = reverse_alphabet();

Error bad_base64(const std::string& reason) {
  return bad_request("invalid base64 blob data: " + reason);
}

Result<std::string> decode(std::string_view text) {
  if (text.size() % 4 != 0) return bad_base64("the length is not a multiple of 4");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t bytes = text.size() / 4 * 3 - padding;
  if (bytes > kMaxBlobInputBytes) {
    return resource_limit("decoded blob input bytes", kMaxBlobInputBytes, bytes);
  }
  std::string out(1, kManagedBlob);
  out.reserve(1 + bytes);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const int six = pad ? 0 : kReverse[static_cast<unsigned char>(text[i])];
    if (six < 0) return bad_base64("invalid symbol at offset " + std::to_string(i));
    group = group << 6 | static_cast<std::uint32_t>(six);
    if (i % 4 == 3) {
      out += static_cast<char>(group >> 16 & 0xFF);
      out += static_cast<char>(group >> 8 & 0xFF);
      out += static_cast<char>(group & 0xFF);
      // Bits behind the last byte must be zero, so that every value has one spelling.
      if (i + 1 == text.size() && padding > 0) {
        if ((group & (padding == 1 ? 0xFFu : 0xFFFFu)) != 0)
          return bad_base64("trailing bits are set");
      }
      group = 0;
    }
  }
  out.resize(1 + bytes);
  return out;
}

// What may be shown of a URI that is refused: without credentials, or nothing of it.
std::string shown_uri(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return "<redacted>";
  std::string out(text.substr(0, scheme + 3));
  std::string_view rest = text.substr(scheme + 3);
  const std::size_t slash = rest.find('/');
  const std::size_t at = rest.substr(0, slash).rfind('@');
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  out += rest.substr(0, rest.find_first_of("?#"));
  return out;
}

}  // namespace

Result<std::string> blob_cell(std::string_view input) {
  if (input.starts_with(kPrefix)) return decode(input.substr(kPrefix.size()));
  return bad_request("external blob URI '" + shown_uri(input) +
                     "' is not allowed: new external Blob URI ingress is denied for this graph");
}

void append_blob_text(std::string& out, std::string_view cell) {
  if (cell.empty() || cell[0] != kManagedBlob) {
    out += cell.empty() ? cell : cell.substr(1);
    return;
  }
  out += kPrefix;
  const std::string_view bytes = cell.substr(1);
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[group & 63] : '=';
  }
}

}  // namespace omnigraph
