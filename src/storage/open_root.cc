#include "storage/open_root.h"

#include <cstdlib>

#include "storage/caching_store.h"
#include "storage/cloud_store.h"

namespace omnigraph {
namespace {

constexpr std::string_view kFileScheme = "file://";

}  // namespace

Result<ObjectStorePtr> open_root(std::string_view root, bool create) {
  if (is_cloud_root(root)) {
    OG_ASSIGN_OR_RETURN(auto cloud, open_cloud_store(root, process_store_variables()));
    OG_ASSIGN_OR_RETURN(const auto cache, cache_settings(std::getenv("OMNIGRAPH_CACHE_DIR"),
                                                         std::getenv("OMNIGRAPH_CACHE_BYTES")));
    if (!cache) return ObjectStorePtr(std::move(cloud));
    return ObjectStorePtr(std::make_shared<CachingStore>(std::move(cloud), *cache));
  }
  std::string_view path = root;
  if (path.starts_with(kFileScheme)) path.remove_prefix(kFileScheme.size());
  const std::size_t scheme = path.find("://");
  if (scheme != std::string_view::npos) {
    return bad_request("storage '" + std::string(root) +
                       "': " + std::string(path.substr(0, scheme)) +
                       ":// is no storage; use a path, file://, s3://, gs:// or az://");
  }
  if (path.empty()) return bad_request("the path of a graph cannot be empty");
  return open_local_store(std::string(path), create);
}

}  // namespace omnigraph
