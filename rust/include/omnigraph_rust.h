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

#ifdef __cplusplus
}
#endif

#endif /* OMNIGRAPH_RUST_H_ */
