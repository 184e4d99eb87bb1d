// From a stored page to rows of a column in memory. Decodes straight into buffers of the whole
// column (or of one page), so that pages of one column can be decoded at once. Pages are untrusted:
// every decoder checks what it reads against the page's directory entry and its buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/page_directory.h"
#include "omnigraph/error.h"
#include "storage/column.h"

namespace omnigraph::parquet {

// A page's body, decompressed; a view into what was read, or owned.
struct PageBody {
  std::string_view bytes;
  std::unique_ptr<char[]> owned;
};

// Checks a page as it lies in the file (header and stored body) and opens its body. Error kCorrupt.
Result<PageBody> open_page(const StoredPage& page, std::string_view stored);

// The texts of a row group's dictionary, and the codes they have in the column that is built
// (empty: their own).
struct GroupTexts {
  PageBody body;
  std::vector<std::string_view> texts;  // sorted, distinct
  std::vector<std::uint32_t> recode;
};
Result<GroupTexts> decode_dictionary(const DictionaryPage& page, PageBody body);

// Buffers of a column, and where in them a page's rows begin. Which ones are needed follows from
// the type; `validity` is null when the column has no nulls, and all ones to begin with.
struct PageTarget {
  std::uint64_t* validity = nullptr;
  std::byte* values = nullptr;       // fixed and vectors
  std::uint32_t* offsets = nullptr;  // texts and lists
  char* bytes = nullptr;             // texts
  std::uint32_t* codes = nullptr;    // dictionary-coded texts; offsets and bytes are then null
  std::uint32_t row = 0;
  std::uint64_t text = 0;  // bytes of texts before this page
  // Elements of lists.
  std::uint64_t* element_validity = nullptr;
  std::byte* element_values = nullptr;
  std::uint32_t* element_offsets = nullptr;
  char* element_bytes = nullptr;
  std::uint32_t element = 0;  // elements before this page
};

// Error kCorrupt.
Status decode_page(const ColumnDirectory& column, const DataPage& page, std::string_view body,
                   const GroupTexts* dictionary, const PageTarget& target);

}  // namespace omnigraph::parquet
