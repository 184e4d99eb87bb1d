//! Calls to one root in an object store: each blocks its caller, ends within the store's timeout or when the store
//! is cancelled, and answers with a typed failure.

use crate::store_error::{error_document, failure_of, not_a_store, Failure, Status};
use crate::store_settings::Opened;
use bytes::Bytes;
use futures_util::stream::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attribute, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, WriteMultipart,
};
use std::future::Future;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Threads that wait for the network, for all stores of the process.
const NETWORK_THREADS: usize = 2;
/// Objects of one call that are asked for at once.
const CONCURRENT_READS: usize = 64;
/// A range longer than this is read as several at once.
const READ_PART: u64 = 8 << 20;
/// Ranges of one object closer than this are read as one.
const COALESCED_GAP: u64 = 256 << 10;
/// An upload up to this long is one put; longer ones go in parts of this size, so many at once.
pub const UPLOAD_PART: usize = 8 << 20;
const CONCURRENT_PARTS: usize = 4;
/// Most tries of a conditional put, and the first and longest pause between them.
const MOST_PUTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Made by the first store that is opened, so that a process that opens none pays nothing.
fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(NETWORK_THREADS)
            .thread_name("omnigraph-net")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|why| Failure::new(Status::Unavailable, format!("cannot start network threads: {why}")))
}

pub struct Store {
    opened: Opened,
    runtime: &'static Runtime,
    cancelled: watch::Sender<bool>,
}

pub struct Read {
    pub name: String,
    pub offset: u64,
    /// u64::MAX: to the end.
    pub length: u64,
}

pub struct Listed {
    pub name: String,
    pub size: u64,
}

impl Store {
    pub fn new(opened: Opened) -> Result<Self, Failure> {
        Ok(Store { opened, runtime: runtime()?, cancelled: watch::Sender::new(false) })
    }

    /// Ends every call under way and every later one.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    fn path(&self, name: &str) -> Result<Path, Failure> {
        let full = if self.opened.prefix.is_empty() {
            name.to_string()
        } else if name.is_empty() {
            self.opened.prefix.clone()
        } else {
            format!("{}/{}", self.opened.prefix, name)
        };
        Path::parse(full).map_err(|error| Failure::new(Status::BadRequest, error.to_string()))
    }

    fn failure(&self, error: &object_store::Error) -> Failure {
        failure_of(error, self.opened.guessed_credentials)
    }

    fn timed_out(&self) -> Failure {
        Failure {
            status: Status::TimedOut,
            message: format!(
                "the store did not answer within {:.3} s; check the network, or raise OMNIGRAPH_STORE_TIMEOUT",
                self.opened.total_timeout.as_secs_f64()
            ),
            may_have_landed: true,
            transient: true,
        }
    }

    fn run<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let mut cancelled = self.cancelled.subscribe();
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = cancelled.wait_for(|now| *now) => {
                    Err(Failure::new(Status::Cancelled, "the call was cancelled"))
                }
                answer = tokio::time::timeout(self.opened.total_timeout, work) => {
                    answer.unwrap_or_else(|_| Err(self.timed_out()))
                }
            }
        })
    }

    async fn get(&self, read: &Read) -> Result<Bytes, Failure> {
        if read.length == 0 {
            return Ok(Bytes::new());
        }
        let path = self.path(&read.name)?;
        let range = match (read.offset, read.length) {
            (0, u64::MAX) => None,
            (offset, u64::MAX) => Some(GetRange::Offset(offset)),
            (offset, length) => Some(GetRange::Bounded(offset..offset.saturating_add(length))),
        };
        let ranged = range.is_some();
        let answer = match self.opened.patient.get_opts(&path, GetOptions { range, ..Default::default() }).await {
            Ok(answer) => answer,
            // A range behind the end is empty.
            Err(error) if ranged && error.to_string().contains("status code: 416") => return Ok(Bytes::new()),
            Err(error) => return Err(self.failure(&error)),
        };
        let kind = answer.attributes.get(&Attribute::ContentType).map(|kind| kind.to_ascii_lowercase());
        if kind.as_ref().is_some_and(|kind| kind.starts_with("text/html")) {
            return Err(not_a_store("the answer is a web page"));
        }
        let bytes = answer.bytes().await.map_err(|error| self.failure(&error))?;
        // Objects are put without that type.
        if kind.is_some_and(|kind| kind.contains("xml")) {
            if let Some(failure) = error_document(&bytes) {
                return Err(failure);
            }
        }
        Ok(bytes)
    }

    /// A long range in parts, side by side.
    async fn get_long(&self, read: &Read) -> Result<Bytes, Failure> {
        let parts: Vec<Read> = (0..read.length.div_ceil(READ_PART))
            .map(|i| Read {
                name: read.name.clone(),
                offset: read.offset + i * READ_PART,
                length: READ_PART.min(read.length - i * READ_PART),
            })
            .collect();
        let parts: Vec<Bytes> = futures_util::stream::iter(parts.iter().map(|part| self.get(part)))
            .buffered(CONCURRENT_PARTS)
            .try_collect()
            .await?;
        let mut whole = Vec::with_capacity(parts.iter().map(Bytes::len).sum());
        for part in parts {
            whole.extend_from_slice(&part);
        }
        Ok(whole.into())
    }

    async fn get_one(&self, read: &Read) -> Result<Bytes, Failure> {
        if read.length > 2 * READ_PART && read.length < u64::MAX - read.offset {
            self.get_long(read).await
        } else {
            self.get(read).await
        }
    }

    /// Ranges of one object: neighbours are one request.
    async fn get_neighbours(&self, reads: &[Read]) -> Vec<Result<Bytes, Failure>> {
        let mut order: Vec<usize> = (0..reads.len()).collect();
        order.sort_by_key(|&i| reads[i].offset);
        let mut groups: Vec<(Range<u64>, Vec<usize>)> = Vec::new();
        for i in order {
            let range = reads[i].offset..reads[i].offset + reads[i].length;
            match groups.last_mut() {
                Some((whole, members)) if range.start <= whole.end.saturating_add(COALESCED_GAP) => {
                    whole.end = whole.end.max(range.end);
                    members.push(i);
                }
                _ => groups.push((range, vec![i])),
            }
        }
        let name = &reads[0].name;
        let wholes: Vec<Read> = groups
            .iter()
            .map(|(range, _)| Read { name: name.clone(), offset: range.start, length: range.end - range.start })
            .collect();
        let answers: Vec<Result<Bytes, Failure>> = futures_util::stream::iter(wholes.iter().map(|r| self.get_one(r)))
            .buffered(CONCURRENT_READS)
            .collect()
            .await;
        let mut out: Vec<Result<Bytes, Failure>> = vec![Ok(Bytes::new()); reads.len()];
        for ((range, members), answer) in groups.iter().zip(answers) {
            for &i in members {
                out[i] = answer.clone().map(|whole| {
                    let begin = ((reads[i].offset - range.start) as usize).min(whole.len());
                    let end = (begin + reads[i].length as usize).min(whole.len());
                    whole.slice(begin..end)
                });
            }
        }
        out
    }

    /// One answer for each, in their order.
    pub fn read(&self, reads: &[Read]) -> Vec<Result<Bytes, Failure>> {
        let neighbours = reads.len() > 1
            && reads.iter().all(|read| read.name == reads[0].name && read.length < u64::MAX - read.offset);
        let all = self.run(async {
            Ok(if neighbours {
                self.get_neighbours(reads).await
            } else {
                futures_util::stream::iter(reads.iter().map(|read| self.get_one(read)))
                    .buffered(CONCURRENT_READS)
                    .collect()
                    .await
            })
        });
        all.unwrap_or_else(|failure| reads.iter().map(|_| Err(failure.clone())).collect())
    }

    /// Replaces what is there.
    pub fn put(&self, name: &str, bytes: Bytes) -> Result<(), Failure> {
        let path = self.path(name)?;
        self.run(async {
            let put = self.opened.patient.put(&path, PutPayload::from_bytes(bytes)).await;
            put.map(|_| ()).map_err(|error| self.failure(&error))
        })
    }

    /// Creates. Failure `Exists`: something is there, perhaps these bytes by a try of this call whose answer was lost;
    /// `Unknown`: whether it landed was not to be learned in time.
    pub fn put_if_absent(&self, name: &str, bytes: Bytes) -> Result<(), Failure> {
        let path = self.path(name)?;
        // Read again by whoever stops the loop from outside.
        let may_have_landed = AtomicBool::new(false);
        let answer = self.run(async {
            let deadline = Instant::now() + self.opened.total_timeout;
            let mut pause = FIRST_PAUSE;
            let mut attempt = 1;
            loop {
                let options = PutOptions { mode: PutMode::Create, ..Default::default() };
                let earlier = may_have_landed.swap(true, Ordering::Relaxed);
                let put = self.opened.single.put_opts(&path, PutPayload::from_bytes(bytes.clone()), options).await;
                let failure = match put {
                    Ok(_) => return Ok(()),
                    Err(error) => self.failure(&error),
                };
                may_have_landed.store(earlier || failure.may_have_landed, Ordering::Relaxed);
                if !failure.transient || attempt == MOST_PUTS || Instant::now() + pause >= deadline {
                    return Err(failure);
                }
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                attempt += 1;
            }
        });
        answer.map_err(|failure| settle(failure, may_have_landed.into_inner()))
    }

    pub fn head(&self, name: &str) -> Result<u64, Failure> {
        let path = self.path(name)?;
        self.run(async {
            let found = self.opened.patient.head(&path).await;
            found.map(|meta| meta.size).map_err(|error| self.failure(&error))
        })
    }

    /// Success when it is not there.
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        let path = self.path(name)?;
        self.run(async {
            match self.opened.patient.delete(&path).await.map_err(|error| self.failure(&error)) {
                Err(failure) if failure.status == Status::NotFound => Ok(()),
                other => other,
            }
        })
    }

    /// Names with this prefix behind `after`, ascending by bytes, at most `limit`.
    pub fn list(&self, prefix: &str, after: &str, limit: u64) -> Result<Vec<Listed>, Failure> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        // Stores of this crate list folders: what is behind the last '/' is filtered here.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = self.path(folder)?;
        let strip = if self.opened.prefix.is_empty() { 0 } else { self.opened.prefix.len() + 1 };
        let folder = Some(&folder).filter(|path| !path.as_ref().is_empty());
        let offset = if after.is_empty() { None } else { Some(self.path(after)?) };
        self.run(async {
            let mut found = match &offset {
                Some(offset) => self.opened.patient.list_with_offset(folder, offset),
                None => self.opened.patient.list(folder),
            };
            let mut out = Vec::new();
            while let Some(meta) = found.next().await {
                let meta = meta.map_err(|error| self.failure(&error))?;
                let Some(name) = meta.location.as_ref().get(strip..) else { continue };
                if name.starts_with(prefix) && (after.is_empty() || name > after) {
                    out.push(Listed { name: name.to_string(), size: meta.size });
                    if out.len() >= limit {
                        break;
                    }
                }
            }
            out.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(out)
        })
    }
}

/// What the caller of a conditional put learns, given that an earlier try may have landed.
fn settle(failure: Failure, may_have_landed: bool) -> Failure {
    match failure.status {
        Status::Exists => failure,
        Status::Cancelled | Status::TimedOut | Status::Unavailable if may_have_landed => {
            Failure { status: Status::Unknown, ..failure }
        }
        _ => failure,
    }
}

/// Between half of a pause and all of it.
fn jittered(pause: Duration) -> Duration {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    // Low digits of the clock are random enough to spread writers.
    let share = f64::from(nanos.wrapping_mul(2_654_435_761) >> 8) / f64::from(u32::MAX >> 8);
    pause.mul_f64(0.5 + 0.5 * share)
}

/// One object written piece by piece; there, whole, after finish().
pub struct Upload {
    store: Arc<Store>,
    name: String,
    buffer: Vec<u8>,
    parts: Option<WriteMultipart>,
}

impl Upload {
    pub fn new(store: Arc<Store>, name: String) -> Result<Self, Failure> {
        store.path(&name)?;
        Ok(Upload { store, name, buffer: Vec::new(), parts: None })
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < UPLOAD_PART {
            return Ok(());
        }
        let full = Bytes::from(std::mem::take(&mut self.buffer));
        let path = self.store.path(&self.name)?;
        let store = &self.store;
        let parts = &mut self.parts;
        store.run(async {
            if parts.is_none() {
                let begun = store.opened.patient.put_multipart(&path).await;
                let begun = begun.map_err(|error| store.failure(&error))?;
                *parts = Some(WriteMultipart::new_with_chunk_size(begun, UPLOAD_PART));
            }
            if let Some(parts) = parts {
                parts.wait_for_capacity(CONCURRENT_PARTS).await.map_err(|error| store.failure(&error))?;
                parts.put(full);
            }
            Ok(())
        })
    }

    pub fn finish(mut self) -> Result<(), Failure> {
        let rest = Bytes::from(std::mem::take(&mut self.buffer));
        let Some(mut parts) = self.parts.take() else {
            return self.store.put(&self.name, rest);
        };
        let store = &self.store;
        store.run(async {
            if !rest.is_empty() {
                parts.put(rest);
            }
            parts.finish().await.map(|_| ()).map_err(|error| store.failure(&error))
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            // The store may be away; then its own rules take the parts away some day.
            let _ = self.store.run(async {
                let _ = parts.abort().await;
                Ok(())
            });
        }
    }
}
