// Google Cloud Storage and Azure Blob Storage, as far as a graph needs them: objects in memory
// behind the XML API of the one and the Blob REST API of the other. They keep conditional puts,
// list in pages, and take uploads in parts.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "storage/scripted_server.h"

namespace omnigraph::testing {

// What both have in common. Pages are short, so that lists have several.
class FakeCloud {
 public:
  static constexpr std::size_t kPageNames = 7;

  explicit FakeCloud(std::string bucket) : bucket_(std::move(bucket)) {}
  virtual ~FakeCloud() = default;

  std::string url() const { return server_->url(); }
  std::size_t objects() const {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }
  // Takes away what begins with `prefix`, as somebody with access to the bucket may; how many.
  std::size_t remove_all(const std::string& prefix) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(objects_,
                         [&](const auto& object) { return object.first.starts_with(prefix); });
  }
  // Requests that came without what the store asks for as credentials.
  int unsigned_requests() const { return unsigned_; }

 protected:
  struct Call {
    std::string method, bucket, name, headers, body;
    std::map<std::string, std::string> query;

    std::optional<std::string> header(const std::string& key) const {
      const std::size_t at = headers.find("\r\n" + key + ": ");
      if (at == std::string::npos) return std::nullopt;
      const std::size_t begin = at + key.size() + 4;
      return headers.substr(begin, headers.find("\r\n", begin) - begin);
    }
    std::string value(const std::string& key) const {
      const auto found = query.find(key);
      return found == query.end() ? std::string() : found->second;
    }
  };
  using Objects = std::map<std::string, std::string>;

  virtual std::string answer(const Call& call) = 0;
  // Waits for requests that are being answered. To be called by the destructor of what answers.
  void close() { server_.reset(); }
  // How many parts of the path stand in front of the bucket.
  virtual int leading_parts() const { return 0; }

  static std::string known(const std::string& status, const std::string& body,
                           const std::string& more = "") {
    return http_answer(status, body,
                       "ETag: \"e1\"\r\nLast-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n" + more);
  }
  static std::string failure(const std::string& status, const std::string& code) {
    return http_answer(status, "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" +
                                   code + "</Message></Error>");
  }
  // A get or head of an object that is there.
  static std::string content(const Call& call, const std::string& bytes) {
    if (call.method == "HEAD") {
      return "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"e1\"\r\nLast-Modified: Wed, 01 Jan "
             "2025 00:00:00 GMT\r\nContent-Length: " +
             std::to_string(bytes.size()) + "\r\n\r\n";
    }
    auto range = call.header("range");
    if (!range) range = call.header("x-ms-range");
    if (!range) return known("200 OK", bytes);
    std::size_t first = 0, last = bytes.size() - 1;
    first = std::stoull(range->substr(6));
    if (const std::size_t dash = range->find('-'); dash + 1 < range->size()) {
      last = std::min(last, static_cast<std::size_t>(std::stoull(range->substr(dash + 1))));
    }
    if (first >= bytes.size()) return failure("416 Range Not Satisfiable", "InvalidRange");
    return known("206 Partial Content", bytes.substr(first, last - first + 1),
                 "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) +
                     "/" + std::to_string(bytes.size()) + "\r\n");
  }

  static std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size()) {
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      } else {
        out += text[i] == '+' ? ' ' : text[i];
      }
    }
    return out;
  }

  const std::string bucket_;
  Objects objects_;
  std::map<std::string, std::map<std::string, std::string>> uploads_;  // parts by object or id
  int unsigned_ = 0;

 private:
  std::string serve(const HttpRequest& request) {
    Call call;
    call.method = request.method;
    call.headers = request.headers;
    call.body = request.body;
    const std::size_t question = std::min(request.path.find('?'), request.path.size());
    std::string path = decoded(std::string_view(request.path).substr(0, question));
    path.erase(0, 1);
    for (int i = 0; i < leading_parts(); ++i) path.erase(0, path.find('/') + 1);
    call.bucket = path.substr(0, path.find('/'));
    if (path.size() > call.bucket.size()) call.name = path.substr(call.bucket.size() + 1);
    std::string_view left = request.path;
    left.remove_prefix(std::min(question + 1, left.size()));
    while (!left.empty()) {
      const std::size_t end = std::min(left.find('&'), left.size());
      const std::string_view pair = left.substr(0, end);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      call.query[decoded(pair.substr(0, equals))] =
          equals < pair.size() ? decoded(pair.substr(equals + 1)) : "";
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    const std::lock_guard lock(mutex_);
    return answer(call);
  }

  mutable std::mutex mutex_;  // guards what the call changes
  std::optional<ScriptedServer> server_{
      std::in_place, [this](const HttpRequest& request) { return serve(request); }};
};

class FakeGoogle final : public FakeCloud {
 public:
  using FakeCloud::FakeCloud;
  ~FakeGoogle() override { close(); }

 private:
  std::string answer(const Call& call) override {
    if (call.bucket != bucket_) return failure("404 Not Found", "NoSuchBucket");
    if (call.name.empty()) return list(call);
    if (call.method == "PUT" && call.query.contains("partNumber")) {
      // Of four digits, so that they sort.
      const std::string number = std::to_string(10000 + std::stoi(call.value("partNumber")));
      uploads_[call.value("uploadId")][number] = call.body;
      return known("200 OK", "");
    }
    if (call.method == "POST" && call.query.contains("uploads")) {
      const std::string id = "u" + std::to_string(++begun_);
      return known("200 OK",
                   "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>" + id +
                       "</UploadId></InitiateMultipartUploadResult>");
    }
    if (call.method == "POST") {
      std::string whole;
      for (const auto& [number, part] : uploads_[call.value("uploadId")]) whole += part;
      objects_[call.name] = whole;
      return known(
          "200 OK",
          "<CompleteMultipartUploadResult><ETag>\"e1\"</ETag></CompleteMultipartUploadResult>",
          "x-goog-generation: 1\r\n");
    }
    const auto found = objects_.find(call.name);
    if (call.method == "PUT") {
      if (call.header("x-goog-if-generation-match") == "0" && found != objects_.end()) {
        return failure("412 Precondition Failed", "PreconditionFailed");
      }
      objects_[call.name] = call.body;
      return known("200 OK", "", "x-goog-generation: 1\r\n");
    }
    if (call.method == "DELETE" && call.query.contains("uploadId"))
      return known("204 No Content", "");
    if (found == objects_.end()) return failure("404 Not Found", "NoSuchKey");
    if (call.method == "DELETE") {
      objects_.erase(found);
      return known("204 No Content", "");
    }
    return content(call, found->second);
  }

  std::string list(const Call& call) const {
    const std::string prefix = call.value("prefix");
    const std::string after = std::max(call.value("start-after"), call.value("continuation-token"));
    std::string out = "<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name>", last;
    std::size_t names = 0;
    bool more = false;
    for (auto at = objects_.upper_bound(after); at != objects_.end(); ++at) {
      if (!at->first.starts_with(prefix)) continue;
      if (names++ == kPageNames) {
        more = true;
        break;
      }
      last = at->first;
      out +=
          "<Contents><Key>" + last +
          "</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>\"e1\"</ETag><Size>" +
          std::to_string(at->second.size()) + "</Size></Contents>";
    }
    if (more) out += "<NextContinuationToken>" + last + "</NextContinuationToken>";
    return http_answer("200 OK", out + "</ListBucketResult>");
  }

  int begun_ = 0;
};

// Under the account's name, as emulators serve it. Deletions come in batches of requests.
class FakeAzure final : public FakeCloud {
 public:
  using FakeCloud::FakeCloud;
  ~FakeAzure() override { close(); }

 private:
  int leading_parts() const override { return 1; }

  std::string answer(const Call& call) override {
    const auto authorization = call.header("authorization");
    if (!authorization || !authorization->starts_with("SharedKey ")) {
      ++unsigned_;
      return failure("403 Forbidden", "AuthenticationFailed");
    }
    if (call.bucket != bucket_) return failure("404 Not Found", "ContainerNotFound");
    if (call.value("comp") == "list") return list(call);
    if (call.value("comp") == "batch") return remove_batch(call);
    if (call.value("comp") == "block") {
      uploads_[call.name][call.value("blockid")] = call.body;
      return known("201 Created", "");
    }
    if (call.value("comp") == "blocklist") {
      std::string whole;
      std::size_t at = 0;
      while ((at = call.body.find("<Uncommitted>", at)) != std::string::npos) {
        at += 13;
        whole += uploads_[call.name][call.body.substr(at, call.body.find('<', at) - at)];
      }
      objects_[call.name] = whole;
      return known("201 Created", "");
    }
    const auto found = objects_.find(call.name);
    if (call.method == "PUT") {
      if (call.header("if-none-match") == "*" && found != objects_.end()) {
        return failure("409 Conflict", "BlobAlreadyExists");
      }
      objects_[call.name] = call.body;
      return known("201 Created", "");
    }
    if (found == objects_.end()) return failure("404 Not Found", "BlobNotFound");
    if (call.method == "DELETE") {
      objects_.erase(found);
      return known("202 Accepted", "");
    }
    return content(call, found->second);
  }

  std::string remove_batch(const Call& call) {
    std::string out;
    int id = 0;
    for (std::size_t at = 0; (at = call.body.find("\r\nDELETE ", at)) != std::string::npos; ++id) {
      at += 9;
      const std::string path = decoded(call.body.substr(at, call.body.find(' ', at) - at));
      const std::size_t bucket = path.find(bucket_ + "/");
      const bool there = bucket != std::string::npos &&
                         objects_.erase(path.substr(bucket + bucket_.size() + 1)) > 0;
      out += "--answers\r\nContent-Type: application/http\r\nContent-ID: " + std::to_string(id) +
             "\r\n\r\nHTTP/1.1 " + (there ? "202 Accepted" : "404 Not Found") +
             "\r\nContent-Length: 0\r\n\r\n\r\n";
    }
    return http_answer("202 Accepted", out + "--answers--\r\n",
                       "Content-Type: multipart/mixed; boundary=answers\r\n");
  }

  std::string list(const Call& call) const {
    const std::string prefix = call.value("prefix");
    const std::string from = std::max(call.value("startFrom"), call.value("marker"));
    std::string out = "<?xml version=\"1.0\"?><EnumerationResults><Blobs>", next;
    std::size_t names = 0;
    for (auto at = objects_.lower_bound(from); at != objects_.end(); ++at) {
      if (!at->first.starts_with(prefix)) continue;
      if (names++ == kPageNames) {
        next = at->first;
        break;
      }
      out += "<Blob><Name>" + at->first +
             "</Name><Properties><Last-Modified>Wed, 01 Jan 2025 00:00:00 GMT</Last-Modified>"
             "<Etag>e1</Etag><Content-Length>" +
             std::to_string(at->second.size()) +
             "</Content-Length><Content-Type>application/octet-stream</Content-Type></Properties>"
             "</Blob>";
    }
    return http_answer("200 OK",
                       out + "</Blobs><NextMarker>" + next + "</NextMarker></EnumerationResults>");
  }
};

}  // namespace omnigraph::testing
