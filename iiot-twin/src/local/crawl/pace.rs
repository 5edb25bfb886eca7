//! How much a crawl asks for at a time.

use iiot_core::ua::StatusCode;

/// Nodes in a request and references in an answer: what the server tells, less when it complains, and more again when it
/// does no longer.
#[derive(Debug)]
pub(super) struct Pace {
    most: usize,
    size: usize,
    page: u32,
    answers: u32,
}

/// Nodes in a request where the server takes more or does not tell.
const SIZE: usize = 200;
/// References of a node in one answer.
const PAGE: u32 = 1_000;
/// Fewer are not asked for.
const LEAST_PAGE: u32 = 10;
/// Answers in a row until more is tried again.
const CONFIDENCE: u32 = 16;

impl Pace {
    /// For a server that takes so many nodes.
    pub(super) fn new(told: Option<u32>) -> Self {
        let most = told.map_or(SIZE, |told| SIZE.min(told as usize)).max(1);
        Self { most, size: most, page: PAGE, answers: 0 }
    }

    /// Nodes in a request.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// References of a node.
    pub(super) fn page(&self) -> u32 {
        self.page
    }

    pub(super) fn answered(&mut self) {
        self.answers += 1;
        if self.answers >= CONFIDENCE {
            self.answers = 0;
            self.size = self.most.min(self.size * 2);
        }
    }

    /// The server refused a request of so many nodes because of its size. False if it cannot be made smaller.
    pub(super) fn refused(&mut self, size: usize, status: StatusCode) -> bool {
        self.answers = 0;
        let is_number = status == StatusCode::BadTooManyOperations;
        if size > 1 {
            self.size = self.size.min(size / 2).max(1);
            self.most = if is_number { self.most.min(size - 1) } else { self.most };
            return true;
        }
        let smaller = !is_number && self.page > LEAST_PAGE;
        self.page = if smaller { (self.page / 4).max(LEAST_PAGE) } else { self.page };
        smaller
    }
}

/// Whether a server says so of what is too large for it.
pub(super) fn is_too_large(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTooManyOperations
            | StatusCode::BadTcpMessageTooLarge
            | StatusCode::BadRequestTooLarge
            | StatusCode::BadResponseTooLarge
            | StatusCode::BadEncodingLimitsExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_on_complaint_and_comes_back() {
        let mut pace = Pace::new(Some(100));
        assert_eq!((pace.size(), pace.page()), (100, PAGE));
        assert!(pace.refused(100, StatusCode::BadResponseTooLarge));
        assert_eq!(pace.size(), 50);
        (0..CONFIDENCE).for_each(|_| pace.answered());
        assert_eq!(pace.size(), 100, "what is too large depends on the nodes");
        assert!(pace.refused(100, StatusCode::BadTooManyOperations));
        (0..10 * CONFIDENCE).for_each(|_| pace.answered());
        assert_eq!(pace.size(), 99, "a number is too large for ever");
    }

    #[test]
    fn a_single_node_is_asked_for_less_of_its_references() {
        let mut pace = Pace::new(None);
        let mut pages = Vec::new();
        while pace.refused(1, StatusCode::BadTcpMessageTooLarge) {
            pages.push(pace.page());
        }
        assert_eq!(pages, [250, 62, 15, 10]);
        assert!(!Pace::new(None).refused(1, StatusCode::BadTooManyOperations), "there is no less than one");
        assert_eq!(Pace::new(Some(0)).size(), 1);
    }
}
