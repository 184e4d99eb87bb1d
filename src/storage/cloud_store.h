// Graph roots in object stores: s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, over
// the client in rust/ (omnigraph_rust.h). Opening a root connects to nothing; the client's threads
// start with the first root that a process opens.
//
// Errors of all calls name the object, the cause and the way out: kNotFound (that object),
// kForbidden (credentials), kIo (no network, no bucket, a server that fails, hangs or is none),
// kCancelled. Each comes within the timeout, 60 s or OMNIGRAPH_STORE_TIMEOUT seconds.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/object_store.h"

namespace omnigraph {

// Names and values of what configures stores: AWS_*, GOOGLE_*, AZURE_*, STORAGE_EMULATOR_HOST,
// HOME, OMNIGRAPH_STORE_TIMEOUT.
using StoreVariables = std::vector<std::pair<std::string, std::string>>;
// Those of this process's environment.
StoreVariables process_store_variables();

// Whether a root begins with s3://, gs:// or az://.
bool is_cloud_root(std::string_view root);

class CloudStore : public ObjectStore {
 public:
  // Ends all calls under way and all later ones with kCancelled.
  virtual void cancel() = 0;
};

// Errors: kBadRequest (the root or a variable), kForbidden (no credentials).
Result<std::shared_ptr<CloudStore>> open_cloud_store(std::string_view root,
                                                     const StoreVariables& variables);

}  // namespace omnigraph
