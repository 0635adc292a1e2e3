//! The figures of one run as the tables of `docs/performance.md`.

use std::{fmt, time::Duration};

use super::{
    Choices,
    echo::Echo,
    filing::Round,
    freshness::Freshness,
    spread::{Spread, low_middle_high, millis},
};
use crate::world::programs::{Program, Programs};

/// Everything one run showed.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was asked for.
    pub choices: Choices,
    /// The disk, once before every round.
    pub disk: Vec<Spread>,
    /// Filing.
    pub rounds: Vec<Round>,
    /// Resident memory.
    pub memory: Vec<Memory>,
    /// County to province, nothing else going on.
    pub quiet: Freshness,
    /// County to province with load.
    pub loaded: Freshness,
    /// Entries in the county's journal at the restart.
    pub entries: i64,
    /// From the county's start to SERVING.
    pub start: Duration,
    /// Program files.
    pub sizes: Vec<Size>,
    /// What a call costs before any work is done.
    pub echo: Echo,
}

/// Resident memory of one process at one moment.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Which process and when.
    pub what: &'static str,
    /// KiB.
    pub kib: u64,
}

/// Size of one program file.
#[derive(Clone, Debug)]
pub struct Size {
    /// File name.
    pub name: String,
    /// Directory it lies in, such as `release`.
    pub profile: String,
    /// Bytes.
    pub bytes: u64,
}

impl Size {
    /// Both programs.
    ///
    /// # Errors
    /// If one of them is gone.
    pub fn of(programs: &Programs) -> anyhow::Result<Vec<Self>> {
        let named = |name: Option<&std::ffi::OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
        [Program::Node, Program::Aggregator]
            .into_iter()
            .map(|program| {
                let path = programs.of(program);
                let profile = named(path.parent().and_then(|directory| directory.file_name()));
                Ok(Size { name: named(path.file_name()), profile, bytes: std::fs::metadata(path)?.len() })
            })
            .collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = self.sizes.first().map_or("", |size| size.profile.as_str());
        writeln!(
            f,
            "Programs: {profile}. {} enterprises (SYNTHETIC), {} clients, {} rounds, {} freshness samples.\n",
            self.choices.enterprises, self.choices.clients, self.choices.rounds, self.choices.samples
        )?;
        self.rounds(f)?;
        self.summary(f)?;
        write!(f, "\n{}", self.echo)
    }
}

impl Report {
    fn rounds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| round | fdatasync p50 / p99 ms | product /s | ack p50 / p99 ms | mean group | CPU µs each | raw /s | raw group p50 / p99 ms | ratio |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        for (number, (round, disk)) in self.rounds.iter().zip(&self.disk).enumerate() {
            writeln!(
                f,
                "| {} | {} | {:.0} | {} | {:.1} | {:.0} | {:.0} | {} | {:.2} |",
                number + 1,
                pair(disk),
                round.rate(),
                pair(&round.acknowledged),
                round.group(),
                round.cpu_micros(),
                round.raw_rate(),
                pair(&round.raw_groups),
                round.ratio()
            )?;
        }
        writeln!(f)
    }

    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disk = Spread::joined(&self.disk);
        let acknowledged = Spread::joined(self.rounds.iter().map(|round| &round.acknowledged));
        writeln!(f, "| figure | value |\n|---|---|")?;
        writeln!(
            f,
            "| durable declarations per second, min / median / max | {} |",
            three(self.rounds.iter().map(Round::rate), 0)
        )?;
        writeln!(
            f,
            "| raw group commit of the same rows, min / median / max | {} |",
            three(self.rounds.iter().map(Round::raw_rate), 0)
        )?;
        writeln!(f, "| ratio product : raw, min / median / max | {} |", three(self.rounds.iter().map(Round::ratio), 2))?;
        writeln!(f, "| mean group, min / median / max | {} |", three(self.rounds.iter().map(Round::group), 1))?;
        writeln!(f, "| acknowledgement p50 / p99, all rounds | {} ms |", pair(&acknowledged))?;
        writeln!(
            f,
            "| county CPU per declaration, min / median / max | {} µs |",
            three(self.rounds.iter().map(Round::cpu_micros), 0)
        )?;
        writeln!(
            f,
            "| fdatasync of one page p50 / p99 | {} ms ({:.0}/s) |",
            pair(&disk),
            1e3 / millis(disk.quantile(0.5)).max(1e-9)
        )?;
        writeln!(f, "| hazard command, 1 client, acknowledged p50 / p99 | {} ms |", pair(&self.quiet.acknowledged))?;
        writeln!(f, "| county → province, no load, visible p50 / p99 | {} ms |", pair(&self.quiet.visible))?;
        writeln!(
            f,
            "| county → province under load ({:.0} writes/s), visible p50 / p99 | {} ms |",
            self.loaded.load_rate,
            pair(&self.loaded.visible)
        )?;
        for memory in &self.memory {
            writeln!(f, "| resident memory, {} | {:.1} MiB |", memory.what, memory.kib as f64 / 1_024.0)?;
        }
        writeln!(f, "| start of the county to SERVING, {} entries | {:.0} ms |", self.entries, millis(self.start))?;
        for size in &self.sizes {
            writeln!(f, "| {} ({}) | {:.1} MB |", size.name, size.profile, size.bytes as f64 / 1e6)?;
        }
        Ok(())
    }
}

fn pair(spread: &Spread) -> String {
    format!("{:.2} / {:.2}", millis(spread.quantile(0.5)), millis(spread.quantile(0.99)))
}

fn three(numbers: impl IntoIterator<Item = f64>, digits: usize) -> String {
    low_middle_high(numbers).map(|number| format!("{number:.digits$}")).join(" / ")
}
