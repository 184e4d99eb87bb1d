// Commands on graphs in object stores: of Google and Azure, and on stores that fail, lie, hang, are
// none, or whose objects somebody deleted. Each failure names the object and the way out, in time.
#include <chrono>
#include <cstdlib>

#include "cli/fixture.h"
#include "storage/fake_clouds.h"

namespace omnigraph::cli {
namespace {

using omnigraph::testing::FakeAzure;
using omnigraph::testing::FakeCloud;
using omnigraph::testing::FakeGoogle;
using omnigraph::testing::http_answer;
using omnigraph::testing::HttpRequest;
using omnigraph::testing::ScriptedServer;

class CloudCommandsTest : public CliTest {
 protected:
  CloudCommandsTest() {
    write("s.pg", "node Bird { code: String @key  wing: I32? }\nedge Chases: Bird -> Bird\n");
    set("AWS_ACCESS_KEY_ID", "key");
    set("AWS_SECRET_ACCESS_KEY", "secret");
    set("AWS_ALLOW_HTTP", "true");
    set("OMNIGRAPH_STORE_TIMEOUT", "1");
  }
  ~CloudCommandsTest() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
  }

  // A variable of this process, where the client of object stores looks.
  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  // A line for each of so many birds.
  std::string birds(int count) const {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      lines += "{\"type\":\"Bird\",\"data\":{\"code\":\"b" + std::to_string(i) +
               "\",\"wing\":" + std::to_string(i) + "}}\n";
    }
    return lines;
  }
  Outcome init(const std::string& root) { return run({"init", "--schema", path("s.pg"), root}); }
  Outcome load(const std::string& root, int count) {
    write("d.jsonl", birds(count));
    return run({"load", "--data", path("d.jsonl"), "--mode", "append", root});
  }
  Outcome count(const std::string& root) {
    return run(
        {"query", "--store", root, "--format", "csv", "-e",
         "query q() { match { $b: Bird } return { count($b) as n, max($b.wing) as most } }"});
  }
  // What a query of a graph ends with on a server that answers everything like this.
  Outcome asked(const std::string& answer) {
    ScriptedServer server([&answer](const HttpRequest&) { return answer; });
    set("AWS_ENDPOINT_URL", server.url());
    const auto begun = std::chrono::steady_clock::now();
    const Outcome outcome = count("s3://bucket/g");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("s3://bucket/g"), std::string::npos) << outcome.err;
    return outcome;
  }

 private:
  std::vector<std::string> set_;
};

std::string xml(const std::string& code) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>words</Message></Error>";
}

void expect_says(const Outcome& outcome, std::string_view text) {
  EXPECT_NE(outcome.err.find(text), std::string::npos) << outcome.err << " lacks " << text;
}

// Every step of a small graph's life.
void live(const std::function<Outcome(const std::vector<std::string>&)>& run,
          const std::string& root, const std::string& schema, const std::string& data) {
  const auto expect = [&](const std::vector<std::string>& command) {
    Outcome outcome = run(command);
    EXPECT_EQ(outcome.status, 0) << command[0] << ": " << outcome.err;
    return outcome.out;
  };
  expect({"init", "--schema", schema, root});
  EXPECT_NE(run({"init", "--schema", schema, root}).status, 0);
  expect({"load", "--data", data, "--mode", "append", root});
  expect({"branch", "create", "side", "--store", root});
  expect({"mutate", "--store", root, "--branch", "side", "-e",
          "query m() { insert Bird { code: \"new\", wing: 9000 } }"});
  expect({"branch", "merge", "side", "--store", root});
  expect({"optimize", "--store", root});
  EXPECT_EQ(
      expect({"query", "--store", root, "--format", "csv", "-e",
              "query q() { match { $b: Bird } return { count($b) as n, max($b.wing) as m } }"}),
      "n,m\n1501,9000\n");
}

TEST_F(CloudCommandsTest, WorkInGoogleCloudStorage) {
  FakeGoogle google("bucket");
  set("STORAGE_EMULATOR_HOST", google.url());
  set("OMNIGRAPH_STORE_TIMEOUT", "30");
  write("d.jsonl", birds(1500));
  live([this](const auto& command) { return run(command); }, "gs://bucket/graphs/g", path("s.pg"),
       path("d.jsonl"));
}

TEST_F(CloudCommandsTest, WorkInAzureBlobStorage) {
  FakeAzure azure("bucket");
  set("AZURE_STORAGE_USE_EMULATOR", "true");
  set("AZURITE_BLOB_STORAGE_URL", azure.url());
  set("OMNIGRAPH_STORE_TIMEOUT", "30");
  write("d.jsonl", birds(1500));
  live([this](const auto& command) { return run(command); }, "az://bucket/graphs/g", path("s.pg"),
       path("d.jsonl"));
  EXPECT_EQ(azure.unsigned_requests(), 0);
}

TEST_F(CloudCommandsTest, WrongCredentialsAndMissingBucketsAreNamed) {
  const Outcome denied = asked(http_answer("403 Forbidden", xml("SignatureDoesNotMatch")));
  expect_says(denied, "refuses these credentials (SignatureDoesNotMatch: words)");
  expect_says(denied, "AWS_SECRET_ACCESS_KEY");
  const Outcome bucket = asked(http_answer("404 Not Found", xml("NoSuchBucket")));
  expect_says(bucket, "the bucket does not exist; create it, or check its name");
}

TEST_F(CloudCommandsTest, NoNetworkIsSaid) {
  std::string url;
  {
    url = ScriptedServer([](const HttpRequest&) { return std::string(); }).url();
  }
  set("AWS_ENDPOINT_URL", url);
  const Outcome gone = count("s3://bucket/g");
  EXPECT_EQ(gone.status, 1);
  expect_says(gone, "s3://bucket/g/graph.json");
  expect_says(gone, "check the network");
  // Connections that end without an answer.
  expect_says(asked(""), "s3://bucket/g/graph.json");
}

TEST_F(CloudCommandsTest, ProxiesAreTold) {
  const Outcome page =
      asked(http_answer("200 OK", "<html>log in</html>", "Content-Type: text/html\r\n"));
  expect_says(page, "no object store but perhaps a proxy");
  expect_says(page, "AWS_ENDPOINT_URL");
  expect_says(asked(http_answer("301 Moved Permanently", xml("PermanentRedirect"))), "AWS_REGION");
  // One that leads to a page where one logs in.
  ScriptedServer portal([](const HttpRequest& request) {
    if (request.path.starts_with("/login")) {
      return http_answer("200 OK", "<!doctype html><html></html>", "Content-Type: text/html\r\n");
    }
    return http_answer("302 Found", "", "Location: /login\r\n");
  });
  set("AWS_ENDPOINT_URL", portal.url());
  const Outcome login = count("s3://bucket/g");
  EXPECT_EQ(login.status, 1);
  expect_says(login, "proxy");
  expect_says(login, "s3://bucket/g/graph.json");
}

TEST_F(CloudCommandsTest, FailingServersAreNamedInTime) {
  expect_says(asked(http_answer("500 Oops", xml("InternalError"))), "status 500");
  expect_says(asked(http_answer("503 Slow Down", xml("SlowDown"))), "asks to slow down (SlowDown)");
  expect_says(asked(ScriptedServer::kHang), "raise OMNIGRAPH_STORE_TIMEOUT");
  expect_says(asked(http_answer("200 OK", xml("InternalError"),
                                "Content-Type: application/xml\r\nETag: \"1\"\r\nLast-Modified: "
                                "Wed, 01 Jan 2025 00:00:00 GMT\r\n")),
              "an error in place of the object (InternalError: words)");
}

// A server that takes every put whatever its condition says.
TEST_F(CloudCommandsTest, GraphsAreNotMadeWhereConditionalPutsAreNotHonoured) {
  ScriptedServer careless([](const HttpRequest& request) {
    if (request.method == "PUT") return http_answer("200 OK", "", "ETag: \"1\"\r\n");
    if (request.method == "DELETE") return http_answer("204 No Content", "");
    if (request.path.find("list-type=2") != std::string::npos) {
      return http_answer("200 OK",
                         "<?xml version=\"1.0\"?><ListBucketResult><Name>bucket</Name><KeyCount>0"
                         "</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
                         "</ListBucketResult>");
    }
    return http_answer("404 Not Found", xml("NoSuchKey"));
  });
  set("AWS_ENDPOINT_URL", careless.url());
  const Outcome refused = init("s3://bucket/g");
  EXPECT_EQ(refused.status, 1);
  expect_says(refused, "s3://bucket/g");
  expect_says(refused, "conditional puts");
}

TEST_F(CloudCommandsTest, DeletedObjectsAreNamed) {
  FakeGoogle google("bucket");
  set("STORAGE_EMULATOR_HOST", google.url());
  set("OMNIGRAPH_STORE_TIMEOUT", "30");
  const auto make = [&](const std::string& root) {
    ASSERT_EQ(init(root).status, 0);
    ASSERT_EQ(load(root, 1500).status, 0);
    for (int i = 0; i < 20; ++i) {
      const Outcome added =
          run({"mutate", "--store", root, "-e",
               "query m() { insert Bird { code: \"m" + std::to_string(i) + "\" } }"});
      ASSERT_EQ(added.status, 0) << added.err;
    }
  };
  const auto lose = [&](const std::string& graph, const std::string& what) {
    const std::string root = "gs://bucket/" + graph;
    make(root);
    EXPECT_GT(google.remove_all(graph + "/" + what), 0U) << what;
    return count(root);
  };
  const Outcome segments = lose("a", "data/");
  EXPECT_EQ(segments.status, 1) << segments.out;
  expect_says(segments, "data/");
  expect_says(segments, "omnigraph repair");
  const Outcome indexes = lose("b", "index/");
  EXPECT_EQ(indexes.status, 1) << indexes.out;
  expect_says(indexes, "index/");
  expect_says(indexes, "omnigraph repair");
  const Outcome graph = lose("c", "graph.json");
  EXPECT_EQ(graph.status, 1) << graph.out;
  expect_says(graph, "gs://bucket/c");
  // A record of the log, in the middle of the tail.
  const Outcome record = lose("d", "log/0000000000000013");
  EXPECT_EQ(record.status, 1) << record.out;
  expect_says(record, "log/0000000000000013");
  // Checkpoints, what they list, and packs are made of the log: without them it is read again.
  for (const char* what : {"checkpoint/latest", "checkpoint/", "pack/", "history/", "state/"}) {
    const std::string name = "e" + std::to_string(google.objects());
    make("gs://bucket/" + name);
    ASSERT_EQ(run({"optimize", "--store", "gs://bucket/" + name}).status, 0);
    EXPECT_GT(google.remove_all(name + "/" + what), 0U) << what;
    const Outcome left = count("gs://bucket/" + name);
    EXPECT_EQ(left.out, "n,most\n1520,1499\n") << what << ": " << left.err;
  }
}

}  // namespace
}  // namespace omnigraph::cli
