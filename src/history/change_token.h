// The opaque texts with which a reader of changes goes on: base64url without padding of
//   u8 version (1), u8 kind, 16 bytes graph id, u64 filter scope, 16 bytes commit, then
//   feeds: 16 bytes incarnation, 16 bytes cut (nil in a cursor), varint length and name of the
//   branch page tokens: varint changes of the commit that were delivered u32 CRC32C of all before
// Integers little-endian. They are checked, not secret. Plain functions, safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/ulid.h"
#include "omnigraph/error.h"
#include "omnigraph/graph.h"

namespace omnigraph {

inline constexpr std::size_t kMaxTokenBytes = 4096;

enum class TokenKind : std::uint8_t { kCommitPage = 1, kFeedPage = 2, kFeedCursor = 3 };
std::string_view token_kind_name(TokenKind kind);  // "commit changes page token", …

struct ChangeToken {
  TokenKind kind = TokenKind::kFeedCursor;
  Ulid graph;
  std::uint64_t filter = 0;
  // kCommitPage: whose changes. kFeedCursor: the last commit delivered. kFeedPage: the last one
  // delivered whole.
  Ulid commit;
  Ulid incarnation;        // feeds
  Ulid cut;                // kFeedPage: the head when the poll began
  std::string branch;      // feeds
  std::uint64_t done = 0;  // page tokens: changes of the commit (of the next one) delivered
};

std::string encode_token(const ChangeToken& token);
// Errors: kBadRequest "change cursor rejected: …".
Result<ChangeToken> decode_token(std::string_view text, TokenKind expected);
Error token_rejected(std::string_view why);

// A filter with its values checked, for matching.
class ChangeSelection {
 public:
  // kBadRequest for a kind or op that does not exist.
  static Result<ChangeSelection> of(const ChangeFilter& filter);

  bool takes_kind(bool is_edge) const { return is_edge ? edges_ : nodes_; }
  bool takes_type(const std::string& name) const;
  bool takes_op(ChangeOp op) const { return ops_[static_cast<std::size_t>(op)]; }
  // Equal for filters that mean the same: order, repetition and naming all count for nothing.
  std::uint64_t scope() const;

 private:
  bool nodes_ = true, edges_ = true;
  bool ops_[3] = {true, true, true};
  std::vector<std::string> types_;  // sorted, unique; empty: all
};

}  // namespace omnigraph
