#include "query/source_error.h"

#include <gtest/gtest.h>

#include "query/check.h"
#include "query/parse.h"
#include "schema/compile.h"

namespace omnigraph {
namespace {

std::string rendered(std::string_view source) {
  auto catalog = compile_schema("node Town { name: String @key }\nedge Road: Town -> Town\n");
  EXPECT_TRUE(catalog.ok());
  auto file = parse_queries(source);
  if (!file.ok()) return render_source_error(file.error(), source);
  auto typed = check_query(file->queries[0], **catalog);
  return typed.ok() ? "" : render_source_error(typed.error(), source);
}

TEST(SourceError, MarksThePlace) {
  EXPECT_EQ(rendered("query q() {\n  match { $é: x }\n}").find("expected a type name"),
            std::string::npos);
  EXPECT_EQ(rendered("query q() {\n  match { $t: Town\n\t$t bridge $u }\n  return { 1 } }"),
            "type error: T4: unknown edge type `bridge`\n"
            " --> 3:5\n"
            "  |\n"
            "3 |  $t bridge $u }\n"
            "  |     ^^^^^^");
}

TEST(SourceError, ColumnsAndMarksCountCharacters) {
  EXPECT_EQ(rendered("query q() { match { $t: Town { name: \"éé\" } } return { $t.nom } }"),
            "type error: T6: type `Town` has no property `nom`; did you mean `name`?\n"
            " --> 1:56\n"
            "  |\n"
            "1 | query q() { match { $t: Town { name: \"éé\" } } return { $t.nom } }\n"
            "  |                                                        ^^^^^^");
}

TEST(SourceError, BuildErrorsGetTheirPlaceHere) {
  EXPECT_EQ(rendered("query q() { match { $t: Town } return { \"\\q\" } }"),
            "parse error: parse error: unsupported escape sequence: \\q\n"
            " --> 1:41\n"
            "  |\n"
            "1 | query q() { match { $t: Town } return { \"\\q\" } }\n"
            "  |                                         ^^^^");
}

TEST(SourceError, SyntaxErrorsAlreadyShowIt) {
  const std::string text = rendered("query q()");
  EXPECT_EQ(text.find(" --> "), text.rfind(" --> "));
  EXPECT_NE(text.find(" --> 1:10"), std::string::npos) << text;
}

TEST(SourceError, SpansOfSeveralLinesAreMarkedOnTheFirst) {
  EXPECT_EQ(rendered("query q() { match { $t: Town\n not {\n $x: Town } } return { 1 } }"),
            "type error: T9: a `not` block must reference at least one outer-bound variable\n"
            " --> 2:2\n"
            "  |\n"
            "2 |  not {\n"
            "  |  ^^^^^");
}

TEST(SourceError, LongLinesAreCutAndControlCharactersHidden) {
  const std::string pad(1000, 'x');
  const std::string text = rendered("query q() { match { $t: Town { name: \"" + pad +
                                    "\x1b[31m\" } } return { $t.nom, \"" + pad + "\" } }");
  EXPECT_LT(text.size(), 600u);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("… "), std::string::npos);
}

TEST(SourceError, WithoutSpanOnlyTheMessage) {
  EXPECT_EQ(render_source_error(bad_request("oops"), "query"), "oops");
  EXPECT_EQ(render_source_error(bad_request("oops").at(SourceSpan{9, 9, 900, 901}), "query"),
            "oops\n --> 9:9\n  |\n9 | query\n  |      ^");
}

}  // namespace
}  // namespace omnigraph
