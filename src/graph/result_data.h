// What a ResultSet holds. Immutable once a query has returned it.
#pragma once

#include <string>
#include <vector>

#include "execution/run.h"
#include "omnigraph/result_set.h"
#include "storage/ids.h"

namespace omnigraph {

struct ResultSet::Data {
  std::string query_name;
  ReadTarget target;
  CommitId commit;
  std::vector<ResultColumn> columns;  // in projection order; names may repeat
  std::uint64_t rows = 0;
  std::string plan, plan_json;  // empty unless asked for
};

}  // namespace omnigraph
