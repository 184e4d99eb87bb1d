// How changes are printed: as JSON, and as lines for people.
#pragma once

#include <string>

#include "common/json_writer.h"
#include "omnigraph/graph.h"

namespace omnigraph::cli {

void write_cause(JsonWriter& json, const ChangeCause& cause);
void write_change(JsonWriter& json, const EntityChange& change);

// "commit: …" and the lines below it.
std::string cause_text(const ChangeCause& cause);
// "update node Person Ann" and the properties that differ.
std::string change_text(const EntityChange& change);

}  // namespace omnigraph::cli
