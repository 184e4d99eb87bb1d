#include "schema/catalog_json.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/json_writer.h"
#include "schema/catalog_builder.h"

namespace omnigraph {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

void write_properties(JsonWriter& json, const std::vector<Property>& properties) {
  std::vector<const Property*> sorted;
  for (const Property& property : properties) sorted.push_back(&property);
  std::sort(sorted.begin(), sorted.end(),
            [](const Property* a, const Property* b) { return a->name < b->name; });
  json.key("properties").begin_array();
  for (const Property* property : sorted) {
    json.begin_object().key("name").value(property->name).key("id").value(property->id);
    json.end_object();
  }
  json.end_array();
}

template <typename Type>
void write_types(JsonWriter& json, std::string_view key, const std::vector<Type>& types) {
  json.key(key).begin_array();
  for (const Type& type : types) {
    json.begin_object().key("name").value(type.name).key("id").value(type.id);
    if constexpr (std::is_base_of_v<EntityType, Type>) json.key("lifetime").value(type.lifetime);
    write_properties(json, type.properties);
    json.end_object();
  }
  json.end_array();
}

Error damaged(std::string_view what) {
  return corrupt("stored schema is damaged: " + std::string(what));
}

Result<std::uint32_t> number(const element& object, std::string_view key) {
  std::uint64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS || value == 0 ||
      value > std::numeric_limits<std::uint32_t>::max()) {
    return damaged("`" + std::string(key) + "` is not a number from 1 to 4294967295");
  }
  return static_cast<std::uint32_t>(value);
}

Result<std::string_view> text(const element& object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) {
    return damaged("`" + std::string(key) + "` is not a text");
  }
  return value;
}

Result<array> list(const element& object, std::string_view key, std::size_t size) {
  array value;
  if (object[key].get(value) != simdjson::SUCCESS) {
    return damaged("`" + std::string(key) + "` is not a list");
  }
  // simdjson's own size() stops counting at 2^24 - 1; no schema comes near that.
  if (value.size() != size) {
    return damaged("`" + std::string(key) + "` does not match the source");
  }
  return value;
}

// Gives a compiled source the numbers that were stored beside it.
class NumberReader {
 public:
  NumberReader(CatalogBuilder& builder, std::uint32_t next) : builder_(builder), next_(next) {}

  Status run(const element& document) {
    OG_RETURN_IF_ERROR(types(document, "interfaces", builder_.interfaces()));
    OG_RETURN_IF_ERROR(types(document, "nodes", builder_.nodes()));
    return types(document, "edges", builder_.edges());
  }

 private:
  template <typename Type>
  Status types(const element& document, std::string_view key, std::vector<Type>& types) {
    OG_ASSIGN_OR_RETURN(const array entries, list(document, key, types.size()));
    std::size_t at = 0;
    for (const element entry : entries) {
      Type& type = types[at++];  // both sides are sorted by name
      OG_RETURN_IF_ERROR(name(entry, type.name));
      OG_RETURN_IF_ERROR(identity(entry, "id", type.id));
      if constexpr (std::is_base_of_v<EntityType, Type>) {
        OG_RETURN_IF_ERROR(identity(entry, "lifetime", type.lifetime));
      }
      OG_RETURN_IF_ERROR(properties(entry, type.properties));
    }
    return {};
  }

  Status properties(const element& owner, std::vector<Property>& properties) {
    std::vector<Property*> sorted;
    for (Property& property : properties) sorted.push_back(&property);
    std::sort(sorted.begin(), sorted.end(),
              [](const Property* a, const Property* b) { return a->name < b->name; });
    OG_ASSIGN_OR_RETURN(const array entries, list(owner, "properties", sorted.size()));
    std::size_t at = 0;
    for (const element entry : entries) {
      Property& property = *sorted[at++];
      OG_RETURN_IF_ERROR(name(entry, property.name));
      OG_RETURN_IF_ERROR(identity(entry, "id", property.id));
    }
    return {};
  }

  Status name(const element& entry, const std::string& expected) {
    OG_ASSIGN_OR_RETURN(const std::string_view found, text(entry, "name"));
    if (found != expected) {
      return damaged("it numbers '" + std::string(found) + "' where the source declares '" +
                     expected + "'");
    }
    return {};
  }

  Status identity(const element& entry, std::string_view key, std::uint32_t& out) {
    OG_ASSIGN_OR_RETURN(out, number(entry, key));
    if (out >= next_) return damaged("identity " + std::to_string(out) + " was never given out");
    if (!used_.insert(out).second) {
      return damaged("identity " + std::to_string(out) + " is used twice");
    }
    return {};
  }

  CatalogBuilder& builder_;
  const std::uint32_t next_;
  std::unordered_set<std::uint32_t> used_;
};

}  // namespace

std::string catalog_to_json(const Catalog& catalog) {
  std::string out;
  out.reserve(catalog.source().size() + 1024);
  JsonWriter json(out);
  json.begin_object();
  json.key("version").value(catalog.version());
  json.key("next_identity").value(catalog.next_identity());
  json.key("source").value(catalog.source());
  write_types(json, "interfaces", catalog.interfaces());
  write_types(json, "nodes", catalog.nodes());
  write_types(json, "edges", catalog.edges());
  json.end_object();
  return out;
}

Result<CatalogPtr> catalog_from_json(std::string_view json) {
  simdjson::dom::parser parser;
  element document;
  if (const auto error = parser.parse(json.data(), json.size()).get(document);
      error != simdjson::SUCCESS) {
    return damaged(simdjson::error_message(error));
  }
  OG_ASSIGN_OR_RETURN(const std::uint32_t version, number(document, "version"));
  OG_ASSIGN_OR_RETURN(const std::uint32_t next, number(document, "next_identity"));
  OG_ASSIGN_OR_RETURN(const std::string_view source, text(document, "source"));
  Result<CatalogBuilder> builder = compile_unnumbered(source, CompileMode::kStrict);
  if (!builder.ok()) return damaged("its source does not compile: " + builder.error().message());
  OG_RETURN_IF_ERROR(NumberReader(*builder, next).run(document));
  builder->set_version(version);
  builder->set_next_identity(next);
  return std::move(*builder).finish();
}

}  // namespace omnigraph
