// How failures are told: "Error:" and the numbered chain of causes.
#pragma once

#include <string>
#include <string_view>

#include "cli/process.h"
#include "omnigraph/error.h"

namespace omnigraph::cli {

// Prints `error` to stderr. In colour only for a terminal without NO_COLOR; a message never holds
// escape codes or a stray blank at its end.
void report_failure(Process& process, const Error& error);

// The error with the place in `source` that it speaks of behind its message, where it has one: the
// line, and a mark below it. What its span does not point into must not be given.
Error pointed(Error error, std::string_view source);

// The message as a report shows it: control characters that would change the terminal are dropped,
// lines after the first are indented further.
std::string report_text(std::string_view message);

}  // namespace omnigraph::cli
