#include "storage/parquet/page_decoder.h"

#include <zstd.h>

#include <array>
#include <cstring>
#include <span>

#include "common/crc32c.h"
#include "storage/byte_codec.h"
#include "storage/parquet/column_encoder.h"
#include "storage/parquet/encodings.h"

namespace omnigraph::parquet {
namespace {

Error damaged(std::string_view what) { return corrupt("page: " + std::string(what)); }

void set_null(std::uint64_t* validity, std::size_t row) {
  validity[row / 64] &= ~(std::uint64_t{1} << (row % 64));
}

// Moves the packed values of the present rows to their rows; nulls become zero.
template <typename T>
void spread(T* values, std::span<const std::uint32_t> levels, std::uint32_t present) {
  for (std::size_t i = levels.size(); i-- > 0;)
    values[i] = levels[i] != 0 ? values[--present] : T{};
}

// Splits a length-prefixed run of levels off `body`.
bool take_levels(std::string_view& body, std::string_view& levels) {
  if (body.size() < 4) return false;
  const auto size = load_fixed<std::uint32_t>(body.data());
  if (size > body.size() - 4) return false;
  levels = body.substr(4, size);
  body.remove_prefix(4 + std::size_t{size});
  return true;
}

// `count` packed values of a fixed-width type.
bool decode_fixed(ScalarType type, bool wide, PageEncoding encoding, std::string_view body,
                  std::size_t count, std::byte* out) {
  if (type == ScalarType::kBool) {
    if (encoding != PageEncoding::kPlain || body.size() != (count + 7) / 8) return false;
    auto* flags = reinterpret_cast<std::uint8_t*>(out);
    for (std::size_t i = 0; i < count; ++i) {
      flags[i] = (static_cast<std::uint8_t>(body[i / 8]) >> (i % 8)) & 1;
    }
    return true;
  }
  const std::size_t width = fixed_width(type);
  if (encoding == PageEncoding::kDelta) {
    if (type == ScalarType::kF32 || type == ScalarType::kF64) return false;
    if (width == 8) return decode_delta64(body, {reinterpret_cast<std::uint64_t*>(out), count});
    const std::span<std::uint32_t> values(reinterpret_cast<std::uint32_t*>(out), count);
    return wide ? decode_delta64_narrow(body, values) : decode_delta32(body, values);
  }
  if (encoding != PageEncoding::kPlain) return false;
  if (wide) {
    if (body.size() != count * 8) return false;
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(out + i * 4, body.data() + i * 8, 4);
    }
    return true;
  }
  if (body.size() != count * width) return false;
  if (count > 0) std::memcpy(out, body.data(), body.size());
  return true;
}

// Takes one length-prefixed text off `body`.
bool take_text(std::string_view& body, std::string_view& text) {
  if (body.size() < 4) return false;
  const auto size = load_fixed<std::uint32_t>(body.data());
  if (size > body.size() - 4) return false;
  text = body.substr(4, size);
  body.remove_prefix(4 + std::size_t{size});
  return true;
}

// Texts of a page one after the other into offsets and bytes.
class TextSink {
 public:
  TextSink(std::uint32_t* offsets, char* bytes, std::uint64_t begin, std::uint64_t size)
      : offsets_(offsets), bytes_(bytes), at_(begin), end_(begin + size) {}

  bool add(std::size_t row, std::string_view text) {
    if (text.size() > end_ - at_) return false;
    if (!text.empty()) std::memcpy(bytes_ + at_, text.data(), text.size());
    at_ += text.size();
    skip(row);
    return true;
  }
  void skip(std::size_t row) { offsets_[row + 1] = static_cast<std::uint32_t>(at_); }
  bool full() const { return at_ == end_; }

 private:
  std::uint32_t* offsets_;
  char* bytes_;
  std::uint64_t at_, end_;
};

// Rows of a column that is no list.
class FlatPage {
 public:
  FlatPage(const ColumnDirectory& column, const DataPage& page, const GroupTexts* dictionary,
           const PageTarget& target)
      : column_(column), page_(page), dictionary_(dictionary), target_(target) {}

  Status decode(std::string_view body) {
    const std::uint32_t nulls = page_.bounds.nulls;
    present_ = page_.rows - nulls;
    if (!column_.required) {
      std::string_view levels;
      if (!take_levels(body, levels)) return damaged("levels are cut off");
      if (nulls > 0) OG_RETURN_IF_ERROR(decode_levels(levels));
    } else if (nulls > 0) {
      return damaged("nulls in a required column");
    }
    if (page_.encoding == PageEncoding::kDictionary) return decode_codes(body);
    if (target_.offsets != nullptr) return decode_texts(body);
    if (target_.values == nullptr) return damaged("values of another kind");
    const std::size_t width = fixed_width(column_.type.scalar);
    std::byte* const out = target_.values + std::size_t{target_.row} * width;
    if (!decode_fixed(column_.type.scalar, column_.wide, page_.encoding, body, present_, out)) {
      return damaged("malformed values");
    }
    if (nulls == 0) return {};
    if (width == 1) {
      spread(reinterpret_cast<std::uint8_t*>(out), levels(), present_);
    } else if (width == 4) {
      spread(reinterpret_cast<std::uint32_t*>(out), levels(), present_);
    } else {
      spread(reinterpret_cast<std::uint64_t*>(out), levels(), present_);
    }
    return {};
  }

 private:
  std::span<const std::uint32_t> levels() const { return {levels_.data(), page_.rows}; }

  Status decode_levels(std::string_view encoded) {
    const std::span<std::uint32_t> out(levels_.data(), page_.rows);
    if (target_.validity == nullptr || !decode_hybrid(encoded, 1, 1, out)) {
      return damaged("malformed levels");
    }
    std::uint32_t present = 0;
    for (std::uint32_t i = 0; i < page_.rows; ++i) {
      present += out[i];
      if (out[i] == 0) set_null(target_.validity, target_.row + i);
    }
    if (present != present_) return damaged("another number of nulls");
    return {};
  }

  bool is_null(std::uint32_t i) const { return page_.bounds.nulls > 0 && levels_[i] == 0; }

  Status decode_texts(std::string_view body) {
    if (page_.encoding != PageEncoding::kPlain) return damaged("texts in an unknown encoding");
    TextSink sink(target_.offsets, target_.bytes, target_.text, page_.text_bytes);
    for (std::uint32_t i = 0; i < page_.rows; ++i) {
      if (is_null(i)) {
        sink.skip(target_.row + i);
        continue;
      }
      std::string_view text;
      if (!take_text(body, text) || !sink.add(target_.row + i, text)) {
        return damaged("malformed texts");
      }
    }
    if (!body.empty() || !sink.full()) return damaged("texts that do not fill the page");
    return {};
  }

  Status decode_codes(std::string_view body) {
    if (dictionary_ == nullptr || dictionary_->texts.empty() || body.empty()) {
      return damaged("codes without a dictionary");
    }
    const auto most = static_cast<std::uint32_t>(dictionary_->texts.size() - 1);
    const auto width = static_cast<std::uint8_t>(body[0]);
    std::array<std::uint32_t, kPageRows> own;
    std::uint32_t* const codes =
        target_.codes != nullptr ? target_.codes + target_.row : own.data();
    if (!decode_hybrid(body.substr(1), width, most, {codes, present_})) {
      return damaged("malformed codes");
    }
    if (target_.codes != nullptr) {
      if (!dictionary_->recode.empty()) {
        for (std::uint32_t i = 0; i < present_; ++i) codes[i] = dictionary_->recode[codes[i]];
      }
      if (page_.bounds.nulls > 0) spread(codes, levels(), present_);
      return {};
    }
    if (target_.offsets == nullptr) return damaged("codes of another kind");
    TextSink sink(target_.offsets, target_.bytes, target_.text, page_.text_bytes);
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < page_.rows; ++i) {
      if (is_null(i)) {
        sink.skip(target_.row + i);
      } else if (!sink.add(target_.row + i, dictionary_->texts[codes[next++]])) {
        return damaged("texts that do not fit the page");
      }
    }
    if (!sink.full()) return damaged("texts that do not fill the page");
    return {};
  }

  const ColumnDirectory& column_;
  const DataPage& page_;
  const GroupTexts* dictionary_;
  const PageTarget& target_;
  std::uint32_t present_ = 0;
  std::array<std::uint32_t, kPageRows> levels_;
};

// Rows of lists and vectors.
class NestedPage {
 public:
  NestedPage(const ColumnDirectory& column, const DataPage& page, const PageTarget& target)
      : column_(column), page_(page), target_(target) {}

  Status decode(std::string_view body) {
    std::string_view repetition, definition;
    if (!take_levels(body, repetition) || !take_levels(body, definition)) {
      return damaged("levels are cut off");
    }
    if (!column_.type.list && page_.bounds.nulls == 0 &&
        page_.elements == std::uint64_t{page_.rows} * column_.type.dimension) {
      return decode_vectors(body, {});
    }
    std::vector<std::uint32_t> starts(page_.levels), kinds(page_.levels);
    if (!decode_hybrid(repetition, 1, 1, starts) ||
        !decode_hybrid(definition, 2, kElement, kinds)) {
      return damaged("malformed levels");
    }
    if (!column_.type.list) return decode_vectors(body, kinds);
    return decode_lists(body, starts, kinds);
  }

 private:
  // Rows from their levels: calls begin(row, kind) for each row and element(kind) for each element.
  template <typename Begin, typename Element>
  bool walk(std::span<const std::uint32_t> starts, std::span<const std::uint32_t> kinds,
            const Begin& begin, const Element& element) const {
    std::uint32_t row = 0, elements = 0;
    bool open = false;  // the last row may go on
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const bool empty = kinds[i] == kNullList || kinds[i] == kEmptyList;
      if (starts[i] == 0) {
        if (row == page_.rows) return false;
        begin(row++, kinds[i]);
        open = !empty;
      } else if (!open || empty) {
        return false;
      }
      if (empty) continue;
      if (++elements > page_.elements) return false;
      element(kinds[i]);
    }
    return row == page_.rows && elements == page_.elements;
  }

  Status decode_vectors(std::string_view body, std::span<const std::uint32_t> kinds) {
    const std::size_t width = column_.type.dimension * sizeof(float);
    if (target_.values == nullptr) return damaged("vectors of another kind");
    std::byte* const out = target_.values + target_.row * width;
    if (page_.bounds.nulls == 0) {
      if (body.size() != page_.rows * width) return damaged("vectors of another dimension");
      if (!body.empty()) std::memcpy(out, body.data(), body.size());
      return {};
    }
    // A vector's first element, or its null, stands at each start; the others follow it.
    std::uint32_t row = 0, nulls = 0;
    for (std::size_t i = 0; i < kinds.size();) {
      if (row == page_.rows) return damaged("another number of vectors");
      if (kinds[i] == kNullList && target_.validity != nullptr) {
        set_null(target_.validity, target_.row + row);
        std::memset(out + row * width, 0, width);
        ++nulls;
        ++i;
      } else {
        if (kinds[i] != kVectorElement || body.size() < width) return damaged("malformed vectors");
        std::memcpy(out + row * width, body.data(), width);
        body.remove_prefix(width);
        i += column_.type.dimension;
      }
      ++row;
    }
    if (row != page_.rows || nulls != page_.bounds.nulls || !body.empty()) {
      return damaged("another number of vectors");
    }
    return {};
  }

  Status decode_lists(std::string_view body, std::span<const std::uint32_t> starts,
                      std::span<const std::uint32_t> kinds) {
    if (target_.offsets == nullptr) return damaged("lists of another kind");
    std::uint32_t at = target_.element, nulls = 0, null_elements = 0, row_end = 0;
    bool fits = true;
    std::vector<std::uint32_t> present;  // of each element, 1 or 0
    present.reserve(page_.elements);
    fits = walk(
        starts, kinds,
        [&](std::uint32_t row, std::uint32_t kind) {
          if (kind == kNullList) {
            ++nulls;
            if (target_.validity != nullptr) set_null(target_.validity, target_.row + row);
          }
          row_end = target_.row + row + 1;
          target_.offsets[row_end] = at;
        },
        [&](std::uint32_t kind) {
          present.push_back(kind == kElement ? 1 : 0);
          if (kind != kElement) {
            ++null_elements;
            if (target_.element_validity != nullptr) set_null(target_.element_validity, at);
          }
          target_.offsets[row_end] = ++at;
        });
    if (!fits || nulls != page_.bounds.nulls || null_elements != page_.element_nulls) {
      return damaged("malformed lists");
    }
    return decode_elements(body, present, page_.elements - null_elements);
  }

  Status decode_elements(std::string_view body, std::span<const std::uint32_t> present,
                         std::uint32_t count) {
    const std::uint32_t first = target_.element;
    if (target_.element_offsets != nullptr) {
      if (page_.encoding != PageEncoding::kPlain) return damaged("texts in an unknown encoding");
      TextSink sink(target_.element_offsets, target_.element_bytes, target_.text, page_.text_bytes);
      for (std::uint32_t i = 0; i < present.size(); ++i) {
        std::string_view text;
        if (present[i] == 0) {
          sink.skip(first + i);
        } else if (!take_text(body, text) || !sink.add(first + i, text)) {
          return damaged("malformed texts");
        }
      }
      if (!body.empty() || !sink.full()) return damaged("texts that do not fill the page");
      return {};
    }
    if (target_.element_values == nullptr) {
      // A column whose elements are null in every list has no buffer for them.
      return count == 0 ? Status() : damaged("elements of another kind");
    }
    const std::size_t width = fixed_width(column_.type.scalar);
    std::byte* const out = target_.element_values + std::size_t{first} * width;
    if (!decode_fixed(column_.type.scalar, false, page_.encoding, body, count, out)) {
      return damaged("malformed elements");
    }
    if (count == present.size()) return {};
    if (width == 1) {
      spread(reinterpret_cast<std::uint8_t*>(out), present, count);
    } else if (width == 4) {
      spread(reinterpret_cast<std::uint32_t*>(out), present, count);
    } else {
      spread(reinterpret_cast<std::uint64_t*>(out), present, count);
    }
    return {};
  }

  const ColumnDirectory& column_;
  const DataPage& page_;
  const PageTarget& target_;
};

}  // namespace

Result<PageBody> open_page(const StoredPage& page, std::string_view stored) {
  if (stored.size() != std::uint64_t{page.header_bytes} + page.stored_bytes) {
    return damaged("cut off");
  }
  if (crc32c(stored) != page.crc) return damaged("it does not match its checksum");
  PageBody body;
  body.bytes = stored.substr(page.header_bytes);
  if (page.codec == PageCodec::kNone) return body;
  if (ZSTD_getFrameContentSize(body.bytes.data(), body.bytes.size()) != page.body_bytes) {
    return damaged("its compressed size does not fit");
  }
  body.owned = std::make_unique_for_overwrite<char[]>(page.body_bytes);
  const std::size_t size =
      ZSTD_decompress(body.owned.get(), page.body_bytes, body.bytes.data(), body.bytes.size());
  if (ZSTD_isError(size) || size != page.body_bytes) return damaged("it does not decompress");
  body.bytes = {body.owned.get(), size};
  return body;
}

Result<GroupTexts> decode_dictionary(const DictionaryPage& page, PageBody body) {
  GroupTexts dictionary;
  dictionary.body = std::move(body);
  std::string_view rest = dictionary.body.bytes;
  dictionary.texts.reserve(page.entries);
  std::uint64_t size = 0;
  for (std::uint32_t i = 0; i < page.entries; ++i) {
    std::string_view text;
    if (!take_text(rest, text) || (i > 0 && text <= dictionary.texts.back())) {
      return damaged("a malformed dictionary");
    }
    dictionary.texts.push_back(text);
    size += text.size();
  }
  if (!rest.empty() || size != page.text_bytes) return damaged("a malformed dictionary");
  return dictionary;
}

Status decode_page(const ColumnDirectory& column, const DataPage& page, std::string_view body,
                   const GroupTexts* dictionary, const PageTarget& target) {
  if (column.type.list || column.type.scalar == ScalarType::kVector) {
    return NestedPage(column, page, target).decode(body);
  }
  return FlatPage(column, page, dictionary, target).decode(body);
}

}  // namespace omnigraph::parquet
