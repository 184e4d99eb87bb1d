// Random histories of commits, branches and merges, replayed on plain maps (merge_model.h) from a
// seed. Every branch, every merge and every refusal of one must equal the model's, in memory and
// after the graph was opened again. OMNIGRAPH_HISTORIES says how many histories (default 40), from
// OMNIGRAPH_SEED on.
#include <cstdlib>

#include "common/test_runtime.h"
#include "history/history_graph.h"
#include "history/merge_model.h"

namespace omnigraph::testing {
namespace {

constexpr char kSchema[] = R"(
node Person { name: String @key
  age: I32?
  email: String? @unique }
node Tag { label: String @key
  weight: I32? }
edge Knows: Person -> Person { w: I32? }
edge Has: Person -> Tag @card(0..2) { w: I32? }
)";
constexpr int kSteps = 50;
const std::vector<std::string> kTypes = {"edge:Has", "edge:Knows", "node:Person", "node:Tag"};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

StoreOptions small_pieces(std::uint64_t seed) {
  StoreOptions options;
  options.fold_inline_rows = 3 + static_cast<std::uint32_t>(seed % 5);
  options.fold_segments = 3;
  options.checkpoint_records = 5 + static_cast<std::uint32_t>(seed % 11);
  return options;
}

class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed), graph_(kSchema, small_pieces(seed), make_memory_store(), seed) {
    model_.branches["main"] = {};
    note_commit("main", {});
  }

  void run() {
    for (step_ = 0; step_ < kSteps && !::testing::Test::HasFailure(); ++step_) {
      if (below(16) == 0) graph_.reopen();
      if (below(8) == 0) {
        EXPECT_TRUE(graph_.store().maintain_now().ok());
      } else {
        EXPECT_TRUE(graph_.store().maintain().ok());
      }
      const std::uint64_t dice = below(100);
      if (dice < 60) {
        change(pick_branch());
      } else if (dice < 70) {
        fork();
      } else if (dice < 74) {
        remove();
      } else if (dice < 95) {
        merge();
      } else {
        look_back();
      }
      compare();
    }
    graph_.reopen();
    compare();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  std::string pick_branch() {
    auto at = model_.branches.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(model_.branches.size())));
    return at->first;
  }
  std::string person() { return "p" + std::to_string(below(8)); }
  std::string tag() { return "t" + std::to_string(below(3)); }
  std::optional<int> number() {
    const auto n = static_cast<int>(below(5));
    return n == 4 ? std::nullopt : std::optional(n);
  }

  void note_commit(const std::string& branch, ModelState state) {
    const CommitHeader& head = graph_.head(branch)->head();
    if (!model_.branches.at(branch).carried.empty() &&
        head.id.text() == model_.branches.at(branch).carried.back()) {
      return;
    }
    ModelCommit commit;
    commit.id = head.id.text();
    if (head.parent) commit.parent = head.parent->text();
    if (head.merged_parent) commit.merged_parent = head.merged_parent->text();
    commit.version = head.version;
    commit.created_at = head.created_at;
    commit.state = std::move(state);
    model_.commit(branch, std::move(commit));
  }

  static std::string field(const std::string& name, const std::optional<int>& value, bool text) {
    if (!value) return text ? "" : ",\"" + name + "\":null";
    return text ? " " + name + "=" + std::to_string(*value)
                : ",\"" + name + "\":" + std::to_string(*value);
  }

  // One commit: a load of a few records, an update or a deletion.
  void change(const std::string& branch) {
    ModelState state = model_.head(branch);
    const std::uint64_t kind = below(10);
    if (kind < 6) {
      std::string lines;
      written_.clear();
      const std::uint64_t records = 1 + below(4);
      for (std::uint64_t i = 0; i < records; ++i) lines += record(state);
      if (lines.empty()) return;
      ASSERT_EQ(graph_.load(lines, branch), "") << lines;
    } else if (kind < 8) {
      const std::string name = person();
      const std::optional<int> age = static_cast<int>(below(5));
      ASSERT_EQ(graph_.mutate("update Person set { age: " + std::to_string(*age) +
                                  " } where name = \"" + name + "\"",
                              branch),
                "");
      auto& people = state["node:Person"];
      if (const auto at = people.find(name); at != people.end()) {
        const std::string email = MergeModel::field(at->second, "email");
        at->second =
            "name=" + name + field("age", age, true) + (email.empty() ? "" : " email=" + email);
      }
    } else if (kind < 9) {
      const bool node = below(2) == 0;
      const std::string id = node ? person() : tag();
      ASSERT_EQ(
          graph_.mutate(std::string("delete ") + (node ? "Person where name" : "Tag where label") +
                            " = \"" + id + "\"",
                        branch),
          "");
      state[node ? "node:Person" : "node:Tag"].erase(id);
      for (const char* edges : {"edge:Knows", "edge:Has"}) {
        std::erase_if(state[edges], [&](const auto& edge) {
          if (node && MergeModel::from(edge.second) == id) return true;
          return MergeModel::to(edge.second) == id;
        });
      }
    } else {
      const bool knows = below(2) == 0;
      const auto w = static_cast<int>(below(4));
      ASSERT_EQ(graph_.mutate(std::string("delete ") + (knows ? "Knows" : "Has") +
                                  " where w = " + std::to_string(w),
                              branch),
                "");
      std::erase_if(state[knows ? "edge:Knows" : "edge:Has"], [&](const auto& edge) {
        return MergeModel::field(edge.second, "w") == std::to_string(w);
      });
    }
    note_commit(branch, std::move(state));
  }

  // Whether this load says it for the first time: what one load may say twice is not the matter
  // here.
  bool once(const std::string& what) { return written_.insert(what).second; }

  // A record that the state can take, already put into it; nothing when there is none.
  std::string record(ModelState& state) {
    const std::uint64_t kind = below(10);
    if (kind < 5) {
      const std::string name = person();
      const std::optional<int> age = number();
      const std::string email = below(3) == 0 ? "e" + std::to_string(below(4)) : "";
      for (const auto& [id, text] : state["node:Person"]) {
        if (id != name && !email.empty() && MergeModel::field(text, "email") == email) return {};
      }
      if (!once(name) || (!email.empty() && !once(email))) return {};
      state["node:Person"][name] =
          "name=" + name + field("age", age, true) + (email.empty() ? "" : " email=" + email);
      return R"({"type":"Person","data":{"name":")" + name + "\"" + field("age", age, false) +
             ",\"email\":" + (email.empty() ? "null" : "\"" + email + "\"") + "}}\n";
    }
    if (kind < 7) {
      const std::string label = tag();
      const std::optional<int> weight = number();
      if (!once(label)) return {};
      state["node:Tag"][label] = "label=" + label + field("weight", weight, true);
      return R"({"type":"Tag","data":{"label":")" + label + "\"" + field("weight", weight, false) +
             "}}\n";
    }
    const bool knows = kind < 9;
    const std::string from = person();
    const std::string to = knows ? person() : tag();
    if (!state["node:Person"].contains(from)) return {};
    if (!state[knows ? "node:Person" : "node:Tag"].contains(to)) return {};
    const std::string id = (knows ? "k" : "h") + std::to_string(below(6));
    const std::optional<int> w = number();
    if (!once(id)) return {};
    auto& edges = state[knows ? "edge:Knows" : "edge:Has"];
    const auto previous = edges.find(id) == edges.end() ? std::string() : edges[id];
    edges[id] = from + ">" + to + field("w", w, true);
    std::map<std::string, std::size_t> counts;
    for (const auto& [other, text] : edges) ++counts[MergeModel::from(text)];
    if (!knows && counts[from] > MergeModel::kMaxHas) {
      if (previous.empty()) {
        edges.erase(id);
      } else {
        edges[id] = previous;
      }
      return {};
    }
    return std::string(R"({"edge":")") + (knows ? "Knows" : "Has") + R"(","from":")" + from +
           R"(","to":")" + to + R"(","data":{"id":")" + id + "\"" + field("w", w, false) + "}}\n";
  }

  void fork() {
    if (model_.branches.size() >= 6) return;
    const std::string from = pick_branch();
    const std::string name = "b" + std::to_string(next_branch_++);
    ASSERT_EQ(graph_.fork(name, from), "");
    model_.branches[name] = {from, model_.branches.at(from).carried};
  }

  void remove() {
    const std::string name = pick_branch();
    if (name == "main") return;
    const std::string refusal = graph_.remove(name);
    ASSERT_EQ(refusal.empty(), !model_.has_children(name)) << refusal;
    if (refusal.empty()) model_.branches.erase(name);
  }

  void merge() {
    const std::string source = pick_branch();
    const std::string target = pick_branch();
    if (source == target) return;
    const ModelMerge expected = model_.merge(source, target);
    const CommitId before = graph_.head(target)->commit();
    const auto preview =
        graph_.merger().merge({.source = source, .target = target, .preview = true});
    ASSERT_TRUE(preview.ok()) << preview.error().message();
    check_conflicts(*preview, expected);
    check_symmetry(source, target, expected);
    const auto merged = graph_.merger().merge({.source = source, .target = target});
    if (!expected.conflicts.empty() || !expected.violated.empty()) {
      ASSERT_FALSE(merged.ok());
      EXPECT_EQ(merged.error().code(), ErrorCode::kConflict) << merged.error().message();
      EXPECT_EQ(graph_.head(target)->commit(), before);
      return;
    }
    ASSERT_TRUE(merged.ok()) << source << " into " << target << ": " << merged.error().message();
    EXPECT_EQ(merge_outcome_name(merged->outcome), expected.outcome)
        << source << " into " << target;
    if (expected.outcome != "already_up_to_date") {
      EXPECT_EQ(graph_.head(target)->head().merged_parent, graph_.head(source)->commit());
      EXPECT_EQ(graph_.head(target)->head().parent, before);
      note_commit(target, expected.result);
    } else {
      EXPECT_EQ(graph_.head(target)->commit(), before);
    }
  }

  static void check_conflicts(const MergeResult& result, const ModelMerge& expected) {
    std::vector<ModelConflict> entities;
    std::multiset<ModelConflict> rules;
    bool unique = false;
    for (const MergeConflict& conflict : result.conflicts) {
      ModelConflict seen{std::string(merge_conflict_name(conflict.kind)),
                         (conflict.is_edge ? "edge:" : "node:") + conflict.type_name,
                         conflict.entity_id.value_or("")};
      if (conflict.kind == MergeConflict::Kind::kUniqueViolation) {
        unique = true;  // a pair is named by either of its ids
      } else if (conflict.kind > MergeConflict::Kind::kDeleteVsUpdate) {
        rules.insert(std::move(seen));
      } else {
        entities.push_back(std::move(seen));
      }
    }
    std::multiset<ModelConflict> expected_rules = expected.violated;
    const std::size_t uniques =
        std::erase_if(expected_rules, [](const auto& v) { return v.kind == "unique_violation"; });
    const auto show = [](const auto& conflicts) {
      std::string text;
      for (const ModelConflict& c : conflicts) text += c.kind + " " + c.type + " " + c.id + "\n";
      return text;
    };
    EXPECT_EQ(show(entities), show(expected.conflicts));
    EXPECT_EQ(show(rules), show(expected_rules));
    EXPECT_EQ(unique, uniques > 0);
    EXPECT_EQ(merge_outcome_name(result.outcome), expected.outcome);
  }

  // The truth table does not care which side is which.
  void check_symmetry(const std::string& source, const std::string& target,
                      const ModelMerge& forth) {
    if (forth.outcome != "merged") return;
    const ModelMerge back = model_.merge(target, source);
    if (back.outcome != "merged") return;
    EXPECT_EQ(forth.conflicts, back.conflicts);
    const auto preview =
        graph_.merger().merge({.source = target, .target = source, .preview = true});
    ASSERT_TRUE(preview.ok());
    check_conflicts(*preview, back);
    if (forth.conflicts.empty() && forth.violated.empty() && back.violated.empty()) {
      EXPECT_EQ(trimmed(forth.result), trimmed(back.result));
    }
  }

  static ModelState trimmed(ModelState state) {
    std::erase_if(state, [](const auto& type) { return type.second.empty(); });
    return state;
  }

  // A commit of the past that a live branch carries, and one that none does.
  void look_back() {
    auto at = model_.commits.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(model_.commits.size())));
    bool carried = false;
    for (const auto& [name, branch] : model_.branches) {
      carried = carried || std::count(branch.carried.begin(), branch.carried.end(), at->first) > 0;
    }
    const auto snapshot = graph_.store().snapshot_at(*Ulid::parse(at->first));
    ASSERT_EQ(snapshot.ok(), carried) << at->first;
    if (carried) compare(**snapshot, at->second.state, at->first);
  }

  void compare(const Snapshot& snapshot, const ModelState& state, const std::string& what) {
    for (const std::string& key : kTypes) {
      const auto expected = state.find(key);
      ASSERT_EQ(rows_of(snapshot, key.substr(5)),
                expected == state.end() ? Rows() : expected->second)
          << what << " " << key << " at step " << step_;
    }
  }

  void compare() {
    ASSERT_EQ(graph_.store().state()->branches.size(), model_.branches.size());
    for (const auto& [name, branch] : model_.branches) {
      ASSERT_EQ(graph_.head(name)->commit().text(), branch.carried.back()) << name;
      compare(*graph_.head(name), model_.head(name), name);
    }
  }

  SeededRandom random_;
  HistoryGraph graph_;
  MergeModel model_;
  std::set<std::string> written_;
  int step_ = 0;
  int next_branch_ = 0;
};

TEST(MergeProperty, EveryBranchAndMergeEqualsTheModel) {
  const std::uint64_t first = setting("OMNIGRAPH_SEED", 1);
  const std::uint64_t histories = setting("OMNIGRAPH_HISTORIES", 40);
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    SCOPED_TRACE("OMNIGRAPH_SEED=" + std::to_string(seed));
    History(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace omnigraph::testing
