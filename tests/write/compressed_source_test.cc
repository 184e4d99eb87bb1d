#include "write/load/compressed_source.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace omnigraph::test {
namespace {

std::string text() {
  std::string out;
  for (int i = 0; i < 200'000; ++i) out += "line " + std::to_string(i * 7919) + "\n";
  return out;
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

// The content, or the error's message. `step`: bytes asked for at a time.
std::string read_all(std::string_view stored, std::size_t step = 100'000) {
  auto source = decompressed(text_load_source(stored), "data.x");
  if (!source.ok()) return source.error().message();
  std::string out;
  std::string buffer(step, '\0');
  for (;;) {
    const auto got = (*source)->read(buffer.data(), buffer.size());
    if (!got.ok()) return got.error().message();
    if (*got == 0) return out;
    out.append(buffer, 0, *got);
  }
}

TEST(CompressedSource, PlainInputPassesThrough) {
  for (const std::string plain : {"", "{", "{}\n", "{\"a\":1}\n{\"b\":2}\n"}) {
    EXPECT_EQ(read_all(plain, 3), plain);
  }
}

TEST(CompressedSource, GzipAndZstandardInParts) {
  const std::string plain = text();
  for (const std::string& whole : {gzip(plain), zstd(plain)}) {
    EXPECT_EQ(read_all(whole), plain);
    EXPECT_EQ(read_all(whole, 7'777), plain);
  }
  EXPECT_EQ(read_all(gzip("one\n") + gzip("") + gzip("two\n")), "one\ntwo\n");
  EXPECT_EQ(read_all(zstd("one\n") + zstd("") + zstd("two\n")), "one\ntwo\n");
  EXPECT_EQ(read_all(gzip("")), "");
  EXPECT_EQ(read_all(zstd("")), "");
}

TEST(CompressedSource, DamageIsNamed) {
  const std::string plain = text();
  std::string cut = gzip(plain);
  cut.resize(cut.size() / 2);
  EXPECT_EQ(read_all(cut), "cannot read 'data.x': its gzip data ends early");
  cut = zstd(plain);
  cut.resize(cut.size() / 2);
  EXPECT_EQ(read_all(cut), "cannot read 'data.x': its Zstandard data ends early");
  std::string bent = gzip(plain);
  for (std::size_t i = 2'000; i < 2'100; ++i) bent[i] = static_cast<char>(bent[i] ^ 0x5A);
  EXPECT_EQ(read_all(bent), "cannot read 'data.x': its gzip data is damaged");
  EXPECT_EQ(read_all(gzip("one") + "garbage"), "cannot read 'data.x': its gzip data is damaged");
}

}  // namespace
}  // namespace omnigraph::test
