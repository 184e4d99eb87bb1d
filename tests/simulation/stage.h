// Several actors on one thread, each on a stack of its own: one runs until it pauses, then the
// next is drawn from a seed. So the order in which calls of different processes reach a store is
// random, and the same again for the same seed.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/test_runtime.h"

namespace omnigraph::simulation {

class Stage {
 public:
  explicit Stage(std::uint64_t seed) : random_(seed) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage();

  // Before run(). A body must return once over() says so.
  void add(std::function<void()> body);
  // Called before each turn, on the caller's stack.
  void each_turn(std::function<void()> what) { each_turn_ = std::move(what); }
  // Runs all bodies to their ends. After `turns` turns over() is true.
  void run(std::uint64_t turns);

  // By an actor: lets others run, now and then for many turns (a slow network, a stopped machine).
  void pause();
  bool over() const { return turn_ >= turns_; }
  std::uint64_t turn() const { return turn_; }
  SeededRandom& random() { return random_; }
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  bool percent(std::uint64_t p) { return below(100) < p; }

 private:
  struct Actor {
    ucontext_t context;
    void* stack = nullptr;
    std::function<void()> body;
    std::uint64_t asleep_until = 0;
    bool done = false;
  };
  static void enter(unsigned high, unsigned low);

  SeededRandom random_;
  std::vector<std::unique_ptr<Actor>> actors_;
  Actor* running_ = nullptr;
  ucontext_t caller_;
  std::function<void()> each_turn_;
  std::uint64_t turn_ = 0, turns_ = 0;
};

}  // namespace omnigraph::simulation
