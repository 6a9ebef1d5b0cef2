//! Collects what the remote stations of a water network measure. Its layouts are those of tracing-subscriber's default
//! format, of env_logger's default format, and of tracing-subscriber's JSON; no crate is at hand.

use std::fmt;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            chance.next();
        }
        chance
    }
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }
    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.next() as usize % list.len()]
    }
}

#[derive(Debug)]
enum StationError {
    Frame(std::num::ParseFloatError),
    Silent { station: String, seconds: i64 },
    Store(std::io::Error),
    Checksum { expected: u16, found: u16 },
}

impl fmt::Display for StationError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            StationError::Frame(_) => write!(f, "frame holds no number"),
            StationError::Silent { station, seconds } => write!(f, "station {station} silent for {seconds} s"),
            StationError::Store(_) => write!(f, "measurement not stored"),
            StationError::Checksum { expected, found } => write!(f, "checksum {found:#06x}, expected {expected:#06x}"),
        }
    }
}

impl std::error::Error for StationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StationError::Frame(error) => Some(error),
            StationError::Store(error) => Some(error),
            _ => None,
        }
    }
}

struct Log(String);

impl Log {
    fn at(&self, level: &str, text: &str) {
        let (stamp, micros) = now();
        let line = match self.0.as_str() {
            "tracing" => format!("{stamp}.{micros:06}Z {level:>5} telemetry: {text}"),
            "envlogger" => format!("[{stamp}Z {level:<5} telemetry] {text}"),
            "json" => format!(
                "{{\"timestamp\":\"{stamp}.{micros:06}Z\",\"level\":\"{level}\",\"fields\":{{\"message\":\"{}\"}},\"target\":\"telemetry\"}}",
                text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
            ),
            "journal" => format!("{level} {text}"),
            _ => match level {
                "ERROR" => format!("error: {text}"),
                "WARN" => format!("warning: {text}"),
                _ => text.to_string(),
            },
        };
        if self.0 == "tracing" || self.0 == "json" {
            println!("{line}");
        } else {
            eprintln!("{line}");
        }
        std::io::stdout().flush().unwrap();
    }
    fn debug(&self, text: &str) {
        self.at("DEBUG", text);
    }
    fn info(&self, text: &str) {
        self.at("INFO", text);
    }
    fn warn(&self, text: &str) {
        self.at("WARN", text);
    }
    fn error(&self, text: &str) {
        self.at("ERROR", text);
    }
}

fn now() -> (String, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seconds = since.as_secs() as i64;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    let day = doy - (153 * mp + 2) / 5 + 1;
    (
        format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60),
        since.subsec_micros(),
    )
}

fn mark(byte: u8) {
    let mut out = std::io::stdout();
    out.write_all(&[byte, b'\n']).unwrap();
    out.flush().unwrap();
}

const STATIONS: [&str; 6] = ["kelby-weir", "harrow-tower", "ashford-res", "mill-lane-prv", "north-main", "dock-booster"];

fn work(log: &Log, chance: &mut Chance) {
    for _ in 0..chance.between(2, 4) {
        let station = chance.pick(&STATIONS);
        match chance.between(0, 6) {
            0 => log.debug(&format!("polling {station}")),
            1 => log.info(&format!("{station} level {}.{:02} m", chance.between(0, 7), chance.between(0, 99))),
            2 => log.info(&format!("{station} flow {} l/s", chance.between(1, 400))),
            3 => log.info(&format!("stored {} measurements in {} ms", chance.between(10, 900), chance.between(1, 80))),
            4 => log.warn(&format!("{station} answered after {} ms", chance.between(900, 4000))),
            5 => log.debug(&format!("battery of {station} at {} %", chance.between(30, 100))),
            _ => log.info(&format!("valve at {station} set to {} %", chance.between(0, 100))),
        }
    }
}

fn decode(text: &str) -> Result<f64, StationError> {
    text.parse().map_err(StationError::Frame)
}

fn poll(station: &str, chance: &mut Chance) -> Result<f64, StationError> {
    match chance.between(0, 3) {
        0 => decode(chance.pick(&["", "1,5", "ERR", "--"])),
        1 => Err(StationError::Silent { station: station.to_string(), seconds: chance.between(60, 900) }),
        2 => std::fs::read(format!("/var/lib/telemetry/{station}.wal")).map(|_| 0.0).map_err(StationError::Store),
        _ => Err(StationError::Checksum { expected: chance.next() as u16, found: chance.next() as u16 }),
    }
}

/// As anyhow shows an error with `{:?}`: its causes below it, numbered where there are several.
fn report(head: &str, error: &dyn std::error::Error) -> String {
    let mut causes = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let mut text = format!("{head}\n\nCaused by:");
    for (number, cause) in causes.iter().enumerate() {
        if causes.len() == 1 {
            text += &format!("\n    {cause}");
        } else {
            text += &format!("\n    {number}: {cause}");
        }
    }
    text
}

fn level_at(levels: &[f64], index: usize) -> f64 {
    levels[index]
}

fn overflow(head: u8, tail: u8) -> u8 {
    head + tail
}

fn handle(kind: &str, log: &Log, chance: &mut Chance) {
    let station = chance.pick(&STATIONS);
    mark(2);
    match kind {
        "report" => {
            let error = poll(station, chance).unwrap_err();
            log.error(&report(&format!("poll of {station} failed"), &error));
        }
        "debug" => log.error(&format!("poll of {station} failed: {:?}", poll(station, chance).unwrap_err())),
        "display" => {
            let error = poll(station, chance).unwrap_err();
            log.error(&format!("could not read {station}: {error}"));
        }
        "line" => {
            let seconds = chance.between(5, 60);
            let text = match chance.between(0, 3) {
                0 => format!("connection to broker 10.40.9.{seconds}:1883 lost: Connection reset by peer (os error 104)"),
                1 => format!("command to {station} not confirmed within {seconds} s"),
                2 => format!("pressure sensor of {station} failed self-test {seconds}"),
                _ => format!("queue full, {seconds} measurements of {station} dropped"),
            };
            log.error(&text);
        }
        "pair" => {
            log.error(&format!("clock of {station} is {} minutes off, its data refused", chance.between(10, 90)));
            mark(3);
            mark(2);
            log.error(&format!("alarm to control room failed: HTTP {}", chance.pick(&["500", "502", "504"])));
        }
        "thread" => {
            let index = chance.between(3, 9) as usize;
            let handle = std::thread::Builder::new()
                .name(format!("poll-{station}"))
                .spawn(move || level_at(&[1.0, 2.0], index))
                .unwrap();
            handle.join().ok();
        }
        "caught" => {
            let text = chance.pick(&["", "x1", "1_0"]);
            std::panic::catch_unwind(|| text.parse::<i32>().unwrap()).ok();
        }
        "unwrap" => {
            poll(station, chance).unwrap();
        }
        "expect" => {
            decode(chance.pick(&["", "n/a"])).expect("gauge value");
        }
        "overflow" => {
            overflow(chance.between(200, 250) as u8, chance.between(60, 90) as u8);
        }
        "fatal" => {
            log.error(&format!("cannot bind 0.0.0.0:{}: Address already in use (os error 98), exiting", chance.between(5000, 5999)));
            std::process::exit(1);
        }
        _ => unreachable!("kind {kind}"),
    }
    mark(3);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let log = Log(arguments[1].clone());
    let seed: u64 = arguments[2].parse().unwrap();
    let start: usize = arguments[3].parse().unwrap();
    let kinds: Vec<&str> = "report report report debug debug display display line line line pair thread caught \
                            unwrap expect overflow fatal report line thread"
        .split_whitespace()
        .collect();
    let mut jobs: Vec<&str> = kinds.iter().chain(&kinds).chain(&kinds[..13]).copied().collect();
    let mut chance = Chance::new(seed);
    for i in (1..jobs.len()).rev() {
        let j = chance.between(0, i as i64) as usize;
        jobs.swap(i, j);
    }
    if start == 0 {
        log.info("telemetry 2.8.0 started");
    }
    for number in start..jobs.len() {
        chance = Chance::new(seed * 1000 + number as u64);
        std::fs::write(&arguments[4], number.to_string()).unwrap();
        work(&log, &mut chance);
        handle(jobs[number], &log, &mut chance);
    }
    work(&log, &mut chance);
    std::fs::write(&arguments[4], "done").unwrap();
}
