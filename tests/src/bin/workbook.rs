//! Measures the import of a catalogue workbook into a real county:
//! `cargo run --release -p changxiao-tests --bin workbook -- --rows 10000 --bad 1`.
//!
//! Prints how long each part took, the peak memory of the county's process before and after and of the child that reads, the rows
//! refused, and where the returned sheet lies. All enterprises are invented.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use calamine::{Reader as _, Xlsx};
use changxiao_proto::{account::v1::Role, county::v1::*};
use changxiao_tests::{
    sheets::{self, CATALOGUE, enterprise},
    story::people::{self, Confined},
    world::World,
};
use clap::{Parser, ValueEnum};
use tokio::time::Instant;

const COUNTY: &str = "bs-tengchong";

/// Imports a synthetic catalogue and measures.
#[derive(Parser)]
struct Arguments {
    /// Rows of the sheet.
    #[arg(long, default_value_t = 10_000)]
    rows: u32,
    /// Bad rows, per cent.
    #[arg(long, default_value_t = 1)]
    bad: u32,
    /// What becomes of a sheet that holds a bad row.
    #[arg(long, value_enum, default_value_t = Mode::GoodRows)]
    mode: Mode,
    /// Where the sent and the returned sheet are left.
    #[arg(long, default_value = "target/workbook")]
    out: PathBuf,
    /// Instead of all that, parse one file in this process, as a parser without a child would: the control of the hostile files.
    #[arg(long)]
    in_process: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Nothing changes.
    DryRun,
    /// One decision.
    AllOrNothing,
    /// Each row for itself.
    GoodRows,
}

/// Peak resident memory of a process, KiB.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Children of a process.
fn children(of: u32) -> Vec<u32> {
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok())
    };
    ids.filter(|id| parent(id) == Some(of)).collect()
}

fn workbook(rows: u32, bad: u32) -> Vec<u8> {
    let every = (100 / bad.max(1)).max(1);
    sheets::xlsx(
        &CATALOGUE,
        (0..rows).map(|number| {
            let mut row = enterprise(number).to_vec();
            if bad > 0 && number % every == every / 2 {
                match number / every % 3 {
                    0 => row[0].clear(),
                    1 => row[3] = "Q99".to_owned(),
                    _ => row[4] = format!("{}0", &row[4][..17]),
                }
            }
            row
        }),
    )
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let begun = Instant::now();
    let sheet = workbook(arguments.rows, arguments.bad);
    fs::create_dir_all(&arguments.out)?;
    let (sent, returned) = (arguments.out.join("sent.xlsx"), arguments.out.join("returned.xlsx"));
    fs::write(&sent, &sheet)?;
    println!(
        "sheet             {} rows, {} bytes, made in {:.2} s: {}",
        arguments.rows,
        sheet.len(),
        begun.elapsed().as_secs_f64(),
        sent.display()
    );
    let world = World::baoshan().with_counties(&[COUNTY]).seed(7).start().await?;
    let regulator = people::hire(&world.administrator(COUNTY), "regulator-1", Role::CountyRegulator, Confined::default()).await?;
    let process = world.process_id(COUNTY).context("no process")?;
    let before = peak(process);
    let begun = Instant::now();
    let upload = sheets::upload(&regulator, UploadPurpose::Import, "catalogue.xlsx", &sheet).await?;
    println!("upload            {:.2} s", begun.elapsed().as_secs_f64());
    let (stop, of_child) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (stopping, seen) = (stop.clone(), of_child.clone());
    let watcher = std::thread::spawn(move || {
        while !stopping.load(Ordering::Relaxed) {
            for child in children(process) {
                seen.fetch_max(peak(child), Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let mode = match arguments.mode {
        Mode::DryRun => ImportMode::DryRun,
        Mode::AllOrNothing => ImportMode::AllOrNothing,
        Mode::GoodRows => ImportMode::GoodRows,
    };
    let begun = Instant::now();
    let done = sheets::import(&regulator, ImportKind::Catalogue, mode, &upload.name).await?;
    let took = begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let _ = watcher.join();
    println!("import            {took:.2} s, {:.0} rows/s, {:?} {}", f64::from(done.rows_read) / took, done.state(), done.reason);
    println!("rows              {} read, {} taken, {} refused", done.rows_read, done.rows_accepted, done.rows_refused);
    println!(
        "peak memory       county {:.1} MiB before, {:.1} MiB after; child {:.1} MiB",
        mib(before),
        mib(peak(process)),
        mib(of_child.load(Ordering::Relaxed))
    );
    if !done.returned_file.is_empty() {
        fs::write(&returned, sheets::fetch(&regulator, &done.returned_file).await?)?;
        println!("returned sheet    {}", returned.display());
    }
    for error in done.errors.iter().take(3) {
        println!("  row {} {} {} [{}]", error.row, error.cell, error.message_zh, error.reason);
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss)]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}

/// What a program without a child would do.
fn in_process(file: &Path) -> anyhow::Result<()> {
    let mut book: Xlsx<_> = calamine::open_workbook(file)?;
    let name = book.sheet_names().first().cloned().context("no sheet")?;
    println!("{:?}", book.worksheet_range(&name)?.get_size());
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.in_process {
        Some(file) => in_process(file),
        None => measure(&arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
