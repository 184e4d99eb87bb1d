// One cell of a result column as text, appended to a buffer without going through a Value where its
// type allows.
#pragma once

#include <cstddef>
#include <string>

#include "storage/column.h"

namespace omnigraph {

// JSON of spec/queries.md §14, compact.
void append_cell_json(std::string& out, const Column& column, std::size_t row);
// As tables, kv and csv show it: a string bare, null as `null`, anything else as compact JSON.
void append_cell_text(std::string& out, const Column& column, std::size_t row);

}  // namespace omnigraph
