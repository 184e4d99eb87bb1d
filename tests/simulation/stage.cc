#include "simulation/stage.h"

#include <sys/mman.h>

#include <cassert>

namespace omnigraph::simulation {
namespace {

constexpr std::size_t kStackBytes = std::size_t{1} << 20;
// Turns an actor sleeps at most when it is slow.
constexpr std::uint64_t kLongestSleep = 60;

}  // namespace

Stage::~Stage() {
  for (const auto& actor : actors_) munmap(actor->stack, kStackBytes);
}

void Stage::enter(unsigned high, unsigned low) {
  auto* stage = reinterpret_cast<Stage*>((std::uintptr_t{high} << 32) | low);
  stage->running_->body();
  stage->running_->done = true;
  // uc_link leads back to run().
}

void Stage::add(std::function<void()> body) {
  auto actor = std::make_unique<Actor>();
  actor->body = std::move(body);
  actor->stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  assert(actor->stack != MAP_FAILED);
  getcontext(&actor->context);
  actor->context.uc_stack.ss_sp = actor->stack;
  actor->context.uc_stack.ss_size = kStackBytes;
  actor->context.uc_link = &caller_;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&actor->context, reinterpret_cast<void (*)()>(&Stage::enter), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self & 0xFFFFFFFF));
  actors_.push_back(std::move(actor));
}

void Stage::run(std::uint64_t turns) {
  turns_ = turns;
  std::vector<Actor*> awake;
  while (true) {
    awake.clear();
    bool all_done = true;
    for (const auto& actor : actors_) {
      all_done &= actor->done;
      if (!actor->done && actor->asleep_until <= turn_) awake.push_back(actor.get());
    }
    if (all_done) return;
    ++turn_;
    if (each_turn_) each_turn_();
    if (awake.empty()) continue;
    running_ = awake[below(awake.size())];
    swapcontext(&caller_, &running_->context);
  }
}

void Stage::pause() {
  if (percent(5)) running_->asleep_until = turn_ + below(kLongestSleep);
  Actor* const self = running_;
  swapcontext(&self->context, &caller_);
}

}  // namespace omnigraph::simulation
