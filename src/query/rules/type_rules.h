// What the checkers of reads and mutations share: declared parameters, compatibility of types,
// literals against properties, and the words of their errors.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "omnigraph/error.h"
#include "query/ast.h"
#include "query/typed_query.h"
#include "schema/catalog.h"

namespace omnigraph::gq {

// kBadRequest "type error: <code>: <text>", without the code when it is empty.
Error type_error(std::string_view code, std::string_view text, SourceSpan span);

// `name` in backquotes, cut when it is very long; variables with their `$`.
std::string quoted(std::string_view name);
std::string quoted_variable(std::string_view name);

// "; did you mean `x`?" for the candidate nearest to `name`, or nothing when none is near.
std::string suggestion(std::string_view name, const std::vector<std::string_view>& candidates);
std::string suggest_property(std::string_view name, const EntityType& type);

// The declared parameters of one query, by name. Refers to the declaration.
class ParameterTable {
 public:
  // Refuses the reserved name, unknown types and a name declared twice.
  static Result<ParameterTable> of(const std::vector<Parameter>& parameters);

  std::optional<std::uint32_t> find(std::string_view name) const;
  const Parameter& at(std::uint32_t index) const { return (*parameters_)[index]; }

 private:
  const std::vector<Parameter>* parameters_ = nullptr;
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

PropertyType scalar_type(ScalarType scalar);
// spec/queries.md §4: both lists or neither, and equal or both numeric; vectors of one dimension.
bool compatible(const PropertyType& a, const PropertyType& b);
// The type of one element of a list type.
PropertyType element_type(const PropertyType& list);
// Error without a code for nested and mixed lists. `[]` is [String].
Result<PropertyType> literal_type(const Literal& literal);
// The number of elements when `literal` is a list of numbers only (also the empty list).
std::optional<std::size_t> numeric_list_size(const Literal& literal);

TypedExprPtr typed_parameter(const ParameterTable& parameters, std::uint32_t index,
                             SourceSpan span);
TypedExprPtr typed_literal(const Literal& literal, PropertyType type);
TypedExprPtr typed_now(SourceSpan span);

// A value that is compared with or assigned to a property: where it stands, and its words.
struct ValueTarget {
  std::string_view property;  // name in messages
  PropertyType type;
  // "match variable" or "mutation variable", of T14.
  std::string_view variable_word;
  // Reads: a list property means membership. Mutations: a blob takes a String parameter.
  enum class Use : std::uint8_t { kMatch, kMutation } use;
};

// T3 for literals, T14 for undeclared variables, T7 for parameters and now().
Result<TypedExprPtr> check_value(const ValueTarget& target, const MutationValue& value,
                                 SourceSpan span, const ParameterTable& parameters);

}  // namespace omnigraph::gq
