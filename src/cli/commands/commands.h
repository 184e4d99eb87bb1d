// One function per command. Each gets what was parsed and resolved so far, prints its result and
// returns the exit status; an error is reported by the caller and means exit status 1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/operator_config.h"
#include "cli/process.h"
#include "cli/scope.h"
#include "common/json_writer.h"
#include "omnigraph/error.h"
#include "omnigraph/graph.h"

namespace omnigraph::cli {

struct Invocation {
  Process& process;
  const Arguments& arguments;
  OperatorConfig config;  // empty for commands that need none

  bool json() const { return arguments.has("json"); }
  void print(std::string_view text) const { process.out->write(text); }
  // The document and a newline.
  void print_json(const std::string& document) const {
    process.out->write(document);
    process.out->write("\n");
  }
  // Lets the result be seen before the graph is closed: a writer may have housekeeping left.
  void show() const { process.out->flush(); }
};

using ExitStatus = Result<int>;

ExitStatus run_query(Invocation& call);
ExitStatus run_mutate(Invocation& call);
ExitStatus run_alias(Invocation& call);
ExitStatus run_load(Invocation& call);
ExitStatus run_ingest(Invocation& call);
ExitStatus run_blob_get(Invocation& call);
ExitStatus run_blob_stat(Invocation& call);
ExitStatus run_blob_put(Invocation& call);
ExitStatus run_blob_clear(Invocation& call);
ExitStatus run_branch_create(Invocation& call);
ExitStatus run_branch_list(Invocation& call);
ExitStatus run_branch_delete(Invocation& call);
ExitStatus run_branch_merge(Invocation& call);
ExitStatus run_snapshot(Invocation& call);
ExitStatus run_export(Invocation& call);
ExitStatus run_commit_list(Invocation& call);
ExitStatus run_commit_show(Invocation& call);
ExitStatus run_commit_changes(Invocation& call);
ExitStatus run_changes_poll(Invocation& call);
ExitStatus run_changes_baseline(Invocation& call);
ExitStatus run_diff(Invocation& call);
ExitStatus run_schema_show(Invocation& call);
ExitStatus run_schema_plan(Invocation& call);
ExitStatus run_schema_apply(Invocation& call);
ExitStatus run_init(Invocation& call);
ExitStatus run_optimize(Invocation& call);
ExitStatus run_repair(Invocation& call);
ExitStatus run_cleanup(Invocation& call);
ExitStatus run_lint(Invocation& call);
ExitStatus run_login(Invocation& call);
ExitStatus run_logout(Invocation& call);
ExitStatus run_profile_list(Invocation& call);
ExitStatus run_profile_show(Invocation& call);
ExitStatus run_version(Invocation& call);
ExitStatus run_schema_diff(Invocation& call);
ExitStatus run_schema_infer(Invocation& call);
ExitStatus run_fmt(Invocation& call);
ExitStatus run_shell(Invocation& call);
ExitStatus run_completion(Invocation& call);
// Commands whose operation this build does not have: their address is resolved, then they fail.
ExitStatus run_unavailable_data(Invocation& call);
ExitStatus run_unavailable_control(Invocation& call);
ExitStatus run_unavailable_cluster(Invocation& call);
ExitStatus run_unavailable_embed(Invocation& call);

// ---- shared by the commands ----

// The scope of a data, served or direct command; its URI is the command's first positional or
// --uri.
Result<Scope> scope_of(const Invocation& call);
// Like scope_of for commands whose positionals are not a URI.
Result<Scope> scope_without_uri(const Invocation& call);
// Refuses what only a server could answer, once everything before a request has been checked.
// `writes`: --as is an error then.
Status refuse_served(const Invocation& call, const Scope& scope, bool writes);
// Opens the graph of a store scope.
Result<Graph> open_graph(const Scope& scope, bool read_only);

Error not_in_this_build(const Arguments& arguments);
// For direct commands: a graph of a cluster cannot be opened by this build.
Status refuse_cluster(const Invocation& call, const Scope& scope);

// --params or --params-file; empty when neither was given.
Result<std::string> parameters_text(const Invocation& call);
// --query or -e; nullopt when neither was given.
Result<std::optional<std::string>> source_text(const Invocation& call);

// Reports the one failure with a structured body; its exit status.
int report_lost_precondition(const Invocation& call, const Error& error);

void write_commit(JsonWriter& json, const Commit& commit);
void write_optional(JsonWriter& json, const std::optional<std::string>& text);

}  // namespace omnigraph::cli
