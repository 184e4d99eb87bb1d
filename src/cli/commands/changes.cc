// commit changes, changes poll, changes baseline, diff.
#include <chrono>
#include <thread>

#include "cli/baseline_file.h"
#include "cli/change_text.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/files.h"
#include "schema/compile.h"

namespace omnigraph::cli {
namespace {

constexpr std::uint64_t kDefaultIntervalMs = 500;

ChangeFilter filter_of(const Arguments& arguments) {
  return {.kinds = arguments.values("kind"),
          .types = arguments.values("type"),
          .ops = arguments.values("op")};
}

// Prints a document piece by piece, each page before the next one is fetched.
class Document {
 public:
  explicit Document(const Invocation& call, JsonWriter::Style style = JsonWriter::Style::kPretty)
      : call_(call), json_(text_, style) {}
  JsonWriter& json() { return json_; }
  void print() {
    call_.print(text_);
    text_.clear();
  }
  void finish() {
    text_ += '\n';
    print();
  }

 private:
  const Invocation& call_;
  std::string text_;
  JsonWriter json_;
};

// What a poll goes on with.
struct Place {
  std::optional<std::string> start, cursor, page_token;
};

Result<PollPage> poll(const Invocation& call, const Graph& graph, const ChangeFilter& filter,
                      const Place& place) {
  PollRequest request;
  request.branch = call.arguments.value_or("branch", "main");
  request.limit = call.arguments.number("limit");
  request.filter = filter;
  if (place.page_token) {
    request.page_token = *place.page_token;
  } else if (place.cursor) {
    request.cursor = *place.cursor;
  } else if (place.start) {
    request.start = *place.start;
  }
  return graph.poll_changes(request);
}

// Writes the pages from `place` on as far as the first cursor, blocks that are split over pages
// joined; `place` moves there.
Status print_poll(const Invocation& call, const Graph& graph, const ChangeFilter& filter,
                  Place& place, JsonWriter::Style style, bool skip_empty, bool& caught_up) {
  OG_ASSIGN_OR_RETURN(PollPage page, poll(call, graph, filter, place));
  Document document(call, style);
  JsonWriter& json = document.json();
  const bool silent = skip_empty && page.blocks.empty() && page.cursor;
  const bool as_json = call.json() && !silent;
  if (as_json) json.begin_object().key("blocks").begin_array();
  bool open = false;  // a block that goes on
  bool first = true;
  while (true) {
    for (std::size_t i = 0; i < page.blocks.size(); ++i) {
      const ChangeBlock& block = page.blocks[i];
      const bool continued = open && i == 0;
      const bool unfinished = page.next_page_token && i + 1 == page.blocks.size();
      if (as_json) {
        if (!continued) {
          write_cause(json.begin_object().key("cause"), block.cause);
          json.key("changes").begin_array();
        }
        for (const EntityChange& change : block.changes) write_change(json, change);
        if (!unfinished) json.end_array().end_object();
      } else {
        if (!continued) call.print((first ? "" : "\n") + cause_text(block.cause));
        for (const EntityChange& change : block.changes) call.print(change_text(change));
      }
      first = false;
    }
    if (as_json) document.print();
    if (!page.next_page_token) break;
    open = !page.blocks.empty();
    place = {.start = std::nullopt, .cursor = std::nullopt, .page_token = page.next_page_token};
    OG_ASSIGN_OR_RETURN(page, poll(call, graph, filter, place));
  }
  caught_up = page.caught_up;
  if (as_json) {
    json.end_array().key("cursor").value(*page.cursor);
    json.key("caught_up").value(page.caught_up).end_object();
    document.finish();
  } else if (!call.json() && !silent) {
    if (first) call.print("(no new commits)\n");
    call.print("\ncursor: " + *page.cursor + "\ncaught_up: " + (page.caught_up ? "true" : "false") +
               "\n");
  }
  place = {.start = std::nullopt, .cursor = page.cursor, .page_token = std::nullopt};
  return {};
}

}  // namespace

ExitStatus run_commit_changes(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  CommitChangesRequest request;
  request.commit = *call.arguments.positional(0);
  request.limit = call.arguments.number("limit");
  request.filter = filter_of(call.arguments);
  const std::optional<std::string_view> only_page = call.arguments.value("page-token");
  request.page_token = only_page;
  OG_ASSIGN_OR_RETURN(CommitChangesPage page, graph.commit_changes(request));
  Document document(call);
  JsonWriter& json = document.json();
  if (call.json()) {
    write_cause(json.begin_object().key("cause"), page.cause);
    json.key("changes").begin_array();
  } else {
    call.print(cause_text(page.cause));
  }
  std::string token;
  while (true) {
    for (const EntityChange& change : page.changes) {
      if (call.json()) {
        write_change(json, change);
      } else {
        call.print(change_text(change));
      }
    }
    if (call.json()) document.print();
    if (!page.next_page_token || only_page) break;
    token = *page.next_page_token;
    request.page_token = token;
    OG_ASSIGN_OR_RETURN(page, graph.commit_changes(request));
  }
  if (call.json()) {
    json.end_array();
    if (page.next_page_token) json.key("next_page_token").value(*page.next_page_token);
    json.end_object();
    document.finish();
  } else if (page.next_page_token) {
    call.print("next_page_token: " + *page.next_page_token + "\n");
  }
  return kSuccess;
}

ExitStatus run_changes_poll(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  const ChangeFilter filter = filter_of(call.arguments);
  const bool follow = call.arguments.has("follow");
  const auto cursor_file = call.arguments.value("cursor-file");
  Place place;
  if (const auto start = call.arguments.value("start")) place.start = std::string(*start);
  if (const auto cursor = call.arguments.value("cursor")) place.cursor = std::string(*cursor);
  if (cursor_file && file_exists(std::string(*cursor_file))) {
    OG_ASSIGN_OR_RETURN(const std::string saved,
                        read_text_file(std::string(*cursor_file), "cursor file"));
    place.cursor = std::string(trimmed(saved));
  }
  const auto style = follow ? JsonWriter::Style::kCompact : JsonWriter::Style::kPretty;
  const std::chrono::milliseconds interval(
      call.arguments.number("interval").value_or(kDefaultIntervalMs));
  for (bool first = true;; first = false) {
    bool caught_up = false;
    OG_RETURN_IF_ERROR(print_poll(call, graph, filter, place, style, follow && !first, caught_up));
    call.show();
    // What was printed counts as read only when it could be written.
    if (!call.process.out->good()) return kFailure;
    if (cursor_file) {
      OG_RETURN_IF_ERROR(replace_private_file(std::string(*cursor_file), *place.cursor + "\n"));
    }
    if (!follow) return kSuccess;
    if (caught_up) std::this_thread::sleep_for(interval);
  }
}

ExitStatus run_changes_baseline(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  const std::string path(*call.arguments.value("out"));
  OG_ASSIGN_OR_RETURN(BaselineFile file, BaselineFile::open(path));
  OG_ASSIGN_OR_RETURN(
      const BaselineReport report,
      graph.baseline(call.arguments.value_or("branch", "main"), filter_of(call.arguments),
                     [&file](std::string_view lines) { return file.append(lines); }));
  OG_RETURN_IF_ERROR(file.install());
  if (!call.json()) {
    call.print("snapshot: " + path + "\nsnapshot_commit_id: " + report.commit_id +
               "\nresume_cursor: " + report.resume_cursor + "\n");
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("snapshot_commit_id").value(report.commit_id);
  json.key("resume_cursor").value(report.resume_cursor).end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_diff(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  const std::string_view revisions = *call.arguments.positional(0);
  const std::size_t dots = revisions.find("..");
  if (dots == std::string_view::npos) {
    return bad_request(
        "`diff` compares A..B: two branches or commit ids joined with two dots, not '" +
        std::string(revisions) + "'");
  }
  DiffRequest request;
  request.from = revisions.substr(0, dots);
  request.to = revisions.substr(dots + 2);
  if (request.from.empty()) request.from = "main";
  if (request.to.empty()) request.to = "main";
  request.filter = filter_of(call.arguments);
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  const bool lines = call.arguments.has("jsonl");
  // People read dates as dates, as far as the schema still has the property.
  CatalogPtr catalog;
  if (!lines && !call.json()) {
    OG_ASSIGN_OR_RETURN(const std::string schema, graph.schema_source());
    OG_ASSIGN_OR_RETURN(catalog, compile_schema(schema, CompileMode::kLint));
  }
  Document document(call, lines ? JsonWriter::Style::kCompact : JsonWriter::Style::kPretty);
  if (call.json()) document.json().begin_object().key("changes").begin_array();
  const auto print = [&](const EntityChange& change) -> Status {
    if (lines) {
      std::string line;
      JsonWriter json(line);
      write_change(json, change);
      call.print(line + "\n");
    } else if (call.json()) {
      write_change(document.json(), change);
      document.print();
    } else {
      call.print(change_text(change, catalog.get()));
    }
    return {};
  };
  OG_ASSIGN_OR_RETURN(const DiffReport report, graph.diff(request, print));
  if (call.json()) {
    JsonWriter& json = document.json();
    json.end_array();
    json.key("from").value(report.from_commit).key("to").value(report.to_commit).end_object();
    document.finish();
  } else if (!lines && report.changes == 0) {
    call.print("(no changes)\n");
  }
  return kSuccess;
}

}  // namespace omnigraph::cli
