#include "query/tree_dump.h"

#include <cstdio>

namespace omnigraph::test {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "<" + std::to_string(text.size()) + ":";
  return out + text + ">";
}

std::string dump(const Literal& literal) {
  struct Visitor {
    std::string operator()(const std::string& v) const { return "str" + quoted(v); }
    std::string operator()(std::int64_t v) const { return "int " + std::to_string(v); }
    std::string operator()(double v) const {
      char buffer[64];
      std::snprintf(buffer, sizeof buffer, "float %a", v);
      return buffer;
    }
    std::string operator()(bool v) const { return v ? "bool true" : "bool false"; }
    std::string operator()(const DateText& v) const { return "date" + quoted(v.text); }
    std::string operator()(const DateTimeText& v) const { return "datetime" + quoted(v.text); }
    std::string operator()(const std::vector<Literal>& items) const {
      std::string out = "list(";
      for (const Literal& item : items) out += dump(item) + ";";
      return out + ")";
    }
  };
  return std::visit(Visitor{}, literal.value);
}

std::string dump(const Expr& expr) {
  struct Visitor {
    std::string operator()(const NowCall&) const { return "now"; }
    std::string operator()(const PropertyAccess& v) const {
      return "prop(" + v.variable + "," + v.property + ")";
    }
    std::string operator()(const VariableRef& v) const { return "var " + v.name; }
    std::string operator()(const AliasRef& v) const { return "alias " + v.name; }
    std::string operator()(const Literal& v) const { return dump(v); }
    std::string operator()(const AggregateCall& v) const {
      return "agg" + std::to_string(static_cast<int>(v.function)) + "(" + dump(*v.argument) + ")";
    }
    std::string operator()(const SearchCall& v) const {
      std::string out = "search" + std::to_string(static_cast<int>(v.function)) + "(";
      for (const ExprPtr& argument : v.arguments) out += dump(*argument) + ";";
      return out + ")";
    }
  };
  return std::visit(Visitor{}, expr.node);
}

std::string dump(const MutationValue& value) {
  struct Visitor {
    std::string operator()(const Literal& v) const { return dump(v); }
    std::string operator()(const VariableRef& v) const { return "var " + v.name; }
    std::string operator()(const NowCall&) const { return "now"; }
  };
  return std::visit(Visitor{}, value);
}

std::string dump(const std::vector<Clause>& clauses);

std::string dump(const Clause& clause) {
  struct Visitor {
    std::string operator()(const Negation& v) const { return "not" + dump(v.clauses); }
    std::string operator()(const NodeBinding& v) const {
      std::string out = "bind(" + v.variable + "," + v.type;
      for (const PropertyMatch& p : v.properties) out += "," + p.property + "=" + dump(p.value);
      return out + ")";
    }
    std::string operator()(const Traversal& v) const {
      std::string out = "walk(" + v.left + "," + (v.undirected ? "<" : "") + v.edge + "," + v.right;
      if (v.edge_variable) out += ",as " + *v.edge_variable;
      if (v.bounds) {
        out += "," + std::to_string(v.bounds->min) + "..";
        if (v.bounds->max) out += std::to_string(*v.bounds->max);
      }
      return out + ")";
    }
    std::string operator()(const Filter& v) const {
      return "filter" + std::to_string(static_cast<int>(v.op)) + "(" + dump(*v.left) + "," +
             dump(*v.right) + ")";
    }
    std::string operator()(const TextSearchClause& v) const {
      return "text(" + dump(*v.call) + ")";
    }
  };
  return std::visit(Visitor{}, clause.node);
}

std::string dump(const std::vector<Clause>& clauses) {
  std::string out = "{";
  for (const Clause& clause : clauses) out += dump(clause) + " ";
  return out + "}";
}

std::string dump(const std::vector<Assignment>& assignments) {
  std::string out = "{";
  for (const Assignment& a : assignments) out += a.property + "=" + dump(a.value) + " ";
  return out + "}";
}

std::string dump(const MutationPredicate& where) {
  return " where " + where.property + std::to_string(static_cast<int>(where.op)) +
         dump(where.value);
}

std::string dump(const MutationStatement& statement) {
  struct Visitor {
    std::string operator()(const InsertStatement& v) const {
      return "insert " + v.type + dump(v.assignments);
    }
    std::string operator()(const UpdateStatement& v) const {
      return "update " + v.type + dump(v.assignments) + dump(v.where);
    }
    std::string operator()(const DeleteStatement& v) const {
      return "delete " + v.type + dump(v.where);
    }
  };
  return std::visit(Visitor{}, statement);
}

std::string dump(const ReadBody& body) {
  std::string out = "match" + dump(body.match) + " return{";
  for (const Projection& p : body.projections) {
    out += dump(*p.expression) + (p.alias ? " as " + *p.alias : "") + "; ";
  }
  out += "} order{";
  for (const Ordering& o : body.order) {
    out += dump(*o.expression) + (o.descending ? " desc" : "") + "; ";
  }
  return out + "}" + (body.limit ? " limit " + std::to_string(*body.limit) : "");
}

}  // namespace

std::string dump(const QueryDecl& query) {
  std::string out = "query " + query.name + "(";
  for (const Parameter& p : query.parameters) {
    out += p.name + ":" + to_string(p.type) + p.unknown_type + ",";
  }
  out += ")";
  if (query.description) out += " description" + quoted(*query.description);
  if (query.instruction) out += " instruction" + quoted(*query.instruction);
  if (const auto* read = std::get_if<ReadBody>(&query.body)) return out + " " + dump(*read);
  for (const auto& statement : std::get<MutationBody>(query.body).statements) {
    out += " " + dump(statement);
  }
  return out;
}

std::string dump(const QueryFile& file) {
  std::string out;
  for (const QueryDecl& query : file.queries) out += dump(query) + "\n";
  return out;
}

}  // namespace omnigraph::test
