//! How many operations go into one request.

use crate::ua::StatusCode;

/// Sizes the requests of one batch: as the server says, smaller when it complains, and smaller for a
/// while when one operation seems to spoil a request.
///
/// A request that the server refuses as a whole is repeated in halves. An operation that is refused
/// alone is bad itself, and sizes grow again behind it. When everything that was refused together
/// goes well in smaller requests, and the refusal was about the size, then the smaller size stays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batching {
    /// What the server takes, as far as we know.
    cap: usize,
    /// What the next request holds; less than the cap while a bad operation is looked for.
    trial: usize,
    /// Operations that were too many at once, and those of them that have gone well since.
    suspect: usize,
    proven: usize,
    /// Requests refused since one was answered.
    fruitless: u32,
}

/// What a refusal of a whole request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Send the same operations again, fewer at a time.
    Smaller,
    /// The status is the result of every operation in the request.
    Final,
}

/// Refusals in a row after which no single operation can be the reason. Finding the first of ten
/// thousand takes fourteen.
const MAX_FRUITLESS: u32 = 16;

impl Batching {
    /// Requests of at most `told` operations, as far as the server says that it has a limit, and
    /// never more than `most`.
    pub(crate) fn new(told: Option<u32>, most: usize) -> Self {
        let told = told.filter(|limit| *limit > 0).map_or(usize::MAX, |limit| limit as usize);
        let cap = told.min(most).max(1);
        Self { cap, trial: cap, suspect: 0, proven: 0, fruitless: 0 }
    }

    /// Operations of the next request.
    pub(crate) fn size(&self) -> usize {
        self.trial
    }

    /// Operations that the server takes at a time, as far as is known.
    pub(crate) fn cap(&self) -> usize {
        self.cap
    }

    /// Takes at most so many from now on.
    pub(crate) fn lower(&mut self, cap: usize) {
        self.cap = self.cap.min(cap).max(1);
        self.trial = self.trial.min(self.cap);
    }

    /// A request of `count` operations was answered.
    pub(crate) fn answered(&mut self, count: usize) {
        self.fruitless = 0;
        self.proven += count;
        if self.suspect == 0 {
            self.trial = self.trial.saturating_mul(2).min(self.cap);
        } else if self.proven >= self.suspect {
            self.cap = self.trial;
            self.suspect = 0;
        }
    }

    /// A request of `count` operations was refused as a whole.
    pub(crate) fn refused(&mut self, count: usize, status: StatusCode) -> Refusal {
        self.fruitless = self.fruitless.saturating_add(1);
        let too_large = is_too_large(status);
        let divisible = count > 1 && (too_large || may_be_one_operation(status));
        (self.suspect, self.proven) = (0, 0);
        if !divisible || self.fruitless > MAX_FRUITLESS {
            if self.fruitless > MAX_FRUITLESS {
                self.trial = self.cap;
            }
            return Refusal::Final;
        }
        self.trial = (count / 2).max(1);
        if without_detail(status) == StatusCode::BadTooManyOperations {
            // It is the number alone.
            self.cap = self.trial;
        } else if too_large {
            self.suspect = count;
        }
        Refusal::Smaller
    }
}

/// Whether a request failed because it was, or its response would be, too large.
pub(crate) fn is_too_large(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        without_detail(status),
        S::BadTooManyOperations
            | S::BadEncodingLimitsExceeded
            | S::BadRequestTooLarge
            | S::BadResponseTooLarge
            | S::BadTcpMessageTooLarge
    )
}

/// Whether the server has surely not executed anything of a request that it refused so.
pub(crate) fn is_refused_unread(status: StatusCode) -> bool {
    matches!(without_detail(status), StatusCode::BadTooManyOperations | StatusCode::BadRequestTooLarge)
}

/// Whether one bad operation can be the reason why a server refuses a whole request.
pub(crate) fn may_be_one_operation(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        without_detail(status),
        S::BadUnexpectedError
            | S::BadInternalError
            | S::BadOutOfMemory
            | S::BadResourceUnavailable
            | S::BadEncodingError
            | S::BadDecodingError
            | S::BadNotSupported
            | S::BadNotImplemented
            | S::BadInvalidArgument
            | S::BadInvalidState
            | S::BadNotFound
            | S::BadNoMatch
            | S::BadNoData
            | S::BadUserAccessDenied
            | S::BadNodeIdInvalid
            | S::BadNodeIdUnknown
            | S::BadAttributeIdInvalid
            | S::BadIndexRangeInvalid
            | S::BadIndexRangeNoData
            | S::BadDataEncodingInvalid
            | S::BadDataEncodingUnsupported
            | S::BadDataTypeIdUnknown
            | S::BadNotReadable
            | S::BadNotWritable
            | S::BadOutOfRange
            | S::BadTypeMismatch
            | S::BadBrowseNameInvalid
            | S::BadBrowseDirectionInvalid
            | S::BadReferenceTypeIdInvalid
            | S::BadFilterNotAllowed
            | S::BadMonitoredItemFilterInvalid
            | S::BadMonitoredItemFilterUnsupported
            | S::BadDeadbandFilterInvalid
            | S::BadEventFilterInvalid
            | S::BadMonitoredItemIdInvalid
            | S::BadHistoryOperationInvalid
            | S::BadHistoryOperationUnsupported
            | S::BadTooManyMonitoredItems
            | S::BadUnknownResponse
    )
}

/// The code alone (OPC 10000-4 §7.39.1).
pub(crate) fn without_detail(status: StatusCode) -> StatusCode {
    StatusCode::from(status.bits() & 0xffff_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `total` operations to a server; returns the results and the sizes of all requests.
    fn send(
        batching: &mut Batching,
        total: usize,
        server: impl Fn(std::ops::Range<usize>) -> Option<StatusCode>,
    ) -> (Vec<StatusCode>, Vec<usize>) {
        let (mut results, mut sizes) = (Vec::new(), Vec::new());
        while results.len() < total {
            let count = batching.size().min(total - results.len());
            sizes.push(count);
            match server(results.len()..results.len() + count) {
                None => {
                    batching.answered(count);
                    results.extend(std::iter::repeat_n(StatusCode::Good, count));
                }
                Some(status) if batching.refused(count, status) == Refusal::Final => {
                    results.extend(std::iter::repeat_n(status, count));
                }
                Some(_) => {}
            }
        }
        (results, sizes)
    }

    fn bad(results: &[StatusCode]) -> Vec<usize> {
        results.iter().enumerate().filter(|(_, status)| status.is_bad()).map(|(index, _)| index).collect()
    }

    #[test]
    fn limits_that_lie_are_harmless() {
        for (told, size) in [(None, 1000), (Some(0), 1000), (Some(1), 1), (Some(20), 20), (Some(u32::MAX), 1000)] {
            assert_eq!(Batching::new(told, 1000).size(), size, "{told:?}");
        }
    }

    #[test]
    fn too_many_operations_halve_once_and_for_all() {
        let mut batching = Batching::new(None, 1000);
        let limit = |range: std::ops::Range<usize>| (range.len() > 20).then_some(StatusCode::BadTooManyOperations);
        let (results, sizes) = send(&mut batching, 500, limit);
        assert!(bad(&results).is_empty());
        assert_eq!(sizes[..6], [500, 250, 125, 62, 31, 15]);
        assert!(sizes[5..].iter().all(|size| *size <= 15), "{sizes:?}");
        assert_eq!(send(&mut batching, 30, limit).1, [15, 15], "it is remembered");
    }

    #[test]
    fn answers_that_are_too_large_make_requests_smaller_for_good() {
        let mut batching = Batching::new(None, 1000);
        let limit = |range: std::ops::Range<usize>| (range.len() > 300).then_some(StatusCode::BadResponseTooLarge);
        let (results, sizes) = send(&mut batching, 3000, limit);
        assert!(bad(&results).is_empty());
        assert_eq!((sizes.len(), batching.cap()), (2 + 12, 250), "{sizes:?}");
    }

    #[test]
    fn one_giant_operation_is_found_and_does_not_make_requests_smaller() {
        for giant in [0, 1, 333, 700, 999] {
            let mut batching = Batching::new(None, 1000);
            let server =
                |range: std::ops::Range<usize>| range.contains(&giant).then_some(StatusCode::BadEncodingLimitsExceeded);
            let (results, sizes) = send(&mut batching, 1000, server);
            assert_eq!(bad(&results), [giant]);
            assert!(sizes.len() < 50, "{giant}: {sizes:?}");
            assert_eq!(batching.cap(), 1000);
        }
    }

    #[test]
    fn one_bad_operation_is_found_within_few_requests() {
        for poison in [vec![0], vec![4, 5, 999], vec![500, 501]] {
            let mut batching = Batching::new(None, 1000);
            let server = |range: std::ops::Range<usize>| {
                poison.iter().any(|bad| range.contains(bad)).then_some(StatusCode::BadNodeIdUnknown)
            };
            let (results, sizes) = send(&mut batching, 1000, server);
            assert_eq!(bad(&results), poison);
            assert!(sizes.len() < 25 * poison.len(), "{} requests", sizes.len());
        }
    }

    #[test]
    fn a_server_that_refuses_everything_is_not_asked_for_each_operation() {
        let mut batching = Batching::new(None, 1000);
        let (results, sizes) = send(&mut batching, 5000, |_| Some(StatusCode::BadInternalError));
        assert_eq!(bad(&results).len(), 5000);
        assert!(sizes.len() <= 16 + 6, "{sizes:?}");
    }

    #[test]
    fn what_no_operation_can_cause_is_not_tried_again() {
        for status in [StatusCode::BadTimeout, StatusCode::BadSessionIdInvalid, StatusCode::BadServiceUnsupported] {
            let mut batching = Batching::new(None, 1000);
            assert_eq!(send(&mut batching, 1000, |_| Some(status)).1, [1000]);
        }
    }
}
