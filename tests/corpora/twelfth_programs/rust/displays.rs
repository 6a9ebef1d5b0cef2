// A worker that sends departures to the displays at a city's stops.
// The layouts are the defaults of env_logger and of tracing_subscriber::fmt, plain and as JSON.
use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

const JOBS: u64 = 44;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let x = self.0 ^ (self.0 >> 29);
        x.wrapping_mul(0xbf58476d1ce4e5b9) >> 33
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next() as usize % from.len()]
    }
}

fn now(micros: bool) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let (days, second) = (since.as_secs() as i64 / 86400 + 719468, since.as_secs() % 86400);
    let era = days / 146097;
    let doe = days - era * 146097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + (month <= 2) as i64;
    let fraction = if micros { format!(".{:06}", since.subsec_micros()) } else { String::new() };
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{fraction}Z", second / 3600, second / 60 % 60, second % 60)
}

fn log(way: &str, level: &str, text: &str) {
    let line = match way {
        // it indents what follows the first line
        "envlogger" => format!("[{} {level:<5} displays::send] {}", now(false), text.replace('\n', "\n    ")),
        "tracing" => format!("{} {level:>5} displays::send: {text}", now(true)),
        "json" => format!(
            "{{\"timestamp\":\"{}\",\"level\":\"{level}\",\"fields\":{{\"message\":{text:?}}},\"target\":\"displays::send\"}}",
            now(true)
        ),
        _ if level == "ERROR" => format!("error: {text}"),
        _ if level == "WARN" => format!("warning: {text}"),
        _ => text.to_string(),
    };
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[derive(Debug)]
enum DisplayError {
    Refused { display: u64, source: std::io::Error },
    Garbled(std::num::ParseIntError),
    Firmware(u64),
}

impl fmt::Display for DisplayError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Refused { display, .. } => write!(f, "display {display} refused the connection"),
            Self::Garbled(_) => write!(f, "garbled answer"),
            Self::Firmware(version) => write!(f, "firmware {version} is too old"),
        }
    }
}

impl Error for DisplayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused { source, .. } => Some(source),
            Self::Garbled(source) => Some(source),
            Self::Firmware(_) => None,
        }
    }
}

struct Context(String, Box<dyn Error>);

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

// As anyhow shows an error with its causes.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}\n\nCaused by:", self.0)?;
        let mut causes: Vec<String> = vec![];
        let mut cause: Option<&dyn Error> = Some(self.1.as_ref());
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        for (number, text) in causes.iter().enumerate() {
            if causes.len() == 1 {
                write!(f, "\n    {text}")?;
            } else {
                write!(f, "\n    {number}: {text}")?;
            }
        }
        Ok(())
    }
}

impl Error for Context {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.1.as_ref())
    }
}

fn connect(chance: &mut Chance) -> Result<u64, DisplayError> {
    let code = [111, 110, 113][chance.next() as usize % 3];
    let source = std::io::Error::from_raw_os_error(code);
    match chance.between(0, 3) {
        0 => chance.pick(&["12;4", "", "x7"]).parse().map_err(DisplayError::Garbled),
        1 => Err(DisplayError::Firmware(chance.between(100, 300))),
        _ => Err(DisplayError::Refused { display: chance.between(1000, 9999), source }),
    }
}

fn send(chance: &mut Chance) -> Result<u64, Context> {
    connect(chance).map_err(|error| {
        Context(format!("could not send {} departures to stop {}", chance.between(2, 12), chance.between(100, 999)), error.into())
    })
}

fn departure(rows: &[u64], at: usize) -> u64 {
    rows[at]
}

fn wait(minutes: u32, passed: u32) -> u32 {
    minutes - passed
}

fn scroll(chance: &mut Chance, depth: u64) -> u64 {
    if depth > 0 {
        return scroll(chance, depth - 1) + 1;
    }
    let rows: Vec<u64> = (0..chance.between(2, 9)).collect();
    departure(&rows, rows.len() + chance.between(0, 4) as usize)
}

fn die(chance: &mut Chance) -> Result<(), Context> {
    match chance.between(0, 8) {
        0 | 1 => {
            let depth = chance.between(0, 3);
            scroll(chance, depth);
        }
        2 => {
            wait(chance.between(0, 3) as u32, chance.between(4, 9) as u32);
        }
        3 => {
            connect(chance).unwrap();
        }
        4 => {
            let lines: HashMap<&str, u64> = HashMap::from([("4", 1), ("T1", 2)]);
            lines.get(chance.pick(&["17", "N2", "23E"])).expect("line has a display group");
        }
        5 => {
            let frame = RefCell::new(vec![chance.next()]);
            let _shown = frame.borrow();
            frame.borrow_mut().push(1);
        }
        6 => panic!("stop {} has two displays with id {}", chance.between(100, 999), chance.between(1, 9)),
        _ => {
            send(chance)?;
        }
    }
    Ok(())
}

fn begin() {
    let _ = std::io::stderr().write_all(b"\x02\n");
}

fn end() {
    let _ = std::io::stderr().write_all(b"\x03\n");
}

fn work(way: &str, chance: &mut Chance) {
    for _ in 0..chance.between(2, 4) {
        let (stop, many) = (chance.between(100, 999), chance.between(2, 60));
        match chance.between(0, 10) {
            0..=2 => log(way, "INFO", &format!("sent {many} departures to stop {stop}")),
            3 | 4 => log(way, "INFO", &format!("display group {} is up to date", chance.between(1, 40))),
            5 | 6 => log(way, "DEBUG", &format!("{many} displays polled in {} ms", chance.between(5, 900))),
            7..=9 => log(way, "INFO", &format!("brightness of stop {stop} set to {many}")),
            _ => log(way, "WARN", &format!("clock of stop {stop} is {many} s slow")),
        }
    }
}

fn main() -> Result<(), Context> {
    let words: Vec<String> = std::env::args().collect();
    let (way, start) = (words[1].as_str(), words[3].parse::<u64>().unwrap());
    let mut chance = Chance(words[2].parse::<u64>().unwrap() * 7919 + start * 104729);
    chance.next();
    log(way, "INFO", "display worker started");
    for job in start..JOBS {
        std::fs::write(&words[4], job.to_string()).unwrap();
        work(way, &mut chance);
        match chance.between(0, 99) {
            0..=29 => {
                begin();
                if let Err(error) = send(&mut chance) {
                    log(way, "ERROR", &format!("{error:?}"));
                }
                end();
            }
            30..=59 => {
                begin();
                if let Err(error) = send(&mut chance) {
                    log(way, "ERROR", &format!("{error}: {}", error.1));
                }
                end();
            }
            60..=68 => {
                for _ in 0..chance.between(2, 3) {
                    begin();
                    let why = chance.pick(&["no answer", "checksum mismatch", "timed out after 5s"]);
                    log(way, "ERROR", &format!("display {} failed: {why}", chance.between(1000, 9999)));
                    end();
                }
            }
            69..=95 => {
                begin();
                die(&mut chance)?;
            }
            _ => {
                begin();
                log(way, "ERROR", "no display group is configured, giving up");
                std::process::exit(1);
            }
        }
    }
    work(way, &mut chance);
    std::fs::write(&words[4], "done").unwrap();
    Ok(())
}
