#include "storage/object_store.h"

#include <algorithm>

namespace omnigraph {
namespace {

constexpr std::size_t kMaxObjectName = 512;

// For stores that cannot write in pieces: gathers everything, puts it on finish().
class BufferedWriter final : public ObjectWriter {
 public:
  BufferedWriter(ObjectStore& store, std::string name) : store_(store), name_(std::move(name)) {}
  Status append(std::string_view bytes) override {
    buffer_ += bytes;
    return {};
  }
  std::uint64_t size() const override { return buffer_.size(); }
  Status finish() override { return store_.put(name_, buffer_); }

 private:
  ObjectStore& store_;
  std::string name_;
  std::string buffer_;
};

}  // namespace

Bytes Bytes::of(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view data = *owner;
  return {data, std::move(owner)};
}

Result<std::vector<Bytes>> ObjectStore::get_ranges(std::string_view name,
                                                   std::span<const ByteRange> ranges) {
  std::vector<Bytes> out;
  out.reserve(ranges.size());
  for (const ByteRange& range : ranges) {
    OG_ASSIGN_OR_RETURN(Bytes bytes, get(name, range));
    out.push_back(std::move(bytes));
  }
  return out;
}

Result<std::vector<std::optional<Bytes>>> ObjectStore::get_many(
    std::span<const std::string> names) {
  std::vector<std::optional<Bytes>> out;
  out.reserve(names.size());
  for (const std::string& name : names) {
    auto bytes = get(name);
    if (bytes.ok()) {
      out.emplace_back(std::move(bytes).value());
    } else if (bytes.error().code() == ErrorCode::kNotFound) {
      out.emplace_back(std::nullopt);
    } else {
      return std::move(bytes).error();
    }
  }
  return out;
}

Result<Fetched> ObjectStore::fetch(const FetchRequest& request) {
  Fetched out;
  OG_ASSIGN_OR_RETURN(out.objects, get_many(request.objects));
  for (const FetchRequest::Names& names : request.names) {
    OG_ASSIGN_OR_RETURN(out.names.emplace_back(), list(names.prefix, names.start_after));
  }
  for (const FetchRequest::Piece& piece : request.pieces) {
    OG_ASSIGN_OR_RETURN(out.pieces.emplace_back(), get(piece.object, piece.range));
  }
  return out;
}

Result<std::unique_ptr<ObjectWriter>> ObjectStore::writer(std::string_view name) {
  if (!valid_object_name(name)) {
    return Error(ErrorCode::kInternal, "not an object name: '" + std::string(name) + "'");
  }
  return std::unique_ptr<ObjectWriter>(std::make_unique<BufferedWriter>(*this, std::string(name)));
}

bool valid_object_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxObjectName) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.starts_with(".tmp-")) return false;
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    }
    begin = end + 1;
  }
  return true;
}

}  // namespace omnigraph
