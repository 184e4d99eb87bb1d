#include "simulation/graph_history.h"

#include <algorithm>
#include <set>

#include "schema/compile.h"
#include "write/load/load.h"

namespace omnigraph::simulation {
namespace {

constexpr std::uint64_t kTurns = 2500;
constexpr std::int64_t kGraceMicros = std::int64_t{3'600} * 1'000'000;
constexpr std::int64_t kDayMicros = 24 * kGraceMicros;
// While the network is out, so many calls fail, for so many turns at most.
constexpr std::uint64_t kOutagePercent = 70, kLongestOutage = 120;
// People are few, so that writes meet.
constexpr std::uint64_t kNames = 24;
// A load of so many, each with a Blob in its row, is written as segments.
constexpr std::uint64_t kBulk = 75;

std::string name_of(std::uint64_t number) { return "p" + std::to_string(number); }

std::string base64(const std::string& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      three =
          (three << 8) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i > bytes.size() ? '=' : kDigits[(three >> (18 - 6 * i)) & 63];
    }
  }
  return out;
}

std::string person_line(const std::string& name, const ModelPerson& person) {
  std::string line =
      R"({"type":"Person","data":{"name":")" + name + R"(","age":)" + std::to_string(person.age);
  if (person.note) line += R"(,"note":)" + std::to_string(*person.note);
  if (person.body) line += R"(,"body":"base64:)" + base64(blob_content(*person.body)) + '"';
  return line + "}}\n";
}

std::string knows_line(const std::string& id, const std::string& from, const std::string& to) {
  return R"({"edge":"Knows","from":")" + from + R"(","to":")" + to + R"(","data":{"id":")" + id +
         "\"}}\n";
}

std::string put_people(GraphModel& model, const std::map<std::string, ModelPerson>& people) {
  for (const auto& [name, person] : people) {
    if (person.note && !model.has_note) return "the schema has no note";
    model.people[name] = person;
  }
  return {};
}

std::string put_edges(GraphModel& model,
                      const std::map<std::string, std::pair<std::string, std::string>>& edges) {
  for (const auto& [id, ends] : edges) {
    if (!model.people.contains(ends.first) || !model.people.contains(ends.second)) {
      return "edge '" + id + "' has no end";
    }
    model.knows[id] = ends;
  }
  return {};
}

}  // namespace

GraphHistory::Counts& GraphHistory::Counts::operator+=(const Counts& other) {
  writes += other.writes;
  merges += other.merges;
  schemas += other.schemas;
  blobs += other.blobs;
  branches += other.branches;
  reads += other.reads;
  return *this;
}

GraphHistory::GraphHistory(std::uint64_t seed)
    : stage_(seed), network_(stage_, make_memory_store()) {
  options_.log_form = LogForm::kObjects;
  options_.checkpoint_records = static_cast<std::uint32_t>(4 + stage_.below(16));
  options_.fold_inline_rows = static_cast<std::uint32_t>(3 + stage_.below(20));
  options_.fold_segments = static_cast<std::uint32_t>(2 + stage_.below(4));
  options_.sweep_grace_micros = kGraceMicros;
}

void GraphHistory::fail(const std::string& what) {
  if (failure_.empty()) failure_ = "turn " + std::to_string(stage_.turn()) + ": " + what;
}

// Whether the error says that nothing was done.
bool GraphHistory::judge(const char* doing, const Error& error) {
  // Forks of a past that a cleanup gave up.
  if (error.details() && error.details()->kind == "history_reclaimed") return true;
  switch (error.code()) {
    case ErrorCode::kBadRequest:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kPreconditionFailed:
      return true;
    case ErrorCode::kIo:
    case ErrorCode::kOutcomeUnknown:
      return false;
    default:
      fail(std::string(doing) + ": " + error.message());
      return false;
  }
}

// Up to a day off, either way.
std::shared_ptr<FakeClock> GraphHistory::wrong_clock() {
  auto clock = std::make_shared<FakeClock>();
  clock->set_micros(FakeClock::kDefaultMicros - kDayMicros +
                    static_cast<std::int64_t>(stage_.below(2 * kDayMicros)));
  return clock;
}

bool GraphHistory::begin(Process& process, std::shared_ptr<FakeClock> clock) {
  process.objects = std::make_shared<ProcessStore>(network_);
  process.clock = std::move(clock);
  process.seen = 0;
  Runtime runtime = test_runtime(stage_.random().next() | ++opened_);
  runtime.clock = process.clock;
  const Sequence promised = promised_;
  auto store = Store::open(process.objects, std::move(runtime), options_);
  if (!store.ok()) {
    if (judge("open", store.error())) fail("open: " + store.error().message());
    return false;
  }
  process.graph = Graph::Engine::over(std::move(*store), {});
  if (process.graph->store().state()->sequence < promised) {
    fail("an open misses an acknowledged commit");
  }
  return true;
}

void GraphHistory::play(const std::shared_ptr<FakeClock>& clock,
                        const std::function<void(Process&)>& act) {
  while (going()) {
    Process process;
    if (begin(process, clock ? clock : wrong_clock())) {
      while (going() && process.objects->alive()) {
        process.clock->advance_micros(1'000);
        act(process);
        stage_.pause();
      }
      // Some processes end in order.
      if (stage_.percent(70)) process.objects->kill();
      process.graph.reset();
    }
    process.objects->kill();
    stage_.pause();
  }
}

std::string GraphHistory::run() {
  auto catalog = compile_schema(graph_schema(false));
  if (!catalog.ok()) return catalog.error().message();
  network_.calm = true;
  {
    auto made = Store::init(std::make_shared<ProcessStore>(network_), **catalog, false,
                            test_runtime(stage_.random().next()), options_);
    if (!made.ok()) return made.error().message();
  }
  network_.calm = false;
  network_.faults.fail_percent = stage_.below(4) * 3;
  network_.faults.kill_permille = stage_.below(4) * 4;
  const std::uint64_t writers = 1 + stage_.below(3);
  for (std::uint64_t i = 0; i < writers; ++i) {
    stage_.add([this] { play(nullptr, [this](Process& process) { write(process); }); });
  }
  stage_.add([this] { play(nullptr, [this](Process& process) { read(process); }); });
  stage_.add([this] { play(nullptr, [this](Process& process) { optimize(process); }); });
  stage_.add([this] { play(cleaner_clock_, [this](Process& process) { clean(process); }); });
  const std::uint64_t usual = network_.faults.fail_percent, outages = stage_.below(3);
  std::uint64_t outage_ends = 0;
  stage_.each_turn([&] {
    if (stage_.percent(5)) network_.land_one();
    if (stage_.below(400) < outages) outage_ends = stage_.turn() + stage_.below(kLongestOutage);
    network_.faults.fail_percent = stage_.turn() < outage_ends ? kOutagePercent : usual;
  });
  stage_.run(kTurns);
  stage_.each_turn(nullptr);
  if (failure_.empty()) check_end();
  return failure_;
}

template <typename Report>
void GraphHistory::settle(Process& process, const char* doing, std::uint64_t number,
                          const Report& report, const std::optional<Commit>& commit,
                          std::uint64_t& counter) {
  if (!report.ok()) {
    if (judge(doing, report.error())) models_.refuse(number);
    return;
  }
  if (!commit) return models_.refuse(number);  // it came to nothing
  ++counter;
  promised_ = std::max(promised_, process.graph->store().state()->sequence);
  if (!commit->branch) acknowledged_.push_back(commit->id);
  known_.push_back(commit->id);
}

std::string GraphHistory::any_branch(Process& process) {
  if (stage_.percent(60)) return "main";
  const GraphStatePtr state = process.graph->store().state();
  auto at = state->branches.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(stage_.below(state->branches.size())));
  return at->first;
}

std::string GraphHistory::any_person(Process&) { return name_of(stage_.below(kNames)); }

void GraphHistory::write(Process& process) {
  if (stage_.percent(2)) {  // the clock is set, perhaps back
    process.clock->set_micros(wrong_clock()->now_micros());
  }
  const std::uint64_t dice = stage_.below(100);
  if (dice < 34) return mutate(process);
  if (dice < 50) return load(process);
  if (dice < 58) return put_blob(process);
  if (dice < 74) return merge(process);
  if (dice < 86) return branch(process);
  if (dice < 94) return change_schema(process);
  const Status kept = process.graph->store().maintain();
  if (!kept.ok()) judge("maintain", kept.error());
}

void GraphHistory::mutate(Process& process) {
  const std::string branch = any_branch(process), name = any_person(process);
  const auto age = static_cast<std::int32_t>(stage_.below(100));
  const auto limit = static_cast<std::int32_t>(stage_.below(100));
  const std::string age_text = std::to_string(age), limit_text = std::to_string(limit);
  std::string body;
  Effect effect;
  switch (stage_.below(7)) {
    case 0:
    case 1: {
      const std::string other = any_person(process);
      body = "insert Person { name: \"" + name + "\", age: " + age_text + " }";
      if (other != name) body += " insert Person { name: \"" + other + "\", age: 0 }";
      effect = [=](GraphModel& model) -> std::string {
        model.people[name] = {age, std::nullopt, std::nullopt};
        if (other != name) model.people[other] = {0, std::nullopt, std::nullopt};
        return {};
      };
      break;
    }
    case 2:
      body = "update Person set { age: " + age_text + " } where name = \"" + name + "\"";
      effect = [=](GraphModel& model) -> std::string {
        if (!model.people.contains(name)) return "'" + name + "' is not there";
        model.people[name].age = age;
        return {};
      };
      break;
    case 3:
      body = "update Person set { age: " + age_text + " } where age < " + limit_text;
      effect = [=](GraphModel& model) -> std::string {
        bool met = false;
        for (auto& [other, person] : model.people) {
          if (person.age >= limit) continue;
          person.age = age;
          met = true;
        }
        return met ? "" : "nobody is younger";
      };
      break;
    case 4:
      body = "update Person set { note: " + age_text + " } where name = \"" + name + "\"";
      effect = [=](GraphModel& model) -> std::string {
        if (!model.has_note) return "the schema has no note";
        if (!model.people.contains(name)) return "'" + name + "' is not there";
        model.people[name].note = age;
        return {};
      };
      break;
    case 5:
      body = "delete Person where name = \"" + name + "\"";
      effect = [=](GraphModel& model) -> std::string {
        if (!model.people.contains(name)) return "'" + name + "' is not there";
        model.remove_person(name);
        return {};
      };
      break;
    default: {
      const std::int32_t above = 80 + limit / 5;
      body = "delete Person where age > " + std::to_string(above);
      effect = [=](GraphModel& model) -> std::string {
        std::vector<std::string> old;
        for (const auto& [other, person] : model.people) {
          if (person.age > above) old.push_back(other);
        }
        for (const std::string& other : old) model.remove_person(other);
        return old.empty() ? "nobody is older" : "";
      };
    }
  }
  const std::string source = "query m() { " + body + " }";
  const std::uint64_t number = models_.add(std::move(effect));
  const std::string actor = std::to_string(number);
  MutationRequest request{.source = source, .branch = branch, .actor = actor};
  std::string head;
  if (stage_.percent(10)) {
    head = process.graph->store().state()->branch(branch)->snapshot->commit().text();
    request.if_commit = head;
  }
  const auto report = process.graph->mutate(request);
  settle(process, "mutate", number, report, report.ok() ? report->commit : std::nullopt,
         counts_.writes);
}

void GraphHistory::load(Process& process) {
  const std::string branch = any_branch(process);
  const std::uint64_t number = models_.add([](GraphModel&) { return ""; });
  std::map<std::string, ModelPerson> people;
  std::map<std::string, std::pair<std::string, std::string>> edges;
  const std::uint64_t kind = stage_.below(10);
  if (kind == 0) {
    for (std::uint64_t i = 0; i < kBulk; ++i) {
      people[name_of(i)] = {static_cast<std::int32_t>(stage_.below(100)), std::nullopt, 3 * number};
    }
  } else {
    std::uint64_t bodies = 0;
    for (std::uint64_t i = stage_.below(4); i > 0; --i) {
      ModelPerson person{static_cast<std::int32_t>(stage_.below(100)), std::nullopt, std::nullopt};
      // Contents come again, so that cells share objects. More than two go to threads.
      if (bodies < 2 && stage_.percent(40)) person.body = stage_.below(12), ++bodies;
      if (stage_.percent(10)) person.note = static_cast<std::int32_t>(number);
      people[any_person(process)] = person;
    }
  }
  for (std::uint64_t i = stage_.below(4); i > 0; --i) {
    edges["e" + std::to_string(stage_.below(30))] = {any_person(process), any_person(process)};
  }
  const bool overwrite = kind == 1 && !people.empty() && !edges.empty();
  const bool append = kind == 2;
  if (overwrite) {
    for (const auto& [id, ends] : edges) {
      people.try_emplace(ends.first);
      people.try_emplace(ends.second);
    }
  }
  std::string lines;
  for (const auto& [name, person] : people) lines += person_line(name, person);
  for (const auto& [id, ends] : edges) lines += knows_line(id, ends.first, ends.second);
  models_.set_effect(number, [=](GraphModel& model) -> std::string {
    if (append) {
      for (const auto& [name, person] : people) {
        if (model.people.contains(name)) return "'" + name + "' was there";
      }
      for (const auto& [id, ends] : edges) {
        if (model.knows.contains(id)) return "edge '" + id + "' was there";
      }
    }
    if (overwrite) model.people.clear(), model.knows.clear();
    std::string wrong = put_people(model, people);
    return wrong.empty() ? put_edges(model, edges) : wrong;
  });
  const std::string actor = std::to_string(number);
  const auto source = text_load_source(lines);
  const auto report = process.graph->load(*source, {.mode = append      ? LoadMode::kAppend
                                                            : overwrite ? LoadMode::kOverwrite
                                                                        : LoadMode::kMerge,
                                                    .branch = branch,
                                                    .actor = actor});
  settle(process, "load", number, report,
         report.ok() ? std::optional(report->commit) : std::nullopt, counts_.writes);
}

void GraphHistory::put_blob(Process& process) {
  const std::string branch = any_branch(process), name = any_person(process);
  const std::uint64_t content = stage_.below(12);
  const bool clear = stage_.percent(25);
  const std::uint64_t number = models_.add([=](GraphModel& model) -> std::string {
    const auto person = model.people.find(name);
    if (person == model.people.end()) return "'" + name + "' is not there";
    person->second.body = clear ? std::nullopt : std::optional(content);
    return {};
  });
  const std::string actor = std::to_string(number);
  const BlobWriteRequest request{
      .cell = {.is_edge = false, .type = "Person", .id = name, .property = "body"},
      .branch = branch,
      .actor = actor};
  const auto report = clear ? process.graph->clear_blob(request)
                            : process.graph->put_blob(request, blob_content(content));
  settle(process, "blob", number, report,
         report.ok() ? std::optional(report->commit) : std::nullopt, counts_.blobs);
}

void GraphHistory::merge(Process& process) {
  const GraphStatePtr state = process.graph->store().state();
  if (state->branches.size() == 1) return mutate(process);
  const std::string source = any_branch(process);
  std::string target = any_branch(process);
  while (target == source) target = any_branch(process);
  const std::uint64_t number = models_.add_merge();
  const std::string actor = std::to_string(number);
  const auto report = process.graph->merge({.source = source, .target = target, .actor = actor},
                                           /*preview=*/false);
  settle(process, "merge", number, report, report.ok() ? report->commit : std::nullopt,
         counts_.merges);
}

void GraphHistory::branch(Process& process) {
  const std::string name = stage_.percent(60) ? "side" : "other";
  Status status;
  if (process.graph->store().state()->branch(name) != nullptr) {
    // Kept for a while, so that there is something to merge; but a schema change wants main alone.
    if (!stage_.percent(30)) return;
    status = process.graph->delete_branch(name);
  } else if (stage_.percent(25) && !acknowledged_.empty()) {
    const std::string past = acknowledged_[stage_.below(acknowledged_.size())];
    status = process.graph->create_branch({.name = name, .at_commit = past});
  } else {
    status = process.graph->create_branch({.name = name, .from = any_branch(process)});
  }
  if (!status.ok()) {
    judge("branch", status.error());
    return;
  }
  ++counts_.branches;
  promised_ = std::max(promised_, process.graph->store().state()->sequence);
}

void GraphHistory::change_schema(Process& process) {
  const GraphStatePtr state = process.graph->store().state();
  // With other branches it is refused; tried all the same now and then.
  if (state->branches.size() > 1 && stage_.percent(90)) return;
  const bool has_note = state->catalog->node("Person")->find("note") != nullptr;
  const bool with_note = has_note == stage_.percent(10);
  const std::uint64_t number = models_.add([=](GraphModel& model) -> std::string {
    if (model.has_note == with_note) return "the schema was that already";
    model.has_note = with_note;
    for (auto& [name, person] : model.people) person.note.reset();
    return {};
  });
  const std::string actor = std::to_string(number);
  const std::string desired = graph_schema(with_note);
  const auto report =
      process.graph->apply_schema({.desired = desired, .allow_data_loss = true, .actor = actor});
  settle(process, "schema", number, report, report.ok() ? report->commit : std::nullopt,
         counts_.schemas);
}

void GraphHistory::read(Process& process) {
  const Sequence promised = promised_;
  auto state = process.graph->store().refresh();
  if (!state.ok()) {
    judge("refresh", state.error());
    return;
  }
  if ((*state)->sequence < promised) return fail("a read misses an acknowledged commit");
  if ((*state)->sequence < process.seen) return fail("a reader went back");
  process.seen = (*state)->sequence;
  ++counts_.reads;
  const std::uint64_t dice = stage_.below(100);
  if (dice < 20) return read_past(process);
  if (dice < 40) {  // while others go on
    const auto count = process.graph->query(
        {.source = "query q() { match { $a: Person  $a knows $b } return { count($b) } }"});
    if (!count.ok()) judge("query", count.error());
    return;
  }
  const std::int64_t begun = cleaner_clock_->now_micros();
  if (dice < 60) {
    for (std::uint64_t i = stage_.below(20); i > 0; --i) stage_.pause();
    // Whoever reads longer than half of the grace period looks anew first.
    if (cleaner_clock_->now_micros() - begun > kGraceMicros / 2) return;
  }
  network_.calm = true;
  for (const auto& [name, branch] : (*state)->branches) {
    const std::string wrong = models_.check(process.graph->store(), *branch->snapshot);
    if (!wrong.empty() && process.objects->alive()) fail(name + ": " + wrong);
  }
  network_.calm = false;
}

void GraphHistory::read_past(Process& process) {
  if (known_.empty()) return;
  const std::string id = known_[stage_.below(known_.size())];
  network_.calm = true;
  if (process.objects->alive()) {
    const auto snapshot = process.graph->store().snapshot_at(*Ulid::parse(id));
    if (snapshot.ok()) {
      check_readable(process, **snapshot);
    } else if (snapshot.error().code() != ErrorCode::kNotFound) {  // of a branch that is gone
      fail("past: " + snapshot.error().message());
    }
  }
  network_.calm = false;
}

// A commit's rows, unless a cleanup or a schema change gave them up.
void GraphHistory::check_readable(Process& process, const Snapshot& snapshot) {
  const GraphStatePtr now = process.graph->store().state();
  for (const auto& [type, floor] : now->floors) {
    if (snapshot.gsn() < floor) return;
  }
  const std::string wrong = models_.check(process.graph->store(), snapshot);
  if (!wrong.empty()) fail("past: " + wrong);
}

void GraphHistory::optimize(Process& process) {
  if (!stage_.percent(25)) return;
  if (stage_.percent(60)) {
    const auto report = process.graph->optimize();
    if (!report.ok()) judge("optimize", report.error());
  } else {
    const Status kept = process.graph->store().maintain_now();
    if (!kept.ok()) judge("maintain", kept.error());
  }
}

void GraphHistory::clean(Process& process) {
  process.clock->advance_micros(static_cast<std::int64_t>(stage_.below(kGraceMicros / 2)));
  if (stage_.percent(30)) {
    CleanupRequest request;
    request.keep = static_cast<std::uint32_t>(1 + stage_.below(6));
    request.immediate = stage_.percent(20);
    const auto report = process.graph->cleanup(request);
    if (!report.ok()) judge("cleanup", report.error());
  } else {
    const auto removed = process.graph->store().sweep(false);
    if (!removed.ok()) judge("sweep", removed.error());
  }
}

void GraphHistory::check_end() {
  while (!network_.late.empty()) network_.land_one();
  network_.calm = true;
  Process process;
  if (!begin(process, wrong_clock())) return fail("a graph does not open at the end");
  Store& store = process.graph->store();
  const GraphStatePtr state = store.state();
  for (const auto& [name, branch] : state->branches) {
    const std::string wrong = models_.check(store, *branch->snapshot);
    if (!wrong.empty()) return fail(name + " at the end: " + wrong);
    const auto commits = store.commits(name);
    if (!commits.ok()) return fail("commits: " + commits.error().message());
    std::set<std::string> there;
    for (std::size_t i = 0; i < commits->size(); ++i) {
      const CommitHeader& header = (*commits)[i];
      there.insert(header.id.text());
      if (i > 0 && (header.version >= (*commits)[i - 1].version ||
                    header.gsn >= (*commits)[i - 1].gsn || header.id >= (*commits)[i - 1].id)) {
        return fail("history is not linear");
      }
      if (i % 3 != 0) continue;
      const auto snapshot = store.snapshot_at(header.id);
      if (!snapshot.ok()) return fail("past: " + snapshot.error().message());
      check_readable(process, **snapshot);
    }
    if (name != "main") continue;
    for (const std::string& id : acknowledged_) {
      if (!there.contains(id)) return fail("an acknowledged commit is lost");
    }
  }
  const auto health = process.graph->repair();
  if (!health.ok()) return fail("repair: " + health.error().message());
  for (const RepairedDataset& dataset : health->datasets) {
    if (dataset.damage) fail("repair: " + *dataset.damage);
  }
}

}  // namespace omnigraph::simulation
