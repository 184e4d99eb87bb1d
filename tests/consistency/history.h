// What clients of one graph did and saw, for judging it afterwards. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace omnigraph::consistency {

// One transaction: everything in it happens at one moment, between `began` and `ended`.
struct Transaction {
  enum class Outcome : std::uint8_t {
    kDone,     // acknowledged
    kRefused,  // answered with an error that says that nothing happened
    kUnknown,  // killed or unanswered: may have happened
  };
  int process = 0;
  std::int64_t began = 0, ended = 0;  // of one monotonic clock, any unit
  Outcome outcome = Outcome::kDone;
  // Values are unique among all writes to a key.
  std::vector<std::pair<int, std::int64_t>> appends;     // to lists: key, value
  std::vector<std::pair<int, std::int64_t>> writes;      // to registers: key, value
  std::map<int, std::vector<std::int64_t>> lists;        // read
  std::map<int, std::optional<std::int64_t>> registers;  // read; nullopt: never written
  std::uint64_t version = 0;  // of a done write: its place among the commits of the branch; 0: none
};

using History = std::vector<Transaction>;

// Every way in which the history is not strictly serializable, in words; empty when it is. The
// method is that of Elle (Kingsbury and Alvaro, 2020): the order of the versions of a list follows
// from its reads, that of a register from the places of its writes; these orders and the reads make
// edges between transactions (who wrote before whom, who read whose write, who read before whose
// write), real time makes more, and a cycle among them is what no serial order explains.
std::vector<std::string> judge(const History& history);

// One line a transaction, for handing a history from one process to another.
std::string to_line(const Transaction& transaction);
std::optional<Transaction> from_line(const std::string& line);

}  // namespace omnigraph::consistency
