//! Anything at all, and anything that was nearly right.

use proptest::prelude::*;

use crate::pki::{Csr, CsrFault, Serial, ToBeSigned, fuzz};

proptest! {
    #[test]
    fn bytes_of_strangers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz::csr(&bytes);
        let _ = ToBeSigned::read(&bytes);
    }

    #[test]
    fn a_changed_request_gets_a_verdict_and_never_a_certificate(
        seed in 0..4_usize,
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut bytes = fuzz::csr_seeds()[seed].clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fuzz::csr(&bytes);
        prop_assert!(!fuzz::is_accepted(&bytes));
    }

    #[test]
    fn a_cut_request_is_refused(seed in 0..4_usize, at in any::<prop::sample::Index>()) {
        let bytes = fuzz::csr_seeds()[seed].clone();
        Csr::parse(&bytes[..at.index(bytes.len())]).unwrap_err();
    }

    #[test]
    fn something_behind_a_request_is_refused(seed in 0..4_usize, more in prop::collection::vec(any::<u8>(), 1..20)) {
        let bytes = [fuzz::csr_seeds()[seed].clone(), more].concat();
        prop_assert_eq!(Csr::parse(&bytes).unwrap_err(), CsrFault::TrailingBytes);
    }

    #[test]
    fn a_serial_is_read_as_it_is_written(text in "[0-9a-f]{2,40}") {
        if let Ok(serial) = text.parse::<Serial>() {
            prop_assert_eq!(serial.to_string(), text);
        }
    }
}
