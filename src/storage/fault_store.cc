#include "storage/fault_store.h"

namespace omnigraph {
namespace {

Error failure(std::string_view name) {
  return io_error("injected failure at '" + std::string(name) + "'");
}

Error full(std::string_view name) {
  return {ErrorCode::kResourceExhausted,
          "cannot write '" + std::string(name) + "': No space left on device (injected)"};
}

bool is_write_fault(StoreFault fault) {
  return fault != StoreFault::kNone && fault != StoreFault::kFail;
}

}  // namespace

void FaultStore::set_faults(Decide decide) {
  const std::lock_guard lock(mutex_);
  decide_ = std::move(decide);
  calls_ = 0;
}

void FaultStore::fail_at(std::uint64_t n, StoreFault fault, bool from_then_on) {
  auto left = std::make_shared<std::uint64_t>(n);
  set_faults([left, fault, from_then_on](StoreCall, std::string_view) {
    if (*left == 0) return from_then_on ? fault : StoreFault::kNone;
    return --*left == 0 ? fault : StoreFault::kNone;
  });
}

std::uint64_t FaultStore::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

StoreFault FaultStore::decide(StoreCall call, std::string_view name) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  return decide_ ? decide_(call, name) : StoreFault::kNone;
}

Result<Bytes> FaultStore::get(std::string_view name, ByteRange range) {
  if (decide(StoreCall::kGet, name) == StoreFault::kFail) return failure(name);
  return inner_->get(name, range);
}

Result<PutOutcome> FaultStore::put_if_absent(std::string_view name, std::string_view bytes) {
  switch (decide(StoreCall::kPutIfAbsent, name)) {
    case StoreFault::kNone:
      break;
    case StoreFault::kFail:
      return failure(name);
    case StoreFault::kFull:
      return full(name);
    case StoreFault::kShortWrite: {
      OG_RETURN_IF_ERROR(
          inner_->put("torn/" + std::string(name), bytes.substr(0, bytes.size() / 2)));
      return full(name);
    }
    case StoreFault::kLostAnswer: {
      auto outcome = inner_->put_if_absent(name, bytes);
      if (!outcome.ok()) return outcome;
      return PutOutcome::kUnknown;
    }
    case StoreFault::kNotWritten:
      return PutOutcome::kUnknown;
  }
  return inner_->put_if_absent(name, bytes);
}

Status FaultStore::put(std::string_view name, std::string_view bytes) {
  switch (decide(StoreCall::kPut, name)) {
    case StoreFault::kNone:
      break;
    case StoreFault::kFail:
    case StoreFault::kNotWritten:
      return failure(name);
    case StoreFault::kFull:
      return full(name);
    case StoreFault::kShortWrite:
      OG_RETURN_IF_ERROR(
          inner_->put("torn/" + std::string(name), bytes.substr(0, bytes.size() / 2)));
      return full(name);
    case StoreFault::kLostAnswer:
      OG_RETURN_IF_ERROR(inner_->put(name, bytes));
      return failure(name);
  }
  return inner_->put(name, bytes);
}

Result<std::vector<ObjectInfo>> FaultStore::list(std::string_view prefix,
                                                 std::string_view start_after, std::size_t limit) {
  if (decide(StoreCall::kList, prefix) == StoreFault::kFail) return failure(prefix);
  return inner_->list(prefix, start_after, limit);
}

Status FaultStore::remove(std::string_view name) {
  const StoreFault fault = decide(StoreCall::kRemove, name);
  if (fault == StoreFault::kFail || is_write_fault(fault)) return failure(name);
  return inner_->remove(name);
}

Result<ObjectInfo> FaultStore::head(std::string_view name) {
  if (decide(StoreCall::kHead, name) == StoreFault::kFail) return failure(name);
  return inner_->head(name);
}

}  // namespace omnigraph
