//! What the stories are told with: a running edge, what an independent subscriber got, and what the
//! servers know to be true.

mod edge;
mod messages;
mod moment;
mod truth;

pub use edge::{Edge, EdgeOptions, example};
pub use messages::{Message, Messages, Published};
pub use moment::{iso, ticks};
pub use truth::{Truth, compare, truths};
