#include "history/random_history.h"

#include <algorithm>

#include "write/load/load.h"

namespace omnigraph::testing {
namespace {

constexpr std::size_t kMostBranches = 6;
constexpr std::size_t kMostTypes = 7;
constexpr std::size_t kMostProperties = 5;

ModelSchema first_schema() {
  return {.types = {
              {.key = 1,
               .name = "Person",
               .properties = {{11, "name", true, "@key"},
                              {12, "age", false, ""},
                              {13, "email", true, "@unique"},
                              {14, "note", true, ""}}},
              {.key = 2,
               .name = "Tag",
               .properties = {{21, "label", true, "@key"}, {22, "weight", false, ""}}},
              {.key = 3,
               .is_edge = true,
               .name = "Knows",
               .from = 1,
               .to = 1,
               .properties = {{31, "w", false, ""}}},
              {.key = 4,
               .is_edge = true,
               .name = "Has",
               .from = 1,
               .to = 2,
               .most_edges = 2,
               .properties = {{41, "w", false, ""}}},
          }};
}

}  // namespace

std::string schema_text(const ModelSchema& schema, const std::map<int, std::string>& renamed) {
  std::string text;
  const auto hint = [&](int key) {
    const auto at = renamed.find(key);
    return at == renamed.end() ? std::string() : " @rename_from(\"" + at->second + "\")";
  };
  for (const ModelType& type : schema.types) {
    text += (type.is_edge ? "edge " : "node ") + type.name;
    if (type.is_edge) {
      text += ": " + schema.find(type.from)->name + " -> " + schema.find(type.to)->name;
      if (type.most_edges) text += " @card(0.." + std::to_string(*type.most_edges) + ")";
    }
    text += hint(type.key) + " {\n";
    for (const ModelProperty& property : type.properties) {
      const bool key = property.annotation == "@key";
      text += "  " + property.name + ": " + (property.text ? "String" : "I32") + (key ? "" : "?");
      if (!property.annotation.empty()) text += " " + property.annotation;
      text += hint(property.key) + "\n";
    }
    text += "}\n";
  }
  return text;
}

RandomHistory::RandomHistory(std::uint64_t seed)
    : random_(seed), runtime_(test_runtime(seed)), objects_(make_memory_store()) {
  options_.fold_inline_rows = 3 + static_cast<std::uint32_t>(seed % 5);
  options_.fold_segments = 3;
  options_.checkpoint_records = 5 + static_cast<std::uint32_t>(seed % 11);
  next_key_ = 100;
  model_.schema = std::make_shared<const ModelSchema>(first_schema());
  auto made = Graph::Engine::create([this] { return Result<ObjectStorePtr>(objects_); }, "",
                                    schema_text(*model_.schema), {}, runtime_);
  EXPECT_TRUE(made.ok()) << made.error().message();
  // Every other history is written through two handles, as if by two processes.
  engines_.resize(1 + seed % 2);
  for (std::size_t i = 0; i < engines_.size(); ++i) reopen(i);
  model_.branches["main"] = {};
  note_commit("main", {});
}

void RandomHistory::reopen(std::size_t which) {
  engines_[which].reset();
  auto store = Store::open(objects_, runtime_, options_);
  ASSERT_TRUE(store.ok()) << store.error().message();
  engines_[which] = Graph::Engine::over(std::move(*store), GraphOptions{});
}

void RandomHistory::run() {
  compare_heads();
  for (step_ = 0; step_ < kSteps && !::testing::Test::HasFailure(); ++step_) {
    current_ = below(engines_.size());
    if (one_in(16)) reopen(current_);
    if (::testing::Test::HasFatalFailure()) return;
    clock().advance_micros(static_cast<std::int64_t>(below(20 * 60)) * 1'000'000);
    const Status maintained =
        one_in(8) ? graph().store().maintain_now() : graph().store().maintain();
    EXPECT_TRUE(maintained.ok()) << maintained.error().message();
    step();
    if (::testing::Test::HasFailure()) return;
    compare_heads();
  }
  compare_everything();
  for (std::size_t i = 0; i < engines_.size(); ++i) reopen(i);
  compare_heads();
  compare_everything();
}

void RandomHistory::step() {
  const std::uint64_t dice = below(100);
  if (dice < 50) return change(any_branch());
  if (dice < 58) return fork();
  if (dice < 61) return fork_from_the_past();
  if (dice < 65) return remove_branch();
  if (dice < 82) return merge();
  if (dice < 86) return change_schema();
  if (dice < 88) return optimize();
  if (dice < 91) return clean_up();
  if (dice < 93) return take_cursor();
  if (dice < 95) return poll_cursor();
  const ModelCommit& commit = any_carried_commit();
  compare_commit(commit);
  compare_changes(commit);
  compare_diff(any_carried_commit(), commit);
}

SnapshotPtr RandomHistory::head(const std::string& branch) {
  const auto state = graph().store().refresh();
  EXPECT_TRUE(state.ok()) << state.error().message();
  const BranchState* at = (*state)->branch(branch);
  EXPECT_NE(at, nullptr) << branch;
  return at->snapshot;
}

void RandomHistory::note_commit(const std::string& branch, ModelState state) {
  const CommitHeader header = head(branch)->head();
  const BranchState& at = *graph().store().state()->branch(branch);
  ModelCommit commit;
  commit.id = header.id.text();
  commit.branch = header.branch;
  EXPECT_EQ(header.branch, branch);
  if (header.parent) commit.parent = header.parent->text();
  if (header.merged_parent) commit.merged_parent = header.merged_parent->text();
  commit.version = header.version;
  commit.created_at = header.created_at;
  commit.schema = model_.schema;
  commit.state = std::move(state);
  for (const ModelType& type : model_.schema->types) {
    const EntityType* shown = at.snapshot->catalog().node(type.name);
    if (shown == nullptr) shown = at.snapshot->catalog().edge(type.name);
    ASSERT_NE(shown, nullptr) << type.name;
    commit.type_versions[type.key] = at.table_version(shown->id);
  }
  if (!model_.branches.at(branch).carried.empty()) {
    const ModelCommit& before = model_.head_commit(branch);
    EXPECT_EQ(commit.parent, before.id);
    EXPECT_GT(commit.version, before.version);
    EXPECT_EQ(commit.created_at, clock().now_micros());
    for (const ModelType& type : model_.schema->types) {
      const auto last = before.type_versions.find(type.key);
      if (last == before.type_versions.end() || before.schema != commit.schema) continue;
      if (rows_in(before.state, type.key) == rows_in(commit.state, type.key)) continue;
      EXPECT_GT(commit.type_versions[type.key], last->second) << type.name;
    }
  }
  model_.commit(std::move(commit));
}

void RandomHistory::expect_untouched(const std::string& branch, const std::string& commit) {
  EXPECT_EQ(head(branch)->commit().text(), commit) << branch;
}

const ModelType& RandomHistory::any_type(bool is_edge) {
  std::vector<const ModelType*> of;
  for (const ModelType& type : model_.schema->types) {
    if (type.is_edge == is_edge) of.push_back(&type);
  }
  // The first types get half of the changes.
  return *of[one_in(2) ? 0 : below(of.size())];
}

const ModelCommit& RandomHistory::any_carried_commit() {
  const auto& line = any_of(model_.branches).second.carried;
  return model_.commits.at(line[below(line.size())]);
}

// Branches.

std::string RandomHistory::free_name() {
  std::string name;
  do {
    name = "b" + std::to_string(below(12));
  } while (model_.branches.contains(name));
  return name;
}

void RandomHistory::fork() {
  if (model_.branches.size() >= kMostBranches) return;
  const std::string from = any_branch();
  const std::string name = free_name();
  const Status made = graph().create_branch(name, from);
  ASSERT_TRUE(made.ok()) << made.error().message();
  model_.branches[name] = {from, next_incarnation_++, model_.branches.at(from).carried};
}

void RandomHistory::fork_from_the_past() {
  if (model_.branches.size() >= kMostBranches) return;
  const std::string from = any_branch();
  const std::string name = free_name();
  const auto& line = model_.branches.at(from).carried;
  std::size_t place = below(line.size());
  const std::string id = line[place];
  BranchRequest request{.name = name, .from = from};
  if (one_in(2)) {
    request.at_commit = id;
  } else {
    request.at_time = model_.commits.at(id).created_at + static_cast<std::int64_t>(below(9)) - 4;
    place = line.size();
    while (place > 0 && model_.commits.at(line[place - 1]).created_at > *request.at_time) --place;
    if (place == 0) {
      EXPECT_FALSE(graph().create_branch(request).ok());
      return;
    }
    --place;
  }
  const ModelCommit& at = model_.commits.at(line[place]);
  bool possible = at.schema == model_.schema;
  for (const ModelType& type : at.schema->types) {
    // The head of a branch is there whatever was given up of its commits.
    possible = possible && (model_.readable(type.key, at) || place + 1 == line.size());
  }
  const Status made = graph().create_branch(request);
  ASSERT_EQ(made.ok(), possible) << from << " at " << at.id << ": "
                                 << (made.ok() ? "made" : made.error().message());
  if (!possible) return;
  ++seen_["branch from the past"];
  model_.branches[name] = {from,
                           next_incarnation_++,
                           {line.begin(), line.begin() + static_cast<std::ptrdiff_t>(place) + 1}};
}

void RandomHistory::remove_branch() {
  const std::string name = any_branch();
  if (name == "main") return;
  const Status removed = graph().delete_branch(name);
  ASSERT_EQ(removed.ok(), !model_.has_children(name)) << name;
  if (removed.ok()) model_.branches.erase(name);
}

void RandomHistory::merge() {
  const std::string source = any_branch();
  const std::string target = any_branch();
  if (source == target) return;
  const ModelMerge expected = model_.merge(source, target);
  const std::string before = model_.branches.at(target).carried.back();
  const auto preview = graph().merge({.source = source, .target = target}, true);
  ASSERT_TRUE(preview.ok()) << preview.error().message();
  EXPECT_EQ(merge_outcome_name(preview->outcome), expected.outcome);
  check_conflicts(preview->conflicts, expected);
  // The truth table does not care which side is which.
  const ModelMerge back = model_.merge(target, source);
  if (expected.outcome == "merged" && back.outcome == "merged") {
    EXPECT_EQ(expected.conflicts, back.conflicts);
    const auto other = graph().merge({.source = target, .target = source}, true);
    ASSERT_TRUE(other.ok()) << other.error().message();
    check_conflicts(other->conflicts, back);
    if (expected.conflicts.empty() && expected.violated.empty() && back.violated.empty()) {
      EXPECT_EQ(expected.result, back.result);
    }
  }
  expect_untouched(target, before);
  const auto merged = graph().merge({.source = source, .target = target}, false);
  if (!expected.conflicts.empty() || !expected.violated.empty()) {
    ASSERT_FALSE(merged.ok());
    ++seen_[expected.conflicts.empty() ? "violation" : "conflict"];
    EXPECT_EQ(merged.error().code(), ErrorCode::kConflict) << merged.error().message();
    expect_untouched(target, before);
    return;
  }
  ASSERT_TRUE(merged.ok()) << source << " into " << target << ": " << merged.error().message();
  EXPECT_EQ(merge_outcome_name(merged->outcome), expected.outcome);
  ++seen_[expected.outcome];
  EXPECT_EQ(merged->commit.has_value(), expected.outcome != "already_up_to_date");
  if (!merged->commit) return expect_untouched(target, before);
  EXPECT_EQ(merged->commit->merged_parent, model_.branches.at(source).carried.back());
  const ModelCommit was = model_.commits.at(before);
  note_commit(target, expected.result);
  // A type that the merge leaves as it is keeps its version.
  const ModelCommit& is = model_.head_commit(target);
  for (const auto& [type, version] : is.type_versions) {
    if (rows_in(was.state, type) == rows_in(is.state, type)) {
      EXPECT_EQ(version, was.type_versions.at(type)) << model_.schema->find(type)->name;
    }
  }
}

void RandomHistory::check_conflicts(const std::vector<MergeConflict>& conflicts,
                                    const ModelMerge& expected) {
  std::vector<ModelConflict> entities;
  std::multiset<ModelConflict> rules;
  std::set<ModelConflict> uniques, expected_uniques;
  for (const MergeConflict& conflict : conflicts) {
    ModelConflict seen{std::string(merge_conflict_name(conflict.kind)),
                       (conflict.is_edge ? "edge:" : "node:") + conflict.type_name,
                       conflict.entity_id.value_or("")};
    if (conflict.kind == MergeConflict::Kind::kUniqueViolation) {
      seen.id.clear();  // a pair is named by either of its ids
      uniques.insert(std::move(seen));
    } else if (conflict.kind > MergeConflict::Kind::kDeleteVsUpdate) {
      rules.insert(std::move(seen));
    } else {
      entities.push_back(std::move(seen));
    }
  }
  std::multiset<ModelConflict> expected_rules = expected.violated;
  for (auto at = expected_rules.begin(); at != expected_rules.end();) {
    if (at->kind == "unique_violation") {
      expected_uniques.insert(*at);
      at = expected_rules.erase(at);
    } else {
      ++at;
    }
  }
  const auto show = [](const auto& list) {
    std::string text;
    for (const ModelConflict& c : list) text += c.kind + " " + c.type + " " + c.id + "\n";
    return text;
  };
  EXPECT_EQ(show(entities), show(expected.conflicts));
  EXPECT_EQ(show(rules), show(expected_rules));
  EXPECT_EQ(show(uniques), show(expected_uniques));
}

// The schema.

ModelSchema RandomHistory::next_schema(std::map<int, std::string>& renamed, bool& drops) {
  ModelSchema next = *model_.schema;
  const auto fresh = [&](const char* stem) {
    std::string name;
    do {
      name = stem + std::to_string(below(6));
      // A name that goes and comes in one apply would be taken for the same type.
    } while (next.find(name) != nullptr || model_.schema->find(name) != nullptr);
    return name;
  };
  ModelType& type = next.types[below(next.types.size())];
  const auto fresh_property = [&] {
    std::string name;
    do {
      name = "x" + std::to_string(below(7));
    } while (type.find(name) != nullptr);
    return name;
  };
  const auto nodes = [&] {
    return static_cast<std::size_t>(
        std::count_if(next.types.begin(), next.types.end(),
                      [](const ModelType& candidate) { return !candidate.is_edge; }));
  };
  switch (below(7)) {
    case 0:
    case 1:
      if (type.properties.size() < kMostProperties) {
        type.properties.push_back({next_key_++, fresh_property(), one_in(2), ""});
      }
      break;
    case 2: {
      if (type.properties.empty()) break;
      ModelProperty& property = type.properties[below(type.properties.size())];
      renamed[property.key] = property.name;
      property.name = fresh_property();
      break;
    }
    case 3: {
      if (type.properties.empty()) break;
      const std::size_t at = below(type.properties.size());
      if (!type.properties[at].annotation.empty()) break;
      drops = true;
      type.properties.erase(type.properties.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    }
    case 4:
      renamed[type.key] = type.name;
      type.name = fresh("T");
      break;
    case 5: {
      if (next.types.size() >= kMostTypes) break;
      ModelType added{.key = next_key_++, .is_edge = one_in(2), .name = fresh("T")};
      if (added.is_edge) {
        added.from = next.types[below(nodes())].key;
        added.to = next.types[below(nodes())].key;
      } else {
        added.properties.push_back({next_key_++, "k", true, "@key"});
      }
      added.properties.push_back({next_key_++, "x", one_in(2), ""});
      const std::size_t place = added.is_edge ? next.types.size() : nodes();
      next.types.insert(next.types.begin() + static_cast<std::ptrdiff_t>(place), added);
      break;
    }
    default: {
      // With a type of nodes go the edges that end there.
      const int gone = type.key;
      if (gone < 4 && !one_in(4)) break;
      if (!type.is_edge && nodes() == 1) break;
      drops = true;
      std::erase_if(next.types, [&](const ModelType& candidate) {
        return candidate.key == gone ||
               (candidate.is_edge && (candidate.from == gone || candidate.to == gone));
      });
      if (next.types.back().is_edge) break;
      ModelType edge{.key = next_key_++, .is_edge = true, .name = fresh("T")};
      edge.from = edge.to = next.types[0].key;
      edge.properties.push_back({next_key_++, "w", false, ""});
      next.types.push_back(edge);
    }
  }
  return next;
}

void RandomHistory::change_schema() {
  std::map<int, std::string> renamed;
  bool drops = false;
  const ModelSchema next = next_schema(renamed, drops);
  const bool forget = one_in(3);
  const std::string text = schema_text(next, renamed);
  if (model_.branches.size() > 1) {
    const auto refused = graph().apply_schema({.desired = text});
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message().find("found non-main branches: "), std::string::npos);
    if (one_in(2)) return;
    while (model_.branches.size() > 1) {
      for (auto at = model_.branches.begin(); at != model_.branches.end(); ++at) {
        if (at->first == "main" || model_.has_children(at->first)) continue;
        const Status removed = graph().delete_branch(at->first);
        ASSERT_TRUE(removed.ok()) << removed.error().message();
        model_.branches.erase(at);
        break;
      }
    }
  }
  const bool same = schema_text(next) == schema_text(*model_.schema);
  const auto applied = graph().apply_schema({.desired = text, .allow_data_loss = forget});
  ASSERT_TRUE(applied.ok()) << applied.error().message() << "\n" << text;
  ASSERT_EQ(applied->commit.has_value(), !same) << text;
  if (same) return;
  ++seen_[forget && drops ? "hard drop" : "schema apply"];
  ModelState state = model_.head("main");
  std::vector<int> forgotten;
  for (const ModelType& type : model_.schema->types) {
    const ModelType* is = next.find(type.key);
    if (is == nullptr) {
      state.erase(type.key);
      if (forget) forgotten.push_back(type.key);
      continue;
    }
    for (const ModelProperty& property : type.properties) {
      if (is->find(property.key) != nullptr) continue;
      if (forget) forgotten.push_back(type.key);
      const auto rows = state.find(type.key);
      if (rows == state.end()) continue;
      for (auto& [id, entity] : rows->second) entity.values.erase(property.key);
    }
  }
  model_.schema = std::make_shared<const ModelSchema>(next);
  note_commit("main", std::move(state));
  for (const int type : forgotten) model_.forget_before_head(type);
}

// Maintenance.

void RandomHistory::optimize() {
  const auto report = graph().optimize();
  ASSERT_TRUE(report.ok()) << report.error().message();
  if (report->commit) {
    note_commit("main", model_.head("main"));
    ++seen_["optimize"];
  }
  const auto again = graph().optimize();
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_FALSE(again->commit);
}

void RandomHistory::clean_up() {
  ModelPolicy policy;
  if (one_in(2)) policy.keep = static_cast<std::uint32_t>(below(6));
  if (!policy.keep || one_in(3)) policy.older_than_seconds = below(6) * 3600;
  const auto report = graph().cleanup({.keep = policy.keep,
                                       .older_than_seconds = policy.older_than_seconds,
                                       .immediate = one_in(2)});
  ASSERT_TRUE(report.ok()) << report.error().message();
  const auto expected = model_.clean_up(policy, clock().now_micros());
  ASSERT_EQ(report->datasets.size(), expected.size());
  for (const CleanedDataset& dataset : report->datasets) {
    ASSERT_FALSE(dataset.error) << *dataset.error;
    const ModelType* type = model_.schema->find(dataset.type_name);
    ASSERT_NE(type, nullptr) << dataset.type_name;
    if (dataset.old_versions_removed > 0) ++seen_["cleanup"];
    EXPECT_EQ(dataset.old_versions_removed, expected.at(type->key))
        << dataset.type_name << ", keep " << (policy.keep ? std::to_string(*policy.keep) : "-")
        << ", older than " << policy.older_than_seconds.value_or(0) << ", step " << step_;
  }
}

}  // namespace omnigraph::testing
