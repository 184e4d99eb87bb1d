#include "history/change_token.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "common/crc32c.h"
#include "storage/byte_codec.h"

namespace omnigraph {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kChecksum = 4;
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kDigitValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::string to_base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    window = (window << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[(window >> (bits - 6)) & 63];
  }
  if (bits > 0) text += kDigits[(window << (6 - bits)) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint8_t digit = kDigitValues[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return std::nullopt;
    window = (window << 6) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((window >> bits) & 0xFF);
    }
  }
  // What does not fill a byte must be zero, so that each token has one spelling.
  if ((window & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

void put_ulid(std::string& out, const Ulid& id) {
  append_fixed(out, id.high);
  append_fixed(out, id.low);
}

Ulid take_ulid(ByteReader& reader) {
  Ulid id;
  id.high = reader.fixed<std::uint64_t>();
  id.low = reader.fixed<std::uint64_t>();
  return id;
}

bool of_feed(TokenKind kind) { return kind != TokenKind::kCommitPage; }
bool of_page(TokenKind kind) { return kind != TokenKind::kFeedCursor; }

template <typename Options>
Status check_values(const std::vector<std::string>& given, const Options& options,
                    std::string_view what) {
  for (const std::string& value : given) {
    if (std::find(std::begin(options), std::end(options), value) == std::end(options)) {
      return bad_request("unknown change " + std::string(what) + " '" + value + "'");
    }
  }
  return {};
}

bool names(const std::vector<std::string>& given, std::string_view value) {
  return given.empty() || std::find(given.begin(), given.end(), value) != given.end();
}

}  // namespace

std::string_view token_kind_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::kCommitPage:
      return "commit changes page token";
    case TokenKind::kFeedPage:
      return "change feed page token";
    case TokenKind::kFeedCursor:
      break;
  }
  return "change feed cursor";
}

Error token_rejected(std::string_view why) {
  return bad_request("change cursor rejected: " + std::string(why));
}

std::string encode_token(const ChangeToken& token) {
  std::string bytes;
  bytes += kVersion;
  bytes += static_cast<char>(token.kind);
  put_ulid(bytes, token.graph);
  append_fixed(bytes, token.filter);
  put_ulid(bytes, token.commit);
  if (of_feed(token.kind)) {
    put_ulid(bytes, token.incarnation);
    put_ulid(bytes, token.cut);
    append_varint(bytes, token.branch.size());
    bytes += token.branch;
  }
  if (of_page(token.kind)) append_varint(bytes, token.done);
  append_fixed(bytes, crc32c(bytes));
  return to_base64url(bytes);
}

Result<ChangeToken> decode_token(std::string_view text, TokenKind expected) {
  if (text.size() > kMaxTokenBytes) return token_rejected("its encoding is too long");
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() <= kChecksum) {
    return token_rejected("its encoding is not that of a " +
                          std::string(token_kind_name(expected)));
  }
  const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kChecksum);
  ByteReader checksum(std::string_view(*bytes).substr(body.size()));
  if (checksum.fixed<std::uint32_t>() != crc32c(body))
    return token_rejected("its checksum does not match");
  ByteReader reader(body);
  if (reader.fixed<std::uint8_t>() != static_cast<std::uint8_t>(kVersion)) {
    return token_rejected("its payload is of another version");
  }
  const std::uint8_t kind = reader.fixed<std::uint8_t>();
  if (kind < static_cast<std::uint8_t>(TokenKind::kCommitPage) ||
      kind > static_cast<std::uint8_t>(TokenKind::kFeedCursor)) {
    return token_rejected("its payload is of an unknown kind");
  }
  ChangeToken token;
  token.kind = static_cast<TokenKind>(kind);
  if (token.kind != expected) {
    return token_rejected("a " + std::string(token_kind_name(token.kind)) +
                          " cannot be used as a " + std::string(token_kind_name(expected)));
  }
  token.graph = take_ulid(reader);
  token.filter = reader.fixed<std::uint64_t>();
  token.commit = take_ulid(reader);
  if (of_feed(token.kind)) {
    token.incarnation = take_ulid(reader);
    token.cut = take_ulid(reader);
    const std::uint64_t length = reader.varint();
    if (length > reader.remaining()) return token_rejected("its payload is cut off");
    token.branch = std::string(reader.take(length));
  }
  if (of_page(token.kind)) token.done = reader.varint();
  if (!reader.ok() || reader.remaining() != 0) return token_rejected("its payload is malformed");
  return token;
}

Result<ChangeSelection> ChangeSelection::of(const ChangeFilter& filter) {
  constexpr std::string_view kKinds[] = {"node", "edge"};
  constexpr std::string_view kOps[] = {"insert", "update", "delete"};
  OG_RETURN_IF_ERROR(check_values(filter.kinds, kKinds, "kind"));
  OG_RETURN_IF_ERROR(check_values(filter.ops, kOps, "op"));
  ChangeSelection selection;
  selection.nodes_ = names(filter.kinds, kKinds[0]);
  selection.edges_ = names(filter.kinds, kKinds[1]);
  for (std::size_t i = 0; i < std::size(kOps); ++i) selection.ops_[i] = names(filter.ops, kOps[i]);
  selection.types_ = filter.types;
  std::sort(selection.types_.begin(), selection.types_.end());
  selection.types_.erase(std::unique(selection.types_.begin(), selection.types_.end()),
                         selection.types_.end());
  return selection;
}

bool ChangeSelection::takes_type(const std::string& name) const {
  return types_.empty() || std::binary_search(types_.begin(), types_.end(), name);
}

std::uint64_t ChangeSelection::scope() const {
  std::string canonical;
  for (const bool taken : {nodes_, edges_, ops_[0], ops_[1], ops_[2]}) {
    canonical += taken ? '1' : '0';
  }
  for (const std::string& type : types_) {
    append_varint(canonical, type.size());
    canonical += type;
  }
  return XXH3_64bits(canonical.data(), canonical.size());
}

}  // namespace omnigraph
