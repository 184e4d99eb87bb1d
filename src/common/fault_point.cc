#include "common/fault_point.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>

namespace omnigraph {
namespace {

// The one place where the program keeps something global: a fault is armed from outside of whatever
// it is to hit, and only test builds pass here.
struct Armed {
  // False once it is known that nothing is armed: a point then costs one load.
  std::atomic<bool> look{true};
  std::mutex mutex;  // guards the rest
  bool environment_read = false;
  std::string name;
  std::uint64_t count = 0;  // passes left until it fires; 0: nothing is armed
  FaultAction action = FaultAction::kError;
};

Armed& armed() {
  static Armed instance;
  return instance;
}

// OMNIGRAPH_FAULT="name:count:exit|error"; anything else is ignored.
void read_environment(Armed& at) {
  at.environment_read = true;
  const char* text = std::getenv("OMNIGRAPH_FAULT");
  if (text == nullptr) return;
  const std::string_view all = text;
  const std::size_t first = all.find(':');
  if (first == std::string_view::npos) return;
  const std::size_t second = all.find(':', first + 1);
  if (second == std::string_view::npos) return;
  at.name = std::string(all.substr(0, first));
  at.count = std::strtoull(text + first + 1, nullptr, 10);
  at.action = all.substr(second + 1) == "exit" ? FaultAction::kExit : FaultAction::kError;
}

}  // namespace

void arm_fault(std::string_view name, std::uint64_t count, FaultAction action) {
  Armed& at = armed();
  const std::lock_guard lock(at.mutex);
  at.environment_read = true;
  at.name = std::string(name);
  at.count = count;
  at.action = action;
  at.look = true;
}

void disarm_fault() {
  Armed& at = armed();
  const std::lock_guard lock(at.mutex);
  at.environment_read = true;
  at.count = 0;
  at.look = false;
}

bool fault_armed() {
  Armed& at = armed();
  const std::lock_guard lock(at.mutex);
  return at.count > 0;
}

bool fault_points_enabled() {
#ifdef OMNIGRAPH_FAULT_POINTS
  return true;
#else
  return false;
#endif
}

Status pass_fault_point(std::string_view name) {
  Armed& at = armed();
  if (!at.look.load(std::memory_order_relaxed)) return {};
  const std::lock_guard lock(at.mutex);
  if (!at.environment_read) read_environment(at);
  if (at.count == 0) at.look = false;
  if (at.count == 0 || at.name != name || --at.count > 0) return {};
  if (at.action == FaultAction::kExit) _exit(kFaultExitStatus);
  return io_error("fault point '" + std::string(name) + "' fired");
}

}  // namespace omnigraph
