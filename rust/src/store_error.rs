//! What went wrong with a call to an object store, as a kind that C++ branches on and a sentence that
//! names the cause and the way out. The name of the object is put in front by the caller.

use object_store::client::{HttpError, HttpErrorKind};
use object_store::Error as StoreError;
use std::error::Error;

/// Numbers are those of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    Ok = 0,
    NotFound = 1,
    Exists = 2,
    Unknown = 3,
    Denied = 4,
    Unsupported = 5,
    BadRequest = 6,
    TimedOut = 7,
    Unavailable = 8,
    NotAStore = 9,
    NoBucket = 10,
    Cancelled = 11,
    Internal = 12,
}

#[derive(Clone, Debug)]
pub struct Failure {
    pub status: Status,
    pub message: String,
    /// A write may have landed in spite of it.
    pub may_have_landed: bool,
    /// Worth another try.
    pub transient: bool,
}

impl Failure {
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Failure { status, message: message.into(), may_have_landed: false, transient: false }
    }
    fn transient(status: Status, message: impl Into<String>, may_have_landed: bool) -> Self {
        Failure { status, message: message.into(), may_have_landed, transient: true }
    }
}

/// Longest text of a server that is passed on.
const QUOTED_CHARS: usize = 200;
/// Longest error document of a store.
const LONGEST_DOCUMENT: usize = 64 << 10;
/// Causes of causes that are looked at.
const LONGEST_CHAIN: usize = 16;

fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut all = Vec::new();
    let mut next = Some(error);
    while let Some(at) = next {
        all.push(at);
        next = if all.len() < LONGEST_CHAIN { at.source() } else { None };
    }
    all
}

/// The text between `<name>` and `</name>`.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let begin = text.find(&format!("<{name}>"))? + name.len() + 2;
    let length = text[begin..].find(&format!("</{name}>"))?;
    Some(&text[begin..begin + length])
}

fn clipped(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}

/// What the server itself said: `Code: Message` of its XML, else nothing.
fn server_words(text: &str) -> Option<String> {
    let code = element(text, "Code")?;
    Some(match element(text, "Message") {
        Some(message) => clipped(&format!("{code}: {message}")),
        None => clipped(code),
    })
}

/// "503" out of "… status code: 503 Service Unavailable: …".
fn status_code(text: &str) -> Option<u16> {
    let at = text.find("status code: ")? + "status code: ".len();
    text.get(at..at + 3)?.parse().ok()
}

fn looks_like_a_web_page(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("<html") || lower.contains("<!doctype html")
}

pub fn not_a_store(why: &str) -> Failure {
    Failure::new(
        Status::NotAStore,
        format!(
            "{why}: what answers is no object store but perhaps a proxy or a login page; check the endpoint \
             (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; GOOGLE_BASE_URL; AZURE_STORAGE_ENDPOINT) and the proxy variables"
        ),
    )
}

/// What came with status 200 in place of an object, if it is an error document.
pub fn error_document(bytes: &[u8]) -> Option<Failure> {
    let text = std::str::from_utf8(&bytes[..bytes.len().min(LONGEST_DOCUMENT)]).ok()?;
    if !text.contains("<Error>") {
        return None;
    }
    let words = server_words(text).unwrap_or_else(|| clipped(text));
    Some(Failure::transient(
        Status::Unavailable,
        format!("the store answered with an error in place of the object ({words}); try again later"),
        false,
    ))
}

fn no_bucket() -> Failure {
    Failure::new(Status::NoBucket, "the bucket does not exist; create it, or check its name and the endpoint")
}

fn denied(words: Option<String>) -> Failure {
    let words = words.map(|words| format!(" ({words})")).unwrap_or_default();
    Failure::new(
        Status::Denied,
        format!(
            "the store refuses these credentials{words}; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, \
             AWS_SESSION_TOKEN or AWS_PROFILE (for gs:// and az:// the GOOGLE_ and AZURE_ variables) and what they \
             may do with the bucket"
        ),
    )
}

fn from_transport(error: &HttpError, all: &[&(dyn Error + 'static)]) -> Failure {
    let last = clipped(&all[all.len() - 1].to_string());
    match error.kind() {
        HttpErrorKind::Connect => Failure::transient(
            Status::Unavailable,
            format!("cannot connect to the store ({last}); check the network and the endpoint"),
            false,
        ),
        HttpErrorKind::Timeout => Failure::transient(
            Status::TimedOut,
            "the store did not answer in time; check the network, or raise OMNIGRAPH_STORE_TIMEOUT".to_string(),
            true,
        ),
        _ => Failure::transient(
            Status::Unavailable,
            format!("the connection to the store broke ({last})"),
            true,
        ),
    }
}

fn from_status(code: u16, text: &str) -> Failure {
    let words = server_words(text);
    let said = words.clone().map(|words| format!(" ({words})")).unwrap_or_default();
    match code {
        300..=399 => Failure::new(
            Status::NotAStore,
            format!(
                "the store redirects elsewhere{said}: the bucket is in another region (set AWS_REGION), or a proxy \
                 stands in between (check AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)"
            ),
        ),
        _ if looks_like_a_web_page(text) => not_a_store(&format!("the answer is a web page (status {code})")),
        401 | 403 => denied(words),
        501 => Failure::new(Status::Unsupported, format!("the store does not support this request{said}")),
        503 if text.contains("SlowDown") => Failure::transient(
            Status::Unavailable,
            "the store asks to slow down (SlowDown); try again later".to_string(),
            false,
        ),
        429 => Failure::transient(Status::Unavailable, "the store asks to slow down; try again later", false),
        408 | 500..=599 => Failure::transient(
            Status::Unavailable,
            format!("the store answered with status {code}{said}; try again later"),
            true,
        ),
        _ => Failure::new(Status::BadRequest, format!("the store answered with status {code}{said}")),
    }
}

/// `guessed_credentials`: none were found in the variables, and the machine's metadata service was asked.
pub fn failure_of(error: &StoreError, guessed_credentials: bool) -> Failure {
    let all = chain(error);
    let text = error.to_string();
    if text.contains("NoSuchBucket") || text.contains("ContainerNotFound") || text.contains("specified bucket does not")
    {
        return no_bucket();
    }
    let from_metadata = text.contains("instance metadata")
        || text.contains("169.254.169.254")
        || text.contains("/latest/api/token")
        || text.contains("metadata.google");
    if guessed_credentials && from_metadata {
        return Failure::new(
            Status::Denied,
            "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (for gs:// and \
             az:// the GOOGLE_ and AZURE_ variables); this machine has none of its own either",
        );
    }
    match error {
        StoreError::NotFound { .. } if looks_like_a_web_page(&text) => {
            not_a_store("the answer is a web page (status 404)")
        }
        StoreError::NotFound { .. } => Failure::new(Status::NotFound, "it does not exist"),
        // Azure says so with 409; elsewhere that is a race of requests that has no winner yet.
        StoreError::AlreadyExists { .. } if text.contains("BlobAlreadyExists") => {
            Failure::new(Status::Exists, "it exists already")
        }
        StoreError::AlreadyExists { .. } if status_code(&text) == Some(409) => Failure::transient(
            Status::Unavailable,
            "another request about the same object was under way (status 409)".to_string(),
            true,
        ),
        StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => {
            Failure::new(Status::Exists, "it exists already")
        }
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            if looks_like_a_web_page(&text) {
                return not_a_store("the answer is a web page that refuses access");
            }
            denied(server_words(&text))
        }
        StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => {
            Failure::new(Status::Unsupported, clipped(&text))
        }
        _ => {
            if all[all.len() - 1].to_string().contains("URL scheme is not allowed") {
                return Failure::new(
                    Status::BadRequest,
                    "the endpoint is not encrypted; set AWS_ALLOW_HTTP, GOOGLE_ALLOW_HTTP or AZURE_ALLOW_HTTP to true if \
                     that is meant, or use https://",
                );
            }
            if let Some(http) = all.iter().find_map(|at| at.downcast_ref::<HttpError>()) {
                return from_transport(http, &all);
            }
            if text.contains("redirect") {
                return from_status(301, &text);
            }
            if let Some(code) = status_code(&text) {
                return from_status(code, &text);
            }
            if text.contains("Header missing") || text.contains("invalid list response") || looks_like_a_web_page(&text)
            {
                return not_a_store("the answer is not one of an object store");
            }
            if text.contains("Server returned error response") {
                return Failure::transient(
                    Status::Unavailable,
                    format!("the store answered with an error in place of the object ({})", clipped(&text)),
                    true,
                );
            }
            Failure::transient(Status::Unavailable, clipped(&all[all.len() - 1].to_string()), true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        let said = "<Error><Code>Oops</Code><Message>words</Message></Error>";
        assert_eq!(from_status(301, "").status, Status::NotAStore);
        assert_eq!(from_status(403, said).status, Status::Denied);
        assert!(from_status(403, said).message.contains("(Oops: words)"));
        assert_eq!(from_status(500, "<html></html>").status, Status::NotAStore);
        assert!(from_status(500, said).transient && from_status(500, said).may_have_landed);
        let slow = from_status(503, "<Error><Code>SlowDown</Code></Error>");
        assert!(slow.transient && !slow.may_have_landed && slow.message.contains("SlowDown"));
        assert_eq!(from_status(501, said).status, Status::Unsupported);
        assert_eq!(from_status(418, said).status, Status::BadRequest);
    }

    #[test]
    fn existing_objects() {
        let of = |text: &str| {
            let source = std::io::Error::other(text.to_string()).into();
            failure_of(&StoreError::AlreadyExists { path: "x".to_string(), source }, false)
        };
        assert_eq!(of("status code: 412").status, Status::Exists);
        assert_eq!(of("status code: 409 <Code>BlobAlreadyExists</Code>").status, Status::Exists);
        let race = of("status code: 409 <Code>ConditionalRequestConflict</Code>");
        assert!(race.transient && race.status == Status::Unavailable);
    }

    #[test]
    fn documents_in_place_of_objects() {
        let found = error_document(b"<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>");
        assert!(found.is_some_and(|failure| failure.transient && failure.message.contains("InternalError")));
        assert!(error_document(b"<svg></svg>").is_none());
        assert!(error_document(b"\xff<Error>").is_none());
    }

    #[test]
    fn long_words_are_clipped() {
        assert_eq!(clipped(" a\n b "), "a b");
        assert_eq!(clipped(&"x".repeat(1000)).chars().count(), QUOTED_CHARS + 1);
    }
}
