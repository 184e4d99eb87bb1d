// What a random history compares with its model.
#include <algorithm>
#include <tuple>

#include "graph/answers.h"
#include "history/history_graph.h"
#include "history/random_history.h"

namespace omnigraph::testing {
namespace {

const EntityType* shown_type(const Catalog& catalog, const std::string& name) {
  const EntityType* type = catalog.node(name);
  return type != nullptr ? type : catalog.edge(name);
}

bool reclaimed_answer(const Error& error) {
  return error.message().find("was reclaimed") != std::string::npos;
}

}  // namespace

// As show_row() writes it.
std::string RandomHistory::written(const ModelType& type, const ModelEntity& entity,
                                   const EntityType& shown) const {
  std::string text;
  if (type.is_edge) text = entity.from + ">" + entity.to;
  for (const Property& property : shown.properties) {
    const auto value = entity.values.find(type.find(property.name)->key);
    if (value == entity.values.end()) continue;
    text += (text.empty() ? "" : " ") + property.name + "=" + value->second;
  }
  return text;
}

// Through the accepted schema: a property that came later is null, one that is gone is not seen.
void RandomHistory::compare_rows(const Snapshot& snapshot, const ModelCommit& commit) {
  for (const ModelType& type : model_.schema->types) {
    const EntityType* shown = shown_type(snapshot.catalog(), type.name);
    ASSERT_NE(shown, nullptr) << type.name;
    ASSERT_EQ(shown->properties.size(), type.properties.size());
    Rows expected;
    for (const auto& [id, entity] : rows_in(commit.state, type.key)) {
      expected.emplace(id, written(type, entity, *shown));
    }
    // The ends of edges are looked up in the tables of their nodes.
    const TypeId table = shown->id;
    const bool gone = snapshot.table(table)->reclaimed().has_value();
    if (gone) continue;
    const auto whole = [&](int node) {
      const EntityType* nodes = shown_type(snapshot.catalog(), model_.schema->find(node)->name);
      return !snapshot.table(nodes->id)->reclaimed();
    };
    if (type.is_edge && !(whole(type.from) && whole(type.to))) continue;
    ASSERT_EQ(rows_of(snapshot, type.name), expected)
        << type.name << " at " << commit.id << ", step " << step_;
  }
}

void RandomHistory::compare_heads() {
  const auto state = graph().store().refresh();
  ASSERT_TRUE(state.ok()) << state.error().message();
  ASSERT_EQ((*state)->branches.size(), model_.branches.size());
  for (const auto& [name, branch] : model_.branches) {
    const SnapshotPtr snapshot = head(name);
    ASSERT_EQ(snapshot->commit().text(), branch.carried.back()) << name;
    SnapshotPtr& compared = compared_[{current_, name}];
    if (compared == snapshot) continue;
    compared = snapshot;
    for (const auto& [table, version] : snapshot->tables()) ASSERT_FALSE(version->reclaimed());
    compare_rows(*snapshot, model_.head_commit(name));
    if (::testing::Test::HasFailure()) return;
  }
}

void RandomHistory::compare_commit(const ModelCommit& commit) {
  ASSERT_TRUE(graph().store().refresh().ok());
  const auto snapshot = graph().store().snapshot_at(*Ulid::parse(commit.id));
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message();
  for (const ModelType& type : model_.schema->types) {
    if (commit.schema->find(type.key) == nullptr) continue;
    const EntityType* shown = shown_type((*snapshot)->catalog(), type.name);
    ASSERT_EQ(!(*snapshot)->table(shown->id)->reclaimed(), model_.readable(type.key, commit))
        << type.name << " at " << commit.id << " of " << commit.branch << ", step " << step_;
  }
  compare_rows(**snapshot, commit);
  compare_query(commit);
}

// A query over one type of nodes at a commit.
void RandomHistory::compare_query(const ModelCommit& commit) {
  const ModelType& type = any_type(false);
  const std::string& key = type.properties[0].name;
  const std::string source = "query q() { match { $n: " + type.name + " } return { $n." + key +
                             " } order { $n." + key + " asc } }";
  const auto answer = graph().query({.source = source, .snapshot = commit.id});
  std::string expected;
  if (commit.schema->find(type.key) == nullptr) {
    expected = "node type '" + type.name + "' does not exist at this snapshot";
  } else if (!model_.readable(type.key, commit)) {
    expected = "was reclaimed";
    ++seen_["reclaimed read"];
  }
  if (!expected.empty()) {
    ASSERT_FALSE(answer.ok()) << expected;
    EXPECT_NE(answer.error().message().find(expected), std::string::npos)
        << answer.error().message();
    return;
  }
  for (const auto& [id, entity] : rows_in(commit.state, type.key)) expected += id + "\n";
  EXPECT_EQ(test::csv_rows(answer), expected);
}

bool RandomHistory::reclaimed(const ModelCommit& before, const ModelCommit& after) const {
  for (const ModelCommit* commit : {&before, &after}) {
    for (const ModelType& type : commit->schema->types) {
      if (!model_.readable(type.key, *commit)) return true;
    }
  }
  return false;
}

void RandomHistory::apply(ModelState& state, const std::vector<EntityChange>& changes,
                          const ModelSchema& schema) {
  const auto entity_of = [](const ModelType& type, const EntityImage& image) {
    ModelEntity entity{image.from, image.to, {}};
    EXPECT_EQ(image.properties.size(), type.properties.size());
    for (const auto& [name, text] : image.properties) {
      const ModelProperty* property = type.find(name);
      if (property == nullptr) {
        ADD_FAILURE() << "no property " << name;
        continue;
      }
      if (text == "null") continue;
      entity.values[property->key] = property->text ? text.substr(1, text.size() - 2) : text;
    }
    return entity;
  };
  std::tuple<bool, std::string, std::string> last;
  for (const EntityChange& change : changes) {
    const std::tuple<bool, std::string, std::string> place(change.is_edge, change.type_id,
                                                           change.id);
    EXPECT_LT(last, place);
    last = place;
    const ModelType* type = schema.find(change.type_name);
    ASSERT_NE(type, nullptr) << change.type_name;
    EXPECT_EQ(type->is_edge, change.is_edge);
    EXPECT_EQ(type_ids_.emplace(type->key, change.type_id).first->second, change.type_id);
    ModelRows& rows = state[type->key];
    const auto at = rows.find(change.id);
    EXPECT_EQ(change.before.has_value(), change.op != ChangeOp::kInsert);
    EXPECT_EQ(change.after.has_value(), change.op != ChangeOp::kDelete);
    ASSERT_EQ(at != rows.end(), change.before.has_value()) << change.type_name << " " << change.id;
    if (change.before) {
      EXPECT_EQ(at->second, entity_of(*type, *change.before)) << change.id;
    }
    if (!change.after) {
      rows.erase(at);
      continue;
    }
    ModelEntity after = entity_of(*type, *change.after);
    if (change.before) {
      EXPECT_NE(at->second, after) << change.id;
    }
    rows[change.id] = std::move(after);
  }
  std::erase_if(state, [](const auto& type) { return type.second.empty(); });
}

// A difference applied to one state makes the other one of it.
void RandomHistory::compare_diff(const ModelCommit& before, const ModelCommit& after) {
  std::vector<EntityChange> changes;
  const auto report =
      graph().diff({.from = before.id, .to = after.id}, [&](const EntityChange& change) -> Status {
        changes.push_back(change);
        return {};
      });
  const auto boundary = model_.boundary(before, after);
  if (!report.ok() && reclaimed(before, after)) {
    EXPECT_TRUE(reclaimed_answer(report.error()) ||
                (boundary && report.error().message().find("boundary") != std::string::npos))
        << report.error().message();
    return;
  }
  ASSERT_EQ(report.ok(), !boundary) << before.id << " to " << after.id << ", step " << step_
                                    << (report.ok() ? "" : ": " + report.error().message());
  if (!report.ok()) {
    EXPECT_NE(report.error().message().find("schema boundary at type '"), std::string::npos)
        << report.error().message();
    return;
  }
  EXPECT_EQ(report->changes, changes.size());
  ModelState state = before.state;
  apply(state, changes, before.version < after.version ? *after.schema : *before.schema);
  EXPECT_EQ(state, after.state) << before.id << " to " << after.id << ", step " << step_;
}

// The changes of one commit, in pages of some size.
void RandomHistory::compare_changes(const ModelCommit& commit) {
  CommitChangesRequest request{.commit = commit.id, .limit = 1 + below(4)};
  std::vector<EntityChange> changes;
  std::string token;
  while (true) {
    auto page = graph().commit_changes(request);
    if (!commit.parent) {
      ASSERT_FALSE(page.ok());
      EXPECT_EQ(page.error().details()->kind, "change_diff_refusal");
      return;
    }
    const ModelCommit& parent = model_.commits.at(*commit.parent);
    const auto boundary = model_.boundary(parent, commit);
    if (!page.ok() && reclaimed(parent, commit)) {
      EXPECT_EQ(page.error().details()->kind,
                boundary && page.error().details()->kind != "change_feed_gap"
                    ? "change_diff_refusal"
                    : "change_feed_gap")
          << page.error().message();
      return;
    }
    ASSERT_EQ(page.ok(), !boundary)
        << commit.id << ", step " << step_ << (page.ok() ? "" : ": " + page.error().message());
    if (!page.ok()) {
      EXPECT_EQ(page.error().details()->kind, "change_diff_refusal") << page.error().message();
      ++seen_["schema boundary"];
      return;
    }
    EXPECT_LE(page->changes.size(), *request.limit);
    EXPECT_EQ(page->cause.commit_id, commit.id);
    EXPECT_EQ(page->cause.parent, commit.parent);
    EXPECT_EQ(page->cause.merged_parent, commit.merged_parent);
    EXPECT_EQ(page->cause.branch, commit.branch);
    EXPECT_EQ(page->cause.authored_at, commit.created_at);
    std::move(page->changes.begin(), page->changes.end(), std::back_inserter(changes));
    if (!page->next_page_token) break;
    token = *page->next_page_token;
    request.page_token = token;
  }
  ModelState state = model_.commits.at(*commit.parent).state;
  apply(state, changes, *commit.schema);
  EXPECT_EQ(state, commit.state) << commit.id << ", step " << step_
                                 << (commit.merged_parent ? " merge" : "");
}

// The commits of every branch, newest first, and none that only a deleted branch carried.
void RandomHistory::compare_lists() {
  for (const auto& [name, branch] : model_.branches) {
    const auto listed = graph().commits(name);
    ASSERT_TRUE(listed.ok()) << listed.error().message();
    ASSERT_EQ(listed->size(), branch.carried.size()) << name;
    for (std::size_t i = 0; i < listed->size(); ++i) {
      const Commit& commit = (*listed)[i];
      const ModelCommit& expected = model_.commits.at(branch.carried[listed->size() - 1 - i]);
      EXPECT_EQ(commit.id, expected.id);
      EXPECT_EQ(commit.branch.value_or("main"), expected.branch);
      EXPECT_EQ(commit.parent, expected.parent);
      EXPECT_EQ(commit.merged_parent, expected.merged_parent);
      EXPECT_EQ(commit.version, expected.version);
    }
  }
  for (const auto& [id, commit] : model_.commits) {
    const bool carried = model_.carried(id);
    EXPECT_EQ(graph().commit(id).ok(), carried) << id;
    const auto snapshot = graph().store().snapshot_at(*Ulid::parse(id));
    EXPECT_EQ(snapshot.ok(), carried)
        << id << (!snapshot.ok() ? ": " + snapshot.error().message() : "");
  }
}

// From the beginning of a branch to its head. What cannot be compared is stepped over.
void RandomHistory::compare_feed(const std::string& branch) {
  const auto& line = model_.branches.at(branch).carried;
  std::size_t at = 0;  // the last commit delivered, or stepped over
  std::string start = "beginning", cursor, token;
  std::vector<EntityChange> partial;
  PollRequest request{.branch = branch, .start = start, .limit = 1 + below(30)};
  while (true) {
    const auto page = graph().poll_changes(request);
    if (!page.ok()) {
      ASSERT_TRUE(partial.empty());
      ASSERT_LT(at + 1, line.size());
      const ModelCommit& commit = model_.commits.at(line[++at]);
      const ModelCommit& before = model_.commits.at(*commit.parent);
      ASSERT_TRUE(page.error().details().has_value()) << page.error().message();
      if (page.error().details()->kind == "change_diff_refusal") {
        EXPECT_TRUE(model_.boundary(before, commit)) << commit.id;
      } else {
        EXPECT_EQ(page.error().details()->kind, "change_feed_gap") << page.error().message();
        ++seen_["gap"];
        EXPECT_TRUE(reclaimed(before, commit)) << commit.id;
      }
      EXPECT_NE(page.error().message().find(commit.id), std::string::npos);
      if (at + 1 == line.size()) return;
      start = "after:" + commit.id;
      request.cursor = request.page_token = std::nullopt;
      request.start = start;
      continue;
    }
    for (const ChangeBlock& block : page->blocks) {
      const bool goes_on = page->next_page_token && &block == &page->blocks.back();
      partial.insert(partial.end(), block.changes.begin(), block.changes.end());
      ASSERT_LT(at + 1, line.size());
      const ModelCommit& commit = model_.commits.at(line[at + 1]);
      ASSERT_EQ(block.cause.commit_id, commit.id) << branch;
      if (goes_on) continue;
      ++at;
      ModelState state = model_.commits.at(*commit.parent).state;
      apply(state, partial, *commit.schema);
      partial.clear();
      ASSERT_EQ(state, commit.state) << commit.id << " of " << branch << ", step " << step_;
    }
    ASSERT_NE(page->next_page_token.has_value(), page->cursor.has_value());
    request.start = request.cursor = request.page_token = std::nullopt;
    if (page->next_page_token) {
      token = *page->next_page_token;
      request.page_token = token;
      continue;
    }
    ASSERT_EQ(page->caught_up, at + 1 == line.size()) << branch;
    if (page->caught_up) return;
    cursor = *page->cursor;
    request.cursor = cursor;
  }
}

void RandomHistory::take_cursor() {
  const std::string branch = any_branch();
  const auto page = graph().poll_changes({.branch = branch});
  ASSERT_TRUE(page.ok()) << page.error().message();
  EXPECT_TRUE(page->blocks.empty());
  EXPECT_TRUE(page->caught_up);
  const ModelBranch& at = model_.branches.at(branch);
  cursors_.push_back({branch, at.carried.back(), *page->cursor, at.incarnation});
}

// A cursor holds as long as its branch lives; one of a branch that came back is refused.
void RandomHistory::poll_cursor() {
  if (cursors_.empty()) return;
  const Cursor& cursor = cursors_[below(cursors_.size())];
  const auto page = graph().poll_changes({.branch = cursor.branch, .cursor = cursor.text});
  const auto branch = model_.branches.find(cursor.branch);
  if (branch == model_.branches.end() || branch->second.incarnation != cursor.incarnation) {
    ASSERT_FALSE(page.ok());
    const bool missing = branch == model_.branches.end();
    ++seen_["cursor of a deleted branch"];
    EXPECT_NE(page.error().message().find(missing ? "not found" : "different branch incarnation"),
              std::string::npos)
        << page.error().message();
    return;
  }
  const auto& line = branch->second.carried;
  const auto from = std::find(line.begin(), line.end(), cursor.commit);
  ASSERT_NE(from, line.end());
  if (!page.ok()) {
    ASSERT_NE(from + 1, line.end());
    const ModelCommit& commit = model_.commits.at(from[1]);
    const ModelCommit& before = model_.commits.at(cursor.commit);
    EXPECT_TRUE(model_.boundary(before, commit) || reclaimed(before, commit))
        << page.error().message();
    return;
  }
  auto next = from + 1;
  for (const ChangeBlock& block : page->blocks) {
    ASSERT_NE(next, line.end());
    ASSERT_EQ(block.cause.commit_id, *next);
    const ModelCommit& commit = model_.commits.at(*next++);
    ModelState state = model_.commits.at(*commit.parent).state;
    apply(state, block.changes, *commit.schema);
    EXPECT_EQ(state, commit.state) << commit.id;
  }
  EXPECT_EQ(page->caught_up, next == line.end());
  ++seen_["cursor polled"];
}

void RandomHistory::compare_everything() {
  if (::testing::Test::HasFailure()) return;
  compare_lists();
  for (const auto& [id, commit] : model_.commits) {
    if (!model_.carried(id)) continue;
    compare_commit(commit);
    compare_changes(commit);
    if (::testing::Test::HasFailure()) return;
  }
  for (const auto& [name, branch] : model_.branches) {
    compare_feed(name);
    if (::testing::Test::HasFailure()) return;
    compare_diff(any_carried_commit(), any_carried_commit());
    compare_diff(model_.head_commit("main"), model_.head_commit(name));
  }
}

}  // namespace omnigraph::testing
