//! The answers of a stream, in batches.

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use iiot::Result;
use tokio::sync::{Mutex, watch};

/// A stream that is pulled: nothing more is asked for than what is taken. Dropped, it ends the operation.
#[derive(Debug)]
pub struct Items {
    pulled: Mutex<Option<Pulled>>,
    closing: watch::Sender<bool>,
}

struct Pulled(BoxStream<'static, Result<Vec<u8>>>);

impl std::fmt::Debug for Pulled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pulled")
    }
}

impl Items {
    /// Of a stream of JSON.
    #[must_use]
    pub fn new(stream: BoxStream<'static, Result<Vec<u8>>>) -> Self {
        Self { pulled: Mutex::new(Some(Pulled(stream))), closing: watch::Sender::new(false) }
    }

    /// The next items as a JSON array: the first as soon as it is there, and those at hand behind it, `most` together. `None` at
    /// the end.
    ///
    /// # Errors
    /// The one that the stream ends with; it is told once, after the items before it.
    pub async fn next(&self, most: usize) -> Result<Option<Vec<u8>>> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => Ok(None),
            next = self.pull(most) => next,
        }
    }

    async fn pull(&self, most: usize) -> Result<Option<Vec<u8>>> {
        let mut held = self.pulled.lock().await;
        let Some(Pulled(stream)) = held.as_mut() else { return Ok(None) };
        let Some(first) = stream.next().await else {
            *held = None;
            return Ok(None);
        };
        let mut batch = match first {
            Ok(item) => [b"[", item.as_slice()].concat(),
            Err(error) => {
                *held = None;
                return Err(error);
            }
        };
        for _ in 1..most {
            match stream.next().now_or_never() {
                Some(Some(Ok(item))) => {
                    batch.push(b',');
                    batch.extend_from_slice(&item);
                }
                Some(Some(Err(error))) => {
                    *stream = futures::stream::once(async { Err(error) }).boxed();
                    break;
                }
                Some(None) => {
                    *stream = futures::stream::empty().boxed();
                    break;
                }
                None => break,
            }
        }
        batch.push(b']');
        Ok(Some(batch))
    }

    /// Ends the operation; whoever waits for its next item gets the end.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        *self.pulled.lock().await = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use iiot::{Error, ErrorKind};

    use super::*;

    #[tokio::test]
    async fn a_batch_holds_what_is_at_hand_and_an_error_comes_after_it() {
        let broken = || Err(Error::new(ErrorKind::Closed, "read", "it is over"));
        let items = vec![Ok(b"1".to_vec()), Ok(b"2".to_vec()), Ok(b"3".to_vec()), broken()];
        let items = Items::new(futures::stream::iter(items).boxed());
        assert_eq!(items.next(2).await.unwrap().unwrap(), b"[1,2]");
        assert_eq!(items.next(9).await.unwrap().unwrap(), b"[3]");
        assert_eq!(items.next(9).await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(items.next(9).await.unwrap(), None);
    }

    #[tokio::test]
    async fn whoever_waits_when_it_is_closed_gets_the_end() {
        let items = Items::new(futures::stream::pending().boxed());
        let (next, ()) = tokio::join!(items.next(9), items.close());
        assert_eq!(next.unwrap(), None);
        assert_eq!(items.next(9).await.unwrap(), None);
    }
}
