#include "simulation/graph_model.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <tuple>

#include "storage/blob.h"

namespace omnigraph::simulation {
namespace {

// A Blob cell's content, where it is one of blob_content().
Result<std::string> blob_bytes(ObjectStore& objects, const std::string& text) {
  OG_ASSIGN_OR_RETURN(const BlobCell cell, parse_blob_cell(text));
  OG_ASSIGN_OR_RETURN(const Bytes bytes, read_blob(objects, cell));
  return std::string(bytes.data);
}

std::string number_text(const Value& value) {
  const std::int64_t* number = value.get_if<std::int64_t>();
  return number == nullptr ? "null" : std::to_string(*number);
}

// Reads one snapshot and compares as it goes.
class Comparison {
 public:
  Comparison(const Snapshot& snapshot, ObjectStore& objects, const GraphModel& model)
      : snapshot_(snapshot), objects_(objects), model_(model) {}

  Status people() {
    const NodeType& type = *snapshot_.catalog().node("Person");
    const Property& age = *type.find("age");
    const Property& body = *type.find("body");
    const Property* note = type.find("note");
    const TableVersion& table = *snapshot_.table(type.id);
    for (const TablePart& part : table.parts()) {
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (!part.live(row)) continue;
        OG_ASSIGN_OR_RETURN(const std::string id, part.segment->id_text(row));
        OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
        if (!rids_.emplace(rid, id).second) return corrupt("row id given twice");
        if (!seen_.insert(id).second) return corrupt("'" + id + "' is there twice");
        const auto expected = model_.people.find(id);
        if (expected == model_.people.end()) return corrupt("'" + id + "' should not be there");
        const ModelPerson& person = expected->second;
        OG_ASSIGN_OR_RETURN(const Value value, part.segment->value(age.id, age.type, row));
        if (number_text(value) != std::to_string(person.age)) {
          return corrupt("'" + id + "' has age " + number_text(value) + ", not " +
                         std::to_string(person.age));
        }
        if (note != nullptr) {
          OG_ASSIGN_OR_RETURN(const Value text, part.segment->value(note->id, note->type, row));
          if (number_text(text) != (person.note ? std::to_string(*person.note) : "null")) {
            return corrupt("'" + id + "' has note " + number_text(text));
          }
        }
        OG_ASSIGN_OR_RETURN(const Value cell, part.segment->value(body.id, body.type, row));
        if (cell.is_null() != !person.body) return corrupt("'" + id + "' has or lacks a body");
        if (person.body) {
          OG_ASSIGN_OR_RETURN(const std::string bytes,
                              blob_bytes(objects_, *cell.get_if<std::string>()));
          if (bytes != blob_content(*person.body)) return corrupt("'" + id + "' has another body");
        }
      }
    }
    if (seen_.size() != model_.people.size()) return corrupt("people are missing");
    for (const auto& [rid, id] : rids_) {
      OG_ASSIGN_OR_RETURN(const auto found, table.find_id(id));
      OG_ASSIGN_OR_RETURN(const auto located, table.locate(rid));
      if (!found || !located || found->part != located->part || found->row != located->row) {
        return corrupt("'" + id + "' is not found by its id, or by its number");
      }
    }
    return {};
  }

  Status knows() {
    const EdgeType& type = *snapshot_.catalog().edge("Knows");
    std::set<std::string> seen;
    for (const TablePart& part : snapshot_.table(type.id)->parts()) {
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (!part.live(row)) continue;
        OG_ASSIGN_OR_RETURN(const std::string id, part.segment->id_text(row));
        OG_ASSIGN_OR_RETURN(const RowId src, part.segment->src(row));
        OG_ASSIGN_OR_RETURN(const RowId dst, part.segment->dst(row));
        const auto expected = model_.knows.find(id);
        if (expected == model_.knows.end() || !seen.insert(id).second) {
          return corrupt("edge '" + id + "' should not be there");
        }
        const auto from = rids_.find(src), to = rids_.find(dst);
        if (from == rids_.end() || to == rids_.end()) {
          return corrupt("edge '" + id + "' leads nowhere");
        }
        if (std::pair(from->second, to->second) != expected->second) {
          return corrupt("edge '" + id + "' has other ends");
        }
      }
    }
    if (seen.size() != model_.knows.size()) return corrupt("edges are missing");
    return {};
  }

 private:
  const Snapshot& snapshot_;
  ObjectStore& objects_;
  const GraphModel& model_;
  std::map<RowId, std::string> rids_;
  std::set<std::string> seen_;
};

// Three-way, entity by entity. False: they conflict.
template <typename Entities>
bool merge_entities(const Entities& base, const Entities& source, Entities& target) {
  std::set<std::string> ids;
  for (const Entities* side : {&base, &source, static_cast<const Entities*>(&target)}) {
    for (const auto& [id, value] : *side) ids.insert(id);
  }
  const auto of = [](const Entities& side, const std::string& id) {
    const auto found = side.find(id);
    return found == side.end() ? std::optional<typename Entities::mapped_type>() : found->second;
  };
  for (const std::string& id : ids) {
    const auto b = of(base, id), s = of(source, id), t = of(target, id);
    if (s == b || s == t) continue;
    if (t != b) return false;
    if (s) {
      target[id] = *s;
    } else {
      target.erase(id);
    }
  }
  return true;
}

}  // namespace

std::string graph_schema(bool with_note) {
  return std::string("node Person { name: String @key\n age: I32?\n body: Blob?\n") +
         (with_note ? " note: I32?\n" : "") + "}\nedge Knows: Person -> Person\n";
}

void GraphModel::remove_person(const std::string& name) {
  people.erase(name);
  std::erase_if(knows, [&](const auto& edge) {
    return edge.second.first == name || edge.second.second == name;
  });
}

std::string blob_content(std::uint64_t number) {
  std::string out = "blob " + std::to_string(number) + ' ';
  out.resize(number % 3 == 0 ? 900 : 1100 + number % 50, static_cast<char>('a' + number % 26));
  return out;
}

std::uint64_t CommitModels::add(Effect effect) {
  writes_.push_back({std::move(effect), false, std::nullopt});
  return writes_.size() - 1;
}

void CommitModels::set_effect(std::uint64_t number, Effect effect) {
  writes_[number].effect = std::move(effect);
}

std::uint64_t CommitModels::add_merge() { return add({}); }

void CommitModels::refuse(std::uint64_t number) { writes_[number].refused = true; }

// The commits of a head's first-parent chain.
void CommitModels::add_line(CommitId from, std::set<CommitId>& out) const {
  for (std::optional<CommitId> at = from; at; at = headers_.at(*at).parent) out.insert(*at);
}

// Steps to each ancestor over both kinds of parents, not walking past what is not `known`.
std::map<CommitId, std::uint64_t> CommitModels::distances(CommitId from,
                                                          const std::set<CommitId>& known) const {
  std::map<CommitId, std::uint64_t> out{{from, 0}};
  std::deque<CommitId> next{from};
  while (!next.empty()) {
    const CommitId at = next.front();
    next.pop_front();
    if (!known.contains(at)) continue;
    const CommitHeader& header = headers_.at(at);
    for (const auto& parent : {header.parent, header.merged_parent}) {
      if (parent && out.emplace(*parent, out[at] + 1).second) next.push_back(*parent);
    }
  }
  return out;
}

// spec: the commit of either line that both reach with the fewest steps in sum.
std::optional<CommitId> CommitModels::merge_base(CommitId source, CommitId target) const {
  std::set<CommitId> known;
  add_line(source, known);
  add_line(target, known);
  const auto from_source = distances(source, known), from_target = distances(target, known);
  std::optional<CommitId> best;
  std::uint64_t least = UINT64_MAX;
  const auto rank = [this](CommitId id) {
    const CommitHeader& header = headers_.at(id);
    return std::tuple(header.version, header.created_at, id);
  };
  for (const auto& [id, steps] : from_source) {
    const auto other = from_target.find(id);
    if (other == from_target.end() || !known.contains(id)) continue;
    const std::uint64_t sum = steps + other->second;
    if (sum > least || (sum == least && rank(id) < rank(*best))) continue;
    best = id;
    least = sum;
  }
  return best;
}

// The model of a commit whose parents have theirs.
std::string CommitModels::learn(Store&, const CommitHeader& header) {
  if (!header.parent) {
    models_[header.id] = {};
    return {};
  }
  GraphModel model = models_.at(*header.parent);
  if (header.actor) {
    std::uint64_t number = 0;
    std::from_chars(header.actor->data(), header.actor->data() + header.actor->size(), number);
    Write& write = writes_.at(number);
    if (write.refused) return "write " + *header.actor + " was refused and is there";
    if (write.commit && *write.commit != header.id) {
      return "write " + *header.actor + " is there twice";
    }
    write.commit = header.id;
    if (write.effect) {
      const std::string wrong = write.effect(model);
      if (!wrong.empty()) return "write " + *header.actor + " is there although " + wrong;
    } else {
      const auto base = merge_base(*header.merged_parent, *header.parent);
      if (!base) return "a merge has no base";
      const GraphModel& before = models_.at(*base);
      const GraphModel& source = models_.at(*header.merged_parent);
      if (!merge_entities(before.people, source.people, model.people) ||
          !merge_entities(before.knows, source.knows, model.knows)) {
        return "a merge is there although its sides conflict";
      }
      for (const auto& [id, ends] : model.knows) {
        if (!model.people.contains(ends.first) || !model.people.contains(ends.second)) {
          return "a merge is there although edge '" + id + "' loses an end";
        }
      }
    }
  }
  models_[header.id] = std::move(model);
  return {};
}

const GraphModel* CommitModels::at(Store& store, CommitId id, std::string& wrong) {
  std::vector<CommitId> open{id};
  while (!open.empty()) {
    const CommitId next = open.back();
    if (models_.contains(next)) {
      open.pop_back();
      continue;
    }
    if (!headers_.contains(next)) {
      auto found = store.find_commit(next);
      if (!found.ok()) {
        wrong = "commit " + next.text() + ": " + found.error().message();
        return nullptr;
      }
      if (!*found) {
        wrong = "commit " + next.text() + " is not in the history";
        return nullptr;
      }
      headers_[next] = **found;
    }
    const CommitHeader& header = headers_.at(next);
    bool ready = true;
    for (const auto& parent : {header.parent, header.merged_parent}) {
      if (!parent || models_.contains(*parent)) continue;
      open.push_back(*parent);
      ready = false;
    }
    if (!ready) continue;
    wrong = learn(store, header);
    if (!wrong.empty()) return nullptr;
    open.pop_back();
  }
  return &models_.at(id);
}

std::string CommitModels::check(Store& store, const Snapshot& snapshot) {
  std::string wrong;
  const GraphModel* model = at(store, snapshot.commit(), wrong);
  if (model == nullptr) return wrong;
  // A past is read through the accepted schema.
  const bool shows_note = snapshot.catalog().node("Person")->find("note") != nullptr;
  if (!snapshot.past() && shows_note != model->has_note) return "another schema is accepted";
  Comparison comparison(snapshot, *store.objects(), *model);
  if (const Status read = comparison.people(); !read.ok())
    return "people: " + read.error().message();
  if (const Status read = comparison.knows(); !read.ok()) return "edges: " + read.error().message();
  return {};
}

}  // namespace omnigraph::simulation
