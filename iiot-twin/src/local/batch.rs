//! Items of which some cannot be sent, and results that find their places again.

use iiot_core::{Error, ErrorKind, Result};

use crate::Status;

/// Takes out what can be sent; each of the others keeps its place and reason.
pub(super) fn sendable<T>(items: Vec<Result<T, Status>>) -> (Vec<T>, Places) {
    let mut good = Vec::with_capacity(items.len());
    let place = |item: Result<T, Status>| item.map(|item| good.push(item));
    let places = items.into_iter().map(place).collect();
    (good, Places(places))
}

/// Where the results of what was sent belong.
pub(super) struct Places(Vec<Result<(), Status>>);

impl Places {
    /// Puts the results there.
    ///
    /// # Errors
    /// `Protocol` if there are more or fewer of them.
    pub(super) fn fill<R>(self, results: Vec<R>) -> Result<Vec<Result<R, Status>>> {
        let wanted = self.0.iter().filter(|place| place.is_ok()).count();
        one_each(wanted, &results)?;
        let mut results = results.into_iter();
        let filled = self.0.into_iter().map(|place| place.map(|()| results.next().expect("one for each was counted")));
        Ok(filled.collect())
    }
}

/// Refuses an answer that has not one result for each operation.
pub(super) fn one_each<T>(asked: usize, results: &[T]) -> Result<()> {
    if results.len() == asked {
        return Ok(());
    }
    let message = format!("the server answered {} results to {asked} operations", results.len());
    Err(Error::new(ErrorKind::Protocol, "take the answer", message))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use iiot_core::ua::StatusCode;

    use super::*;

    #[test]
    fn results_find_the_places_of_their_items() {
        let bad = Status::from(StatusCode::BadNodeIdInvalid);
        let (good, places) = sendable(vec![Ok(1), Err(bad.clone()), Ok(3)]);
        assert_eq!(good, [1, 3]);
        assert_eq!(places.fill(vec!["one", "three"]).unwrap(), [Ok("one"), Err(bad), Ok("three")]);
        assert!(sendable(vec![Ok(1)]).1.fill(vec![1, 2]).is_err());
    }
}
