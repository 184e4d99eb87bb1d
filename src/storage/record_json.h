// JSON of the parts that records and checkpoints both hold. Internal to storage.
#pragma once

#include "common/json_writer.h"
#include "storage/json_fields.h"
#include "storage/record.h"

namespace omnigraph {

// {"id","edges"?,"rows","rids":[base] | [min,max],"gsn"?,"id_base"?,"bytes":[data,index],"schema"};
// the table is given by what stands around it. rids of one number: dense from there.
void write_segment_ref(JsonWriter& json, const SegmentRef& ref);
SegmentRef read_segment_ref(simdjson::dom::element element, TypeId table, std::string& wrong);

// {"id","branch","parent"?,"merged_parent"?,"actor"?,"created_at","version"}; gsn stands outside.
void write_commit_fields(JsonWriter& json, const CommitHeader& header);
CommitHeader read_commit_fields(JsonFields& fields);

// A payload's length in the head, and that many bytes of the payload in the order of the heads.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}
  std::string_view take(std::uint64_t length, std::string& wrong);
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace omnigraph
