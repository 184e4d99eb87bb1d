//! The C entry points of object stores.

use crate::store::{Read, Store, Upload};
use crate::store_error::{Failure, Status};
use crate::store_settings::{open, Variables};
use bytes::Bytes;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;
use std::sync::Arc;

/// Bytes that Rust owns; freed with `omnigraph_bytes_free`.
#[repr(C)]
pub struct OmnigraphBytes {
    data: *const u8,
    size: usize,
    owner: *mut Bytes,
}

impl OmnigraphBytes {
    const EMPTY: Self = OmnigraphBytes { data: std::ptr::null(), size: 0, owner: std::ptr::null_mut() };

    fn of(bytes: Bytes) -> Self {
        let owner = Box::new(bytes);
        OmnigraphBytes { data: owner.as_ptr(), size: owner.len(), owner: Box::into_raw(owner) }
    }
}

#[repr(C)]
pub struct OmnigraphRead {
    name: *const u8,
    name_size: usize,
    offset: u64,
    length: u64,
}

#[repr(C)]
pub struct OmnigraphReadAnswer {
    status: i32,
    bytes: OmnigraphBytes,
}

/// Opaque to C. Any number of threads may call it at once.
pub struct OmnigraphStore(Arc<Store>);
/// Opaque to C. One thread at a time.
pub struct OmnigraphUpload(Upload);

/// # Safety
/// `data` is null only with `size` 0, else points to `size` bytes that outlive the result.
unsafe fn bytes<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if size == 0 {
        &[]
    } else {
        slice::from_raw_parts(data, size)
    }
}

/// # Safety
/// As `bytes`.
unsafe fn text<'a>(data: *const u8, size: usize) -> Result<&'a str, Failure> {
    std::str::from_utf8(bytes(data, size)).map_err(|_| Failure::new(Status::BadRequest, "it is not UTF-8"))
}

/// Runs `call` and answers with its status; `out` takes what it gave, or the message of its failure.
///
/// # Safety
/// `out` points to a writable OmnigraphBytes.
unsafe fn answer(out: *mut OmnigraphBytes, call: impl FnOnce() -> Result<Bytes, Failure>) -> i32 {
    *out = OmnigraphBytes::EMPTY;
    let result = catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|_| Err(Failure::new(Status::Internal, "the store's client failed; please report it")));
    match result {
        Ok(given) => {
            *out = OmnigraphBytes::of(given);
            Status::Ok as i32
        }
        Err(failure) => {
            *out = OmnigraphBytes::of(Bytes::from(failure.message));
            failure.status as i32
        }
    }
}

/// # Safety
/// `owned` is null-owned or comes from this library and is not freed yet.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_bytes_free(owned: OmnigraphBytes) {
    if !owned.owner.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(owned.owner))));
    }
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_open(
    uri: *const u8,
    uri_size: usize,
    variables: *const u8,
    variables_size: usize,
    out: *mut *mut OmnigraphStore,
    message: *mut OmnigraphBytes,
) -> i32 {
    *out = std::ptr::null_mut();
    answer(message, || {
        let uri = text(uri, uri_size)?;
        let flat = bytes(variables, variables_size);
        let mut parts = flat.split(|&byte| byte == 0).map(String::from_utf8_lossy);
        let mut all = Variables::new();
        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            all.insert(key.into_owned(), value.into_owned());
        }
        let store = Store::new(open(uri, &all)?)?;
        *out = Box::into_raw(Box::new(OmnigraphStore(Arc::new(store))));
        Ok(Bytes::new())
    })
}

/// # Safety
/// `store` is null or comes from `omnigraph_store_open`, is not freed yet, and no call uses it.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_free(store: *mut OmnigraphStore) {
    if !store.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(store))));
    }
}

/// # Safety
/// `store` is open.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_cancel(store: *const OmnigraphStore) {
    let store = &(*store).0;
    let _ = catch_unwind(AssertUnwindSafe(|| store.cancel()));
}

/// # Safety
/// `store` is open; `reads` and `answers` point to `count` elements.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_read(
    store: *const OmnigraphStore,
    reads: *const OmnigraphRead,
    count: usize,
    answers: *mut OmnigraphReadAnswer,
) {
    if count == 0 {
        return;
    }
    let store = &(*store).0;
    let given = slice::from_raw_parts(reads, count);
    let out = slice::from_raw_parts_mut(answers, count);
    for one in out.iter_mut() {
        std::ptr::write(one, OmnigraphReadAnswer { status: Status::Internal as i32, bytes: OmnigraphBytes::EMPTY });
    }
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut wanted = Vec::with_capacity(count);
        for read in given {
            let name = text(read.name, read.name_size).unwrap_or_default().to_string();
            wanted.push(Read { name, offset: read.offset, length: read.length });
        }
        for (one, result) in out.iter_mut().zip(store.read(&wanted)) {
            match result {
                Ok(bytes) => {
                    one.status = Status::Ok as i32;
                    one.bytes = OmnigraphBytes::of(bytes);
                }
                Err(failure) => {
                    one.status = failure.status as i32;
                    one.bytes = OmnigraphBytes::of(Bytes::from(failure.message));
                }
            }
        }
    }));
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_put(
    store: *const OmnigraphStore,
    name: *const u8,
    name_size: usize,
    data: *const u8,
    size: usize,
    only_if_absent: i32,
    message: *mut OmnigraphBytes,
) -> i32 {
    let store = &(*store).0;
    answer(message, || {
        let name = text(name, name_size)?;
        let content = Bytes::copy_from_slice(bytes(data, size));
        if only_if_absent != 0 {
            store.put_if_absent(name, content)?;
        } else {
            store.put(name, content)?;
        }
        Ok(Bytes::new())
    })
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_list(
    store: *const OmnigraphStore,
    prefix: *const u8,
    prefix_size: usize,
    after: *const u8,
    after_size: usize,
    limit: u64,
    out: *mut OmnigraphBytes,
) -> i32 {
    let store = &(*store).0;
    answer(out, || {
        let listed = store.list(text(prefix, prefix_size)?, text(after, after_size)?, limit)?;
        let mut flat = Vec::new();
        for one in listed {
            flat.extend_from_slice(&one.size.to_le_bytes());
            flat.extend_from_slice(&(one.name.len() as u32).to_le_bytes());
            flat.extend_from_slice(one.name.as_bytes());
        }
        Ok(flat.into())
    })
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_head(
    store: *const OmnigraphStore,
    name: *const u8,
    name_size: usize,
    size: *mut u64,
    message: *mut OmnigraphBytes,
) -> i32 {
    let store = &(*store).0;
    answer(message, || {
        *size = store.head(text(name, name_size)?)?;
        Ok(Bytes::new())
    })
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_store_remove(
    store: *const OmnigraphStore,
    name: *const u8,
    name_size: usize,
    message: *mut OmnigraphBytes,
) -> i32 {
    let store = &(*store).0;
    answer(message, || {
        store.remove(text(name, name_size)?)?;
        Ok(Bytes::new())
    })
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_upload_begin(
    store: *const OmnigraphStore,
    name: *const u8,
    name_size: usize,
    out: *mut *mut OmnigraphUpload,
    message: *mut OmnigraphBytes,
) -> i32 {
    *out = std::ptr::null_mut();
    let store = &(*store).0;
    answer(message, || {
        let upload = Upload::new(Arc::clone(store), text(name, name_size)?.to_string())?;
        *out = Box::into_raw(Box::new(OmnigraphUpload(upload)));
        Ok(Bytes::new())
    })
}

/// # Safety
/// As declared in the header.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_upload_append(
    upload: *mut OmnigraphUpload,
    data: *const u8,
    size: usize,
    message: *mut OmnigraphBytes,
) -> i32 {
    let upload = &mut (*upload).0;
    answer(message, || {
        upload.append(bytes(data, size))?;
        Ok(Bytes::new())
    })
}

/// # Safety
/// `upload` is not freed yet; it is by this call.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_upload_finish(upload: *mut OmnigraphUpload, message: *mut OmnigraphBytes) -> i32 {
    answer(message, || {
        let upload = Box::from_raw(upload);
        upload.0.finish()?;
        Ok(Bytes::new())
    })
}

/// # Safety
/// `upload` is null or not freed yet.
#[no_mangle]
pub unsafe extern "C" fn omnigraph_upload_drop(upload: *mut OmnigraphUpload) {
    if !upload.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(upload))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(call: impl FnOnce() -> Result<Bytes, Failure>) -> (i32, String) {
        let mut out = OmnigraphBytes::EMPTY;
        unsafe {
            let status = answer(&mut out, call);
            let text = String::from_utf8_lossy(bytes(out.data, out.size)).into_owned();
            omnigraph_bytes_free(out);
            (status, text)
        }
    }

    #[test]
    fn answers() {
        assert_eq!(ask(|| Ok(Bytes::from_static(b"given"))), (Status::Ok as i32, "given".to_string()));
        let failed = ask(|| Err(Failure::new(Status::Denied, "no")));
        assert_eq!(failed, (Status::Denied as i32, "no".to_string()));
    }

    #[test]
    fn a_panic_stays_inside() {
        let (status, text) = ask(|| panic!("a bug"));
        assert_eq!(status, Status::Internal as i32);
        assert!(text.contains("please report it"));
    }

    fn opened(uri: &[u8], variables: &[u8]) -> (i32, *mut OmnigraphStore, String) {
        let mut store = std::ptr::null_mut();
        let mut message = OmnigraphBytes::EMPTY;
        unsafe {
            let status = omnigraph_store_open(
                uri.as_ptr(),
                uri.len(),
                variables.as_ptr(),
                variables.len(),
                &mut store,
                &mut message,
            );
            let text = String::from_utf8_lossy(bytes(message.data, message.size)).into_owned();
            omnigraph_bytes_free(message);
            (status, store, text)
        }
    }

    #[test]
    fn stores_open_and_are_freed() {
        let (status, store, text) = opened(b"s3://b/p", b"AWS_ACCESS_KEY_ID\0k\0AWS_SECRET_ACCESS_KEY\0s\0");
        assert_eq!((status, text.as_str()), (Status::Ok as i32, ""));
        unsafe { omnigraph_store_free(store) };
        let (status, store, text) = opened(b"\xff", b"");
        assert_eq!((status, text.as_str()), (Status::BadRequest as i32, "it is not UTF-8"));
        assert!(store.is_null());
        // A name without a value at the end is left out.
        let (status, store, _) = opened(b"s3://b", b"AWS_ACCESS_KEY_ID\0k\0AWS_SECRET_ACCESS_KEY\0s\0LAST");
        assert_eq!(status, Status::Ok as i32);
        unsafe { omnigraph_store_free(store) };
    }
}
