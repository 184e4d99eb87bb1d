#include "storage/cloud_store.h"

#include <unistd.h>

#include <cstring>
#include <future>

#include "omnigraph_rust.h"

extern char** environ;

namespace omnigraph {
namespace {

constexpr std::string_view kSchemes[] = {"s3://", "gs://", "az://"};
constexpr std::string_view kVariablePrefixes[] = {"AWS_", "GOOGLE_", "AZURE_"};
constexpr std::string_view kVariableNames[] = {"HOME", "OMNIGRAPH_STORE_TIMEOUT",
                                               "STORAGE_EMULATOR_HOST"};

const std::uint8_t* data_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// Bytes of the client, freed with their last holder.
class ClientBytes {
 public:
  ClientBytes() = default;
  explicit ClientBytes(OmnigraphBytes bytes) : bytes_(bytes) {}
  ClientBytes(const ClientBytes&) = delete;
  ClientBytes& operator=(const ClientBytes&) = delete;
  ~ClientBytes() { omnigraph_bytes_free(bytes_); }

  OmnigraphBytes* out() { return &bytes_; }
  std::string_view text() const {
    if (bytes_.size == 0) return {};
    return {reinterpret_cast<const char*>(bytes_.data), bytes_.size};
  }

 private:
  OmnigraphBytes bytes_{nullptr, 0, nullptr};
};

ErrorCode code_of(std::int32_t status) {
  switch (status) {
    case OMNIGRAPH_NOT_FOUND:
      return ErrorCode::kNotFound;
    case OMNIGRAPH_DENIED:
      return ErrorCode::kForbidden;
    case OMNIGRAPH_EXISTS:
      return ErrorCode::kConflict;
    case OMNIGRAPH_UNKNOWN:
      return ErrorCode::kOutcomeUnknown;
    case OMNIGRAPH_CANCELLED:
      return ErrorCode::kCancelled;
    case OMNIGRAPH_INTERNAL:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kIo;
  }
}

class ClientStore final : public CloudStore {
 public:
  ClientStore(OmnigraphStore* store, std::string root) : store_(store), root_(std::move(root)) {
    while (root_.ends_with('/')) root_.pop_back();
  }
  ClientStore(const ClientStore&) = delete;
  ClientStore& operator=(const ClientStore&) = delete;
  ~ClientStore() override { omnigraph_store_free(store_); }

  Result<Bytes> get(std::string_view name, ByteRange range) override {
    const OmnigraphRead read{data_of(name), name.size(), range.offset, range.length};
    std::vector<Answer> answers = this->read({&read, 1});
    if (answers[0].status == OMNIGRAPH_OK) return std::move(answers[0].bytes);
    return failed("read", name, answers[0].status, answers[0].bytes.data);
  }

  Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                        std::span<const ByteRange> ranges) override {
    std::vector<OmnigraphRead> reads;
    reads.reserve(ranges.size());
    for (const ByteRange& range : ranges) {
      reads.push_back({data_of(name), name.size(), range.offset, range.length});
    }
    std::vector<Answer> answers = read(reads);
    std::vector<Bytes> out;
    out.reserve(answers.size());
    for (Answer& answer : answers) {
      if (answer.status != OMNIGRAPH_OK) {
        return failed("read", name, answer.status, answer.bytes.data);
      }
      out.push_back(std::move(answer.bytes));
    }
    return out;
  }

  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> names) override {
    std::vector<OmnigraphRead> reads;
    reads.reserve(names.size());
    for (const std::string& name : names) {
      reads.push_back({data_of(name), name.size(), 0, UINT64_MAX});
    }
    std::vector<Answer> answers = read(reads);
    std::vector<std::optional<Bytes>> out;
    out.reserve(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Answer& answer = answers[i];
      if (answer.status == OMNIGRAPH_OK) {
        out.emplace_back(std::move(answer.bytes));
      } else if (answer.status == OMNIGRAPH_NOT_FOUND) {
        out.emplace_back(std::nullopt);
      } else {
        return failed("read", names[i], answer.status, answer.bytes.data);
      }
    }
    return out;
  }

  Result<Fetched> fetch(const FetchRequest& request) override {
    Fetched out;
    std::vector<std::future<Result<std::vector<ObjectInfo>>>> listing;
    for (const FetchRequest::Names& names : request.names) {
      listing.push_back(std::async(std::launch::async, [this, &names] {
        return list(names.prefix, names.start_after, SIZE_MAX);
      }));
    }
    std::vector<OmnigraphRead> reads;
    for (const std::string& name : request.objects) {
      reads.push_back({data_of(name), name.size(), 0, UINT64_MAX});
    }
    for (const FetchRequest::Piece& piece : request.pieces) {
      reads.push_back(
          {data_of(piece.object), piece.object.size(), piece.range.offset, piece.range.length});
    }
    std::vector<Answer> answers = read(reads);
    for (auto& names : listing) {
      auto listed = names.get();
      if (!listed.ok()) return std::move(listed).error();
      out.names.push_back(std::move(listed).value());
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Answer& answer = answers[i];
      const bool whole = i < request.objects.size();
      if (whole && answer.status == OMNIGRAPH_NOT_FOUND) {
        out.objects.emplace_back(std::nullopt);
      } else if (answer.status != OMNIGRAPH_OK) {
        const std::string& name =
            whole ? request.objects[i] : request.pieces[i - request.objects.size()].object;
        return failed("read", name, answer.status, answer.bytes.data);
      } else if (whole) {
        out.objects.emplace_back(std::move(answer.bytes));
      } else {
        out.pieces.push_back(std::move(answer.bytes));
      }
    }
    return out;
  }

  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override {
    OG_RETURN_IF_ERROR(check(name));
    ClientBytes message;
    const std::int32_t status = omnigraph_store_put(store_, data_of(name), name.size(),
                                                    data_of(bytes), bytes.size(), 1, message.out());
    switch (status) {
      case OMNIGRAPH_OK:
        return PutOutcome::kCreated;
      case OMNIGRAPH_EXISTS:
        return PutOutcome::kExists;
      case OMNIGRAPH_UNKNOWN:
        return PutOutcome::kUnknown;
      case OMNIGRAPH_UNSUPPORTED:
        return no_conditional_put(message.text());
      default:
        return failed("write", name, status, message.text());
    }
  }

  Status put(std::string_view name, std::string_view bytes) override {
    OG_RETURN_IF_ERROR(check(name));
    ClientBytes message;
    const std::int32_t status = omnigraph_store_put(store_, data_of(name), name.size(),
                                                    data_of(bytes), bytes.size(), 0, message.out());
    if (status == OMNIGRAPH_OK) return {};
    return failed("write", name, status, message.text());
  }

  Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name) override;

  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override {
    ClientBytes listed;
    const std::int32_t status =
        omnigraph_store_list(store_, data_of(prefix), prefix.size(), data_of(start_after),
                             start_after.size(), limit, listed.out());
    if (status != OMNIGRAPH_OK) return failed("list", prefix, status, listed.text());
    std::vector<ObjectInfo> out;
    for (std::string_view left = listed.text(); left.size() >= 12;) {
      ObjectInfo& info = out.emplace_back();
      std::uint32_t length = 0;
      std::memcpy(&info.size, left.data(), 8);
      std::memcpy(&length, left.data() + 8, 4);
      left.remove_prefix(12);
      info.name = left.substr(0, length);
      left.remove_prefix(info.name.size());
    }
    return out;
  }

  Status remove(std::string_view name) override {
    ClientBytes message;
    const std::int32_t status =
        omnigraph_store_remove(store_, data_of(name), name.size(), message.out());
    if (status == OMNIGRAPH_OK) return {};
    return failed("remove", name, status, message.text());
  }

  Result<ObjectInfo> head(std::string_view name) override {
    ClientBytes message;
    ObjectInfo info{std::string(name), 0};
    const std::int32_t status =
        omnigraph_store_head(store_, data_of(name), name.size(), &info.size, message.out());
    if (status == OMNIGRAPH_OK) return info;
    return failed("look at", name, status, message.text());
  }

  void cancel() override { omnigraph_store_cancel(store_); }

  Error failed(std::string_view verb, std::string_view name, std::int32_t status,
               std::string_view message) const {
    const std::string object = "'" + root_ + "/" + std::string(name) + "'";
    if (status == OMNIGRAPH_NOT_FOUND) return not_found("object " + object + " does not exist");
    return {code_of(status),
            "cannot " + std::string(verb) + " " + object + ": " + std::string(message)};
  }

 private:
  struct Answer {
    std::int32_t status = OMNIGRAPH_INTERNAL;
    Bytes bytes;  // what was read, or the message
  };

  std::vector<Answer> read(std::span<const OmnigraphRead> reads) {
    std::vector<OmnigraphReadAnswer> raw(reads.size());
    omnigraph_store_read(store_, reads.data(), reads.size(), raw.data());
    std::vector<Answer> out(reads.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
      auto owner = std::make_shared<const ClientBytes>(raw[i].bytes);
      out[i].status = raw[i].status;
      out[i].bytes.data = owner->text();
      out[i].bytes.owner = std::move(owner);
    }
    return out;
  }

  static Status check(std::string_view name) {
    if (valid_object_name(name)) return {};
    return Error(ErrorCode::kInternal, "not an object name: '" + std::string(name) + "'");
  }

  Error no_conditional_put(std::string_view why) const {
    return io_error("'" + root_ +
                    "': this store does not support conditional puts (If-None-Match), which keep "
                    "writers apart; use one that does (" +
                    std::string(why) + ")");
  }

  OmnigraphStore* const store_;
  std::string root_;
};

class ClientWriter final : public ObjectWriter {
 public:
  ClientWriter(ClientStore& store, std::string name, OmnigraphUpload* upload)
      : store_(store), name_(std::move(name)), upload_(upload) {}
  ClientWriter(const ClientWriter&) = delete;
  ClientWriter& operator=(const ClientWriter&) = delete;
  ~ClientWriter() override { omnigraph_upload_drop(upload_); }

  Status append(std::string_view bytes) override {
    ClientBytes message;
    const std::int32_t status =
        omnigraph_upload_append(upload_, data_of(bytes), bytes.size(), message.out());
    if (status != OMNIGRAPH_OK) return store_.failed("write", name_, status, message.text());
    size_ += bytes.size();
    return {};
  }
  std::uint64_t size() const override { return size_; }
  Status finish() override {
    ClientBytes message;
    const std::int32_t status =
        omnigraph_upload_finish(std::exchange(upload_, nullptr), message.out());
    if (status == OMNIGRAPH_OK) return {};
    return store_.failed("write", name_, status, message.text());
  }

 private:
  ClientStore& store_;
  const std::string name_;
  OmnigraphUpload* upload_;
  std::uint64_t size_ = 0;
};

Result<std::unique_ptr<ObjectWriter>> ClientStore::writer(std::string_view name) {
  OG_RETURN_IF_ERROR(check(name));
  ClientBytes message;
  OmnigraphUpload* upload = nullptr;
  const std::int32_t status =
      omnigraph_upload_begin(store_, data_of(name), name.size(), &upload, message.out());
  if (status != OMNIGRAPH_OK) return failed("write", name, status, message.text());
  return std::unique_ptr<ObjectWriter>(
      std::make_unique<ClientWriter>(*this, std::string(name), upload));
}

}  // namespace

StoreVariables process_store_variables() {
  StoreVariables out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line = *at;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, equals);
    bool wanted = false;
    for (const std::string_view prefix : kVariablePrefixes) wanted |= name.starts_with(prefix);
    for (const std::string_view one : kVariableNames) wanted |= name == one;
    if (wanted) out.emplace_back(name, line.substr(equals + 1));
  }
  return out;
}

bool is_cloud_root(std::string_view root) {
  for (const std::string_view scheme : kSchemes) {
    if (root.starts_with(scheme)) return true;
  }
  return false;
}

Result<std::shared_ptr<CloudStore>> open_cloud_store(std::string_view root,
                                                     const StoreVariables& variables) {
  std::string flat;
  for (const auto& [name, value] : variables) {
    flat += name;
    flat += '\0';
    flat += value;
    flat += '\0';
  }
  ClientBytes message;
  OmnigraphStore* store = nullptr;
  const std::int32_t status = omnigraph_store_open(data_of(root), root.size(), data_of(flat),
                                                   flat.size(), &store, message.out());
  if (status != OMNIGRAPH_OK) {
    const ErrorCode code =
        status == OMNIGRAPH_BAD_REQUEST ? ErrorCode::kBadRequest : code_of(status);
    return Error(code, "storage '" + std::string(root) + "': " + std::string(message.text()));
  }
  return std::shared_ptr<CloudStore>(std::make_shared<ClientStore>(store, std::string(root)));
}

}  // namespace omnigraph
