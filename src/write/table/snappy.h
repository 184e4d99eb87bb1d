// Snappy's block format (github.com/google/snappy, format_description.txt): reading only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace omnigraph {

// Decompresses into `out`, which must come out as long as `size`. False on anything malformed.
bool snappy_decompress(std::string_view bytes, std::uint64_t size, std::string& out);

}  // namespace omnigraph
