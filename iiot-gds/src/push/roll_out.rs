//! A fleet in waves.

mod plan;
mod shell;

pub use plan::{FleetMember, RollOut, RollOutAction, RollOutPhase, RollOutPlan, WaveSize};
pub use shell::roll_out;
