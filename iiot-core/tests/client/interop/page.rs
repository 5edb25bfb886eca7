//! The matrix as a page of the documentation.

use std::fmt::Write as _;

use super::features::Feature;
use super::matrix::{Cell, Column, IDENTITIES};
use super::versions::version;

const HEAD: &str = "\
# Interoperability

Written by `cargo xtask interop`, which tries all of it; do not edit. The servers are those of `simulation/peers`. A gap is
the peer's: its evidence is below.

## Features

";

const WAYS: &str = "
## Ways in

Each policy, mode and identity that a server offers: connected, session activated, read. Basic128Rsa15 and Basic256 are
broken; we speak them with the feature `legacy-policies` only, with which this was made.

";

const GAPS: &str = "
## Gaps of the peers

";

/// The page. It says nothing that changes from run to run.
pub(super) fn render(columns: &[Column]) -> String {
    let mut page = HEAD.to_owned();
    page += &table("", &Feature::ALL.map(|feature| format!("{feature:?}")), columns, feature_cell);
    page += WAYS;
    page += &table("security, identity", &ways(columns), columns, way_cell);
    page += GAPS;
    page += &gaps(columns);
    page
}

fn table(corner: &str, rows: &[String], columns: &[Column], cell: fn(&Column, &str) -> Option<Cell>) -> String {
    let names: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.stack.name(), version(column.stack))).collect();
    let mut table = format!("| {corner} | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        let cells: Vec<&str> = columns.iter().map(|column| word(cell(column, row).as_ref())).collect();
        writeln!(table, "| {row} | {} |", cells.join(" | ")).expect("a String takes everything");
    }
    table
}

/// Every way that any server offers, weakest first.
fn ways(columns: &[Column]) -> Vec<String> {
    let mut securities: Vec<(i32, &str, String)> = Vec::new();
    for (way, _) in columns.iter().flat_map(|column| &column.ways) {
        securities.push((way.mode as i32, &way.policy, format!("{} {:?}", way.policy, way.mode)));
    }
    securities.sort();
    securities.dedup();
    let rows = securities.iter().flat_map(|(.., name)| IDENTITIES.map(|identity| format!("{name}, {identity}")));
    rows.collect()
}

fn feature_cell(column: &Column, row: &str) -> Option<Cell> {
    column.features.iter().find(|(feature, _)| format!("{feature:?}") == row).map(|(_, cell)| cell.clone())
}

fn way_cell(column: &Column, row: &str) -> Option<Cell> {
    let name = |way: &iiot_core::testing::WayIn| format!("{} {:?}, {}", way.policy, way.mode, way.identity);
    column.ways.iter().find(|(way, _)| name(way) == row).map(|(_, cell)| cell.clone())
}

fn word(cell: Option<&Cell>) -> &'static str {
    match cell {
        None => "not offered",
        Some(Cell::Works) => "yes",
        Some(Cell::Gap(_)) => "gap",
        Some(Cell::Fails(_)) => "**fails**",
    }
}

/// A line for each gap, with the peer's words; ways in that fail alike share one.
fn gaps(columns: &[Column]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for column in columns {
        let features = column.features.iter().map(|(feature, cell)| (format!("{feature:?}"), cell));
        let ways = column.ways.iter().map(|(way, cell)| (format!("{} in any mode", way.policy), cell));
        for (what, cell) in features.chain(ways) {
            if let Cell::Gap(why) = cell {
                lines.push(format!("- {}, {what}: {why}", column.stack.name()));
            }
        }
    }
    lines.dedup();
    lines.sort();
    lines.dedup();
    lines.join("\n") + "\n"
}
