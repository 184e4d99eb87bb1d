#include "storage/envelope.h"

#include <cassert>

#include "common/crc32c.h"
#include "storage/byte_codec.h"

namespace omnigraph {

std::string seal_envelope(std::uint32_t magic, std::uint32_t version, std::string_view header,
                          std::string_view payload) {
  assert(header.size() <= UINT32_MAX);
  std::string out;
  out.reserve(kEnvelopeFixed + header.size() + payload.size());
  append_fixed<std::uint32_t>(out, magic);
  append_fixed<std::uint32_t>(out, version);
  append_fixed<std::uint32_t>(out, static_cast<std::uint32_t>(header.size()));
  append_fixed<std::uint64_t>(out, payload.size());
  out += header;
  out += payload;
  append_fixed<std::uint32_t>(out, crc32c(out));
  return out;
}

Result<Envelope> open_envelope(std::string_view bytes, std::uint32_t magic, std::uint32_t newest,
                               std::string_view what, std::string_view name) {
  if (bytes.size() < kEnvelopeFixed) return damaged(what, name, "it is cut short");
  if (load_fixed<std::uint32_t>(bytes.data()) != magic) return damaged(what, name, "it is not one");
  const std::uint32_t version = load_fixed<std::uint32_t>(bytes.data() + 4);
  const std::uint64_t header = load_fixed<std::uint32_t>(bytes.data() + 8);
  const std::uint64_t payload = load_fixed<std::uint64_t>(bytes.data() + 12);
  if (header > kMaxEnvelope || payload > kMaxEnvelope ||
      kEnvelopeFixed + header + payload != bytes.size()) {
    return damaged(what, name, "its length is wrong");
  }
  if (crc32c(bytes.substr(0, bytes.size() - 4)) !=
      load_fixed<std::uint32_t>(bytes.data() + bytes.size() - 4)) {
    return damaged(what, name, "its checksum does not match");
  }
  if (version == 0 || version > newest) {
    return Error(ErrorCode::kUnsupportedFormat,
                 std::string(what) + " '" + std::string(name) + "' has version " +
                     std::to_string(version) + "; this build reads up to " +
                     std::to_string(newest) + ": use a newer omnigraph");
  }
  return Envelope{bytes.substr(20, header), bytes.substr(20 + header, payload)};
}

Error damaged(std::string_view what, std::string_view name, std::string_view why) {
  std::string message(what);
  message += " '";
  message += name;
  message += "' is damaged: ";
  message += why;
  message += "; restore it from a copy or run `omnigraph repair`";
  return corrupt(std::move(message));
}

}  // namespace omnigraph
