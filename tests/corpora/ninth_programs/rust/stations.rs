//! Weather stations: it polls them, checks what they say, writes it down, and fails in the ways such a service fails.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

// chance

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }
    fn number(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[(self.next() % of.len() as u64) as usize]
    }
    fn filled(&mut self, text: &str) -> String {
        let mut text = text.to_string();
        while let Some(at) = text.find("{s}") {
            text.replace_range(at..at + 3, self.pick(STATIONS));
        }
        while let Some(at) = text.find("{n}") {
            text.replace_range(at..at + 3, &self.number(1000, 99999).to_string());
        }
        while let Some(at) = text.find("{o}") {
            text.replace_range(at..at + 3, &self.number(2, 90).to_string());
        }
        text
    }
}

const STATIONS: &[&str] = &["Zugspitze", "Jan Mayen", "峨眉山", "Kap Arkona", "Sonnblick", "Puy de Dôme", "Valentia"];
const LINES: &[&str] = &[
    "station {s} does not answer, skipped",
    "could not write observation {n}: disk full",
    "connection to 10.7.0.{o}:9600 refused, gave up after 3 attempts",
    "invalid checksum in telegram {n} of {s}",
    "Failed to upload bulletin {n}: 503 Service Unavailable",
    "站点 {s} 数据丢失，报文 {n}",
    "cannot parse wind of {s}: unexpected unit",
];
const MULTI: &[&str] = &[
    "bulletin {n} rejected:\n  - {s}: dew point above temperature\n  - {s}: pressure missing",
    "calibration of {s} failed\n  sensor {o}: no signal\n  sensor {o}: out of range",
];
const TOLD: &[&str] = &["poll of {s} failed", "could not store observation {n}", "error while encoding telegram {n}", "upload aborted", "处理报文 {n} 失败"];
const WORK: &[&str] = &[
    "polled {s}: {o} values",
    "observation {n} stored",
    "bulletin {n} uploaded in {o} ms",
    "checked {n} values, 0 errors",
    "no error found in telegram {n}",
    "reconnected to {s} at attempt 2",
    "GET /stations/{o}/errors 200",
    "站点 {s} 正常",
    "panic button of {s} tested, works",
    "run finished: failed=0 stored={n}",
];
const WARNED: &[&str] = &["battery of {s} at {o}%", "clock of {s} is {o} s late", "queue holds {n} observations"];

// its errors

#[derive(Debug)]
enum PollError {
    Timeout { station: String, after_ms: u64 },
    Checksum { expected: u16, found: u16 },
    Io(std::io::Error),
}
impl fmt::Display for PollError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PollError::Timeout { station, after_ms } => write!(f, "{station} did not answer within {after_ms} ms"),
            PollError::Checksum { expected, found } => write!(f, "checksum mismatch: expected {expected:04x}, found {found:04x}"),
            PollError::Io(e) => write!(f, "reading the serial line failed: {e}"),
        }
    }
}
impl Error for PollError {}

/// What anyhow does: a message and what caused it, told one below the other.
struct Report(Vec<String>);
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.0[0])?;
        if self.0.len() == 2 {
            write!(f, "\n\nCaused by:\n    {}", self.0[1])?;
        } else if self.0.len() > 2 {
            write!(f, "\n\nCaused by:")?;
            for (i, x) in self.0[1..].iter().enumerate() {
                write!(f, "\n    {i}: {x}")?;
            }
        }
        Ok(())
    }
}

// what it does

fn poll_error(c: &mut Chance) -> PollError {
    match c.number(0, 2) {
        0 => PollError::Timeout { station: c.pick(STATIONS).into(), after_ms: c.number(100, 5000) },
        1 => PollError::Checksum { expected: c.number(0, 65535) as u16, found: c.number(0, 65535) as u16 },
        _ => PollError::Io(std::fs::File::open("/dev/ttyUSB9").unwrap_err()),
    }
}
fn report(c: &mut Chance) -> Report {
    let mut all = vec![c.filled(c_told(0)), poll_error(c).to_string()];
    if c.number(0, 1) == 0 {
        all.insert(1, c.filled("station {s}, channel {o}"));
    }
    if c.number(0, 3) == 0 {
        all.truncate(2);
    }
    Report(all)
}
fn c_told(i: usize) -> &'static str {
    ["failed to poll station {s}", "could not load /etc/stations/{o}.toml"][i]
}
fn observation(values: &[f64], at: usize) -> f64 {
    values[at]
}
fn panics(kind: usize, c: &mut Chance) {
    match kind {
        0 => {
            observation(&[1.5, 2.5, 4.0], c.number(3, 40) as usize);
        }
        1 => {
            let none: Option<u32> = HashMap::<u32, u32>::new().get(&(c.number(1, 9) as u32)).copied();
            none.unwrap();
        }
        2 => {
            Err::<(), PollError>(poll_error(c)).unwrap();
        }
        3 => {
            c.filled("{n} hPa").parse::<u32>().expect("pressure is a number");
        }
        4 => {
            let heights: Vec<u32> = vec![];
            println!("{}", c.number(10, 99) as u32 / heights.len() as u32);
        }
        5 => {
            let low = c.number(1, 5) as u8;
            let range = low - c.number(6, 9) as u8;
            println!("{range}");
        }
        6 => assert_eq!(c.number(1, 9), 10, "{}", c.filled("wind sensors of {s}")),
        7 => assert!(c.number(1, 9) > 10, "{}", c.filled("telegram {n} has too few groups")),
        8 => panic!("{}", c.filled("观测 {n} 无法编码：站点 {s} 未注册")),
        9 => panic!("{}", c.filled("bulletin {n} is broken:\n  {s}: no temperature\n  {s}: no wind")),
        10 => unreachable!("{}", c.filled("sensor {o} has no kind")),
        11 => {
            let cell = std::cell::RefCell::new(1);
            let _first = cell.borrow_mut();
            let _second = cell.borrow_mut();
        }
        12 => {
            println!("{}", &"Puy de Dôme"[0..9]);
        }
        13 => todo!("{}", c.filled("soil moisture of {s}")),
        14 => {
            let mut values = [3.0, f64::NAN, 1.0];
            values.sort_by(|a, b| a.partial_cmp(b).unwrap());
        }
        15 => {
            let raw: Vec<u8> = vec![0x54, 0xff, 0xfe];
            String::from_utf8(raw).unwrap();
        }
        16 => {
            let map: BTreeMap<&str, u32> = BTreeMap::new();
            println!("{}", map[c.pick(STATIONS)]);
        }
        17 => {
            std::fs::read_to_string(format!("/etc/stations/{}.toml", c.number(1, 99))).expect("config must be readable");
        }
        _ => {
            let far: Vec<u8> = Vec::with_capacity(usize::MAX);
            println!("{}", far.len());
        }
    }
}
const PANICS: usize = 19;

// how it is logged

fn days(since: i64) -> (i64, i64, i64) {
    let z = since + 719468;
    let era = z / 146097;
    let doe = z - era * 146097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + (month <= 2) as i64, month, doy - (153 * mp + 2) / 5 + 1)
}
fn now() -> (String, String, u32) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let s = now.as_secs() as i64;
    let (y, m, d) = days(s / 86400);
    let t = s % 86400;
    (format!("{y}-{m:02}-{d:02}"), format!("{:02}:{:02}:{:02}", t / 3600, t / 60 % 60, t % 60), now.subsec_micros())
}
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

struct Log {
    way: String,
    module: &'static str,
}
impl Log {
    fn write(&self, level: &str, text: &str, error: Option<&str>, c: &mut Chance) {
        let (day, time, micros) = now();
        let whole = match error {
            Some(e) => format!("{text}: {e}"),
            None => text.to_string(),
        };
        let line = match self.way.as_str() {
            "simplelog" => format!("{time} [{level}] {}: {whole}", self.module),
            "fern" => format!("[{day}][{time}][{}][{level}] {whole}", self.module),
            "spans" => match error {
                Some(e) => format!("{day}T{time}.{micros:06}Z {level:>5} poll{{round={}}}: {}: {text} error={}", c.number(1, 999), self.module, if c.number(0, 1) == 0 { e.to_string() } else { quoted(e) }),
                None => format!("{day}T{time}.{micros:06}Z {level:>5} poll{{round={}}}: {}: {text}", c.number(1, 999), self.module),
            },
            "stderr" => match (level, error) {
                ("ERROR", _) => format!("Error: {whole}"),
                _ => whole,
            },
            "journal" => format!("{level} {} > {whole}", self.module),
            _ => {
                let mut fields = format!("\"message\":{}", quoted(text));
                if let Some(e) = error {
                    fields += &format!(",\"error\":{}", quoted(e));
                } else if level == "INFO" && c.number(0, 3) == 0 {
                    fields += ",\"error\":null";
                }
                format!("{{\"timestamp\":\"{day}T{time}.{micros:06}Z\",\"level\":\"{level}\",\"fields\":{{{fields}}},\"target\":\"{}\",\"span\":{{\"round\":{},\"name\":\"poll\"}}}}", self.module, c.number(1, 999))
            }
        };
        eprintln!("{line}");
    }
    fn work(&self, c: &mut Chance) {
        for _ in 0..c.number(2, 4) {
            if c.number(0, 9) == 0 && self.way != "stderr" {
                let text = c.filled(c_pick(WARNED, c.0));
                self.write("WARN", &text, None, c);
            } else {
                let text = c.filled(c_pick(WORK, c.0));
                self.write("INFO", &text, None, c);
            }
        }
    }
}
fn c_pick(of: &[&'static str], by: u64) -> &'static str {
    of[(by >> 20) as usize % of.len()]
}
fn say(mark: &str) {
    std::io::stdout().flush().unwrap();
    eprintln!("{mark}");
}

#[derive(Clone, Copy, Debug)]
enum Job {
    Line,
    Lines,
    Logged,
    Told,
    Caught(usize),
    Thread(usize),
    Die(usize),
    Returned,
    Exit,
    Aborted,
}

fn jobs(seed: u64) -> Vec<Job> {
    let mut all = vec![Job::Line; 7];
    all.extend([Job::Lines, Job::Lines, Job::Returned, Job::Returned, Job::Returned, Job::Exit, Job::Aborted, Job::Aborted]);
    all.extend([Job::Logged; 6]);
    all.extend([Job::Told; 2]);
    for kind in 0..PANICS {
        all.push(if (kind + seed as usize) % 3 == 0 { Job::Thread(kind) } else if (kind + seed as usize) % 3 == 1 { Job::Caught(kind) } else { Job::Die(kind) });
        if kind % 2 == seed as usize % 2 {
            all.push(Job::Die(kind));
        }
    }
    let mut c = Chance(seed * 977 + 3);
    for i in (1..all.len()).rev() {
        all.swap(i, c.number(0, i as u64) as usize);
    }
    all
}

fn main() -> Result<(), Report> {
    let args: Vec<String> = std::env::args().collect();
    let (seed, start, state) = (args[2].parse::<u64>().unwrap(), args[3].parse::<usize>().unwrap(), &args[4]);
    let log = Log { way: args[1].clone(), module: "stations::poll" };
    for (i, job) in jobs(seed).into_iter().enumerate().skip(start) {
        let mut chance = Chance(seed * 100_003 + i as u64 * 7919);
        let c = &mut chance;
        c.next();
        std::fs::write(state, i.to_string()).unwrap();
        log.work(c);
        say("\u{2}");
        match job {
            Job::Line => {
                let text = c.filled(c_pick(LINES, c.0));
                log.write("ERROR", &text, None, c);
            }
            Job::Lines => {
                let text = c.filled(c_pick(MULTI, c.0));
                log.write("ERROR", &text, None, c);
            }
            Job::Logged => {
                let text = c.filled(c_pick(TOLD, c.0));
                let error = if c.number(0, 1) == 0 { poll_error(c).to_string() } else { format!("{:?}", poll_error(c)) };
                log.write("ERROR", &text, Some(&error), c);
            }
            Job::Told => {
                let text = format!("{:?}", report(c));
                log.write("ERROR", &text, None, c);
            }
            Job::Caught(kind) => {
                let mut own = Chance(c.next());
                let _ = std::panic::catch_unwind(move || panics(kind, &mut own));
            }
            Job::Thread(kind) => {
                let mut own = Chance(c.next());
                let name = format!("poll-{}", c.number(1, 8));
                let _ = std::thread::Builder::new().name(name).spawn(move || panics(kind, &mut own)).unwrap().join();
            }
            Job::Die(kind) => {
                panics(kind, c);
            }
            Job::Returned => return Err(report(c)),
            Job::Exit => {
                let text = c.filled("stations: fatal error: cannot bind 0.0.0.0:9600: Address already in use (os error 98)");
                eprintln!("{text}");
                std::process::exit(2);
            }
            Job::Aborted => {
                std::alloc::handle_alloc_error(std::alloc::Layout::from_size_align(c.number(1 << 30, 1 << 34) as usize, 8).unwrap());
            }
        }
        say("\u{3}");
    }
    log.work(&mut Chance(seed));
    std::fs::write(state, "done").unwrap();
    Ok(())
}
