// The `objects` form of the log: record n is the object log/<n>, decided by put-if-absent.
//
// Packs are copies that make opening cheap; records stay where they are until cleanup. A pack
// pack/<first>-<last> (16 hexadecimal digits each) is an envelope of magic "OGPK", version 1, with
// header {"first":n,"lengths":[…]} and the records one after the other as payload.
#include <algorithm>
#include <map>
#include <mutex>

#include "common/fault_point.h"
#include "common/json_writer.h"
#include "storage/byte_codec.h"
#include "storage/envelope.h"
#include "storage/json_fields.h"
#include "storage/log.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kPackMagic = envelope_magic("OGPK");
constexpr std::uint32_t kPackVersion = 1;
constexpr std::string_view kPackPrefix = "pack/";
constexpr std::size_t kMaxPackRecords = 4096;
constexpr std::uint64_t kMaxPackBytes = std::uint64_t{64} << 20;
// A put whose answer was lost is sent again this often before the caller is told.
constexpr int kUnknownPuts = 16;
// Records asked for at once when many are missing.
constexpr std::size_t kBatch = 256;

std::string hex(Sequence sequence) { return log_object_name(sequence).substr(4); }

std::optional<Sequence> parse_hex(std::string_view digits) {
  return log_object_sequence("log/" + std::string(digits));
}

struct PackName {
  std::string name;
  Sequence first = 0, last = 0;
};

std::optional<PackName> parse_pack_name(std::string_view name) {
  if (!name.starts_with(kPackPrefix) || name.size() != kPackPrefix.size() + 33) return std::nullopt;
  const std::string_view rest = name.substr(kPackPrefix.size());
  const auto first = parse_hex(rest.substr(0, 16));
  const auto last = parse_hex(rest.substr(17));
  if (!first || !last || rest[16] != '-' || *first == 0 || *last < *first) return std::nullopt;
  return PackName{std::string(name), *first, *last};
}

class ObjectLog final : public Log {
 public:
  ObjectLog(ObjectStorePtr store, std::shared_ptr<Clock> clock)
      : store_(std::move(store)), clock_(std::move(clock)) {}

  Result<AppendOutcome> append(Sequence sequence, std::string_view bytes,
                               RecordPosition* where) override {
    if (bytes.size() > kMaxRecordBytes) {
      return Error(ErrorCode::kResourceExhausted, "a log record of " +
                                                      std::to_string(bytes.size()) +
                                                      " bytes is over the limit `record_bytes`");
    }
    const std::string name = log_object_name(sequence);
    OG_FAULT_POINT("log.before_write");
    const std::int64_t begun = clock_->steady_nanos();
    for (int i = 0; i < kUnknownPuts; ++i) {
      if (i > 0 && clock_->steady_nanos() - begun > kSettleNanos) break;
      OG_ASSIGN_OR_RETURN(const PutOutcome outcome, store_->put_if_absent(name, bytes));
      if (outcome == PutOutcome::kUnknown) continue;
      if (outcome == PutOutcome::kExists) {
        // A retry below us turns our own success into `exists`: compare.
        const auto there = store_->get(name);
        if (!there.ok()) continue;  // whose it is stays open; the next put asks again
        if (there->data != bytes) return AppendOutcome::kMoved;
      }
      OG_FAULT_POINT("log.after_sync");
      if (where != nullptr) *where = {sequence, name, 0, bytes.size()};
      advance(sequence + 1);
      return AppendOutcome::kAppended;
    }
    return AppendOutcome::kUnknown;
  }

  Result<std::vector<Stored>> since(Sequence first, std::size_t limit) override {
    std::vector<Stored> out;
    if (limit == 0) return out;
    // The next record is most often not there: one get says so.
    if (known(first)) {
      auto bytes = store_->get(log_object_name(first));
      if (!bytes.ok()) {
        if (bytes.error().code() == ErrorCode::kNotFound) return out;
        return std::move(bytes).error();
      }
      out.push_back(stored(first, std::move(bytes).value()));
      ++first;
    }
    OG_RETURN_IF_ERROR(read_many(first, UINT64_MAX, limit, out));
    if (!out.empty()) advance(out.back().where.sequence + 1);
    return out;
  }

  Result<std::vector<Stored>> replay(const RecordPosition& next, Sequence last) override {
    std::vector<Stored> out;
    if (next.sequence > last) return out;
    OG_RETURN_IF_ERROR(read_many(next.sequence, last, last - next.sequence + 1, out));
    if (out.empty() || out.back().where.sequence != last) {
      return damaged("log record",
                     log_object_name(out.empty() ? next.sequence : out.back().where.sequence + 1),
                     "it is missing");
    }
    return out;
  }

  Result<Bytes> read(const RecordPosition& where) override {
    return store_->get(log_object_name(where.sequence));
  }

  RecordPosition end() const override {
    const std::lock_guard lock(mutex_);
    return {next_, log_object_name(next_), 0, 0};
  }
  Status resume(const RecordPosition& next) override {
    const std::lock_guard lock(mutex_);
    next_ = next.sequence;
    resumed_ = next_;
    return {};
  }
  std::vector<FetchRequest::Names> tail_names(Sequence first) const override {
    return {{"log/", log_object_name(first - 1)}, {std::string(kPackPrefix), pack_start(first)}};
  }
  Result<std::vector<std::string>> tail_objects(Sequence first) override {
    OG_ASSIGN_OR_RETURN(std::vector<Piece> pieces, pieces_of(first, UINT64_MAX, SIZE_MAX));
    std::vector<std::string> names;
    names.reserve(pieces.size());
    for (Piece& piece : pieces) names.push_back(std::move(piece.name));
    return names;
  }
  Status pack(Sequence first, Sequence through) override;

 private:
  // An object that holds records: one, or a pack of them.
  struct Piece {
    std::string name;
    std::optional<PackName> pack;
  };
  static std::string pack_start(Sequence first) { return std::string(kPackPrefix) + hex(first); }

  static Stored stored(Sequence sequence, Bytes bytes) {
    return {{sequence, log_object_name(sequence), 0, bytes.data.size()}, std::move(bytes)};
  }
  // Whether `first` is where this log has read or appended up to; right after opening it is not.
  bool known(Sequence first) {
    const std::lock_guard lock(mutex_);
    return first == next_ && next_ != resumed_;
  }
  void advance(Sequence next) {
    const std::lock_guard lock(mutex_);
    next_ = std::max(next_, next);
    resumed_ = 0;
  }
  // The objects that hold records first … last, as far as they are there without a gap.
  Result<std::vector<Piece>> pieces_of(Sequence first, Sequence last, std::size_t limit);
  // Appends records first … last (as far as they are there without a gap, at most `limit`), from
  // packs where there are any: two lists, then all at once.
  Status read_many(Sequence first, Sequence last, std::size_t limit, std::vector<Stored>& out);
  Result<std::vector<Stored>> open_pack(const PackName& pack, const Bytes& bytes) const;

  ObjectStorePtr store_;
  const std::shared_ptr<Clock> clock_;
  mutable std::mutex mutex_;  // guards the rest
  Sequence next_ = 1;
  Sequence resumed_ = 1;  // next_ at open, until something was read; 0 afterwards
};

Result<std::vector<ObjectLog::Piece>> ObjectLog::pieces_of(Sequence first, Sequence last,
                                                           std::size_t limit) {
  std::vector<Piece> out;
  // No more names than are asked for: a walk over the log would list the rest of it at each step.
  const std::size_t most = last == UINT64_MAX ? limit : std::min<Sequence>(limit, last - first + 1);
  OG_ASSIGN_OR_RETURN(const auto records, store_->list("log/", log_object_name(first - 1), most));
  Sequence end = first;
  const auto enough = [&] { return end > last || end - first >= limit; };
  for (const ObjectInfo& info : records) {
    const auto sequence = log_object_sequence(info.name);
    if (!sequence) break;
    // A record is put when the one before it is there: a list that lacks one is older in its first
    // pages than in its last ones, or somebody took the record away.
    for (; end < *sequence && !enough(); ++end) {
      const auto there = store_->head(log_object_name(end));
      if (there.ok()) continue;
      if (there.error().code() != ErrorCode::kNotFound) return there.error();
      return damaged("log record", log_object_name(end), "it is missing, and later ones are there");
    }
    if (enough()) break;
    ++end;
  }
  // Packs are worth a list only when there is more to read than one small pack.
  std::map<Sequence, PackName> packs;
  if (end - first > kPackRecords) {
    // Of each record at most a short pack and a long one; should there be more, records serve.
    const std::size_t most_packs = most > SIZE_MAX / 2 ? SIZE_MAX : 2 * most;
    OG_ASSIGN_OR_RETURN(const auto names, store_->list(kPackPrefix, pack_start(first), most_packs));
    for (const ObjectInfo& info : names) {
      auto pack = parse_pack_name(info.name);
      if (!pack || pack->last >= end) continue;
      PackName& longest = packs[pack->first];
      if (pack->last > longest.last) longest = std::move(*pack);
    }
  }
  for (Sequence at = first; at < end;) {
    const auto pack = packs.find(at);
    if (pack != packs.end()) {
      out.push_back({pack->second.name, pack->second});
      at = pack->second.last + 1;
    } else {
      out.push_back({log_object_name(at++), std::nullopt});
    }
  }
  return out;
}

Status ObjectLog::read_many(Sequence first, Sequence last, std::size_t limit,
                            std::vector<Stored>& out) {
  if (out.size() >= limit || first > last) return {};
  OG_ASSIGN_OR_RETURN(const std::vector<Piece> pieces, pieces_of(first, last, limit - out.size()));
  {
    const std::lock_guard lock(mutex_);
    if (first == next_) resumed_ = 0;
  }
  std::vector<std::string> wanted;
  for (const Piece& piece : pieces) wanted.push_back(piece.name);
  for (std::size_t begin = 0; begin < wanted.size(); begin += kBatch) {
    const std::size_t n = std::min(kBatch, wanted.size() - begin);
    OG_ASSIGN_OR_RETURN(auto all, store_->get_many(std::span(wanted).subspan(begin, n)));
    for (std::size_t i = 0; i < n; ++i) {
      const Piece& piece = pieces[begin + i];
      if (!all[i]) return damaged("log record", piece.name, "it is missing");
      if (piece.pack) {
        OG_ASSIGN_OR_RETURN(auto records_of_pack, open_pack(*piece.pack, *all[i]));
        std::move(records_of_pack.begin(), records_of_pack.end(), std::back_inserter(out));
      } else {
        out.push_back(stored(*log_object_sequence(piece.name), std::move(*all[i])));
      }
    }
  }
  return {};
}

Result<std::vector<Log::Stored>> ObjectLog::open_pack(const PackName& pack,
                                                      const Bytes& bytes) const {
  OG_ASSIGN_OR_RETURN(const Envelope envelope,
                      open_envelope(bytes.data, kPackMagic, kPackVersion, "log pack", pack.name));
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string wrong;
  if (parser.parse(envelope.header.data(), envelope.header.size(), true).get(root) !=
      simdjson::SUCCESS) {
    return damaged("log pack", pack.name, "its header is not JSON");
  }
  JsonFields fields(root, wrong);
  const auto lengths = fields.array("lengths");
  if (fields.number("first") != pack.first || lengths.size() != pack.last - pack.first + 1) {
    fields.fail("lengths");
  }
  ByteReader payload(envelope.payload);
  std::vector<Stored> out;
  out.reserve(lengths.size());
  Sequence sequence = pack.first;
  for (const simdjson::dom::element item : lengths) {
    std::uint64_t length = 0;
    if (item.get(length) != simdjson::SUCCESS) payload.fail();
    const std::string_view record = payload.take(length);
    if (!payload.ok()) break;
    out.push_back(stored(sequence++, Bytes{record, bytes.owner}));
  }
  if (!payload.ok() || payload.remaining() != 0) fields.fail("lengths");
  if (!wrong.empty()) return damaged("log pack", pack.name, wrong);
  return out;
}

Status ObjectLog::pack(Sequence first, Sequence through) {
  while (first <= through) {
    const Sequence last = std::min<Sequence>(through, first + kMaxPackRecords - 1);
    std::vector<Stored> records;
    OG_RETURN_IF_ERROR(read_many(first, last, last - first + 1, records));
    if (records.empty()) return damaged("log record", log_object_name(first), "it is missing");
    std::string header, payload;
    JsonWriter json(header);
    json.begin_object().key("first").value(first).key("lengths").begin_array();
    Sequence packed = first;
    for (const Stored& record : records) {
      if (packed > first && payload.size() + record.bytes.data.size() > kMaxPackBytes) break;
      json.value(std::uint64_t{record.bytes.data.size()});
      payload += record.bytes.data;
      ++packed;
    }
    json.end_array().end_object();
    OG_FAULT_POINT("log.before_pack");
    const std::string name = std::string(kPackPrefix) + hex(first) + "-" + hex(packed - 1);
    const auto outcome =
        store_->put_if_absent(name, seal_envelope(kPackMagic, kPackVersion, header, payload));
    if (!outcome.ok()) return outcome.error();
    first = packed;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Log>> open_object_log(ObjectStorePtr store, std::shared_ptr<Clock> clock) {
  return std::unique_ptr<Log>(std::make_unique<ObjectLog>(std::move(store), std::move(clock)));
}

}  // namespace omnigraph
