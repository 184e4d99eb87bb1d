#include "omnigraph/error.h"

namespace omnigraph {

std::string_view code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadRequest:
      return "bad_request";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kPreconditionFailed:
      return "precondition_failed";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kReadOnly:
      return "read_only";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kUnsupportedFormat:
      return "unsupported_format";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kResourceExhausted:
      return "resource_exhausted";
    case ErrorCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kOutcomeUnknown:
      return "outcome_unknown";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace omnigraph
