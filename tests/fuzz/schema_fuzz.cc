// Any bytes as a schema source, and as a stored catalog. What compiles must print, store and plan
// against itself without a difference; nothing may crash, hang or pass invalid UTF-8 on in a
// message. Sources that hold a NUL byte are split there into an accepted and a desired schema.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "schema/catalog_json.h"
#include "schema/compile.h"
#include "schema/format.h"
#include "schema/migration.h"
#include "schema/migration_render.h"
#include "schema/parser.h"
#include "schema/print.h"
#include "schema/source_text.h"

namespace {

using namespace omnigraph;  // NOLINT: one small program

void require(bool holds) {
  if (!holds) std::abort();
}

void check_message(const Error& error) {
  require(!error.message().empty());
  require(!first_invalid_utf8(error.message()).has_value());
}

void check_tree(std::string_view source) {
  const Result<SchemaAst> ast = parse_schema(source);
  if (!ast.ok()) return check_message(ast.error());
  const std::string printed = print_schema(*ast);
  const Result<SchemaAst> again = parse_schema(printed);
  require(again.ok() && *again == *ast);
  const Result<std::string> layout = format_schema(source);
  require(layout.ok());
  const Result<SchemaAst> laid_out = parse_schema(*layout);
  require(laid_out.ok() && *laid_out == *ast);
  const Result<std::string> once_more = format_schema(*layout);
  require(once_more.ok() && *once_more == *layout);
}

void check_catalog(std::string_view source) {
  const Result<CatalogPtr> lint = compile_schema(source, CompileMode::kLint);
  const Result<CatalogPtr> catalog = compile_schema(source);
  require(lint.ok() || !catalog.ok());  // lint knows fewer rules
  if (!catalog.ok()) return check_message(catalog.error());
  const std::string json = catalog_to_json(**catalog);
  const Result<CatalogPtr> back = catalog_from_json(json);
  require(back.ok() && catalog_to_json(**back) == json);
  const Result<Migration> same = plan_migration(**catalog, source, false);
  if (!same.ok()) return check_message(same.error());  // hints between its own properties
  require(same->steps.empty());
}

void check_plan(std::string_view accepted_source, std::string_view desired_source) {
  const Result<CatalogPtr> accepted = compile_schema(accepted_source);
  if (!accepted.ok()) return;
  const Result<Migration> plan = plan_migration(**accepted, desired_source, true);
  if (!plan.ok()) return check_message(plan.error());
  std::string out;
  JsonWriter writer(out);
  write_json(writer, plan->steps);
  for (const MigrationStep& step : plan->steps) require(!describe(step).empty());
  require(catalog_from_json(catalog_to_json(*plan->catalog)).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t split = text.find('\0');
  if (split != std::string_view::npos) {
    check_plan(text.substr(0, split), text.substr(split + 1));
    return 0;
  }
  check_tree(text);
  check_catalog(text);
  const Result<CatalogPtr> stored = catalog_from_json(text);
  if (!stored.ok()) check_message(stored.error());
  return 0;
}
