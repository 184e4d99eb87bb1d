#include "write/load/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "common/crc32c.h"
#include "common/fault_point.h"

namespace omnigraph {
namespace {

constexpr std::string_view kName = "temporary file of a load";

// A file without a name in `folder`; not valid when that cannot be (errno says why).
FileDescriptor open_nameless(const std::string& folder) {
#ifdef O_TMPFILE
  FileDescriptor fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
#endif
  // File systems that know only names: one that is taken away at once.
  std::string path = folder + "/.tmp-load-XXXXXX";
  std::vector<char> name(path.begin(), path.end());
  name.push_back('\0');
  FileDescriptor named(::mkostemp(name.data(), O_CLOEXEC));
  if (named.valid()) ::unlink(name.data());
  return named;
}

}  // namespace

Result<std::unique_ptr<SpillFile>> SpillFile::create(const ObjectStore& objects) {
  OG_FAULT_POINT("spill.before_create");
  const char* given = std::getenv("TMPDIR");
  const std::string fallback = given != nullptr && *given != '\0' ? given : "/tmp";
  FileDescriptor fd = open_nameless(objects.local_path().value_or(fallback));
  if (!fd.valid()) return system_error(errno, "cannot make", kName);
  return std::unique_ptr<SpillFile>(new SpillFile(std::move(fd)));
}

Result<SpillFile::Block> SpillFile::append(std::string_view bytes) {
  OG_FAULT_POINT("spill.before_write");
  const Block block{size_, bytes.size(), crc32c(bytes)};
  OG_RETURN_IF_ERROR(write_all_at(fd_.get(), bytes, size_, kName));
  size_ += bytes.size();
  return block;
}

Result<std::string> SpillFile::read(const Block& block) const {
  std::string bytes(block.bytes, '\0');
  OG_ASSIGN_OR_RETURN(const std::size_t got,
                      read_at(fd_.get(), bytes.data(), bytes.size(), block.offset, kName));
  if (got != bytes.size() || crc32c(bytes) != block.checksum) {
    return corrupt("the " + std::string(kName) + " does not hold what was written to it");
  }
  return bytes;
}

}  // namespace omnigraph
