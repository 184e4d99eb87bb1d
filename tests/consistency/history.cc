#include "consistency/history.h"

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>

namespace omnigraph::consistency {
namespace {

class Judgement {
 public:
  explicit Judgement(const History& history) : history_(history), out_(history.size()) {}

  std::vector<std::string> run() {
    order_lists();
    order_registers();
    real_time();
    find_cycles();
    return std::move(found_);
  }

 private:
  using Index = std::size_t;
  static std::string name(int key, std::int64_t value) {
    return std::to_string(value) + " of key " + std::to_string(key);
  }
  bool may_have_happened(Index i) const {
    return history_[i].outcome != Transaction::Outcome::kRefused;
  }
  void edge(Index from, Index to, const char* why) {
    if (from != to) out_[from].emplace(to, why);
  }

  // Versions of a key in order, and who wrote each.
  void add_edges(int key, const std::vector<std::int64_t>& order,
                 const std::map<std::int64_t, Index>& writer,
                 const std::vector<std::pair<Index, std::size_t>>& reads) {
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      edge(writer.at(order[i]), writer.at(order[i + 1]), "wrote before");
    }
    for (const auto& [reader, seen] : reads) {  // `seen` versions were there
      if (seen > 0) edge(writer.at(order[seen - 1]), reader, "was read by");
      if (seen < order.size()) edge(reader, writer.at(order[seen]), "read before the write of");
    }
    (void)key;
  }

  void order_lists() {
    std::map<int, std::map<std::int64_t, Index>> writer;
    std::map<int, std::vector<std::int64_t>> longest;
    for (Index i = 0; i < history_.size(); ++i) {
      for (const auto& [key, value] : history_[i].appends) writer[key][value] = i;
      for (const auto& [key, list] : history_[i].lists) {
        if (history_[i].outcome != Transaction::Outcome::kDone) continue;
        if (list.size() > longest[key].size()) longest[key] = list;
      }
    }
    std::map<int, std::vector<std::pair<Index, std::size_t>>> reads;
    for (Index i = 0; i < history_.size(); ++i) {
      if (history_[i].outcome != Transaction::Outcome::kDone) continue;
      for (const auto& [key, list] : history_[i].lists) {
        if (!std::equal(list.begin(), list.end(), longest[key].begin())) {
          found_.push_back("two reads of list " + std::to_string(key) + " disagree on its order");
          continue;
        }
        reads[key].emplace_back(i, list.size());
      }
    }
    for (const auto& [key, order] : longest) {
      std::set<std::int64_t> seen;
      bool known = true;
      for (const std::int64_t value : order) {
        if (!seen.insert(value).second) found_.push_back("twice in its list: " + name(key, value));
        const auto by = writer[key].find(value);
        if (by == writer[key].end()) {
          found_.push_back("nobody wrote " + name(key, value));
          known = false;
        } else if (!may_have_happened(by->second)) {
          found_.push_back("read although refused: " + name(key, value));
        }
      }
      if (known) add_edges(key, order, writer[key], reads[key]);
      // An append that is acknowledged and seen by nobody follows everything that was seen; when a
      // read began after it, real time makes that a cycle.
      for (const auto& [value, by] : writer[key]) {
        if (seen.count(value) != 0 || history_[by].outcome != Transaction::Outcome::kDone) continue;
        for (const auto& [reader, length] : reads[key]) {
          edge(reader, by, "read before the write of");
        }
      }
    }
  }

  void order_registers() {
    struct Version {
      std::uint64_t place;
      std::int64_t value;
      Index by;
    };
    std::map<int, std::vector<Version>> versions;
    std::map<int, std::map<std::int64_t, Index>> writer;
    for (Index i = 0; i < history_.size(); ++i) {
      for (const auto& [key, value] : history_[i].writes) {
        writer[key][value] = i;
        if (history_[i].outcome == Transaction::Outcome::kDone) {
          versions[key].push_back({history_[i].version, value, i});
        }
      }
    }
    std::map<int, std::vector<std::pair<Index, std::size_t>>> reads;
    for (auto& [key, list] : versions) {
      std::sort(list.begin(), list.end(),
                [](const Version& a, const Version& b) { return a.place < b.place; });
    }
    for (Index i = 0; i < history_.size(); ++i) {
      if (history_[i].outcome != Transaction::Outcome::kDone) continue;
      for (const auto& [key, value] : history_[i].registers) {
        if (!value) {
          reads[key].emplace_back(i, 0);
          continue;
        }
        const auto by = writer[key].find(*value);
        if (by == writer[key].end()) {
          found_.push_back("nobody wrote " + name(key, *value));
          continue;
        }
        if (!may_have_happened(by->second)) {
          found_.push_back("read although refused: " + name(key, *value));
          continue;
        }
        const auto& list = versions[key];
        for (std::size_t at = 0; at < list.size(); ++at) {
          if (list[at].value == *value) reads[key].emplace_back(i, at + 1);
        }
      }
    }
    for (const auto& [key, list] : versions) {
      std::vector<std::int64_t> order;
      for (const Version& version : list) order.push_back(version.value);
      add_edges(key, order, writer[key], reads[key]);
    }
  }

  // Whoever ended before another began comes first. Edges to the first that follow are enough.
  void real_time() {
    std::vector<Index> by_begin, by_end;
    for (Index i = 0; i < history_.size(); ++i) {
      if (history_[i].outcome == Transaction::Outcome::kRefused) continue;
      by_begin.push_back(i);
      if (history_[i].outcome == Transaction::Outcome::kDone) by_end.push_back(i);
    }
    std::sort(by_begin.begin(), by_begin.end(),
              [&](Index a, Index b) { return history_[a].began < history_[b].began; });
    for (const Index done : by_end) {
      auto next =
          std::upper_bound(by_begin.begin(), by_begin.end(), history_[done].ended,
                           [&](std::int64_t time, Index i) { return time < history_[i].began; });
      // Those that began before the first of them ended; the others follow by way of it.
      std::int64_t horizon = INT64_MAX;
      for (; next != by_begin.end() && history_[*next].began <= horizon; ++next) {
        edge(done, *next, "ended before");
        if (history_[*next].outcome == Transaction::Outcome::kDone) {
          horizon = std::min(horizon, history_[*next].ended);
        }
      }
    }
  }

  // Strongly connected components (Tarjan), without recursion: histories are long.
  void find_cycles() {
    const std::size_t n = history_.size();
    std::vector<std::size_t> number(n, 0), low(n, 0);
    std::vector<bool> on_stack(n, false);
    std::vector<Index> stack;
    std::size_t next = 1;
    struct Frame {
      Index at;
      std::map<Index, const char*>::const_iterator edge;
    };
    for (Index start = 0; start < n; ++start) {
      if (number[start] != 0) continue;
      std::vector<Frame> frames;
      const auto enter = [&](Index i) {
        number[i] = low[i] = next++;
        stack.push_back(i);
        on_stack[i] = true;
        frames.push_back({i, out_[i].begin()});
      };
      enter(start);
      while (!frames.empty()) {
        Frame& frame = frames.back();
        if (frame.edge != out_[frame.at].end()) {
          const Index to = frame.edge->first;
          ++frame.edge;
          if (number[to] == 0) {
            enter(to);
          } else if (on_stack[to]) {
            low[frame.at] = std::min(low[frame.at], number[to]);
          }
          continue;
        }
        const Index done = frame.at;
        frames.pop_back();
        if (!frames.empty()) low[frames.back().at] = std::min(low[frames.back().at], low[done]);
        if (low[done] != number[done]) continue;
        std::set<Index> members;
        for (Index i = n; i != done;) {
          i = stack.back();
          stack.pop_back();
          on_stack[i] = false;
          members.insert(i);
        }
        if (members.size() > 1) describe(members);
      }
    }
  }

  // One cycle within the component, shortest from its first member.
  void describe(const std::set<Index>& members) {
    const Index start = *members.begin();
    std::map<Index, Index> from;
    std::vector<Index> queue{start};
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const Index at = queue[head];
      for (const auto& [to, why] : out_[at]) {
        if (members.count(to) == 0) continue;
        if (to == start) {
          std::string text = "T" + std::to_string(start);
          std::vector<Index> path{at};
          while (path.back() != start) path.push_back(from[path.back()]);
          std::string cycle;
          for (std::size_t i = path.size(); i-- > 0;) {
            const Index here = path[i];
            const Index there = i > 0 ? path[i - 1] : start;
            cycle += "T" + std::to_string(here) + " " + out_[here][there] + " ";
          }
          found_.push_back("cycle: " + cycle + text);
          return;
        }
        if (from.emplace(to, at).second) queue.push_back(to);
      }
    }
  }

  const History& history_;
  std::vector<std::map<Index, const char*>> out_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> judge(const History& history) { return Judgement(history).run(); }

std::string to_line(const Transaction& transaction) {
  std::ostringstream out;
  out << transaction.process << ' ' << transaction.began << ' ' << transaction.ended << ' '
      << static_cast<int>(transaction.outcome) << ' ' << transaction.version;
  for (const auto* list : {&transaction.appends, &transaction.writes}) {
    out << ' ' << list->size();
    for (const auto& [key, value] : *list) out << ' ' << key << ' ' << value;
  }
  out << ' ' << transaction.lists.size();
  for (const auto& [key, list] : transaction.lists) {
    out << ' ' << key << ' ' << list.size();
    for (const std::int64_t value : list) out << ' ' << value;
  }
  out << ' ' << transaction.registers.size();
  for (const auto& [key, value] : transaction.registers) {
    out << ' ' << key << ' ' << (value ? 1 : 0) << ' ' << value.value_or(0);
  }
  return out.str();
}

std::optional<Transaction> from_line(const std::string& line) {
  std::istringstream in(line);
  Transaction out;
  int outcome = 0;
  in >> out.process >> out.began >> out.ended >> outcome >> out.version;
  out.outcome = static_cast<Transaction::Outcome>(outcome);
  for (auto* list : {&out.appends, &out.writes}) {
    std::size_t n = 0;
    in >> n;
    for (; n > 0 && in; --n) {
      auto& [key, value] = list->emplace_back();
      in >> key >> value;
    }
  }
  std::size_t lists = 0;
  in >> lists;
  for (; lists > 0 && in; --lists) {
    int key = 0;
    std::size_t n = 0;
    in >> key >> n;
    auto& list = out.lists[key];
    for (; n > 0 && in; --n) in >> list.emplace_back();
  }
  std::size_t registers = 0;
  in >> registers;
  for (; registers > 0 && in; --registers) {
    int key = 0, there = 0;
    std::int64_t value = 0;
    in >> key >> there >> value;
    out.registers[key] = there != 0 ? std::optional(value) : std::nullopt;
  }
  if (!in) return std::nullopt;
  return out;
}

}  // namespace omnigraph::consistency
