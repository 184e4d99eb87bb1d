#include "execution/query_generator.h"

namespace omnigraph::testing {
namespace {

constexpr std::string_view kSchema = R"(
node Aa { name: String @key
  n: I32?
  f: F64?
  s: String?
  big: I64?
  tags: [String]?
  r: F32?
  ok: Bool? }
node Bb { slug: String @key
  n: I64?
  s: String?
  u: U32? }
edge Knows: Aa -> Aa { w: I32?
  kind: String? }
edge Likes: Aa -> Bb { w: F64? }
edge Owns: Bb -> Aa
edge Links: Bb -> Bb { w: I32? }
)";

struct EdgeShape {
  const char* word;
  char from, to;
  const char* number;  // a numeric property, or null
};
constexpr EdgeShape kEdges[] = {{"knows", 'A', 'A', "w"},
                                {"likes", 'A', 'B', "w"},
                                {"owns", 'B', 'A', nullptr},
                                {"links", 'B', 'B', "w"}};

struct Known {
  std::string name;
  char type;                     // 'A', 'B', 'w' an edge
  const char* number = nullptr;  // of an edge
};

class QueryWriter {
 public:
  explicit QueryWriter(Dice& dice) : dice_(dice) {}

  std::string write() {
    std::string match;
    const char type = pick_type();
    match += "$a: " + type_name(type) + block(type) + " ";
    known_.push_back({"a", type});
    bound_ = 1;
    const std::size_t clauses = 1 + dice_.below(4);
    for (std::size_t i = 0; i < clauses; ++i) match += clause(known_, 0) + " ";
    std::string query = "query q($p: I32, $t: String?, $z: F64) { match { " + match + "} return { ";
    dice_.chance(45) ? aggregates(query) : projections(query);
    return query + " }";
  }

 private:
  char pick_type() { return dice_.chance(65) ? 'A' : 'B'; }
  static std::string type_name(char type) { return type == 'A' ? "Aa" : "Bb"; }

  std::string number() { return std::to_string(dice_.below(5)); }
  std::string word() {
    static constexpr const char* kWords[] = {"x", "y", "xy", "z", ""};
    return "\"" + std::string(kWords[dice_.below(5)]) + "\"";
  }

  // { p: value } or nothing.
  std::string block(char type) {
    if (!dice_.chance(35)) return "";
    if (type == 'A') {
      switch (dice_.below(7)) {
        case 0:
          return " { n: " + number() + " }";
        case 1:
          return " { s: " + word() + " }";
        case 2:
          return " { tags: " + word() + " }";
        case 3:
          return " { name: \"A" + number() + "\" }";
        case 4:
          return " { r: 0.1 }";
        case 5:
          return " { n: $p }";
        default:
          return " { ok: true }";
      }
    }
    switch (dice_.below(4)) {
      case 0:
        return " { n: " + number() + " }";
      case 1:
        return " { slug: \"B" + number() + "\" }";
      case 2:
        return " { s: $t }";
      default:
        return " { s: " + word() + " }";
    }
  }

  const Known& any(const std::vector<Known>& known, bool nodes) {
    for (int tries = 0; tries < 20; ++tries) {
      const Known& k = known[dice_.below(known.size())];
      if (!nodes || k.type != 'w') return k;
    }
    return known.front();
  }

  std::string numeric(const Known& k) {
    if (k.type == 'w') return k.number == nullptr ? "" : "$" + k.name + "." + k.number;
    static constexpr const char* kOfA[] = {"n", "f", "big", "r"};
    static constexpr const char* kOfB[] = {"n", "u"};
    return "$" + k.name + "." + (k.type == 'A' ? kOfA[dice_.below(4)] : kOfB[dice_.below(2)]);
  }
  std::string textual(const Known& k) {
    return "$" + k.name + "." + (dice_.chance(70) ? "s" : (k.type == 'A' ? "name" : "slug"));
  }

  std::string filter(const std::vector<Known>& known) {
    static constexpr const char* kOps[] = {"=", "!=", "<", "<=", ">", ">="};
    const std::string op = kOps[dice_.below(6)];
    const Known& k = any(known, false);
    if (k.type == 'w' || dice_.chance(60)) {
      const std::string left = numeric(k);
      if (left.empty()) return "1 = 1";
      std::string right;
      switch (dice_.below(5)) {
        case 0:
          right = number() + ".5";
          break;
        case 1:
          right = "$z";
          break;
        case 2:
          right = numeric(any(known, false));
          break;
        default:
          right = number();
      }
      if (right.empty()) right = number();
      return dice_.chance(20) ? right + " " + op + " " + left : left + " " + op + " " + right;
    }
    if (k.type == 'A' && dice_.chance(15)) return "$" + k.name + ".tags contains " + word();
    const std::string left = textual(k);
    switch (dice_.below(5)) {
      case 0:
        return left + " contains " + word();
      case 1:
        return left + " starts_with " + word();
      case 2:
        return left + " " + op + " " + textual(any(known, true));
      case 3:
        return left + " " + op + " $t";
      default:
        return left + " " + op + " " + word();
    }
  }

  std::string fresh(char type, std::vector<Known>& known) {
    const std::string name(1, static_cast<char>('a' + names_++));
    known.push_back({name, type});
    return name;
  }

  std::string traversal(std::vector<Known>& known) {
    const Known from = any(known, true);
    const EdgeShape* edge = nullptr;
    bool forward = true;
    for (int tries = 0; tries < 50 && edge == nullptr; ++tries) {
      const EdgeShape& e = kEdges[dice_.below(4)];
      forward = dice_.chance(60);
      if ((forward ? e.from : e.to) == from.type) edge = &e;
    }
    if (edge == nullptr) return "";
    const char other = forward ? edge->to : edge->from;
    std::string name;
    if (dice_.chance(10)) {
      name = "_";
    } else if (dice_.chance(30)) {
      for (const Known& k : known) {
        if (k.type == other && dice_.chance(50)) name = k.name;
      }
    }
    const bool same = edge->from == edge->to;
    std::string text = edge->word;
    std::string binding;
    const bool hops = dice_.chance(20) && same;
    if (same && dice_.chance(20)) text = "<" + text + ">";
    if (hops) {
      const std::size_t min = 1 + dice_.below(3);
      text += "{" + std::to_string(min) + "," + std::to_string(min + dice_.below(3)) + "}";
    } else if (dice_.chance(20)) {
      binding = "w" + std::to_string(edges_++);
    }
    if (name.empty()) name = fresh(other, known);
    if (!binding.empty()) {
      known.push_back({binding, 'w', edge->number});
      text = "$" + binding + ":" + text;
    }
    return forward ? "$" + from.name + " " + text + " $" + name
                   : "$" + name + " " + text + " $" + from.name;
  }

  std::string clause(std::vector<Known>& known, int depth) {
    const std::size_t roll = dice_.below(100);
    if (roll < 50) return traversal(known);
    if (roll < 75) return filter(known);
    if (roll < 90 && depth < 2) {
      std::vector<Known> inner = known;
      const std::size_t clauses = 1 + dice_.below(2);
      std::string text = "not { ";
      for (std::size_t i = 0; i < clauses; ++i) text += clause(inner, depth + 1) + " ";
      return text + "}";
    }
    if (dice_.chance(60)) {
      const Known& k = any(known, true);
      return "$" + k.name + ": " + type_name(k.type) + block(k.type);
    }
    if (bound_ >= 2 || depth > 0) return filter(known);
    ++bound_;
    const char type = pick_type();
    const std::string inline_block = block(type);
    return "$" + fresh(type, known) + ": " + type_name(type) + inline_block;
  }

  std::string value() {
    const Known& k = any(known_, false);
    if (k.type == 'w') {
      const std::string of_edge = numeric(k);
      return of_edge.empty() ? "$a" : of_edge;
    }
    if (dice_.chance(25)) return "$" + k.name;
    return dice_.chance(50) ? numeric(k) : textual(k);
  }

  void projections(std::string& query) {
    const std::size_t n = 1 + dice_.below(3);
    for (std::size_t i = 0; i < n; ++i) query += value() + " as c" + std::to_string(i) + " ";
    query += "}";
    if (dice_.chance(50)) {
      query += " order { " + (dice_.chance(50) ? numeric(any(known_, true)) : std::string("c0")) +
               (dice_.chance(50) ? " desc" : "");
      if (dice_.chance(30)) query += ", " + textual(any(known_, true));
      query += " }";
    }
    if (dice_.chance(40)) query += " limit " + std::to_string(dice_.below(6));
  }

  void aggregates(std::string& query) {
    const std::size_t keys = dice_.below(3);
    std::size_t column = 0;
    for (std::size_t i = 0; i < keys; ++i)
      query += value() + " as c" + std::to_string(column++) + " ";
    const std::size_t n = 1 + dice_.below(2);
    for (std::size_t i = 0; i < n; ++i) {
      static constexpr const char* kFunctions[] = {"count", "count", "sum", "avg", "min", "max"};
      const std::string function = kFunctions[dice_.below(6)];
      const Known& k = any(known_, true);
      std::string argument = numeric(k);
      if (function == "count" && dice_.chance(60)) argument = "$" + k.name;
      if (function == "min" && dice_.chance(40))
        argument = dice_.chance(50) ? textual(k) : "$" + k.name;
      query += function + "(" + argument + ") as c" + std::to_string(column++) + " ";
    }
    query += "}";
    // By every column, so that ties are between equal rows only.
    if (dice_.chance(60)) {
      query += " order { ";
      for (std::size_t i = 0; i < column; ++i) {
        if (i > 0) query += ", ";
        query += "c" + std::to_string(i) + (dice_.chance(50) ? " desc" : "");
      }
      query += " }";
      if (dice_.chance(50)) query += " limit " + std::to_string(dice_.below(4));
    }
  }

  Dice& dice_;
  std::vector<Known> known_;
  int names_ = 1;
  int edges_ = 0;
  int bound_ = 0;
};

}  // namespace

std::uint64_t Dice::next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::unique_ptr<GraphBuilder> generate_graph(Dice& dice, std::size_t segments) {
  auto graph = std::make_unique<GraphBuilder>(kSchema);
  static constexpr const char* kWords[] = {"x", "y", "xy", "zx", "", "é"};
  const auto maybe = [&](Value value) { return dice.chance(75) ? value : Value(); };
  std::vector<std::string> names[2];
  const auto add_nodes = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::string word = kWords[dice.below(6)];
      if (dice.chance(60)) {
        names[0].push_back("A" + std::to_string(names[0].size() * 7 % 10));
        ValueList tags;
        for (std::size_t t = dice.below(3); t > 0; --t) tags.push_back(kWords[dice.below(6)]);
        static constexpr double kRatios[] = {0.5, 2.0, 0.10000000149011612};
        graph->node("Aa", names[0].back(),
                    {{"n", maybe(static_cast<std::int64_t>(dice.below(5)))},
                     {"f", maybe(static_cast<double>(dice.below(20)) * 0.25)},
                     {"s", maybe(word)},
                     {"big", maybe(dice.chance(20) ? std::int64_t{1} << 60
                                                   : static_cast<std::int64_t>(dice.below(4)))},
                     {"tags", maybe(tags)},
                     {"r", maybe(kRatios[dice.below(3)])},
                     {"ok", maybe(dice.chance(50))}});
      } else {
        names[1].push_back("B" + std::to_string(names[1].size() * 3 % 10));
        graph->node("Bb", names[1].back(),
                    {{"n", maybe(static_cast<std::int64_t>(dice.below(4)))},
                     {"s", maybe(word)},
                     {"u", maybe(static_cast<std::int64_t>(dice.below(5)))}});
      }
    }
  };
  static constexpr const char* kTypes[] = {"Knows", "Likes", "Owns", "Links"};
  const auto add_edges = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t e = dice.below(4);
      const auto& from = names[kEdges[e].from == 'A' ? 0 : 1];
      const auto& to = names[kEdges[e].to == 'A' ? 0 : 1];
      if (from.empty() || to.empty()) continue;
      Properties properties;
      if (e == 1) {
        properties.emplace_back("w", maybe(static_cast<double>(dice.below(8)) * 0.5));
      } else if (e != 2) {
        properties.emplace_back("w", maybe(static_cast<std::int64_t>(dice.below(4))));
      }
      graph->edge(kTypes[e], from[dice.below(from.size())], to[dice.below(to.size())], properties);
    }
  };
  // Segments in memory, in files, or some of each.
  const unsigned stored = static_cast<unsigned>(dice.below(3)) * 50;
  add_nodes(2 + dice.below(6));
  add_edges(dice.below(16));
  for (std::size_t s = 1; s < segments; ++s) {
    graph->seal(dice.chance(stored));
    if (names[0].size() < 8 && names[1].size() < 8) add_nodes(dice.below(3));
    add_edges(dice.below(5));
  }
  graph->seal(dice.chance(stored));
  if (dice.chance(50)) {
    for (const char* type : kTypes) {
      const TypeId id = graph->catalog().edge(type)->id;
      for (RowId rid = 0; rid < graph->rows(id).size(); ++rid) {
        if (dice.chance(20)) graph->remove(id, rid);
      }
    }
    for (const char* type : {"Aa", "Bb"}) {
      const TypeId id = graph->catalog().node(type)->id;
      const std::size_t n = graph->rows(id).size();
      if (n == 0 || !dice.chance(60)) continue;
      const auto gone = static_cast<RowId>(dice.below(n));
      for (const EdgeType& edge : graph->catalog().edges()) {
        const std::vector<PlainRow> edges = graph->rows(edge.id);
        for (const PlainRow& row : edges) {
          const bool touches =
              (edge.from_id == id && row.src == gone) || (edge.to_id == id && row.dst == gone);
          if (row.live && touches) graph->remove(edge.id, row.rid);
        }
      }
      graph->remove(id, gone);
    }
  }
  return graph;
}

std::string generate_query(Dice& dice, const Catalog&) { return QueryWriter(dice).write(); }

std::map<std::string, Value> generated_parameters(Dice& dice) {
  static constexpr const char* kWords[] = {"x", "xy", ""};
  std::map<std::string, Value> values;
  values["p"] = static_cast<std::int64_t>(dice.below(5));
  values["t"] = dice.chance(20) ? Value() : Value(kWords[dice.below(3)]);
  values["z"] = static_cast<double>(dice.below(8)) * 0.5;
  return values;
}

}  // namespace omnigraph::testing
