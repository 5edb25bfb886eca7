//! The Node.js face of `iiot`: converts, calls, and maps the error. What users see is in `index.js` and `face.js` around it.

pub mod columns;
pub mod error;
pub mod face;
pub mod host;
pub mod process;
