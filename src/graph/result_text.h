// Results as text for people and spreadsheets (spec/cli.md §9).
#pragma once

#include "graph/result_data.h"

namespace omnigraph {

Status write_csv(const ResultSet::Data& data, const TextSink& sink);
Status write_key_value(const ResultSet::Data& data, const TextSink& sink);
Status write_table(const ResultSet::Data& data, const TableStyle& style, const TextSink& sink);

}  // namespace omnigraph
