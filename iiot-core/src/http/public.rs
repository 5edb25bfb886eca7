//! Files that anybody may fetch: certificates of authorities and revocation lists.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LAST_MODIFIED};
use hyper::{Response, StatusCode};

use super::audit::sha256;
use super::content::{Answer, answer, full};
use crate::error::Result;
use crate::time::UtcTime;

/// Files that are served without a key, for whoever knows their paths. What is in them is public.
#[async_trait]
pub trait PublicFiles: Debug + Send + Sync + 'static {
    /// The file at a path as it was asked for, `/crl/plant.crl`; `None` if there is none. Whoever can reach the server can ask
    /// for anything, so a path that cannot be one of ours must cost nothing.
    ///
    /// # Errors
    /// If it is not known whether there is one; the answer is a problem then.
    async fn file(&self, path: &str) -> Result<Option<PublicFile>>;
}

/// A file that anybody may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFile {
    content_type: &'static str,
    content: Bytes,
    tag: String,
    modified: UtcTime,
    fresh: Duration,
}

impl PublicFile {
    /// A file with its media type. `modified` is when its content was made. Caches may answer with it for as long as `fresh`, and
    /// ask whether it is still the same then.
    #[must_use]
    pub fn new(content_type: &'static str, content: impl Into<Bytes>, modified: UtcTime, fresh: Duration) -> Self {
        let content = content.into();
        let tag = format!("\"{}\"", &sha256(&content)[..TAG]);
        Self { content_type, content, tag, modified, fresh }
    }

    /// The file; or that the client has it already (RFC 9110 §13).
    pub(super) fn answer(&self, asked: &HeaderMap) -> Answer {
        let mut answer =
            if self.is_known(asked) { unchanged() } else { answer(self.content_type, self.content.clone()) };
        let headers = answer.headers_mut();
        let mut say = |name: HeaderName, value: String| {
            // What we make of numbers and hexadecimal digits is a header.
            headers.extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
        };
        say(ETAG, self.tag.clone());
        say(LAST_MODIFIED, httpdate::fmt_http_date(system(self.modified)));
        say(CACHE_CONTROL, format!("public, max-age={}", self.fresh.as_secs()));
        answer
    }

    /// The tag decides alone. A time would not do: two revocation lists may be made within a second, and who has the first one
    /// must get the second.
    fn is_known(&self, asked: &HeaderMap) -> bool {
        let tags = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
        tags.flat_map(|tags| tags.split(',')).any(|tag| self.is(tag))
    }

    fn is(&self, tag: &str) -> bool {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.tag
    }
}

fn unchanged() -> Answer {
    let mut answer = Response::new(full(Bytes::new()));
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    answer
}

fn system(time: UtcTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + time.since(UtcTime::UNIX_EPOCH)
}

/// Digits of a tag: 128 bits.
const TAG: usize = 32;

#[cfg(test)]
mod tests {
    use hyper::header::IF_MODIFIED_SINCE;

    use super::*;

    fn headers(asked: &[(HeaderName, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("it is one");
        asked.iter().map(|(name, text)| (name.clone(), value(text))).collect()
    }

    #[test]
    fn who_has_the_file_is_told_so() {
        let modified = UtcTime::UNIX_EPOCH + Duration::from_millis(86_400_500);
        let file = PublicFile::new("text/plain", "x", modified, Duration::from_secs(60));
        let other = format!("\"{}\"", "0".repeat(TAG));
        let weak = format!("{other}, W/{}", file.tag);
        let since = "Fri, 02 Jan 1970 00:00:00 GMT";
        for (asked, status) in [
            (headers(&[]), 200),
            (headers(&[(IF_NONE_MATCH, &file.tag)]), 304),
            (headers(&[(IF_NONE_MATCH, &weak)]), 304),
            (headers(&[(IF_NONE_MATCH, "*")]), 304),
            (headers(&[(IF_NONE_MATCH, &other)]), 200),
            (headers(&[(IF_MODIFIED_SINCE, since)]), 200),
        ] {
            let answer = file.answer(&asked);
            assert_eq!(answer.status(), status, "{asked:?}");
            assert_eq!(answer.headers()[LAST_MODIFIED], "Fri, 02 Jan 1970 00:00:00 GMT");
            assert_eq!(answer.headers()[CACHE_CONTROL], "public, max-age=60");
        }
        let changed = PublicFile::new("text/plain", "y", modified, Duration::from_secs(60));
        assert_ne!(changed.tag, file.tag);
    }
}
