//! The climate of exhibition rooms: polls the sensors, checks limits, drives humidifiers.
//!
//! Ways of logging: `tracing` (tracing-subscriber's default layout), `envlogger` (env_logger's), `log4rs` (its
//! default encoder), `json` (tracing-subscriber's JSON), `bare` (println and eprintln), `journal` (a level and the
//! text). The layouts are written out here; the reports are those of the runtime, and of anyhow's `{:?}`.
use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

const JOBS: u64 = 50;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) ^ (self.0 >> 50)
    }
    fn int(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next() as usize % of.len()]
    }
}

#[derive(Debug)]
struct Context {
    text: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Context {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

type Fault = Box<dyn Error + Send + Sync>;

trait Within<T> {
    fn context(self, text: String) -> Result<T, Fault>;
}

impl<T, E: Into<Fault>> Within<T> for Result<T, E> {
    fn context(self, text: String) -> Result<T, Fault> {
        self.map_err(|e| Context { text, source: e.into() }.into())
    }
}

/// What anyhow writes for `{:?}`.
struct Report(Fault);

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut causes = vec![];
        let mut cause = self.0.source();
        while let Some(x) = cause {
            causes.push(x.to_string());
            cause = x.source();
        }
        if !causes.is_empty() {
            write!(f, "\n\nCaused by:")?;
        }
        for (i, x) in causes.iter().enumerate() {
            match causes.len() {
                1 => write!(f, "\n    {x}")?,
                _ => write!(f, "\n    {i}: {x}")?,
            }
        }
        Ok(())
    }
}

/// `{:#}` of anyhow: the chain on one line.
fn chain(fault: &Fault) -> String {
    let mut said = fault.to_string();
    let mut cause = fault.source();
    while let Some(x) = cause {
        said += &format!(": {x}");
        cause = x.source();
    }
    said
}

fn stamp(fraction: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let (seconds, micros) = (now.as_secs(), now.subsec_micros());
    let (days, rest) = ((seconds / 86400) as i64, seconds % 86400);
    let z = days + 719468;
    let era = z / 146097;
    let doe = z - era * 146097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + (month <= 2) as i64;
    let parts = if fraction == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}{parts}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

fn log(way: &str, level: &str, text: &str) {
    let line = match way {
        "tracing" => format!("{} {level:>5} climate::rooms: {text}", stamp(6)),
        "envlogger" => format!("[{} {level:<5} climate::rooms] {text}", stamp(0)),
        "log4rs" => format!("{}+00:00 {level} climate::rooms - {text}", stamp(6).trim_end_matches('Z')),
        "json" => format!(
            "{{\"timestamp\":\"{}\",\"level\":\"{level}\",\"fields\":{{\"message\":\"{}\"}},\"target\":\"climate::rooms\"}}",
            stamp(6),
            text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
        ),
        "journal" => format!("{level} climate::rooms: {text}"),
        _ if level == "ERROR" => format!("error: {text}"),
        _ if level == "WARN" => format!("warning: {text}"),
        _ => text.to_string(),
    };
    if level == "ERROR" || level == "WARN" || way == "envlogger" {
        eprintln!("{line}");
    } else {
        println!("{line}");
    }
}

fn reading(text: &str) -> Result<f64, Fault> {
    text.parse::<f64>().context(format!("unreadable humidity {text:?}"))
}

fn room(chance: &mut Chance) -> Result<f64, Fault> {
    let number = chance.int(1, 40);
    let text = chance.pick(&["n/a", "4,7", "--", ""]);
    reading(text).context(format!("room {number} of the {}", chance.pick(&["castle", "glass house", "maritime museum"])))
}

fn poll(chance: &mut Chance) -> Result<TcpStream, Fault> {
    let port = chance.int(2, 9);
    TcpStream::connect(("127.0.0.1", port as u16)).context(format!("sensor gateway {port} is not answering"))
}

fn limits(chance: &mut Chance) -> Result<String, Fault> {
    let path = format!("/etc/climate/room-{}.toml", chance.int(1, 40));
    std::fs::read_to_string(&path).context(format!("cannot read the limits in {path}"))
}

fn configure(chance: &mut Chance) -> Result<String, Fault> {
    limits(chance).context("humidifier was not configured".to_string())
}

fn average(values: &[u64]) -> u64 {
    values.iter().sum::<u64>() / values.len() as u64
}

fn panics(chance: &mut Chance) {
    match chance.int(0, 6) {
        0 => println!("{}", average(&vec![])),
        1 => {
            let rooms: Vec<u64> = (0..chance.int(2, 9)).collect();
            println!("{}", rooms[chance.int(20, 40) as usize]);
        }
        2 => {
            let known: HashMap<u64, &str> = HashMap::new();
            println!("{}", known.get(&chance.int(1, 40)).expect("room has no sensor"));
        }
        3 => println!("{}", chance.pick(&["21.x", "", "NaNN"]).parse::<f64>().unwrap()),
        4 => {
            let state = RefCell::new(chance.int(1, 40));
            let held = state.borrow_mut();
            println!("{} {}", held, state.borrow());
        }
        5 => panic!("valve {} reports an impossible position: {}", chance.int(1, 12), chance.int(101, 255)),
        _ => assert_eq!(chance.int(1, 3), chance.int(4, 9), "sensor count of room {} differs", chance.int(1, 40)),
    }
}

#[derive(Debug)]
struct Aisle(Option<Box<Aisle>>, u64);

fn depth(aisle: &Aisle, seen: u64) -> u64 {
    let here = [seen; 64];
    depth(aisle, seen + 1) + here[(seen % 64) as usize]
}

fn mark(byte: char) {
    println!("{byte}");
    std::io::stdout().flush().unwrap();
}

fn work(way: &str, chance: &mut Chance) {
    for _ in 0..chance.int(2, 4) {
        let (room, value) = (chance.int(1, 40), chance.int(0, 9));
        let text = match chance.int(0, 4) {
            0 => format!("room {room}: 20.{value} C, 5{value} % humidity"),
            1 => format!("humidifier {room} set to {} %", 40 + value),
            2 => format!("polled {room} sensors in {} ms", 40 + value * 7),
            3 => format!("window of room {room} closed"),
            _ => format!("showcase {room}: silica gel renewed {value} days ago"),
        };
        log(way, "INFO", &text);
    }
    if chance.int(0, 9) < 3 {
        log(way, "DEBUG", &format!("{} readings buffered", chance.int(1, 400)));
    }
    if chance.int(0, 9) < 1 {
        log(way, "WARN", &format!("battery of sensor {} is at {} %", chance.int(1, 90), chance.int(10, 20)));
    }
}

fn main() -> Result<(), Report> {
    let arguments: Vec<String> = std::env::args().collect();
    let (way, seed, start, state) = (&arguments[1], arguments[2].parse::<u64>().unwrap(), arguments[3].parse::<u64>().unwrap(), &arguments[4]);
    let order = ["room", "poll", "panic", "line", "configure", "die", "thread", "batch", "line", "report", "die", "thread", "die", "room", "panic", "line"];
    if start == 0 {
        log(way, "INFO", "climate 0.11.3 watching 40 rooms");
    }
    for number in start..JOBS {
        std::fs::write(state, number.to_string()).unwrap();
        let mut chance = Chance((seed * 1000 + number).wrapping_mul(0x9E3779B97F4A7C15));
        for _ in 0..4 {
            chance.next();
        }
        work(way, &mut chance);
        let kind_of = |n: u64| order[((n * 7 + seed) % order.len() as u64) as usize];
        let kind = kind_of(number);
        let deaths = (0..=number).filter(|n| kind_of(*n) == "die").count() as u64;
        if kind == "batch" {
            for _ in 0..chance.int(2, 3) {
                mark('\u{2}');
                log(way, "ERROR", &format!("alarm to keeper {} was not delivered: {}", chance.int(1, 30), chance.pick(&["no route to host", "gateway timeout", "number barred"])));
                mark('\u{3}');
            }
            continue;
        }
        mark('\u{2}');
        match kind {
            "room" => log(way, "ERROR", &format!("reading rejected: {}", chain(&room(&mut chance).unwrap_err()))),
            "poll" => log(way, "ERROR", &format!("poll failed: {}", chain(&poll(&mut chance).unwrap_err()))),
            "configure" => log(way, "ERROR", &format!("{:?}", Report(configure(&mut chance).unwrap_err()))),
            "report" => log(way, "ERROR", &format!("round failed: {:?}", Report(room(&mut chance).unwrap_err()))),
            "line" => {
                let fault = if chance.int(0, 1) == 0 { limits(&mut chance).map(|_| ()).unwrap_err() } else { poll(&mut chance).map(|_| ()).unwrap_err() };
                log(way, "ERROR", &chain(&fault));
            }
            "die" => match (deaths + seed) % 5 {
                0 => panics(&mut chance),
                1 => return configure(&mut chance).map(|_| ()).context("climate stopped".to_string()).map_err(Report),
                2 => {
                    log(way, "ERROR", &format!("fatal: bus {} is dead, exiting", chance.int(1, 4)));
                    std::process::exit(1);
                }
                3 => println!("{}", depth(&Aisle(None, 1), 1)),
                _ => return poll(&mut chance).map(|_| ()).map_err(Report),
            },
            "thread" => {
                let mut own = Chance(chance.next());
                let _ = std::thread::Builder::new().name(format!("poller-{}", chance.int(1, 8))).spawn(move || panics(&mut own)).unwrap().join();
            }
            _ => {
                let mut own = Chance(chance.next());
                let _ = std::panic::catch_unwind(move || panics(&mut own));
            }
        }
        mark('\u{3}');
    }
    work(way, &mut Chance(seed));
    std::fs::write(state, "done").unwrap();
    Ok(())
}
