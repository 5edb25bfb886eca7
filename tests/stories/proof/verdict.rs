//! What came, against what was held and what was declared lost.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Counts;
use super::line::{Line, PATIENCE};
use super::memory::Memory;
use super::plant::{Plant, Settings};
use super::truth::{self, Truth};
use super::witness::{SeenLine, Twice};
use crate::ledger::{Lost, is_covered, some, unfounded};

/// On one line.
#[derive(Debug)]
pub(super) struct Verdict {
    line: usize,
    faults: Counts,
    /// Values that the server held and that were asked for, those that came, and those that came again.
    held: usize,
    came: usize,
    twice: Twice,
    messages: u64,
    lost: Vec<Lost>,
    /// Lost ones without a declared interval around them, and without a dead server.
    undeclared: Vec<Lost>,
    inexcusable: Vec<Lost>,
    declared: usize,
    causes: BTreeMap<String, usize>,
    /// Declared intervals without a cause.
    unfounded: Vec<Value>,
    wrong: Vec<String>,
    memory: Option<Memory>,
    stopped: bool,
}

impl Verdict {
    /// When everything has had its time to come.
    pub(super) async fn on(mut line: Line, faults: Counts, plant: &Plant) -> Self {
        line.resumed("everything").await;
        let number = line.number;
        let (truth, deaths) = (truth::all(&line.truth), std::mem::take(&mut line.deaths));
        let until = truth::ends(&truth);
        // What was held back may come behind newer values.
        let excused = |lost: &Lost| deaths.iter().any(|death| death.holds(lost.at));
        let all_there = |seen: &SeenLine| lost(&truth, seen, &until).iter().all(excused);
        plant.witness.wait_until(PATIENCE / 3, |seen| all_there(&seen.lines[number])).await;
        let declared = line.edge.declared_losses();
        let mut seen = plant.witness.seen();
        let seen = &mut seen.lines[number];
        let lost = lost(&truth, seen, &until);
        let mut wrong = std::mem::take(&mut seen.wrong);
        wrong.extend(invented(&truth, seen, &until));
        let mut causes = BTreeMap::new();
        for loss in &declared {
            *causes.entry(loss["cause"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        Self {
            line: number,
            faults,
            held: due(&truth, seen, &until).count(),
            came: seen.counters.iter().map(BTreeMap::len).sum(),
            twice: seen.twice,
            messages: seen.messages,
            undeclared: lost.iter().filter(|lost| !is_covered(lost, &declared)).cloned().collect(),
            inexcusable: lost.iter().filter(|lost| !excused(lost)).cloned().collect(),
            lost,
            declared: declared.len(),
            causes,
            unfounded: unfounded(&declared, &deaths).into_iter().cloned().collect(),
            wrong,
            memory: line.memory,
            stopped: line.edge.stop(),
        }
    }

    fn print(&self) {
        println!(
            "line {}: {} faults, {} values held, {} came in {} messages, {} again in the same message, {} again in one \
             marked as redelivered, {} lost, {} intervals declared {:?}, {} values undeclared, {} lost without a cause, \
             {} intervals without a cause",
            self.line,
            self.faults.values().sum::<u64>(),
            self.held,
            self.came,
            self.messages,
            self.twice.same_message,
            self.twice.redelivered,
            self.lost.len(),
            self.declared,
            self.causes,
            self.undeclared.len(),
            self.inexcusable.len(),
            self.unfounded.len(),
        );
        self.wrong.iter().take(40).for_each(|wrong| println!("line {}: {wrong}", self.line));
    }

    fn check(&self) {
        let line = self.line;
        assert!(self.inexcusable.is_empty(), "line {line}: lost although held: {}", some(&self.inexcusable));
        assert!(self.undeclared.is_empty(), "line {line}: lost and not declared: {}", some(&self.undeclared));
        assert!(self.unfounded.is_empty(), "line {line}: declared without a cause: {:#?}", self.unfounded);
        assert!(self.wrong.is_empty(), "line {line}: {} are wrong, see above", self.wrong.len());
        assert!(
            self.memory.is_none_or(|memory| memory.is_flat()),
            "line {line}: {}",
            self.memory.expect("it was watched")
        );
        assert!(self.stopped, "line {line}: the edge did not stop well");
    }
}

/// Prints the figures of all, and fails if one of them is not as it must be.
pub(super) fn conclude(verdicts: &[Verdict], settings: &Settings) {
    let mut faults = Counts::new();
    for verdict in verdicts {
        verdict.print();
        verdict.faults.iter().for_each(|(fault, count)| *faults.entry(*fault).or_default() += count);
    }
    let sum = |figure: fn(&Verdict) -> usize| verdicts.iter().map(figure).sum::<usize>();
    println!("seed {}: {} faults {faults:?}", settings.seed, faults.values().sum::<u64>());
    println!(
        "{} values held, {} came, {} lost, {} intervals declared, {} undeclared, {} again in the same message, {} again \
         and marked as redelivered, {} wrong",
        sum(|verdict| verdict.held),
        sum(|verdict| verdict.came),
        sum(|verdict| verdict.lost.len()),
        sum(|verdict| verdict.declared),
        sum(|verdict| verdict.undeclared.len()),
        sum(|verdict| verdict.twice.same_message as usize),
        sum(|verdict| verdict.twice.redelivered as usize),
        sum(|verdict| verdict.wrong.len()),
    );
    verdicts.iter().filter_map(|verdict| verdict.memory).for_each(|memory| println!("{memory}"));
    verdicts.iter().for_each(Verdict::check);
}

/// What was held before `until`, from the first value that came of each counter on: what was before nobody had
/// asked for.
fn due<'a>(truth: &'a Truth, seen: &'a SeenLine, until: &'a [i64]) -> impl Iterator<Item = (usize, i64, i64)> + 'a {
    truth.iter().zip(&seen.counters).zip(until).enumerate().flat_map(|(index, ((held, came), until))| {
        let first = came.first_key_value().map_or(i64::MAX, |(at, _)| *at);
        held.range(first.min(*until)..=*until)
            .filter(move |(at, _)| **at >= first)
            .map(move |(at, value)| (index, *at, *value))
    })
}

pub(super) fn lost(truth: &Truth, seen: &SeenLine, until: &[i64]) -> Vec<Lost> {
    let missing = due(truth, seen, until).filter(|(index, at, _)| !seen.counters[*index].contains_key(at));
    missing.map(|(index, at, value)| Lost { name: format!("Counter.{index}"), value, at }).collect()
}

/// What came and was never held, or not like that.
pub(super) fn invented(truth: &Truth, seen: &SeenLine, until: &[i64]) -> Vec<String> {
    let came = seen
        .counters
        .iter()
        .enumerate()
        .flat_map(|(index, came)| came.range(..=until[index]).map(move |it| (index, it)));
    let wrong = came.filter(|(index, (at, arrival))| truth[*index].get(at) != Some(&arrival.value));
    wrong.map(|(index, (at, arrival))| format!("Counter.{index} was never {} at {at}", arrival.value)).collect()
}
