//! Regular expressions in linear time, for `@check` patterns.

use regex::{Regex, RegexBuilder};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

/// Bytes a compiled pattern may take; one that would take more is refused.
const SIZE_LIMIT: usize = 10 << 20;
/// Groups, repetitions and classes inside each other.
const NEST_LIMIT: u32 = 250;

/// Opaque to C. Immutable, so that any number of threads may search with it at once.
pub struct OmnigraphRegex(Regex);

/// # Safety
/// `data` is null only with `size` 0, else points to `size` bytes that outlive the result.
unsafe fn text<'a>(data: *const u8, size: usize) -> Option<&'a str> {
    let bytes = if size == 0 { &[] } else { slice::from_raw_parts(data, size) };
    std::str::from_utf8(bytes).ok()
}

/// Writes `message` into `out`, cut at a character to fit, with a NUL behind it.
///
/// # Safety
/// `out` points to `capacity` writable bytes.
unsafe fn put(message: &str, out: *mut u8, capacity: usize) {
    if capacity == 0 {
        return;
    }
    let mut end = message.len().min(capacity - 1);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    std::ptr::copy_nonoverlapping(message.as_ptr(), out, end);
    *out.add(end) = 0;
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT)
        .build()
        .map_err(|error| error.to_string())
}

/// # Safety
/// As declared in the header: both ranges are valid for the call.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_regex_compile(
    pattern: *const u8,
    size: usize,
    error: *mut u8,
    error_capacity: usize,
) -> *mut OmnigraphRegex {
    let compiled = match text(pattern, size) {
        None => Err("pattern is not UTF-8".to_string()),
        Some(pattern) => catch_unwind(|| compile(pattern))
            .unwrap_or_else(|_| Err("pattern cannot be compiled".to_string())),
    };
    match compiled {
        Ok(regex) => Box::into_raw(Box::new(OmnigraphRegex(regex))),
        Err(message) => {
            put(&message, error, error_capacity);
            std::ptr::null_mut()
        }
    }
}

/// # Safety
/// `regex` comes from `omnigraph_regex_compile` and is not freed; the range is valid for the call.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_regex_is_match(
    regex: *const OmnigraphRegex,
    data: *const u8,
    size: usize,
) -> i32 {
    let regex = &(*regex).0;
    match text(data, size) {
        None => -1,
        Some(haystack) => {
            catch_unwind(AssertUnwindSafe(|| i32::from(regex.is_match(haystack)))).unwrap_or(-1)
        }
    }
}

/// # Safety
/// `regex` is null or comes from `omnigraph_regex_compile` and is not freed yet.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_regex_free(regex: *mut OmnigraphRegex) {
    if !regex.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(regex))));
    }
}
