//! The Python face of `iiot`: converts, calls, and maps the error. What users see is in the Python package around it.

mod bridge;
mod columns;
mod error;
mod face;
mod host;
mod mailbox;
mod process;

use pyo3::prelude::*;

/// `iiot._native`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::bridge::leave;
    #[pymodule_export]
    use super::columns::columns_of;
    #[pymodule_export]
    use super::error::kinds;
    #[pymodule_export]
    use super::face::{NativeColumnItems, NativeFace, NativeItems};
    #[pymodule_export]
    use super::host::Answer;
    #[pymodule_export]
    use super::process::{NativeProcess, command};
}
