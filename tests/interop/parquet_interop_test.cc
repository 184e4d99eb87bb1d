// Segments are Parquet files that others read: writes some, and lets parquet_interop.py compare
// what pyarrow reads with what was written. Skipped where pyarrow is not installed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/json_writer.h"
#include "common/test_runtime.h"
#include "storage/segment_files.h"
#include "storage/segment_samples.h"

namespace omnigraph {
namespace {

using namespace samples;

// Dates and instants as numbers: days and milliseconds.
void write_value(JsonWriter& json, const Value& value) {
  if (const auto* date = value.get_if<Date>()) {
    json.value(std::int64_t{date->days});
  } else if (const auto* instant = value.get_if<DateTime>()) {
    json.value(instant->millis);
  } else {
    json.value(value);
  }
}

void compare(const RowBatch& batch, const SegmentOptions& options) {
  // Tests of this binary may run side by side, each in a process of its own.
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("parquet_interop_" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  const ObjectStorePtr objects = open_local_store(folder.string(), true).value();
  const Runtime runtime = test_runtime();
  UlidSource ulids(runtime.clock, runtime.random);
  const SegmentRef ref = write_segment_files(*objects, ulids, batch, options).value();
  const std::string rows_path = (folder / "rows.jsonl").string();
  std::ofstream rows(rows_path);
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    std::string line;
    JsonWriter json(line);
    json.begin_object();
    if (!batch.ids.is_run() && !options.id_property) json.key("id").value(batch.ids.str(row));
    if (batch.is_edge) json.key("_src").value(batch.src[row]).key("_dst").value(batch.dst[row]);
    for (const auto& [property, column] : batch.columns) {
      json.key("p" + std::to_string(property));
      write_value(json, column->value(row));
    }
    json.end_object();
    rows << line << '\n';
  }
  rows.close();
  const std::string script =
      (std::filesystem::path(__FILE__).parent_path() / "parquet_interop.py").string();
  const std::string command = "python3 '" + script + "' '" +
                              (folder / segment_data_name(ref.table, ref.id)).string() + "' '" +
                              rows_path + "'";
  const int status = std::system(command.c_str());
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) GTEST_SKIP() << "no pyarrow";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ParquetInterop, NodesOfEveryType) {
  SegmentOptions options;
  options.properties = people_properties();
  for (const std::uint32_t rows : {1u, 300u, 70000u}) compare(people(rows), options);
}

TEST(ParquetInterop, Edges) {
  SegmentOptions options;
  options.properties = follows_properties();
  for (const std::uint32_t rows : {1u, 9000u}) compare(follows(rows, 500), options);
}

}  // namespace
}  // namespace omnigraph
