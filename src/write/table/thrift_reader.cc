#include "write/table/thrift_reader.h"

namespace omnigraph {
namespace {

enum Type {
  kTrue = 1,
  kFalse,
  kByte,
  kI16,
  kI32,
  kI64,
  kDouble,
  kBinary,
  kList,
  kSet,
  kMap,
  kStruct
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::size_t at() const { return at_; }

  bool read_struct(ThriftValue& out, int depth) {
    if (depth > kMaxThriftDepth) return false;
    int id = 0;
    for (;;) {
      std::uint8_t head = 0;
      if (!byte(head)) return false;
      if (head == 0) return true;
      const int step = head >> 4;
      if (step != 0) {
        id += step;
      } else {
        std::int64_t given = 0;
        if (!zigzag(given) || given < -32768 || given > 32767) return false;
        id = static_cast<int>(given);
      }
      ThriftValue& value = out.fields[id];
      const int type = head & 15;
      if (type == kTrue || type == kFalse) {
        value.number = type == kTrue ? 1 : 0;
      } else if (!read_value(type, value, depth + 1)) {
        return false;
      }
    }
  }

 private:
  bool byte(std::uint8_t& out) {
    if (at_ == bytes_.size()) return false;
    out = static_cast<std::uint8_t>(bytes_[at_++]);
    return true;
  }
  bool varint(std::uint64_t& out) {
    out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      std::uint8_t b = 0;
      if (!byte(b)) return false;
      out |= std::uint64_t{b & 0x7Fu} << shift;
      if (b < 0x80) return true;
    }
    return false;
  }
  bool zigzag(std::int64_t& out) {
    std::uint64_t raw = 0;
    if (!varint(raw)) return false;
    out = static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
    return true;
  }

  bool read_value(int type, ThriftValue& out, int depth) {
    if (depth > kMaxThriftDepth || ++values_ > kMaxThriftValues) return false;
    switch (type) {
      case kTrue:
      case kFalse: {  // within lists
        std::uint8_t b = 0;
        if (!byte(b)) return false;
        out.number = b == kTrue ? 1 : 0;
        return true;
      }
      case kByte: {
        std::uint8_t b = 0;
        if (!byte(b)) return false;
        out.number = static_cast<std::int8_t>(b);
        return true;
      }
      case kI16:
      case kI32:
      case kI64:
        return zigzag(out.number);
      case kDouble:
        if (bytes_.size() - at_ < 8) return false;
        at_ += 8;
        return true;
      case kBinary: {
        std::uint64_t size = 0;
        if (!varint(size) || size > bytes_.size() - at_) return false;
        out.bytes = bytes_.substr(at_, size);
        at_ += size;
        return true;
      }
      case kList:
      case kSet: {
        std::uint8_t head = 0;
        if (!byte(head)) return false;
        std::uint64_t size = head >> 4;
        if (size == 15 && !varint(size)) return false;
        if (size > bytes_.size() - at_) return false;  // an element takes a byte at least
        out.list.reserve(size);
        for (std::uint64_t i = 0; i < size; ++i) {
          if (!read_value(head & 15, out.list.emplace_back(), depth + 1)) return false;
        }
        return true;
      }
      case kMap: {
        std::uint64_t size = 0;
        if (!varint(size)) return false;
        std::uint8_t types = 0;
        if (size > 0 && !byte(types)) return false;
        if (size > bytes_.size() - at_) return false;
        for (std::uint64_t i = 0; i < size; ++i) {
          ThriftValue skipped;
          if (!read_value(types >> 4, skipped, depth + 1)) return false;
          if (!read_value(types & 15, skipped, depth + 1)) return false;
        }
        return true;
      }
      case kStruct:
        return read_struct(out, depth + 1);
      default:
        return false;
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0, values_ = 0;
};

}  // namespace

std::optional<ThriftValue> read_thrift(std::string_view bytes, std::size_t* used) {
  Reader reader(bytes);
  ThriftValue out;
  if (!reader.read_struct(out, 0)) return std::nullopt;
  if (used != nullptr) *used = reader.at();
  return out;
}

}  // namespace omnigraph
