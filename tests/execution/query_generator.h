// Random schemas, graphs and reads, all from one seed: small enough for nested loops, mean enough
// for an optimizer (self-loops, parallel edges, cycles, nulls, several segments, dead rows).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "execution/graph_builder.h"

namespace omnigraph::testing {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

 private:
  std::uint64_t state_;
};

// Types A and B; edges aa, ab, ba, bb as the dice fall. Rows in up to `segments` segments, some
// dead.
std::unique_ptr<GraphBuilder> generate_graph(Dice& dice, std::size_t segments);

// The text of a read over that schema. It may break a rule of the checker; then another is drawn.
std::string generate_query(Dice& dice, const Catalog& catalog);
// Values of the parameters that generated queries may declare.
std::map<std::string, Value> generated_parameters(Dice& dice);

}  // namespace omnigraph::testing
