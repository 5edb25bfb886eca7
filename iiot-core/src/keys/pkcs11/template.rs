//! What a token is told of a key that it makes.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::types::Ulong;

use super::{Outcome, ecdsa, label};
use crate::error::Result;
use crate::keys::KeySpec;
use crate::keys::curve::Curve;
use crate::keys::rsa::wrong_length;

/// What a key is made of, and what it may be used for.
pub(super) struct Template {
    /// `None` for RSA.
    curve: Option<Curve>,
    public: Vec<Attribute>,
    private: Vec<Attribute>,
}

impl Template {
    pub(super) fn of(spec: KeySpec) -> Result<Self> {
        match spec {
            KeySpec::Rsa(bits @ (2048 | 3072 | 4096)) => Ok(Self::rsa(bits)),
            KeySpec::Rsa(_) => Err(wrong_length()),
            on_curve => Curve::of(on_curve).map(Self::ec),
        }
    }

    /// Makes the key; the handle is that of its private half.
    pub(super) fn make(&self, session: &Session, name: &str) -> Outcome<ObjectHandle> {
        let id = Attribute::Id(session.generate_random_vec(16)?);
        let common = [Attribute::Token(true), label(name), id];
        let hidden = [Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false)];
        let public = [&common[..], &self.public].concat();
        let private = [&common[..], &hidden, &self.private].concat();
        let mechanism = if self.curve.is_some() { Mechanism::EccKeyPairGen } else { Mechanism::RsaPkcsKeyPairGen };
        session.generate_key_pair(&mechanism, &public, &private).map(|(_, private)| private)
    }

    fn rsa(bits: usize) -> Self {
        let bits = Ulong::try_from(bits).expect("it is a small number");
        let numbers = [Attribute::ModulusBits(bits), Attribute::PublicExponent(vec![1, 0, 1])];
        Self {
            curve: None,
            public: [vec![Attribute::Verify(true), Attribute::Encrypt(true)], numbers.into()].concat(),
            private: vec![Attribute::Sign(true), Attribute::Decrypt(true)],
        }
    }

    fn ec(curve: Curve) -> Self {
        Self {
            curve: Some(curve),
            public: vec![Attribute::Verify(true), Attribute::EcParams(ecdsa::parameters(curve))],
            private: vec![Attribute::Sign(true)],
        }
    }
}
