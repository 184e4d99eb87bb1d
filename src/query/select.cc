#include "query/select.h"

#include <string>

namespace omnigraph {

Result<const QueryDecl*> select_query(const QueryFile& file, std::optional<std::string_view> name) {
  if (!name) {
    if (file.queries.size() == 1) return &file.queries.front();
    return bad_request("query file contains multiple queries; pass --name");
  }
  for (const QueryDecl& query : file.queries) {
    if (query.name == *name) return &query;
  }
  return bad_request("query '" + std::string(*name) + "' not found");
}

}  // namespace omnigraph
