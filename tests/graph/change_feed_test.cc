// Change feeds and diffs through the engine, against plain maps, over random histories.
#include "history/change_feed.h"

#include <gtest/gtest.h>

#include <map>

#include "common/test_runtime.h"
#include "graph/engine.h"
#include "storage/counting_store.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Person { name: String @key  age: I32?  nick: [String]? }
node Tag { slug: String @key }
edge Knows: Person -> Person { since: I32? }
)";

// Entities by kind, type and id, as the text of their images.
using Model = std::map<std::string, std::string>;

std::string text(const EntityImage& image) {
  std::string out;
  for (const auto& [name, value] : image.properties) out += name + "=" + value + " ";
  return out + image.from + ">" + image.to;
}

std::string key(const EntityChange& change) {
  return std::string(change.is_edge ? "edge " : "node ") + change.type_name + " " + change.id;
}

// Applies a change, and expects that it fits.
void apply(Model& model, const EntityChange& change) {
  const std::string at = key(change);
  const auto found = model.find(at);
  if (change.op == ChangeOp::kInsert) {
    EXPECT_EQ(found, model.end()) << at;
    EXPECT_FALSE(change.before);
  } else {
    ASSERT_NE(found, model.end()) << at;
    ASSERT_TRUE(change.before);
    EXPECT_EQ(found->second, text(*change.before)) << at;
  }
  if (change.op == ChangeOp::kDelete) {
    EXPECT_FALSE(change.after);
    model.erase(found);
    return;
  }
  ASSERT_TRUE(change.after);
  if (change.op == ChangeOp::kUpdate) {
    EXPECT_NE(text(*change.before), text(*change.after)) << at;
  }
  model[at] = text(*change.after);
}

class ChangeFeedTest : public testing::Test {
 protected:
  std::unique_ptr<Graph::Engine> create(std::uint64_t seed = 1) {
    objects_ = counted(make_memory_store());
    runtime_ = test_runtime(seed);
    auto made = Graph::Engine::create(
        [this]() -> Result<ObjectStorePtr> { return ObjectStorePtr(objects_); }, "", kSchema, {},
        runtime_);
    EXPECT_TRUE(made.ok()) << made.error().message();
    return std::move(made).value();
  }
  std::unique_ptr<Graph::Engine> open() {
    auto opened = Graph::Engine::open(objects_, {}, test_runtime(77));
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return std::move(opened).value();
  }
  static std::string load(Graph::Engine& graph, std::string_view lines,
                          LoadMode mode = LoadMode::kMerge, std::string_view branch = "main") {
    const auto report = graph.load(*text_load_source(lines), {.mode = mode, .branch = branch});
    return report.ok() ? report->commit.id : report.error().message();
  }
  static std::string mutate(Graph::Engine& graph, const std::string& body,
                            std::string_view branch = "main") {
    const auto report = graph.mutate({.source = "query m() { " + body + " }", .branch = branch});
    if (!report.ok()) return report.error().message();
    return report->commit ? report->commit->id : "";
  }
  static std::string person(int i, int age) {
    return "{\"type\":\"Person\",\"data\":{\"name\":\"p" + std::to_string(i) +
           "\",\"age\":" + std::to_string(age) + "}}\n";
  }
  // All blocks from a place on, pages joined; the last page's cursor goes to `cursor`.
  static std::vector<ChangeBlock> poll_all(Graph::Engine& graph, PollRequest request,
                                           std::string* cursor = nullptr) {
    std::vector<ChangeBlock> blocks;
    std::string token;
    bool split = false;
    while (true) {
      auto page = graph.poll_changes(request);
      EXPECT_TRUE(page.ok()) << page.error().message();
      if (!page.ok()) return blocks;
      for (std::size_t i = 0; i < page->blocks.size(); ++i) {
        ChangeBlock& block = page->blocks[i];
        if (split && i == 0) {
          EXPECT_EQ(blocks.back().cause.commit_id, block.cause.commit_id);
          std::move(block.changes.begin(), block.changes.end(),
                    std::back_inserter(blocks.back().changes));
        } else {
          blocks.push_back(std::move(block));
        }
      }
      split = page->next_page_token.has_value();
      EXPECT_NE(split, page->cursor.has_value());
      request.start = request.cursor = request.page_token = std::nullopt;
      if (split) {
        token = *page->next_page_token;
        request.page_token = token;
        continue;
      }
      token = *page->cursor;
      if (cursor != nullptr) *cursor = token;
      if (page->caught_up) return blocks;
      request.cursor = token;
    }
  }
  static Model diff_into(Graph::Engine& graph, std::string_view from, std::string_view to,
                         Model model) {
    std::string last;
    const auto report = graph.diff({.from = from, .to = to}, [&](const EntityChange& change) {
      const std::string at = std::string(change.is_edge ? "1" : "0") + change.type_id + change.id;
      EXPECT_LT(last, at);
      last = at;
      apply(model, change);
      return Status();
    });
    EXPECT_TRUE(report.ok()) << report.error().message();
    return model;
  }

  std::shared_ptr<CountingStore> objects_;
  Runtime runtime_;
};

// A random history on main and two branches, now and then folded; every commit's state from the
// first one, kept by the feed itself and by diffs of any pair.
TEST_F(ChangeFeedTest, FeedAndDiffFollowRandomHistories) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto graph = create(seed);
    SeededRandom random(seed * 7919);
    const auto pick = [&](int n) {
      return static_cast<int>(random.next() % static_cast<unsigned>(n));
    };
    std::vector<std::string> branches = {"main"};
    std::map<std::string, std::vector<std::string>> commits;
    for (int step = 0; step < 60; ++step) {
      const std::string branch =
          branches[static_cast<std::size_t>(pick(static_cast<int>(branches.size())))];
      std::string id;
      const std::string name = "p" + std::to_string(pick(12));
      switch (pick(10)) {
        case 0:
          id = load(*graph, person(pick(12), pick(3)) + person(12 + pick(12), pick(3)),
                    LoadMode::kMerge, branch);
          break;
        case 1:
          id = load(*graph, person(pick(12), 1) + person(12 + pick(12), 2), LoadMode::kOverwrite,
                    branch);
          break;
        case 2:
          id = mutate(*graph, "delete Person where name = \"" + name + "\"", branch);
          break;
        case 3:
          id = mutate(*graph,
                      "update Person set { age: " + std::to_string(pick(3)) + " } where name = \"" +
                          name + "\"",
                      branch);
          break;
        case 4:
          id = mutate(*graph,
                      "insert Knows { from: \"" + name + "\", to: \"p" + std::to_string(pick(24)) +
                          "\", since: 1 }",
                      branch);
          break;
        case 5:
          if (branches.size() < 3) {
            const std::string made = "b" + std::to_string(branches.size());
            ASSERT_TRUE(graph->create_branch({.name = made, .from = branch}).ok());
            commits[made] = commits[branch];
            branches.push_back(made);
          }
          continue;
        case 7: {
          const std::string other =
              branches[static_cast<std::size_t>(pick(static_cast<int>(branches.size())))];
          if (other == branch) continue;
          const auto merged = graph->merge({.source = other, .target = branch}, false);
          if (merged.ok() && merged->commit) commits[branch].push_back(merged->commit->id);
          continue;
        }
        case 6:
          if (pick(3) == 0) {
            const auto report = graph->optimize();
            ASSERT_TRUE(report.ok()) << report.error().message();
            if (report->commit) commits["main"].push_back(report->commit->id);
          }
          continue;
        default:
          id = mutate(*graph, "insert Tag { slug: \"t" + std::to_string(pick(9)) + "\" }", branch);
      }
      if (Ulid::parse(id)) commits[branch].push_back(id);
    }
    const std::string genesis = graph->store().genesis().id.text();
    for (const std::string& branch : branches) {
      // The feed, in pages of all sizes, carries every commit in order.
      Model model;
      std::map<std::string, Model> states;
      states[genesis] = model;
      const auto blocks = poll_all(*graph, {.branch = branch,
                                            .start = "beginning",
                                            .limit = static_cast<std::uint64_t>(1 + pick(20))});
      ASSERT_EQ(blocks.size(), commits[branch].size());
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        EXPECT_EQ(blocks[i].cause.commit_id, commits[branch][i]);
        for (const EntityChange& change : blocks[i].changes) apply(model, change);
        states[blocks[i].cause.commit_id] = model;
        // The commit alone says the same.
        const auto page =
            graph->commit_changes({.commit = blocks[i].cause.commit_id, .limit = 8192});
        ASSERT_TRUE(page.ok()) << page.error().message();
        ASSERT_EQ(page->changes.size(), blocks[i].changes.size());
      }
      EXPECT_EQ(diff_into(*graph, genesis, branch, {}), model);
      // Any pair, before and after reopening.
      const auto opened = open();
      for (int i = 0; i < 12; ++i) {
        auto from = std::next(states.begin(), pick(static_cast<int>(states.size())));
        auto to = std::next(states.begin(), pick(static_cast<int>(states.size())));
        EXPECT_EQ(diff_into(i % 2 == 0 ? *graph : *opened, from->first, to->first, from->second),
                  to->second)
            << "seed " << seed << ": " << from->first << " to " << to->first;
      }
    }
    for (std::size_t i = 1; i < branches.size(); ++i) {
      const Model left = diff_into(*graph, genesis, branches[i - 1], {});
      EXPECT_EQ(diff_into(*graph, branches[i - 1], branches[i], left),
                diff_into(*graph, genesis, branches[i], {}));
    }
  }
}

TEST_F(ChangeFeedTest, CursorsGoOnAfterOptimizeReopeningAndCleanup) {
  const auto graph = create();
  load(*graph, person(1, 1) + person(2, 2));
  std::string cursor;
  EXPECT_EQ(poll_all(*graph, {.start = "beginning"}, &cursor).size(), 1U);
  ASSERT_TRUE(graph->optimize().ok());
  const std::string third = load(*graph, person(3, 3));
  const auto opened = open();
  const auto blocks = poll_all(*opened, {.cursor = cursor});
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_TRUE(blocks[0].changes.empty());  // physical only
  EXPECT_EQ(blocks[1].cause.commit_id, third);
  // What a cleanup gave up is a gap at the first commit asked for ...
  load(*graph, person(4, 4));
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  const auto gap = graph->poll_changes({.start = "beginning"});
  ASSERT_FALSE(gap.ok());
  ASSERT_TRUE(gap.error().details());
  EXPECT_EQ(gap.error().details()->kind, "change_feed_gap");
  // ... and ends a page that began before it. The optimize commit changed no type.
  const auto page = graph->poll_changes({.cursor = cursor});
  ASSERT_TRUE(page.ok()) << page.error().message();
  EXPECT_EQ(page->blocks.size(), 1U);
  EXPECT_FALSE(page->caught_up);
  const auto at_gap = graph->poll_changes({.cursor = *page->cursor});
  ASSERT_FALSE(at_gap.ok());
  EXPECT_EQ(at_gap.error().details()->fields.front().first, "cursor");
  EXPECT_EQ(at_gap.error().details()->fields.back().second, third);
  // A baseline starts anew.
  std::string lines;
  const auto baseline = graph->baseline("main", {}, [&](std::string_view part) -> Status {
    lines += part;
    return {};
  });
  ASSERT_TRUE(baseline.ok());
  EXPECT_NE(lines.find("\"p4\""), std::string::npos);
  const std::string fifth = load(*graph, person(5, 5));
  const auto next = poll_all(*graph, {.cursor = baseline->resume_cursor});
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].cause.commit_id, fifth);
}

TEST_F(ChangeFeedTest, TokensAreChecked) {
  const ChangeToken token{.kind = TokenKind::kFeedPage,
                          .graph = {1, 2},
                          .filter = 3,
                          .commit = {4, 5},
                          .incarnation = {6, 7},
                          .cut = {8, 9},
                          .branch = "rëview",
                          .done = 300};
  const std::string text = encode_token(token);
  const auto read = decode_token(text, TokenKind::kFeedPage);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->branch, token.branch);
  EXPECT_EQ(read->commit, token.commit);
  EXPECT_EQ(read->cut, token.cut);
  EXPECT_EQ(read->done, token.done);
  EXPECT_EQ(
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_token(damaged, TokenKind::kFeedPage).ok()) << i;
    EXPECT_FALSE(decode_token(std::string_view(text).substr(0, i), TokenKind::kFeedPage).ok());
  }
  const auto wrong = decode_token(text, TokenKind::kCommitPage);
  EXPECT_EQ(wrong.error().message(),
            "change cursor rejected: a change feed page token cannot be used as a commit changes "
            "page token");
  EXPECT_FALSE(decode_token(std::string(5000, 'A'), TokenKind::kFeedCursor).ok());
  using Names = std::vector<std::string>;
  const auto scope = [](Names kinds, Names types, Names ops) {
    return ChangeSelection::of({std::move(kinds), std::move(types), std::move(ops)})->scope();
  };
  EXPECT_EQ(scope({}, {}, {}), scope({"edge", "node", "edge"}, {}, {}));
  EXPECT_EQ(scope({}, {"B", "A"}, {}), scope({}, {"A", "B", "A"}, {}));
  EXPECT_NE(scope({}, {"A", "B"}, {}), scope({}, {"AB"}, {}));
  EXPECT_NE(scope({}, {}, {}), scope({}, {}, {"insert"}));
  EXPECT_FALSE(ChangeSelection::of({{"table"}, {}, {}}).ok());
  EXPECT_FALSE(ChangeSelection::of({{}, {}, {"upsert"}}).ok());
}

TEST_F(ChangeFeedTest, LimitsAndPages) {
  const auto graph = create();
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += person(100 + i, i);
  const std::string id = load(*graph, lines);
  EXPECT_EQ(graph->commit_changes({.commit = id, .limit = 0}).error().code(),
            ErrorCode::kBadRequest);
  const auto beyond = graph->commit_changes({.commit = id, .limit = 8193});
  ASSERT_TRUE(beyond.error().details());
  EXPECT_EQ(beyond.error().details()->kind, "resource_limit");
  // Pages meet, whatever their size.
  std::vector<std::string> ids;
  std::optional<std::string> token;
  do {
    const auto page = graph->commit_changes(
        {.commit = id,
         .limit = 7,
         .page_token = token ? std::optional<std::string_view>(*token) : std::nullopt});
    ASSERT_TRUE(page.ok()) << page.error().message();
    EXPECT_LE(page->changes.size(), 7U);
    for (const EntityChange& change : page->changes) ids.push_back(change.id);
    token = page->next_page_token;
  } while (token);
  ASSERT_EQ(ids.size(), 50U);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  // A page takes 128 commits at most.
  for (int i = 0; i < 130; ++i)
    mutate(*graph, "insert Tag { slug: \"t" + std::to_string(i) + "\" }");
  const std::string after = "after:" + id;
  const auto page = graph->poll_changes({.start = after});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->blocks.size(), ChangeFeed::kMaxCommits);
  EXPECT_FALSE(page->caught_up);
}

// A poll of a few commits reads their records, however large the graph is.
TEST_F(ChangeFeedTest, CostsTheCommitsAndNotTheGraph) {
  std::uint64_t bytes[2] = {};
  for (int size = 0; size < 2; ++size) {
    const auto graph = create();
    std::string lines;
    for (int i = 0; i < (size == 0 ? 3'000 : 30'000); ++i) lines += person(i, i);
    load(*graph, lines, LoadMode::kOverwrite);
    std::string cursor;
    poll_all(*graph, {.start = "now"}, &cursor);
    const std::string before = graph->store().state()->branch("main")->snapshot->commit().text();
    for (int i = 0; i < 10; ++i)
      mutate(*graph, "insert Tag { slug: \"t" + std::to_string(i) + "\" }");
    mutate(*graph, "update Person set { age: 1 } where name = \"p7\"");
    const auto opened = open();
    objects_->reset();
    EXPECT_EQ(poll_all(*opened, {.cursor = cursor}).size(), 11U);
    std::size_t changes = 0;
    const auto diff = opened->diff({.from = before, .to = "main"}, [&](const EntityChange&) {
      ++changes;
      return Status();
    });
    ASSERT_TRUE(diff.ok());
    EXPECT_EQ(changes, 11U);
    bytes[size] = objects_->counts().bytes_read;
  }
  EXPECT_LT(bytes[1], 2 * bytes[0] + 200'000);
}

}  // namespace
}  // namespace omnigraph
