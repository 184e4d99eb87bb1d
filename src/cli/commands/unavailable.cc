// Commands whose arguments and addressing are whole and whose operation is not built yet. Whatever
// can be refused before the operation is refused in its own words; then they say so and fail.
#include "cli/commands/commands.h"

namespace omnigraph::cli {
ExitStatus run_unavailable_data(Invocation& call) {
  const bool cell = find_option(*call.arguments.command, "uri") == nullptr;
  OG_ASSIGN_OR_RETURN(const Scope scope, cell ? scope_without_uri(call) : scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  return not_in_this_build(call.arguments);
}

ExitStatus run_unavailable_control(Invocation& call) {
  OG_RETURN_IF_ERROR(resolve_control_scope(call.arguments, call.process, call.config));
  return not_in_this_build(call.arguments);
}

ExitStatus run_unavailable_cluster(Invocation& call) {
  if (call.arguments.command->id == CommandId::kClusterApprove &&
      !actor_of(call.arguments, call.config)) {
    return bad_request(
        "`cluster approve` requires an approver: pass the global --as <ACTOR> flag "
        "or set `operator.actor` in ~/.omnigraph/config.yaml");
  }
  return not_in_this_build(call.arguments);
}

ExitStatus run_unavailable_embed(Invocation& call) {
  if (!call.arguments.has("seed")) {
    for (const std::string_view option : {"input", "output", "spec"}) {
      if (call.arguments.has(option)) continue;
      return bad_request("--" + std::string(option) + " is required when --seed is not provided");
    }
  }
  return not_in_this_build(call.arguments);
}

}  // namespace omnigraph::cli
