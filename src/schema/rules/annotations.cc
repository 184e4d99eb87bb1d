// Which annotations may stand where, and with what arguments (spec/schema.md §5, §7.4).

#include <array>
#include <optional>

#include "schema/rules/draft.h"

namespace omnigraph {
namespace {

// Characters of the Unicode property White_Space, as UTF-8.
constexpr std::array<std::string_view, 25> kWhiteSpace = {
    " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u0085", "\u00a0", "\u1680",
    "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    bool matched = false;
    for (const std::string_view space : kWhiteSpace) {
      if (text.substr(0, space.size()) != space) continue;
      text.remove_prefix(space.size());
      matched = true;
      break;
    }
    if (!matched) return false;
  }
  return true;
}

bool is_blank(const Annotation& annotation) {
  return !annotation.value || is_blank(*annotation.value);
}

// The annotations with a meaning of their own; each may stand once.
enum Known : std::uint8_t {
  kKey,
  kUnique,
  kIndex,
  kEmbed,
  kDescription,
  kInstruction,
  kRenameFrom,
  kKnownCount
};
constexpr std::array<std::string_view, kKnownCount> kKnownNames = {
    "key", "unique", "index", "embed", "description", "instruction", "rename_from"};

std::optional<Known> known(std::string_view name) {
  for (std::size_t i = 0; i < kKnownNames.size(); ++i) {
    if (kKnownNames[i] == name) return static_cast<Known>(i);
  }
  return std::nullopt;
}

class AnnotationRules {
 public:
  explicit AnnotationRules(SchemaDraft& draft) : draft_(draft) {}

  Status run() {
    for (TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kInterface) {
        // The rest of an interface's annotations is judged on the nodes that receive them.
        for (const PropertyDraft& property : type.properties) {
          const std::string subject = "property " + type.name + "." + property.name;
          OG_RETURN_IF_ERROR(hints_only(property, subject));
        }
        continue;
      }
      OG_RETURN_IF_ERROR(header(type));
      const PropertyIndex properties(type);
      for (PropertyDraft& property : type.properties) {
        OG_RETURN_IF_ERROR(check(type, properties, property));
      }
    }
    return {};
  }

 private:
  using Seen = std::array<bool, kKnownCount>;

  Error error(const AnnotationDraft& draft, const std::string& text) const {
    return draft_.parse_error(draft.range, "@" + draft.annotation.name + text);
  }

  Status once(const AnnotationDraft& draft, Known which, Seen& seen,
              const std::string& subject) const {
    if (seen[which]) {
      return draft_.parse_error(
          draft.range, subject + " declares @" + draft.annotation.name + " multiple times");
    }
    seen[which] = true;
    return {};
  }

  // A fault of @description or @instruction on a type, @description on a property, @rename_from.
  Status texts(const AnnotationDraft& draft, Known which, Seen& seen,
               const std::string& subject) const {
    if (which == kRenameFrom) {
      if (!draft.annotation.kwargs.empty()) {
        return error(draft, " on " + subject + " does not accept keyword arguments");
      }
      if (is_blank(draft.annotation)) {
        return error(draft, " on " + subject + " requires exactly one non-empty positional value");
      }
    } else if (is_blank(draft.annotation)) {
      return error(draft, " on " + subject + " requires a non-empty value");
    }
    return once(draft, which, seen, subject);
  }

  Status hints_only(const PropertyDraft& property, const std::string& subject) const {
    Seen seen{};
    for (const AnnotationDraft& draft : property.annotations) {
      if (known(draft.annotation.name) != kRenameFrom) continue;
      OG_RETURN_IF_ERROR(texts(draft, kRenameFrom, seen, subject));
    }
    return {};
  }

  Status header(const TypeDraft& type) const {
    Seen seen{};
    for (const AnnotationDraft& draft : type.annotations) {
      const std::optional<Known> which = known(draft.annotation.name);
      if (!which) continue;
      if (*which <= kEmbed) {
        return type.kind == TypeKind::kNode
                   ? error(draft, " is only supported on node properties (" + type.title() + ")")
                   : error(draft, " is not supported on edges (" + type.title() + ")");
      }
      OG_RETURN_IF_ERROR(texts(draft, *which, seen, type.title()));
    }
    return {};
  }

  Status check(const TypeDraft& type, const PropertyIndex& properties,
               PropertyDraft& property) const {
    Seen seen{};
    const std::string place = type.name + "." + property.name;
    for (const AnnotationDraft& draft : property.annotations) {
      const std::optional<Known> which = known(draft.annotation.name);
      if (!which) continue;
      if (*which == kInstruction) {
        return error(draft, " is only supported on node and edge types (property " + place + ")");
      }
      if (*which > kEmbed) {
        OG_RETURN_IF_ERROR(texts(draft, *which, seen, "property " + place));
        continue;
      }
      if (type.kind == TypeKind::kEdge && (*which == kKey || *which == kEmbed)) {
        return error(draft, " is not supported on edge properties (edge " + place + ")");
      }
      if (property.type.list) return error(draft, " is not supported on list property " + place);
      if (property.type.scalar == ScalarType::kVector && (*which == kKey || *which == kUnique)) {
        return error(draft, " is not supported on vector property " + place);
      }
      if (property.type.scalar == ScalarType::kBlob) {
        return error(draft, " is not supported on blob property " + place);
      }
      OG_RETURN_IF_ERROR(once(draft, *which, seen, "property " + place));
      if (*which == kEmbed) OG_RETURN_IF_ERROR(embed(type, properties, property, draft));
    }
    return {};
  }

  Status embed(const TypeDraft& type, const PropertyIndex& properties, PropertyDraft& property,
               const AnnotationDraft& draft) const {
    const std::string place = type.name + "." + property.name;
    const Annotation& written = draft.annotation;
    if (property.type.scalar != ScalarType::kVector) {
      return error(draft, " is only supported on vector properties (" + place + ")");
    }
    if (!written.value) return error(draft, " on " + place + " requires a source property name");
    if (is_blank(*written.value)) {
      return error(draft, " on " + place + " requires a non-empty source property name");
    }
    EmbedSource result;
    result.property = property.name;
    result.source = *written.value;
    for (const auto& [name, value] : written.kwargs) {
      if (name != "model") {
        return error(draft, " on " + place + " has unknown argument '" + name +
                                "=' (only 'model' is supported)");
      }
      result.model = value;
    }
    const PropertyDraft* source = properties.find(result.source);
    if (source == nullptr) {
      return error(draft, " on " + place + " references unknown source property " + result.source);
    }
    if (source->type.list || source->type.scalar != ScalarType::kString) {
      return error(draft,
                   " source property " + type.name + "." + result.source + " must be String");
    }
    property.embed = std::move(result);
    return {};
  }

  SchemaDraft& draft_;
};

}  // namespace

Status check_annotations(SchemaDraft& draft) { return AnnotationRules(draft).run(); }

}  // namespace omnigraph
