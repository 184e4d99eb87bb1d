// What the schema tests share: compiling with a readable failure.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "schema/compile.h"

namespace omnigraph {

// The catalog of `source`, which must compile.
inline CatalogPtr compiled(std::string_view source, CompileMode mode = CompileMode::kStrict) {
  Result<CatalogPtr> result = compile_schema(source, mode);
  if (!result.ok()) {
    ADD_FAILURE() << result.error().message() << "\nin: " << source;
    return compile_schema("").value();
  }
  return std::move(result).value();
}

// The message of the error that `source` must have.
inline std::string refusal(std::string_view source, CompileMode mode = CompileMode::kStrict) {
  Result<CatalogPtr> result = compile_schema(source, mode);
  if (result.ok()) {
    ADD_FAILURE() << "compiles: " << source;
    return "";
  }
  return result.error().message();
}

inline void expect_holds(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in: " << text;
}

}  // namespace omnigraph
