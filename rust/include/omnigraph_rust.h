/* What Omnigraph takes from Rust: the C interface of the crate in rust/. Texts are UTF-8 with a
 * length and need no NUL; a null pointer is allowed where the length is 0. Nothing here unwinds into
 * the caller. */
#ifndef OMNIGRAPH_RUST_H_
#define OMNIGRAPH_RUST_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled regular expression. Immutable: any number of threads may search with it at once. */
typedef struct OmnigraphRegex OmnigraphRegex;

/* Compiles a pattern, at most 10 MiB compiled and nested 250 deep. Returns null when it cannot, with
 * the reason in `error`, cut to `error_capacity` bytes including a closing NUL. The caller owns the
 * result and frees it with omnigraph_regex_free. */
OmnigraphRegex* omnigraph_regex_compile(const uint8_t* pattern, size_t size, uint8_t* error,
                                        size_t error_capacity);

/* 1 when the pattern matches anywhere in the text, 0 when it does not, -1 when the text is not
 * UTF-8. Linear in the length of the text. */
int32_t omnigraph_regex_is_match(const OmnigraphRegex* regex, const uint8_t* text, size_t size);

/* Null is allowed. */
void omnigraph_regex_free(OmnigraphRegex* regex);

/* ---- Object stores: s3://bucket/prefix, gs://bucket/prefix, az://container/prefix ----
 *
 * Names are relative to the root, '/'-separated. Every call blocks until it is answered, its retries
 * have failed, or the store's timeout is over (60 s; the variable OMNIGRAPH_STORE_TIMEOUT, in
 * seconds). Passing failures (no connection, 429, 5xx) are tried again with growing, jittered pauses. */

/* Bytes that this library owns. */
typedef struct OmnigraphBytes {
  const uint8_t* data;
  size_t size;
  void* owner; /* not to be touched */
} OmnigraphBytes;

/* To be called once for all bytes that any call below gave, messages included. */
void omnigraph_bytes_free(OmnigraphBytes bytes);

/* What a call came to. With all but OMNIGRAPH_OK its bytes are a message: cause and way out. */
enum {
  OMNIGRAPH_OK = 0,
  OMNIGRAPH_NOT_FOUND = 1,   /* no such object */
  OMNIGRAPH_EXISTS = 2,      /* conditional put: there is one, perhaps by a lost answer of this call */
  OMNIGRAPH_UNKNOWN = 3,     /* conditional put: it may have landed */
  OMNIGRAPH_DENIED = 4,      /* credentials are missing, wrong, or do not allow it */
  OMNIGRAPH_UNSUPPORTED = 5, /* the server cannot do this */
  OMNIGRAPH_BAD_REQUEST = 6, /* root, variable or name is wrong, or the server says so */
  OMNIGRAPH_TIMED_OUT = 7,
  OMNIGRAPH_UNAVAILABLE = 8, /* no connection, or the server keeps failing */
  OMNIGRAPH_NOT_A_STORE = 9, /* a web page, a redirect: something else answers */
  OMNIGRAPH_NO_BUCKET = 10,
  OMNIGRAPH_CANCELLED = 11,
  OMNIGRAPH_INTERNAL = 12 /* a bug */
};

/* A root. Any number of threads may call it at once. */
typedef struct OmnigraphStore OmnigraphStore;

/* `variables` is the part of the environment that matters (AWS_*, GOOGLE_*, AZURE_*, HOME,
 * OMNIGRAPH_STORE_TIMEOUT), as "name NUL value NUL" one after the other. Connects to nothing.
 * `*out` is null unless OMNIGRAPH_OK. */
int32_t omnigraph_store_open(const uint8_t* uri, size_t uri_size, const uint8_t* variables,
                             size_t variables_size, OmnigraphStore** out, OmnigraphBytes* message);
/* No call may be in progress. Null is allowed. */
void omnigraph_store_free(OmnigraphStore* store);
/* Ends all calls under way, and all later ones, with OMNIGRAPH_CANCELLED. */
void omnigraph_store_cancel(const OmnigraphStore* store);

typedef struct OmnigraphRead {
  const uint8_t* name;
  size_t name_size;
  uint64_t offset;
  uint64_t length; /* cut to the object's end; UINT64_MAX: all of the rest */
} OmnigraphRead;
typedef struct OmnigraphReadAnswer {
  int32_t status;
  OmnigraphBytes bytes; /* what was read, or the message */
} OmnigraphReadAnswer;

/* Reads `count` pieces side by side, each with an answer of its own. Pieces of one object that lie
 * close together are one request; a long piece is several. */
void omnigraph_store_read(const OmnigraphStore* store, const OmnigraphRead* reads, size_t count,
                          OmnigraphReadAnswer* answers);

/* Durable on OMNIGRAPH_OK. With `only_if_absent` it is the one call that decides between writers. */
int32_t omnigraph_store_put(const OmnigraphStore* store, const uint8_t* name, size_t name_size,
                            const uint8_t* data, size_t size, int32_t only_if_absent,
                            OmnigraphBytes* message);

/* Names that begin with `prefix` and are greater than `after` (which may be empty), ascending by
 * bytes, at most `limit`: each as u64 size of the object, u32 length of the name (both
 * little-endian), name. */
int32_t omnigraph_store_list(const OmnigraphStore* store, const uint8_t* prefix, size_t prefix_size,
                             const uint8_t* after, size_t after_size, uint64_t limit,
                             OmnigraphBytes* out);
int32_t omnigraph_store_head(const OmnigraphStore* store, const uint8_t* name, size_t name_size,
                             uint64_t* size, OmnigraphBytes* message);
/* A missing object counts as removed. */
int32_t omnigraph_store_remove(const OmnigraphStore* store, const uint8_t* name, size_t name_size,
                               OmnigraphBytes* message);

/* One object written piece by piece, in parts of 8 MiB side by side when it is longer than one; it
 * is there, whole, once finish has answered OMNIGRAPH_OK. One thread at a time; the store must stay. */
typedef struct OmnigraphUpload OmnigraphUpload;
int32_t omnigraph_upload_begin(const OmnigraphStore* store, const uint8_t* name, size_t name_size,
                               OmnigraphUpload** out, OmnigraphBytes* message);
int32_t omnigraph_upload_append(OmnigraphUpload* upload, const uint8_t* data, size_t size,
                                OmnigraphBytes* message);
/* Frees the upload, whatever it answers. */
int32_t omnigraph_upload_finish(OmnigraphUpload* upload, OmnigraphBytes* message);
/* Gives an unfinished upload up. Null is allowed. */
void omnigraph_upload_drop(OmnigraphUpload* upload);

#ifdef __cplusplus
}
#endif

#endif /* OMNIGRAPH_RUST_H_ */
