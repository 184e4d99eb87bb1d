// A migration plan as people and programs read it (spec/schema.md §11.3, §12.2).
#pragma once

#include <string>

#include "common/json_writer.h"
#include "schema/migration.h"

namespace omnigraph {

// Writes one step as a JSON object, and all of them as an array.
void write_json(JsonWriter& json, const MigrationStep& step);
void write_json(JsonWriter& json, const std::vector<MigrationStep>& steps);

// One line without its leading `- `: "add node type 'Person'".
std::string describe(const MigrationStep& step);

}  // namespace omnigraph
