// The writes of whole-graph histories, each with what it does to the head that it meets.
#include "simulation/graph_history.h"
#include "write/load/load.h"

namespace omnigraph::simulation {
namespace {

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

std::string GraphHistory::any_branch(Process& process) {
  if (stage_.percent(60)) return "main";
  const GraphStatePtr state = process.graph->store().state();
  auto at = state->branches.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(stage_.below(state->branches.size())));
  return at->first;
}

std::string GraphHistory::any_person() { return name_of(stage_.below(kNames)); }

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
  const std::string branch = any_branch(process), name = any_person();
  const auto age = static_cast<std::int32_t>(stage_.below(100));
  const auto limit = static_cast<std::int32_t>(stage_.below(100));
  const std::string age_text = std::to_string(age), limit_text = std::to_string(limit);
  std::string body;
  Effect effect;
  switch (stage_.below(7)) {
    case 0:
    case 1: {
      const std::string other = any_person();
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
      people[any_person()] = person;
    }
  }
  for (std::uint64_t i = stage_.below(4); i > 0; --i) {
    edges["e" + std::to_string(stage_.below(30))] = {any_person(), any_person()};
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
  const std::string branch = any_branch(process), name = any_person();
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

}  // namespace omnigraph::simulation
