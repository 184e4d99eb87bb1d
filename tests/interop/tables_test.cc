// Tables that the pyarrow of this machine writes are loaded, and it reads what we export. Skipped
// where pyarrow is not installed; tests/graph/table_test.cc loads checked-in files everywhere.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "omnigraph/graph.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Thing {
    key: String @key
    i32: I32?  i64: I64?  u32: U32?  u64: U64?  f32: F32?  f64: F64?  flag: Bool?
    day: Date?  at: DateTime?  text: String?  tags: [String]?  nums: [I64]?  vec: Vector(3)?
    body: Blob?
}
)";

int run_script(const std::string& arguments) {
  const std::string script =
      (std::filesystem::path(__FILE__).parent_path() / "make_tables.py").string();
  const int status = std::system(("python3 '" + script + "' " + arguments).c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(TableInterop, BothWays) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("tables_interop_" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const int made = run_script("'" + folder.string() + "'");
  if (made == 77 || made == 127) {
    std::filesystem::remove_all(folder);
    GTEST_SKIP() << "no pyarrow";
  }
  ASSERT_EQ(made, 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.starts_with("odd_") || name.starts_with("out_")) continue;
    SCOPED_TRACE(name);
    ++files;
    const Graph graph = Graph::create((folder / ("g_" + name)).string(), kSchema).value();
    const auto report = graph.load_file(
        entry.path().string(), {.mode = LoadMode::kAppend, .table = TableInput{.type = "Thing"}});
    ASSERT_TRUE(report.ok()) << report.error().message();
    const std::string exported = (folder / ("out_" + name)).string();
    std::ofstream out(exported, std::ios::binary);
    const Status status = graph.export_parquet("main", "Thing", [&](std::string_view bytes) {
      out << bytes;
      return Status();
    });
    out.close();
    ASSERT_TRUE(status.ok()) << status.error().message();
    EXPECT_EQ(run_script("--compare '" + exported + "' '" +
                         (folder / "gzip_plain.parquet").string() + "'"),
              0);
  }
  EXPECT_EQ(files, 7);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace omnigraph
