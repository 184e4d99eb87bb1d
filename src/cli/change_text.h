// How changes are printed: as JSON, and as lines for people.
#pragma once

#include <string>

#include "common/json_writer.h"
#include "omnigraph/graph.h"
#include "schema/catalog.h"

namespace omnigraph::cli {

void write_cause(JsonWriter& json, const ChangeCause& cause);
void write_change(JsonWriter& json, const EntityChange& change);

// "commit: …" and the lines below it.
std::string cause_text(const ChangeCause& cause);
// "update node Person Ann" and the properties that differ. Dates are numbers, as in JSON; with the
// schema that says which they are, YYYY-MM-DD and YYYY-MM-DDThh:mm:ss.mmmZ.
std::string change_text(const EntityChange& change, const Catalog* catalog = nullptr);

}  // namespace omnigraph::cli
