// The subcommands of every command that has some. Constants only; see command.h.
#pragma once

#include "cli/command.h"

namespace omnigraph::cli {

extern const CommandSpec kBranchCommands[4];
extern const CommandSpec kBlobCommands[4];
extern const CommandSpec kCommitCommands[3];
extern const CommandSpec kChangesCommands[2];
extern const CommandSpec kSchemaCommands[5];
extern const CommandSpec kGraphsCommands[1];
extern const CommandSpec kQueriesCommands[2];
extern const CommandSpec kPolicyCommands[3];
extern const CommandSpec kClusterCommands[8];
extern const CommandSpec kProfileCommands[2];

}  // namespace omnigraph::cli
