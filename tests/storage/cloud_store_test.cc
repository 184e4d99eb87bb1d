// The client of object stores against servers that fail, lie, hang or are none: each failure is a
// typed error that names the object and the way out, within its time.
#include "storage/cloud_store.h"

#include <chrono>
#include <map>

#include "storage/log.h"
#include "storage/scripted_server.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

StoreVariables variables_for(const std::string& endpoint, const std::string& seconds) {
  return {{"AWS_ENDPOINT_URL", endpoint},
          {"AWS_ALLOW_HTTP", "true"},
          {"AWS_ACCESS_KEY_ID", "key"},
          {"AWS_SECRET_ACCESS_KEY", "secret"},
          {"OMNIGRAPH_STORE_TIMEOUT", seconds}};
}

std::shared_ptr<CloudStore> open_at(const std::string& endpoint, const std::string& seconds = "2") {
  auto store = open_cloud_store("s3://bucket/root", variables_for(endpoint, seconds));
  EXPECT_TRUE(store.ok()) << store.error().message();
  return store.ok() ? *store : nullptr;
}

std::string xml_error(const std::string& code, const std::string& message) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message +
         "</Message></Error>";
}

// What a get of "graph.json" ends with when the server answers everything like this.
Error error_of_get(const std::string& answer, const std::string& seconds = "2") {
  ScriptedServer server([&answer](const HttpRequest&) { return answer; });
  auto got = open_at(server.url(), seconds)->get("graph.json");
  EXPECT_FALSE(got.ok());
  return got.ok() ? Error(ErrorCode::kInternal, "no error") : std::move(got).error();
}

bool says(const Error& error, std::string_view text) {
  return error.message().find(text) != std::string::npos;
}

TEST(CloudRoots, AreCheckedWhenOpened) {
  const auto refused = [](std::string_view root) {
    auto store = open_cloud_store(root, variables_for("http://127.0.0.1:1", "1"));
    return store.ok() ? std::string() : store.error().message();
  };
  EXPECT_NE(refused("s3:///x").find("names no bucket"), std::string::npos);
  EXPECT_NE(refused("s3://user:pass@bucket/x").find("no name of a bucket"), std::string::npos);
  EXPECT_EQ(refused("s3://bucket"), "");
  EXPECT_TRUE(is_cloud_root("gs://b/p") && is_cloud_root("az://b/p") && is_cloud_root("s3://b"));
  EXPECT_FALSE(is_cloud_root("file:///s3"));
}

TEST(CloudErrors, MissingObjectAndBucketAreToldApart) {
  const Error object =
      error_of_get(http_answer("404 Not Found", xml_error("NoSuchKey", "no such key")));
  EXPECT_EQ(object.code(), ErrorCode::kNotFound);
  EXPECT_TRUE(says(object, "'s3://bucket/root/graph.json' does not exist")) << object.message();
  const Error bucket =
      error_of_get(http_answer("404 Not Found", xml_error("NoSuchBucket", "no such bucket")));
  EXPECT_EQ(bucket.code(), ErrorCode::kIo);
  EXPECT_TRUE(says(bucket, "the bucket does not exist")) << bucket.message();
}

TEST(CloudErrors, WrongCredentials) {
  const Error error = error_of_get(
      http_answer("403 Forbidden", xml_error("SignatureDoesNotMatch", "check your key")));
  EXPECT_EQ(error.code(), ErrorCode::kForbidden);
  EXPECT_TRUE(says(error, "refuses these credentials (SignatureDoesNotMatch: check your key)"))
      << error.message();
  EXPECT_TRUE(says(error, "AWS_SECRET_ACCESS_KEY")) << error.message();
}

TEST(CloudErrors, NoNetwork) {
  std::string url;
  {
    url = ScriptedServer([](const HttpRequest&) { return std::string(); }).url();
  }
  auto got = open_at(url, "1")->get("graph.json");
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kIo);
  EXPECT_TRUE(says(got.error(), "s3://bucket/root/graph.json")) << got.error().message();
  // Nothing of it can have landed.
  auto put = open_at(url, "1")->put_if_absent("log/1", "x");
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().code(), ErrorCode::kIo) << put.error().message();
}

TEST(CloudErrors, WebPagesAndRedirectsAreNoStore) {
  const Error page =
      error_of_get(http_answer("200 OK", "<html>log in</html>", "Content-Type: text/html\r\n"));
  EXPECT_EQ(page.code(), ErrorCode::kIo);
  EXPECT_TRUE(says(page, "no object store") && says(page, "AWS_ENDPOINT_URL")) << page.message();
  // As Amazon answers for a bucket of another region.
  const Error redirect = error_of_get(
      http_answer("301 Moved Permanently", xml_error("PermanentRedirect", "other endpoint")));
  EXPECT_EQ(redirect.code(), ErrorCode::kIo);
  EXPECT_TRUE(says(redirect, "redirects") && says(redirect, "AWS_REGION")) << redirect.message();
}

TEST(CloudErrors, FailingServersAreTriedAgainThenNamed) {
  int asked = 0;
  ScriptedServer server([&asked](const HttpRequest&) {
    if (++asked < 3) return http_answer("503 Slow Down", xml_error("SlowDown", "slow down"));
    return http_answer("200 OK", "hello",
                       "ETag: \"1\"\r\nLast-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n");
  });
  auto got = open_at(server.url(), "20")->get("x");
  ASSERT_TRUE(got.ok()) << got.error().message();
  EXPECT_EQ(got->data, "hello");

  const Error error =
      error_of_get(http_answer("503 Slow Down", xml_error("SlowDown", "slow down")), "0.5");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  const Error broken =
      error_of_get(http_answer("500 Oops", xml_error("InternalError", "sorry")), "0.5");
  EXPECT_EQ(broken.code(), ErrorCode::kIo);
}

TEST(CloudErrors, AHangingServerIsLeftInTime) {
  const auto begun = std::chrono::steady_clock::now();
  const Error error = error_of_get(ScriptedServer::kHang, "0.3");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_TRUE(says(error, "did not answer")) << error.message();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(CloudStore, CanBeCancelled) {
  ScriptedServer server([](const HttpRequest&) { return std::string(ScriptedServer::kHang); });
  const auto store = open_at(server.url(), "600");
  std::thread other([&] {
    while (server.requests() == 0) std::this_thread::yield();
    store->cancel();
  });
  const auto got = store->get("x");
  other.join();
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(store->put("x", "y").error().code(), ErrorCode::kCancelled);
}

// A store in memory that loses the first so many answers to puts after they landed.
std::string landing(std::map<std::string, std::string>& objects, int& lost,
                    const HttpRequest& request) {
  const std::string known = "ETag: \"1\"\r\nLast-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n";
  if (request.method == "GET") {
    const auto found = objects.find(request.path);
    if (found == objects.end()) return http_answer("404 Not Found", xml_error("NoSuchKey", ""));
    return http_answer("200 OK", found->second, known);
  }
  if (request.headers.find("if-none-match: *") == std::string::npos) {
    return http_answer("400 Bad Request", xml_error("Unconditional", ""));
  }
  if (objects.contains(request.path)) return http_answer("412 Precondition Failed", "");
  objects[request.path] = request.body;
  if (lost-- > 0) return {};
  return http_answer("200 OK", "", known);
}

TEST(CloudStore, APutWhoseAnswerWasLostIsRecognised) {
  std::mutex mutex;
  std::map<std::string, std::string> objects;
  int lost = 1;
  ScriptedServer server([&](const HttpRequest& request) {
    const std::lock_guard lock(mutex);
    return landing(objects, lost, request);
  });
  auto log = open_object_log(open_at(server.url(), "20"), test_runtime(1).clock);
  ASSERT_TRUE(log.ok());
  RecordPosition where;
  auto ours = (*log)->append(1, "our record", &where);
  ASSERT_TRUE(ours.ok()) << ours.error().message();
  EXPECT_EQ(*ours, AppendOutcome::kAppended);
  auto other = (*log)->append(1, "another record", &where);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(*other, AppendOutcome::kMoved);
}

TEST(CloudStore, APutThatIsNeverAnsweredIsUnknown) {
  ScriptedServer server([](const HttpRequest&) { return std::string(); });
  auto put = open_at(server.url(), "1")->put_if_absent("log/1", "x");
  ASSERT_TRUE(put.ok()) << put.error().message();
  EXPECT_EQ(*put, PutOutcome::kUnknown);
}

TEST(CloudStore, AGraphNeedsConditionalPuts) {
  const auto init_at = [](const ScriptedServer& server) {
    return Store::init(open_at(server.url(), "5"), *test_catalog(), false, test_runtime(1), {});
  };
  const std::string none =
      "<?xml version=\"1.0\"?><ListBucketResult><Name>bucket</Name><KeyCount>0</KeyCount>"
      "<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>";
  std::atomic<int> removed{0};
  // Takes every put, whatever its condition says.
  ScriptedServer careless([&](const HttpRequest& request) {
    if (request.method == "PUT") return http_answer("200 OK", "", "ETag: \"1\"\r\n");
    if (request.method == "DELETE") {
      ++removed;
      return http_answer("204 No Content", "");
    }
    if (request.path.find("list-type=2") != std::string::npos) return http_answer("200 OK", none);
    return http_answer("404 Not Found", "");
  });
  auto made = init_at(careless);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code(), ErrorCode::kIo);
  EXPECT_TRUE(says(made.error(), "conditional puts")) << made.error().message();
  EXPECT_EQ(removed, 1);
  // Refuses them.
  ScriptedServer old([&](const HttpRequest& request) {
    if (request.method == "PUT") {
      return http_answer("501 Not Implemented", xml_error("NotImplemented", "If-None-Match"));
    }
    if (request.path.find("list-type=2") != std::string::npos) return http_answer("200 OK", none);
    return http_answer("404 Not Found", "");
  });
  auto refused = init_at(old);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(says(refused.error(), "does not support conditional puts"))
      << refused.error().message();
}

}  // namespace
}  // namespace omnigraph
