//! A token: one login, renewed after the token was away.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::RawAuthPin;
use parking_lot::Mutex;

use super::{Outcome, Pkcs11Options};
use crate::error::{Error, ErrorKind, Result};

/// Operations run one at a time: one session is enough for a handshake now and then.
pub(super) struct Token {
    options: Pkcs11Options,
    login: Mutex<Login>,
}

enum Login {
    /// Not yet, or not any more.
    Out,
    In(Session),
    /// The token said no; asking again would lock it.
    Refused,
}

impl Token {
    pub(super) fn new(options: Pkcs11Options) -> Self {
        Self { options, login: Mutex::new(Login::Out) }
    }

    /// Runs work in a session. If the token has forgotten the session the work runs once more.
    pub(super) fn with_session<T>(&self, operation: &'static str, work: impl Fn(&Session) -> Outcome<T>) -> Result<T> {
        let mut login = self.login.lock();
        for attempt in 0.. {
            match work(self.session(&mut login)?) {
                Ok(value) => return Ok(value),
                Err(cause) if attempt == 0 && is_forgotten(&cause) => *login = Login::Out,
                Err(cause) => return Err(self.failed(operation, cause)),
            }
        }
        unreachable!("the second attempt returns")
    }

    fn session<'a>(&self, login: &'a mut Login) -> Result<&'a Session> {
        let stands = match login {
            Login::In(session) => is_logged_in(session),
            Login::Out => false,
            Login::Refused => true,
        };
        if !stands {
            *login = self.log_in()?;
        }
        match login {
            Login::In(session) => Ok(session),
            Login::Out | Login::Refused => Err(self.wrong_pin()),
        }
    }

    fn log_in(&self) -> Result<Login> {
        let context = module(&self.options.module)?;
        let slot = self.slot(&context)?;
        let session = context.open_rw_session(slot).map_err(|cause| self.failed("open token", cause))?;
        let pin = RawAuthPin::from(Box::new(self.options.pin.bytes().to_vec()));
        match session.login_with_raw(UserType::User, &pin) {
            // The login belongs to the process, so another session may have done it.
            Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(Login::In(session)),
            Err(Pkcs11Error::Pkcs11(RvError::PinIncorrect | RvError::PinLocked | RvError::PinInvalid, _)) => {
                Ok(Login::Refused)
            }
            Err(cause) => Err(self.failed("log in to token", cause)),
        }
    }

    /// Slot numbers change when tokens are made; labels stay.
    fn slot(&self, context: &Pkcs11) -> Result<Slot> {
        let slots = context.get_slots_with_initialized_token().map_err(|cause| self.failed("find token", cause))?;
        let mut labels = Vec::new();
        for slot in slots {
            let info = context.get_token_info(slot).map_err(|cause| self.failed("find token", cause))?;
            if info.label() == self.options.token {
                return Ok(slot);
            }
            labels.push(info.label().to_owned());
        }
        let message = format!("the module has no token of this label, but [{}]", labels.join(", "));
        Err(self.named(Error::new(ErrorKind::NotFound, "find token", message)))
    }

    fn wrong_pin(&self) -> Error {
        let message = "the token refused the PIN; it is not tried again, because tokens lock themselves: correct it and start anew";
        self.named(Error::new(ErrorKind::Unauthenticated, "log in to token", message))
    }

    fn failed(&self, operation: &'static str, cause: Pkcs11Error) -> Error {
        let (kind, message) = match &cause {
            Pkcs11Error::Pkcs11(
                RvError::ArgumentsBad | RvError::MechanismInvalid | RvError::MechanismParamInvalid,
                _,
            ) => (ErrorKind::Unsupported, "the token does not offer this algorithm"),
            Pkcs11Error::Pkcs11(RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange, _) => {
                (ErrorKind::Security, "it was not encrypted for this key")
            }
            Pkcs11Error::Pkcs11(RvError::KeyHandleInvalid, _) => {
                (ErrorKind::NotFound, "the key is no longer in the token")
            }
            cause if is_forgotten(cause) => (ErrorKind::Unavailable, "the token is away"),
            _ => (ErrorKind::Internal, "the token refused"),
        };
        self.named(Error::new(kind, operation, message).because(cause))
    }

    fn named(&self, error: Error) -> Error {
        error.with("token", &self.options.token).with("module", self.options.module.display())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

/// Modules that are loaded. A module knows one initialization and one finalization in a process, so
/// whoever would end one would end it for all.
static MODULES: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);

fn module(path: &Path) -> Result<Pkcs11> {
    let mut modules = MODULES.lock();
    let modules = modules.get_or_insert_default();
    if let Some(context) = modules.get(path) {
        return Ok(context.clone());
    }
    let unusable = |cause| {
        let message = "the PKCS#11 module cannot be loaded; is it the vendor's library for this machine?";
        Error::new(ErrorKind::NotFound, "load PKCS#11 module", message).with("module", path.display()).because(cause)
    };
    let context = Pkcs11::new(path).map_err(unusable)?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(cause) => return Err(unusable(cause)),
    }
    modules.insert(path.to_owned(), context.clone());
    Ok(context)
}

/// A session that is no longer logged in answers, but sees no private key: one would seem to be gone.
fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| info.session_state() == SessionState::RwUser)
}

/// Whether the token has been away since we logged in.
fn is_forgotten(cause: &Pkcs11Error) -> bool {
    use RvError as R;
    let Pkcs11Error::Pkcs11(value, _) = cause else { return false };
    matches!(
        value,
        R::SessionHandleInvalid
            | R::SessionClosed
            | R::UserNotLoggedIn
            | R::DeviceRemoved
            | R::DeviceError
            | R::TokenNotPresent
            | R::TokenNotRecognized
    )
}
