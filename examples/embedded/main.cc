// Plans ferry trips: an application with a graph inside. It makes one in the folder that it is
// given, fills it, changes it, and asks which towns a traveller can reach.
//
//   ferry_planner FOLDER
#include <omnigraph/graph.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kSchema = R"(
node Town {
  name: String @key
  population: I32
}
edge Ferry: Town -> Town {
  minutes: I32
}
)";

constexpr std::string_view kTowns =
    R"({"type": "Town", "data": {"name": "Aldmouth", "population": 68400}}
{"type": "Town", "data": {"name": "Brackenford", "population": 21900}}
{"type": "Town", "data": {"name": "Ingle", "population": 12800}}
{"edge": "Ferry", "from": "Brackenford", "to": "Aldmouth", "data": {"minutes": 240}}
{"edge": "Ferry", "from": "Ingle", "to": "Brackenford", "data": {"minutes": 35}}
)";

constexpr std::string_view kQueries = R"(
query reachable($from: String) {
  match {
    $a: Town { name: $from }
    $a ferry{1,3} $b
  }
  return { $b.name as town, $b.population as population }
  order { population desc }
}

query open_ferry($from: String, $to: String, $minutes: I32) {
  insert Ferry { from: $from, to: $to, minutes: $minutes }
}
)";

omnigraph::Status plan(std::string_view folder) {
  OG_ASSIGN_OR_RETURN(const omnigraph::Graph graph, omnigraph::Graph::create(folder, kSchema));
  OG_ASSIGN_OR_RETURN(const auto loaded,
                      graph.load_text(kTowns, {.mode = omnigraph::LoadMode::kAppend}));
  std::printf("loaded %llu entities\n", static_cast<unsigned long long>(loaded.total_entities));

  OG_RETURN_IF_ERROR(
      graph.mutate({.source = kQueries,
                    .name = "open_ferry",
                    .params = R"({"from": "Aldmouth", "to": "Ingle", "minutes": 270})"}));

  // One consistent snapshot; rows come as typed values.
  OG_ASSIGN_OR_RETURN(
      const auto towns,
      graph.query({.source = kQueries, .name = "reachable", .params = R"({"from": "Ingle"})"}));
  for (std::size_t row = 0; row < towns.rows(); ++row) {
    const omnigraph::Value name = towns.value(row, 0);
    const omnigraph::Value population = towns.value(row, 1);
    std::printf("from Ingle to %s, where %lld people live\n", name.get_if<std::string>()->c_str(),
                static_cast<long long>(*population.get_if<std::int64_t>()));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: ferry_planner FOLDER\n");
    return 2;
  }
  const omnigraph::Status status = plan(argv[1]);
  if (!status.ok()) {
    std::fprintf(stderr, "ferry_planner: %s\n", status.error().message().c_str());
    return 1;
  }
  return 0;
}
