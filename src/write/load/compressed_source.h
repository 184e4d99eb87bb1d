// Inputs that are compressed: gzip and Zstandard, recognised by their first bytes and never by a
// name, so that pipes work as files do.
#pragma once

#include <memory>
#include <string>

#include "omnigraph/error.h"
#include "write/load/load.h"

namespace omnigraph {

// The content of `source`, decompressed while it is read if it is compressed; several compressed
// parts one after the other are one content. Errors while reading: kBadRequest for a damaged or
// cut-off stream, kResourceExhausted for a Zstandard window above 128 MiB; both name `name`.
// Memory: two buffers of 256 KiB and what the decoder needs.
Result<std::unique_ptr<LoadSource>> decompressed(std::unique_ptr<LoadSource> source,
                                                 std::string name);

}  // namespace omnigraph
