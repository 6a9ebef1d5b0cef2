//! A service that takes the readings of sensors: works off a queue, logs what fails and goes on, and sometimes dies.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, panic, process, thread};

struct Chance(u64);
impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
    fn number(&mut self) -> u64 { 10_000 + self.below(90_000) }
    fn pick<T: Copy>(&mut self, list: &[T]) -> T { list[self.below(list.len() as u64) as usize] }
    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() { list.swap(i, self.below(i as u64 + 1) as usize) }
    }
    fn filled(&mut self, text: &str) -> String {
        let mut out = String::new();
        for c in text.chars() { if c == '#' { out += &self.number().to_string() } else { out.push(c) } }
        out
    }
}

type Fault = Box<dyn Error + Send + Sync>;

#[derive(Debug)]
enum IngestError {
    Decode { sensor: u64, source: Fault },
    Storage(std::io::Error),
    Rejected(String),
}
impl fmt::Display for IngestError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Decode { sensor, .. } => write!(f, "could not decode frame of sensor {sensor}"),
            Self::Storage(_) => write!(f, "could not store the batch"),
            Self::Rejected(text) => write!(f, "{text}"),
        }
    }
}
impl Error for IngestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode { source, .. } => Some(&**source),
            Self::Storage(error) => Some(error),
            Self::Rejected(_) => None,
        }
    }
}

/// Shows an error with its causes, as anyhow does when a program ends with one.
struct Report(Fault);
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut causes = Vec::new();
        let mut cause = self.0.source();
        while let Some(error) = cause { causes.push(error.to_string()); cause = error.source(); }
        if !causes.is_empty() { write!(f, "\n\nCaused by:")? }
        for (i, text) in causes.iter().enumerate() {
            if causes.len() == 1 { write!(f, "\n    {text}")? } else { write!(f, "\n    {i}: {text}")? }
        }
        Ok(())
    }
}

fn begin() { std::io::stderr().write_all(b"\x02\n").unwrap() }
fn end() { std::io::stderr().write_all(b"\x03\n").unwrap() }

fn now() -> (String, u32) {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let (days, rest) = ((at.as_secs() / 86400) as i64 + 719468, at.as_secs() % 86400);
    let era = days / 146097;
    let doe = days - era * 146097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    (format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60), at.subsec_micros())
}

fn quoted(text: &str) -> String { text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t") }

/// The layouts of env_logger, of tracing's formatter, of its JSON, of logfmt, and of eprintln.
fn say(way: &str, level: &str, text: &str) {
    let (at, micros) = now();
    let line = match way {
        "envlogger" => format!("[{at}Z {level:<5} sensors::ingest] {text}"),
        "tracing" | "traced" => format!("{at}.{micros:06}Z {level:>5} sensors::ingest: {text}"),
        "json" => format!("{{\"timestamp\":\"{at}.{micros:06}Z\",\"level\":\"{level}\",\"fields\":{{\"message\":\"{}\"}},\"target\":\"sensors::ingest\"}}", quoted(text)),
        "logfmt" => format!("ts={at}.{micros:06}Z level={} target=sensors::ingest msg=\"{}\"", level.to_lowercase(), quoted(text)),
        "journal" => format!("{level} sensors::ingest: {text}"),
        _ if level == "INFO" => text.to_string(),
        _ => format!("{}: {text}", level.to_lowercase()),
    };
    eprintln!("{line}");
}

fn connect() -> Result<(), Fault> { TcpStream::connect("127.0.0.1:9")?; Ok(()) }
fn decode(sensor: u64, text: &str) -> Result<i32, IngestError> {
    text.parse::<i32>().map_err(|e| IngestError::Decode { sensor, source: e.into() })
}
fn store(sensor: u64) -> Result<(), IngestError> {
    fs::read(format!("/srv/data/readings/{sensor}.bin")).map_err(IngestError::Storage)?;
    Ok(())
}
fn forward(left: u64, run: &dyn Fn()) { if left == 0 { run() } else { forward(left - 1, run) } }

/// Errors that a service hands back.
fn fault(kind: usize, c: &mut Chance) -> Fault {
    let n = c.number();
    let failed: Result<(), Fault> = (|| {
        match kind {
            0 => connect()?,
            1 => { decode(n, "21,5")?; }
            2 => store(n)?,
            3 => { "warm".parse::<f64>()?; }
            4 => { String::from_utf8(vec![0x43, 0xe9, 0x21])?; }
            5 => { u8::try_from(n)?; }
            6 => { "12:70".parse::<std::net::SocketAddr>()?; }
            7 => { env::var("SENSORS_BROKER_URL")?; }
            8 => return Err(IngestError::Rejected(format!("sensor {n} is not registered")).into()),
            9 => return Err(IngestError::Rejected(format!("3 readings of sensor {n} rejected:\n  reading 2: out of range\n  reading 7: in the future\n  reading 9: empty")).into()),
            10 => return Err(IngestError::Decode { sensor: n, source: IngestError::Storage(std::io::Error::other("disk quota exceeded")).into() }.into()),
            11 => { "maybe".parse::<bool>()?; }
            12 => { "xy".parse::<char>()?; }
            13 => return Err("calibration table is empty".into()),
            _ => { fs::create_dir("/proc/readings")?; }
        }
        Ok(())
    })();
    failed.unwrap_err()
}
const FAULTS: usize = 15;

/// Panics, as the usual mistakes make them.
fn mistake(kind: usize, c: &mut Chance) {
    let n = c.number();
    let none: Option<u64> = if n == 0 { Some(1) } else { None };
    let list: Vec<u64> = vec![n; 3];
    let at = 3 + c.below(4) as usize;
    match kind {
        0 => { none.unwrap(); }
        1 => { none.expect("sensor has no location"); }
        2 => { decode(n, "n/a").unwrap(); }
        3 => { connect().expect("broker must be reachable"); }
        4 => { println!("{}", list[at]); }
        5 => { println!("{}", n / (n - n)); }
        6 => { println!("{}", (n as u8).wrapping_sub(n as u8) - 1 - (n > 0) as u8); }
        7 => { println!("{}", &"Wärme"[0..2]); }
        8 => { println!("{:?}", &list[2..at + 4]); }
        9 => { let cell = RefCell::new(1); let _a = cell.borrow_mut(); let _b = cell.borrow_mut(); }
        10 => assert_eq!(list.len() as u64, n, "batch of sensor {n} is incomplete"),
        11 => assert!(n < 100, "sensor id {n} is out of range"),
        12 => unreachable!("state {n} cannot follow idle"),
        13 => todo!("unit conversion for sensor {n}"),
        14 => unimplemented!(),
        15 => panic!("calibration of sensor {n} drifted by {} percent", 5 + n % 40),
        16 => panic!("2 readings of sensor {n} contradict:\n  left:  21.5\n  right: 215.0"),
        17 => { let map: HashMap<&str, u64> = HashMap::new(); println!("{}", map["unit"]); }
        18 => { String::from_utf8(vec![0xff]).unwrap(); }
        19 => { fs::read_to_string(format!("/srv/data/calibration-{n}.toml")).unwrap(); }
        20 => { list.iter().step_by((n - n) as usize).count(); }
        21 => assert_ne!(list[0], n),
        22 => { let mut v = list.clone(); v.remove(at); }
        23 => { std::time::Duration::from_secs_f64(-1.0); }
        24 => forward(4 + n % 12, &|| panic!("pipeline stage of sensor {n} is not configured")),
        25 => { thread::spawn(|| panic!("reader thread lost its port")).join().ok(); }
        _ => { assert_eq!(Some(n), none); }
    }
}
const MISTAKES: usize = 27;

#[derive(Clone, Copy)]
enum Job { Logged(usize), LoggedDebug(usize), Caught(usize), Threaded(usize), Dies(usize), Told, ToldInLines, FallsOver(usize), Returns(usize), Overflows, Memory }

fn job(job: Job, way: &str, c: &mut Chance) {
    match job {
        Job::Logged(kind) => {
            let error = Report(fault(kind, c));
            let text = c.pick(&["failed to ingest batch #", "reading # dropped", "error in job #", "could not flush buffer #"]);
            let text = c.filled(text);
            let shown = if c.below(2) == 0 { error.0.to_string() } else { format!("{error:?}") };
            begin();
            say(way, "ERROR", &format!("{text}: {shown}"));
            end();
        }
        Job::LoggedDebug(kind) => {
            let error = fault(kind, c);
            begin();
            say(way, "ERROR", &format!("ingest failed: {error:?}"));
            end();
        }
        Job::Caught(kind) => { begin(); let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| mistake(kind, c))); end(); }
        Job::Threaded(kind) => {
            let mut inner = Chance(c.below(1 << 30));
            let name = format!("reader-{}", c.below(9));
            begin();
            let _ = thread::Builder::new().name(name).spawn(move || mistake(kind, &mut inner)).unwrap().join();
            end();
        }
        Job::Dies(kind) => { begin(); mistake(kind, c); process::exit(1) }
        Job::Told => {
            let text = c.pick(&["broker returned 503 for batch #", "sensor # has not reported for 900 s", "giving up on batch # after 5 attempts", "timed out waiting for the storage lock (batch #)"]);
            let text = c.filled(text);
            begin();
            say(way, "ERROR", &text);
            end();
        }
        Job::ToldInLines => {
            let text = c.filled("validation of batch # failed:\n  - unit: unknown\n  - time: in the future");
            begin();
            say(way, "ERROR", &text);
            end();
        }
        Job::FallsOver(kind) => { let error = Report(fault(kind, c)); begin(); say(way, "ERROR", &format!("giving up: {error:?}")); process::exit(1) }
        Job::Overflows => { begin(); fn again(n: u64) -> u64 { if n == u64::MAX { 0 } else { again(n + 1) + again(n + 2) } } println!("{}", again(c.number())) }
        Job::Memory => { begin(); let kept: Vec<u8> = Vec::with_capacity(1 << 60); println!("{}", kept.len()) }
        Job::Returns(_) => unreachable!(),
    }
}

fn plan(way: &str, c: &mut Chance) -> Vec<Job> {
    let mut jobs = vec![Job::Told; 7];
    jobs.extend([Job::ToldInLines; 3]);
    let (mut mistakes, mut faults): (Vec<usize>, Vec<usize>) = ((0..MISTAKES).collect(), (0..FAULTS).collect());
    c.shuffle(&mut mistakes);
    c.shuffle(&mut faults);
    jobs.extend(faults.iter().map(|&x| Job::Logged(x)));
    jobs.extend(faults[..4].iter().map(|&x| Job::LoggedDebug(x)));
    jobs.extend(faults[4..7].iter().map(|&x| Job::FallsOver(x)));
    jobs.extend(mistakes[..12].iter().map(|&x| Job::Caught(x)));
    jobs.extend(mistakes[9..16].iter().map(|&x| Job::Threaded(x)));
    if matches!(way, "stderr" | "traced" | "journal") {
        jobs.extend(mistakes[12..].iter().map(|&x| Job::Dies(x)));
        jobs.extend(faults[7..12].iter().map(|&x| Job::Returns(x)));
        jobs.extend([Job::Overflows, Job::Memory]);
    }
    c.shuffle(&mut jobs);
    jobs
}

const WORK: &[&str] = &["batch # stored, # readings", "sensor # connected", "forwarded # readings to the broker in # ms", "rotated segment #", "compacted # segments", "sensor # calibrated", "queue has # batches"];
const HEALTHY: &[&str] = &["import # finished with 0 errors", "self test ok, no error found (#)", "broker answered {\"id\": #, \"error\": null}", "GET /help/panics/# 200", "batch # delivered on attempt 2 of 3", "failed=0 done=#"];

fn main() -> Result<(), Report> {
    let arguments: Vec<String> = env::args().collect();
    let (way, seed, start, state) = (&arguments[1], arguments[2].parse::<u64>().unwrap(), arguments[3].parse::<usize>().unwrap(), &arguments[4]);
    let jobs = plan(way, &mut Chance(seed));
    say(way, "INFO", &format!("sensors 0.{seed}.1 starting"));
    say(way, "INFO", "listening on 127.0.0.1:1883");
    for (number, &next) in jobs.iter().enumerate().skip(start) {
        fs::write(state, number.to_string()).unwrap();
        let mut c = Chance(seed * 1000 + number as u64);
        c.below(9);
        for _ in 0..2 + c.below(3) {
            let text = if c.below(100) < 15 { c.pick(HEALTHY) } else { c.pick(WORK) };
            let text = c.filled(text);
            say(way, "INFO", &text);
            if c.below(20) == 0 { say(way, "WARN", "buffer is 80% full") }
        }
        if let Job::Returns(kind) = next { let error = Report(fault(kind, &mut c)); begin(); return Err(error) }
        job(next, way, &mut c);
    }
    say(way, "INFO", "queue drained, stopping");
    fs::write(state, "done").unwrap();
    Ok(())
}
