// Which versions of the types a cleanup gives up, and which objects then nobody needs.
//
// A version of a type is what a commit of main made of it (or its declaration, empty). A policy
// says how many to keep, or how old; besides, every live branch keeps the version that it inherited
// and all newer ones. So what is kept of a type is always its newest versions, and one number says
// it: the floor, the commit that made the oldest one kept.
//
// An object may go when no state of a live branch, at a commit at or above the floor of its type,
// lists it: what remains of older states, of deleted branches, of folds and of loads that failed.
// It is named in the log first and removed after a grace period (storage/store.h, sweep).
//
// Cost: one pass over the log, two listings, and for each type whose floor rises a look at its
// table there. Safe beside readers and writers of this and other processes.
#pragma once

#include "omnigraph/graph.h"
#include "storage/store.h"

namespace omnigraph {

// One entry for each declared type, edges by name, then nodes by name. Errors: kBadRequest (no
// policy), kReadOnly, kIo, kCorrupt; "could not classify live branch 'B'"; kConflict when others
// kept writing.
Result<CleanupReport> clean_up(Store& store, const CleanupRequest& request);

}  // namespace omnigraph
