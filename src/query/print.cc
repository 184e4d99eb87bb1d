#include "query/print.h"

#include "query/grammar/literal_text.h"

namespace omnigraph {
namespace {

// Appends text to one string. Recursion is as deep as the tree: kMaxQueryNesting.
class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  void query(const QueryDecl& decl) {
    out_ += "query " + decl.name + "(";
    for (std::size_t i = 0; i < decl.parameters.size(); ++i) {
      const Parameter& parameter = decl.parameters[i];
      if (i > 0) out_ += ", ";
      out_ += "$" + parameter.name + ": ";
      if (parameter.unknown_type.empty()) {
        out_ += to_string(parameter.type);
      } else {
        out_ += parameter.unknown_type;
        if (parameter.type.nullable) out_ += "?";
      }
    }
    out_ += ")";
    annotation("@description", decl.description);
    annotation("@instruction", decl.instruction);
    out_ += decl.description || decl.instruction ? "\n{\n" : " {\n";
    if (const auto* read = std::get_if<ReadBody>(&decl.body)) {
      read_body(*read);
    } else {
      for (const auto& statement : std::get<MutationBody>(decl.body).statements) {
        std::visit([&](const auto& node) { mutation(node); }, statement);
      }
    }
    out_ += "}\n";
  }

  void expression(const Expr& expr) {
    std::visit([&](const auto& node) { print(node); }, expr.node);
  }

  void print(const Literal& literal) {
    std::visit([&](const auto& value) { print_value(value); }, literal.value);
  }

 private:
  void annotation(const char* word, const std::optional<std::string>& text) {
    if (!text) return;
    out_ += "\n  ";
    out_ += word;
    out_ += "(";
    gq::append_string_token(out_, *text);
    out_ += ")";
  }

  void line(int level) { out_.append(static_cast<std::size_t>(level) * 2, ' '); }

  void read_body(const ReadBody& body) {
    line(1);
    out_ += "match {\n";
    clauses(body.match, 2);
    line(1);
    out_ += "}\n";
    line(1);
    out_ += "return {\n";
    for (std::size_t i = 0; i < body.projections.size(); ++i) {
      line(2);
      expression(*body.projections[i].expression);
      if (body.projections[i].alias) out_ += " as " + *body.projections[i].alias;
      out_ += i + 1 < body.projections.size() ? ",\n" : "\n";
    }
    line(1);
    out_ += "}\n";
    if (!body.order.empty()) {
      line(1);
      out_ += "order { ";
      for (std::size_t i = 0; i < body.order.size(); ++i) {
        if (i > 0) out_ += ", ";
        expression(*body.order[i].expression);
        if (body.order[i].descending) out_ += " desc";
      }
      out_ += " }\n";
    }
    if (body.limit) {
      line(1);
      out_ += "limit " + std::to_string(*body.limit) + "\n";
    }
  }

  void clauses(const std::vector<Clause>& list, int level) {
    for (const Clause& clause : list) {
      line(level);
      if (const auto* negation = std::get_if<Negation>(&clause.node)) {
        out_ += "not {\n";
        clauses(negation->clauses, level + 1);
        line(level);
        out_ += "}";
      } else {
        std::visit([&](const auto& node) { print(node); }, clause.node);
      }
      out_ += "\n";
    }
  }

  void print(const Negation&) {}  // clauses() prints it, with its level

  void print(const NodeBinding& binding) {
    out_ += "$" + binding.variable + ": " + binding.type;
    if (binding.properties.empty()) return;
    out_ += " { ";
    for (std::size_t i = 0; i < binding.properties.size(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += binding.properties[i].property + ": ";
      value(binding.properties[i].value);
    }
    out_ += " }";
  }

  void print(const Traversal& traversal) {
    out_ += "$" + traversal.left + " ";
    if (traversal.edge_variable) out_ += "$" + *traversal.edge_variable + ":";
    if (traversal.undirected) out_ += "<";
    out_ += traversal.edge;
    if (traversal.undirected) out_ += ">";
    if (traversal.bounds) {
      out_ += "{" + std::to_string(traversal.bounds->min) + ",";
      if (traversal.bounds->max) out_ += std::to_string(*traversal.bounds->max);
      out_ += "}";
    }
    out_ += " $" + traversal.right;
  }

  void print(const Filter& filter) {
    expression(*filter.left);
    out_ += " ";
    out_ += compare_text(filter.op);
    out_ += " ";
    expression(*filter.right);
  }

  void print(const TextSearchClause& clause) { expression(*clause.call); }

  void print(const NowCall&) { out_ += "now()"; }
  void print(const PropertyAccess& access) {
    out_ += "$" + access.variable + "." + access.property;
  }
  void print(const VariableRef& variable) { out_ += "$" + variable.name; }
  void print(const AliasRef& alias) { out_ += alias.name; }
  void print(const AggregateCall& call) {
    out_ += aggregate_name(call.function);
    out_ += "(";
    expression(*call.argument);
    out_ += ")";
  }
  void print(const SearchCall& call) {
    out_ += search_name(call.function);
    out_ += "(";
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (i > 0) out_ += ", ";
      expression(*call.arguments[i]);
    }
    out_ += ")";
  }

  void print_value(const std::string& text) { gq::append_string_token(out_, text); }
  void print_value(std::int64_t v) { out_ += std::to_string(v); }
  void print_value(double v) { gq::append_float_token(out_, v); }
  void print_value(bool v) { out_ += v ? "true" : "false"; }
  void print_value(const DateText& date) {
    out_ += "date(";
    gq::append_string_token(out_, date.text);
    out_ += ")";
  }
  void print_value(const DateTimeText& instant) {
    out_ += "datetime(";
    gq::append_string_token(out_, instant.text);
    out_ += ")";
  }
  void print_value(const std::vector<Literal>& items) {
    out_ += "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(items[i]);
    }
    out_ += "]";
  }

  void value(const MutationValue& v) {
    std::visit([&](const auto& node) { print(node); }, v);
  }

  void assignments(const std::vector<Assignment>& list) {
    out_ += "{\n";
    for (std::size_t i = 0; i < list.size(); ++i) {
      line(2);
      out_ += list[i].property + ": ";
      value(list[i].value);
      out_ += i + 1 < list.size() ? ",\n" : "\n";
    }
    line(1);
    out_ += "}";
  }

  void where(const MutationPredicate& predicate) {
    out_ += " where " + predicate.property + " ";
    out_ += compare_text(predicate.op);
    out_ += " ";
    value(predicate.value);
    out_ += "\n";
  }

  void mutation(const InsertStatement& insert) {
    line(1);
    out_ += "insert " + insert.type + " ";
    assignments(insert.assignments);
    out_ += "\n";
  }
  void mutation(const UpdateStatement& update) {
    line(1);
    out_ += "update " + update.type + " set ";
    assignments(update.assignments);
    where(update.where);
  }
  void mutation(const DeleteStatement& deletion) {
    line(1);
    out_ += "delete " + deletion.type;
    where(deletion.where);
  }

  std::string& out_;
};

}  // namespace

std::string print_queries(const QueryFile& file) {
  std::string out;
  for (std::size_t i = 0; i < file.queries.size(); ++i) {
    if (i > 0) out += "\n";
    Printer(out).query(file.queries[i]);
  }
  return out;
}

std::string print_query(const QueryDecl& query) {
  std::string out;
  Printer(out).query(query);
  return out;
}

std::string print_expression(const Expr& expression) {
  std::string out;
  Printer(out).expression(expression);
  return out;
}

std::string print_literal(const Literal& literal) {
  std::string out;
  Printer(out).print(literal);
  return out;
}

std::string_view compare_text(Compare op) {
  switch (op) {
    case Compare::kEq:
      return "=";
    case Compare::kNe:
      return "!=";
    case Compare::kLt:
      return "<";
    case Compare::kLe:
      return "<=";
    case Compare::kGt:
      return ">";
    case Compare::kGe:
      return ">=";
    case Compare::kContains:
      return "contains";
    case Compare::kStartsWith:
      return "starts_with";
  }
  return "";
}

std::string_view aggregate_name(Aggregate function) {
  switch (function) {
    case Aggregate::kCount:
      return "count";
    case Aggregate::kSum:
      return "sum";
    case Aggregate::kAvg:
      return "avg";
    case Aggregate::kMin:
      return "min";
    case Aggregate::kMax:
      return "max";
  }
  return "";
}

std::string_view search_name(SearchFunction function) {
  switch (function) {
    case SearchFunction::kNearest:
      return "nearest";
    case SearchFunction::kSearch:
      return "search";
    case SearchFunction::kFuzzy:
      return "fuzzy";
    case SearchFunction::kMatchText:
      return "match_text";
    case SearchFunction::kBm25:
      return "bm25";
    case SearchFunction::kRrf:
      return "rrf";
  }
  return "";
}

}  // namespace omnigraph
