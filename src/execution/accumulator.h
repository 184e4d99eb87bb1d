// One aggregate over many groups. Floating sums are exact and rounded once, so that neither plans
// nor threads show. Not thread-safe; merged between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "execution/exact_sum.h"
#include "execution/gather.h"
#include "execution/operator.h"
#include "execution/plan.h"

namespace omnigraph {

class Accumulator {
 public:
  static Result<std::unique_ptr<Accumulator>> make(const OutputColumn& column,
                                                   Execution& execution);
  virtual ~Accumulator() = default;
  // Row i of the batch belongs to groups[i]; `size` groups exist.
  virtual Status add(const Batch& batch, std::span<const std::uint32_t> groups,
                     std::uint32_t size) = 0;
  // Group g of `other`, of the same kind, goes into groups[g].
  virtual Status merge(Accumulator& other, std::span<const std::uint32_t> groups,
                       std::uint32_t size) = 0;
  // Forgets all groups but these; groups[i] becomes i.
  virtual void keep(std::span<const std::uint32_t> groups) = 0;
  // Makes room for `size` groups.
  virtual void resize(std::uint32_t size) = 0;
  virtual std::uint64_t memory() const = 0;
  // kResourceExhausted when a value has left its type.
  virtual Status check() const { return {}; }
  // Of a count: the values themselves, so that ordering by them needs no call a group. Else empty.
  virtual std::span<const std::uint64_t> counts() const { return {}; }
  // Whether a row adds its weight, whatever it holds.
  virtual bool counts_rows() const { return false; }
  virtual int compare(std::uint32_t a, std::uint32_t b) const = 0;  // order of §10
  virtual Result<ColumnPtr> finish(std::span<const std::uint32_t> groups) const = 0;
};

}  // namespace omnigraph
