// Writes Thrift's compact protocol, as far as Parquet's footers and page headers need it. One
// writer, one message; fields of a struct must come in ascending order of their ids.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/byte_codec.h"

namespace omnigraph::parquet {

class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) { last_.push_back(0); }

  void i32(std::int16_t id, std::int32_t v) { field(id, kI32), append_zigzag(out_, v); }
  void i64(std::int16_t id, std::int64_t v) { field(id, kI64), append_zigzag(out_, v); }
  void boolean(std::int16_t id, bool v) { field(id, v ? kTrue : kFalse); }
  void text(std::int16_t id, std::string_view v) { field(id, kBinary), element(v); }
  void begin_struct(std::int16_t id) { field(id, kStruct), begin_element(); }
  void end_struct() { end_element(); }
  // A list of `size` elements follows: element(…), or begin_element() … end_element() for structs.
  void begin_i32s(std::int16_t id, std::size_t size) { list(id, size, kI32); }
  void begin_texts(std::int16_t id, std::size_t size) { list(id, size, kBinary); }
  void begin_structs(std::int16_t id, std::size_t size) { list(id, size, kStruct); }
  void element(std::int32_t v) { append_zigzag(out_, v); }
  void element(std::string_view v) {
    append_varint(out_, v.size());
    out_.append(v);
  }
  void begin_element() { last_.push_back(0); }
  void end_element() {
    out_.push_back('\0');
    last_.pop_back();
  }
  // Ends the outermost struct.
  void finish() {
    assert(last_.size() == 1);
    end_element();
  }

 private:
  enum Type : std::uint8_t {
    kTrue = 1,
    kFalse = 2,
    kI32 = 5,
    kI64 = 6,
    kBinary = 8,
    kList = 9,
    kStruct = 12,
  };

  void field(std::int16_t id, Type type) {
    const int step = id - last_.back();
    assert(step > 0);
    if (step <= 15) {
      out_.push_back(static_cast<char>(step << 4 | type));
    } else {
      out_.push_back(static_cast<char>(type));
      append_zigzag(out_, id);
    }
    last_.back() = id;
  }
  void list(std::int16_t id, std::size_t size, Type element) {
    field(id, kList);
    if (size < 15) {
      out_.push_back(static_cast<char>(size << 4 | element));
    } else {
      out_.push_back(static_cast<char>(0xF0 | element));
      append_varint(out_, size);
    }
  }

  std::string& out_;
  std::vector<std::int16_t> last_;  // of each open struct, the id of its last field
};

}  // namespace omnigraph::parquet
