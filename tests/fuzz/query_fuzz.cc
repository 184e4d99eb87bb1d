// Everything that reads query text or parameter JSON: no input may crash, hang or leak, and a text
// that parses must print to one that parses to the same. Input: a query source, then optionally a
// NUL byte and the JSON of its parameters.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "query/check.h"
#include "query/format.h"
#include "query/lint.h"
#include "query/parameters.h"
#include "query/parse.h"
#include "query/print.h"
#include "query/select.h"
#include "query/source_error.h"
#include "schema/compile.h"

namespace {

constexpr std::string_view kSchema = R"(
node Town {
  name: String @key
  pop: I32?  ratio: F32?  open: Bool?  founded: Date?  seen: DateTime?
  tags: [String]?  kind: enum(city, village)?  photo: Blob?  v: Vector(2)?
}
node River { name: String @key }
edge Road: Town -> Town { km: I32? note: String? }
edge FlowsThrough: River -> Town
)";

const omnigraph::Catalog& catalog() {
  static const omnigraph::CatalogPtr compiled = [] {
    auto result = omnigraph::compile_schema(kSchema);
    if (!result.ok()) std::abort();
    return *result;
  }();
  return *compiled;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find('\0');
  const std::string_view source = input.substr(0, split);
  const std::string_view json =
      split == std::string_view::npos ? std::string_view() : input.substr(split + 1);

  auto file = omnigraph::parse_queries(source);
  if (!file.ok()) {
    require(file.error().message().rfind("parse error: ", 0) == 0);
    omnigraph::render_source_error(file.error(), source);
    // Parameters are read for any declarations; take some of every kind.
    file = omnigraph::parse_queries(
        "query q($s: String?, $i: I32, $u: U64?, $f: F64?, $b: Bool?, $l: [I64]?, $v: Vector(2)?) "
        "{ delete Town where name = $s }");
    auto values = omnigraph::bind_parameters(file->queries[0].parameters, json);
    require(!values.ok() || values->size() == 7);
    return 0;
  }
  const std::string printed = omnigraph::print_queries(*file);
  auto again = omnigraph::parse_queries(printed);
  require(again.ok() && omnigraph::print_queries(*again) == printed);
  const auto layout = omnigraph::format_queries(source);
  require(layout.ok());
  const auto laid_out = omnigraph::parse_queries(*layout);
  require(laid_out.ok() && omnigraph::print_queries(*laid_out) == printed);
  const auto once_more = omnigraph::format_queries(*layout);
  require(once_more.ok() && *once_more == *layout);

  for (const omnigraph::QueryDecl& query : file->queries) {
    auto typed = omnigraph::check_query(query, catalog());
    if (!typed.ok()) omnigraph::render_source_error(typed.error(), source);
    auto values = omnigraph::bind_parameters(query.parameters, json);
    require(!values.ok() || values->size() == query.parameters.size());
  }
  const omnigraph::LintReport report = omnigraph::lint_queries(source, catalog());
  require(report.queries.size() == file->queries.size());
  omnigraph::lint_json(report, {});
  omnigraph::lint_text(report);
  (void)omnigraph::select_query(*file, std::nullopt);
  return 0;
}
