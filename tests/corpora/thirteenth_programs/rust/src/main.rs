//! Write the invoices of a veterinary hospital: price treatments, charge owners, remind those who have not paid.
//!
//! The layouts are written by hand, each as the crate writes it that nothing is set for: env_logger, tracing-subscriber
//! (`tracing`, `json`), log4rs with the pattern of its manual, and for the journal tracing without a time. Errors are
//! shown as anyhow shows them: on one line by `{:#}`, with their causes below each other by `{:?}`.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::panic;
use std::process;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

const JOBS: u64 = 44;
const OWNERS: [&str; 6] = ["Abara", "Novak", "Silva", "Haugen", "Tanaka", "Moreau"];
const ITEMS: [&str; 5] = ["vaccination", "dental cleaning", "ultrasound", "castration", "blood panel"];

/// What anyhow::Error is to its users: a message and the causes below it.
struct Failure {
    chain: Vec<String>,
}

impl Failure {
    fn of(error: impl fmt::Display) -> Self {
        Failure { chain: vec![error.to_string()] }
    }
    fn context(mut self, text: impl fmt::Display) -> Self {
        self.chain.insert(0, text.to_string());
        self
    }
    fn on_one_line(&self) -> String {
        self.chain.join(": ")
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}", self.chain[0])?;
        let causes = &self.chain[1..];
        if !causes.is_empty() {
            write!(out, "\n\nCaused by:")?;
        }
        for (number, cause) in causes.iter().enumerate() {
            match causes.len() {
                1 => write!(out, "\n    {cause}")?,
                _ => write!(out, "\n    {number}: {cause}")?,
            }
        }
        Ok(())
    }
}

type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug)]
enum PriceError {
    Unknown { item: String },
    Negative(i64),
}

impl fmt::Display for PriceError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PriceError::Unknown { item } => write!(out, "no price for {item}"),
            PriceError::Negative(cents) => write!(out, "price of {cents} cents is negative"),
        }
    }
}

fn now(digits: usize) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let (days, rest) = (since.as_secs() as i64 / 86400, since.as_secs() % 86400);
    let z = days + 719468;
    let era = z / 146097;
    let doe = z - era * 146097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if digits > 0 {
        text += &format!(".{:09}", since.subsec_nanos())[..digits + 1];
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[derive(Clone)]
struct Log {
    way: String,
}

impl Log {
    fn say(&self, level: &str, target: &str, text: &str) {
        let line = match self.way.as_str() {
            "envlogger" => format!("[{}Z {level:<5} {target}] {text}", now(0)),
            "tracing" => format!("{}Z {level:>5} {target}: {text}", now(6)),
            "log4rs" => format!("{}+00:00 {level} {target} - {text}", now(9)),
            "json" => format!(
                "{{\"timestamp\":\"{}Z\",\"level\":\"{level}\",\"fields\":{{\"message\":\"{}\"}},\"target\":\"{target}\"}}",
                now(6),
                escaped(text)
            ),
            "journal" => format!("{level:>5} {target}: {text}"),
            _ if level == "ERROR" => format!("error: {text}"),
            _ if level == "WARN" => format!("warning: {text}"),
            _ => text.to_string(),
        };
        if level == "ERROR" && self.way == "bare" {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    }
    fn error(&self, target: &str, text: &str) {
        self.say("ERROR", target, text)
    }
}

fn mark(byte: char) {
    println!("{byte}");
    std::io::stdout().flush().unwrap();
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

struct Job {
    number: u64,
    seed: u64,
    chance: Chance,
    invoice: u64,
    owner: &'static str,
    item: &'static str,
    log: Log,
}

impl Job {
    fn new(number: u64, seed: u64, log: Log) -> Job {
        let mut chance = Chance((seed * 1000 + number + 1).wrapping_mul(0x9E3779B97F4A7C15));
        for _ in 0..5 {
            chance.below(9);
        }
        let invoice = 20000 + chance.below(70000);
        let owner = OWNERS[chance.below(6) as usize];
        let item = ITEMS[chance.below(5) as usize];
        Job { number, seed, chance, invoice, owner, item, log }
    }

    fn work(&mut self) {
        let mut lines = vec![
            ("INFO", "billing::invoice", format!("invoice {} for {} created", self.invoice, self.owner)),
            ("DEBUG", "billing::price", format!("{} costs {}.00", self.item, 20 + self.chance.below(300))),
            ("INFO", "billing::payment", format!("payment of {}.50 from {} booked", 10 + self.chance.below(400), self.owner)),
            ("INFO", "billing::mail", format!("invoice {} mailed in {} ms", self.invoice, 5 + self.chance.below(300))),
            ("DEBUG", "billing::queue", format!("{} invoices waiting", self.chance.below(40))),
            ("WARN", "billing::payment", format!("{} has {} unpaid invoices", self.owner, 2 + self.chance.below(4))),
        ];
        for _ in 0..2 + self.chance.below(3) {
            let (level, target, text) = lines.remove(self.chance.below(lines.len() as u64) as usize);
            self.log.say(level, target, &text);
        }
    }

    fn price(&mut self) -> Result<i64> {
        if self.chance.below(2) == 0 {
            return Err(Failure::of(PriceError::Negative(-(self.chance.below(5000) as i64))));
        }
        Err(Failure::of(PriceError::Unknown { item: self.item.to_string() }))
    }
    fn total(&mut self) -> Result<i64> {
        let invoice = self.invoice;
        self.price().map_err(|e| e.context(format!("could not total invoice {invoice}")))
    }
    fn template(&mut self) -> Result<String> {
        fs::read_to_string("templates/invoice.html").map_err(|e| Failure::of(e).context("failed to read templates/invoice.html"))
    }
    fn bank(&mut self) -> Result<TcpStream> {
        TcpStream::connect("127.0.0.1:9").map_err(|e| Failure::of(e).context("connecting to the bank"))
    }
    fn charge(&mut self) -> Result<TcpStream> {
        let (invoice, owner) = (self.invoice, self.owner);
        self.bank().map_err(|e| e.context(format!("charging {owner}")).context(format!("invoice {invoice} not settled")))
    }
    fn amount(&mut self) -> Result<i64> {
        let text = format!("{},50", self.chance.below(300));
        text.parse::<i64>().map_err(|e| Failure::of(e).context(format!("bad amount {text:?}")))
    }

    fn failing(&mut self) -> (&'static str, Failure) {
        match (self.number * 3 + self.seed) % 5 {
            0 => ("billing::price", self.total().unwrap_err()),
            1 => ("billing::render", self.template().unwrap_err()),
            2 => ("billing::payment", self.charge().unwrap_err()),
            3 => ("billing::payment", self.amount().unwrap_err()),
            _ => ("billing::payment", self.bank().unwrap_err()),
        }
    }

    fn panicking(&mut self) {
        match (self.number + self.seed) % 8 {
            0 => {
                self.price().unwrap();
            }
            1 => {
                let prices: HashMap<&str, i64> = HashMap::new();
                println!("{}", prices[self.item]);
            }
            2 => {
                let rates = vec![7, 19];
                println!("{}", rates[2 + self.chance.below(9) as usize]);
            }
            3 => {
                let divisor = self.chance.below(1);
                println!("{}", self.invoice / divisor);
            }
            4 => {
                fs::read("ledger.db").expect("ledger must exist");
            }
            5 => {
                let due: Option<u64> = None;
                println!("{}", due.unwrap());
            }
            6 => {
                let booked = self.chance.below(400);
                assert_eq!(self.invoice, booked, "ledger does not balance for {}", self.owner);
            }
            _ => panic!("invoice {} was already paid by {}", self.invoice, self.owner),
        }
    }

    fn depth(&mut self, level: u64) -> u64 {
        let kept = [level; 64];
        if level == u64::MAX { 0 } else { self.depth(level + 1) + kept[(level % 64) as usize] }
    }

    fn caught(&mut self, traced: bool) {
        let (target, failure) = self.failing();
        mark('\u{2}');
        if traced {
            self.log.error(target, &format!("{failure:?}"));
        } else {
            self.log.error(target, &failure.on_one_line());
        }
        mark('\u{3}');
    }

    fn separate(&mut self) {
        let texts = [
            format!("mail to {} bounced: mailbox unavailable", self.owner),
            format!("card of {} declined: insufficient funds", self.owner),
            format!("failed to print invoice {}: printer out of paper", self.invoice),
        ];
        for text in &texts[self.chance.below(2) as usize..] {
            mark('\u{2}');
            self.log.error("billing::delivery", text);
            mark('\u{3}');
        }
    }

    fn in_thread(mut self) {
        mark('\u{2}');
        let name = format!("charge-{}", self.chance.below(4));
        let _ = thread::Builder::new().name(name).spawn(move || self.panicking()).unwrap().join();
        mark('\u{3}');
    }

    fn run(mut self) -> Result<()> {
        self.work();
        match self.number {
            16 => {
                mark('\u{2}');
                println!("{}", self.depth(self.invoice));
            }
            33 => {
                mark('\u{2}');
                let _kept: Vec<u8> = Vec::with_capacity((1usize << 46) + self.invoice as usize);
                unsafe { std::ptr::read_volatile(_kept.as_ptr()) };
            }
            _ => return self.usual(),
        }
        Ok(())
    }

    fn usual(mut self) -> Result<()> {
        match self.number % 11 {
            0 | 4 | 8 => self.caught(true),
            1 | 6 | 10 => self.caught(false),
            2 | 7 => self.in_thread(),
            3 => {
                mark('\u{2}');
                self.panicking();
            }
            5 => self.separate(),
            _ if self.number % 2 == 0 => {
                let (_, failure) = self.failing();
                mark('\u{2}');
                return Err(failure.context("billing run aborted"));
            }
            _ => {
                mark('\u{2}');
                self.log.error("billing", "ledger is locked by another process, exiting");
                process::exit(1);
            }
        }
        Ok(())
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let (seed, start) = (words[2].parse().unwrap(), words[3].parse().unwrap());
    let log = Log { way: words[1].clone() };
    log.say("INFO", "billing", &format!("billing started with {} owners", OWNERS.len()));
    for number in start..JOBS {
        fs::write(&words[4], number.to_string()).unwrap();
        Job::new(number, seed, log.clone()).run()?;
    }
    log.say("INFO", "billing", "all invoices written");
    fs::write(&words[4], "done").unwrap();
    Ok(())
}
