#include "query/grammar/literal_text.h"

#include <charconv>
#include <system_error>

#include "common/decimal.h"

namespace omnigraph::gq {

Result<std::string> decode_string(std::string_view token) {
  const std::string_view body = token.substr(1, token.size() - 2);
  std::string text;
  text.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      text += body[i];
      continue;
    }
    ++i;  // the grammar lets no string end in a lone backslash
    switch (body[i]) {
      case '"':
        text += '"';
        break;
      case '\\':
        text += '\\';
        break;
      case 'n':
        text += '\n';
        break;
      case 'r':
        text += '\r';
        break;
      case 't':
        text += '\t';
        break;
      default: {
        std::size_t end = i + 1;  // the whole character, which may have several bytes
        while (end < body.size() && (static_cast<unsigned char>(body[end]) & 0xC0u) == 0x80u) ++end;
        return bad_request("unsupported escape sequence: \\" +
                           std::string(body.substr(i, end - i)));
      }
    }
  }
  return text;
}

void append_string_token(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

std::optional<std::uint64_t> decode_integer(std::string_view digits, std::uint64_t limit) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value > limit) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> decode_float(std::string_view token) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(token.data(), token.data() + token.size(), value, std::chars_format::fixed);
  if (error == std::errc() && end == token.data() + token.size()) return value;
  if (error == std::errc::result_out_of_range) {
    // Too small is zero; too large has a digit other than 0 before the point.
    if (token.substr(0, token.find('.')).find_first_not_of('0') == std::string_view::npos)
      return 0.0;
  }
  return std::nullopt;
}

void append_float_token(std::string& out, double v) {
  const std::size_t from = out.size();
  append_positional(out, shortest_decimal(v));
  if (out.find('.', from) == std::string::npos) out += ".0";
}

}  // namespace omnigraph::gq
