//! A greenhouse: `greenhouse way seed start state`. Its log lines look as env_logger's do.
use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }
    fn number(&mut self) -> u64 { 2 + self.next() % 9000 }
}

thread_local!(static CHANCE: RefCell<Chance> = RefCell::new(Chance(99)); static WAY: RefCell<String> = RefCell::new(String::new()));

fn number() -> u64 { CHANCE.with(|c| c.borrow_mut().number()) }
fn pick<T: Clone>(list: &[T]) -> T { list[(number() as usize * 7) % list.len()].clone() }
fn way() -> String { WAY.with(|w| w.borrow().clone()) }

fn time() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (mut days, rest) = (seconds / 86400, seconds % 86400);
    let mut year = 1970;
    loop {
        let length = if year % 4 == 0 { 366 } else { 365 };
        if days < length { break; }
        days -= length;
        year += 1;
    }
    let mut month = 1;
    for length in [31, if year % 4 == 0 { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length { break; }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}T{:02}:{:02}:{:02}Z", days + 1, rest / 3600, rest / 60 % 60, rest % 60)
}

fn log(level: &str, module: &str, text: &str) {
    let line = if way() == "bare" {
        match level { "ERROR" => format!("error: {text}\n"), "WARN" => format!("warning: {text}\n"), _ => format!("{text}\n") }
    } else {
        format!("[{} {level:<5} greenhouse::{module}] {text}\n", time())
    };
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn mark(byte: &str) { std::io::stderr().write_all(format!("{byte}\n").as_bytes()).unwrap(); }

fn work() {
    for _ in 0..2 + number() % 3 {
        let n = number();
        let (module, text) = pick(&[("beds", format!("bed {n} watered with {} litres", n % 40)), ("climate", format!("house {} at {} degrees", n % 8, 15 + n % 20)),
            ("vents", format!("vent {n} opened by {} percent", n % 100)), ("web", format!("GET /beds/{n} 200 {}ms", n % 60)),
            ("lamps", format!("lamps of row {n} on")), ("seed", format!("tray {n} sown"))]);
        log("INFO", module, &text);
    }
    if number() % 10 < 4 {
        let n = number();
        let (level, text) = pick(&[("INFO", format!("self test done: {n} sensors, 0 errors")), ("INFO", format!("scrubbed {n} records, no error found")),
            ("INFO", format!("GET /guide/panic-and-exception/{n} 200 1ms")), ("INFO", format!("pump answered {{\"id\":{n},\"error\":null}}")),
            ("INFO", format!("sensor {n} read on retry 2")), ("WARN", format!("tank is {} percent full", n % 20))]);
        log(level, "report", &text);
    }
}

#[derive(Debug)]
enum HouseError { Sensor { id: u64, reason: String }, Valve(u64), Read(std::num::ParseIntError) }

impl fmt::Display for HouseError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            HouseError::Sensor { id, reason } => write!(f, "sensor {id} failed: {reason}"),
            HouseError::Valve(id) => write!(f, "valve {id} is stuck"),
            HouseError::Read(_) => write!(f, "invalid humidity"),
        }
    }
}

impl Error for HouseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> { if let HouseError::Read(e) = self { Some(e) } else { None } }
}

fn humidity(text: &str) -> Result<u64, HouseError> { text.parse().map_err(HouseError::Read) }
fn sensor(id: u64) -> Result<u64, HouseError> { Err(HouseError::Sensor { id, reason: "no answer on the bus".into() }) }

fn index() { let beds = vec![1, 2, 3]; let n = number() as usize; println!("{}", beds[n + 3]); }
fn none() { let beds: HashMap<u64, u64> = HashMap::new(); beds.get(&number()).unwrap(); }
fn expect_none() { let lamp: Option<u64> = None; lamp.expect("lamp controller is missing"); }
fn unwrap_err() { sensor(number()).unwrap(); }
fn expect_err() { humidity("71%").expect("humidity sensor sent garbage"); }
fn no_file() { std::fs::read_to_string(format!("/srv/greenhouse/plan-{}.toml", number())).unwrap(); }
fn expect_file() { std::fs::File::open("/srv/greenhouse/beds.db").expect("could not open the bed store"); }
fn zero() { let n = number(); let rows = n - n; println!("{}", n / std::hint::black_box(rows)); }
fn overflow() { let n = std::hint::black_box(250u8); println!("{}", n + (number() % 5 + 6) as u8); }
fn own() { panic!("tank {} is empty", number()); }
fn own_lines() { panic!("plan {} is invalid:\n  bed 1: no seed\n  bed 2: too wide", number()); }
fn assert_plain() { let n = number(); assert!(n < 1, "temperature {n} is out of range"); }
fn assert_equal() { assert_eq!(number(), 1, "vent count differs"); }
fn assert_other() { let n = number(); assert_ne!(n, n); }
fn borrow() { let bed = RefCell::new(number()); let _one = bed.borrow_mut(); let _two = bed.borrow_mut(); }
fn slice() { let text = "größe"; println!("{}", &text[0..3]); }
fn slice_end() { let beds = vec![1; 4]; println!("{:?}", &beds[2..number() as usize + 4]); }
fn todo_lamp() { todo!("dim lamps of row {}", number()); }
fn unreachable_state() { unreachable!("vent state {}", number()); }
fn unimplemented_pump() { unimplemented!("pump type {}", number()); }
fn capacity() { let _all: Vec<u64> = Vec::with_capacity(usize::MAX); }
fn utf8() { String::from_utf8(vec![0xf6, 0x6c]).unwrap(); }
fn refused() { std::net::TcpStream::connect("127.0.0.1:9").expect("climate computer is not reachable"); }
fn channel() { let (sender, receiver) = mpsc::channel::<u64>(); drop(sender); receiver.recv().unwrap(); }
fn split() { let beds = [1, 2]; beds.split_at(number() as usize); }
fn remove() { let mut beds = vec![number()]; beds.remove(3); }
fn duration() { let _ = Duration::from_secs(number()) - Duration::from_secs(9_999_999); }

fn threaded(name: &str, job: fn()) {
    let seed = number();
    let _ = std::thread::Builder::new().name(name.into()).spawn(move || { CHANCE.with(|c| c.borrow_mut().0 = seed); job() }).unwrap().join();
}

fn caught(job: fn()) { let _ = std::panic::catch_unwind(job); }

fn plain() {
    let n = number();
    log("ERROR", pick(&["pump", "climate", "store"]), &pick(&[format!("could not open valve {n}: permission denied"), format!("request to weather service failed: timed out after {n} ms"),
        format!("sensor {n} failed: no answer on the bus"), format!("write to store failed: No space left on device (os error 28)"),
        format!("login failed for gardener{n}"), format!("failed to parse reading {n}: {}", humidity("7x").unwrap_err().source().unwrap())]));
}

fn lines() {
    let n = number();
    log("ERROR", "plan", &pick(&[format!("plan {n} rejected, 2 errors:\n  bed 4: seed missing\n  bed {n}: overlaps bed 5"),
        format!("reading failed\n\nCaused by:\n    0: sensor {n} did not answer\n    1: Connection reset by peer (os error 104)"),
        format!("could not load plan {n}\n\nCaused by:\n    No such file or directory (os error 2)")]));
}

fn debugged() { let e = sensor(number()).unwrap_err(); log("ERROR", "sensor", &format!("reading failed: {e:#?}")); }

const ALL: [fn(); 27] = [index, none, expect_none, unwrap_err, expect_err, no_file, expect_file, zero, overflow, own, own_lines, assert_plain, assert_equal,
    assert_other, borrow, slice, slice_end, todo_lamp, unreachable_state, unimplemented_pump, capacity, utf8, refused, channel, split, remove, duration];

enum Job { Caught(fn()), Thread(fn()), Fatal(fn()), Call(fn()), Returned }

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let (seed, start): (u64, usize) = (arguments[2].parse()?, arguments[3].parse()?);
    WAY.with(|w| *w.borrow_mut() = arguments[1].clone());
    CHANCE.with(|c| c.borrow_mut().0 = seed * 1_000_003 + start as u64 * 7919);
    let mut jobs: Vec<Job> = ALL.iter().map(|f| if seed % 2 == 0 { Job::Caught(*f) } else { Job::Thread(*f) }).collect();
    for _ in 0..7 { jobs.push(Job::Call(plain)); }
    for _ in 0..5 { jobs.push(Job::Call(lines)); }
    for _ in 0..2 { jobs.push(Job::Call(debugged)); }
    for f in [unwrap_err, own, index, expect_file, assert_equal] { jobs.push(Job::Fatal(f)); }
    jobs.push(Job::Returned);
    let mut order = Chance(seed);
    for i in (1..jobs.len()).rev() { let j = order.next() as usize % (i + 1); jobs.swap(i, j); }
    log("INFO", "main", "greenhouse started");
    for i in start..jobs.len() {
        std::fs::write(&arguments[4], i.to_string())?;
        work();
        mark("\u{2}");
        match jobs[i] {
            Job::Caught(f) => caught(f),
            Job::Thread(f) => threaded(pick(&["climate", "vents", "pump-worker", "web-3"]), f),
            Job::Fatal(f) => f(),
            Job::Call(f) => f(),
            Job::Returned => { sensor(number())?; }
        }
        mark("\u{3}");
    }
    work();
    log("INFO", "main", "greenhouse stopped");
    std::fs::write(&arguments[4], "done")?;
    Ok(())
}
