#include "write/limits.h"

namespace omnigraph {

Error resource_limit(std::string_view resource, std::uint64_t limit, std::uint64_t actual) {
  const std::string name(resource);
  return Error(ErrorCode::kResourceExhausted, "resource limit exceeded for " + name + ": actual " +
                                                  std::to_string(actual) + ", limit " +
                                                  std::to_string(limit))
      .with({.kind = "resource_limit",
             .fields = {{"resource", name},
                        {"limit", std::to_string(limit)},
                        {"actual", std::to_string(actual)}}});
}

}  // namespace omnigraph
