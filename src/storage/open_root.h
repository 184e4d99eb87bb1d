// From what a user calls a graph's root to the store that holds it.
#pragma once

#include <string_view>

#include "storage/object_store.h"

namespace omnigraph {

// A path, file://, s3://, gs:// or az://. `create`: a missing folder may be made (object_store.h).
// Cloud roots are configured by the process's environment. Errors: kBadRequest (the root),
// kNotFound (no such folder), and those of open_cloud_store.
Result<ObjectStorePtr> open_root(std::string_view root, bool create);

}  // namespace omnigraph
