// Named places where a test may make the program fail: an error returned, or the process ended at
// once (as by a power cut or kill -9). Compiled in only with OMNIGRAPH_FAULT_POINTS; a release
// build holds nothing of them.
//
// A point is armed by name with a count: the count-th time that it is passed it fires, once. From
// outside, the environment variable OMNIGRAPH_FAULT="name:count:exit" or "name:count:error" arms
// one when the process first passes any point. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

enum class FaultAction : std::uint8_t { kError, kExit };

// The process status of FaultAction::kExit.
inline constexpr int kFaultExitStatus = 86;

// Arms `name`; replaces what was armed. Count 1 is the next time. Without fault points compiled in
// this does nothing and fault_points_enabled() is false.
void arm_fault(std::string_view name, std::uint64_t count, FaultAction action);
void disarm_fault();
// True when the armed point has not fired yet.
bool fault_armed();
bool fault_points_enabled();

// What OG_FAULT_POINT calls: an error when `name` is armed to fail here, or no return at all.
Status pass_fault_point(std::string_view name);

}  // namespace omnigraph

// In a function that returns a Status or Result: fails here when the point is armed.
#ifdef OMNIGRAPH_FAULT_POINTS
#define OG_FAULT_POINT(name) OG_RETURN_IF_ERROR(::omnigraph::pass_fault_point(name))
#else
#define OG_FAULT_POINT(name) \
  do {                       \
  } while (false)
#endif
