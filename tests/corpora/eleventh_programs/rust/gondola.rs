//! Collects the telemetry of gondolas. Arguments: way, seed, first job, state file.
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

struct Desk {
    way: String,
    dice: u64,
}

#[derive(Debug)]
enum TelemetryError {
    Frame { gondola: u64, got: usize },
    Store(std::io::Error),
    Parse(std::num::ParseIntError),
}

impl fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Frame { gondola, got } => write!(f, "frame of gondola {gondola} has {got} bytes"),
            Self::Store(_) => write!(f, "could not store telemetry"),
            Self::Parse(_) => write!(f, "could not parse telemetry"),
        }
    }
}

impl Error for TelemetryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Frame { .. } => None,
            Self::Store(e) => Some(e),
            Self::Parse(e) => Some(e),
        }
    }
}

fn time() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let s = now.as_secs() % 86_400;
    format!("2026-11-27T{:02}:{:02}:{:02}.{:06}Z", s / 3600, s / 60 % 60, s % 60, now.subsec_micros())
}

impl Desk {
    fn up_to(&mut self, n: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.dice >> 33) % n
    }

    fn log(&mut self, level: &str, text: &str, pairs: &str) {
        let n = self.up_to(40);
        let line = match self.way.as_str() {
            "tracing" => format!("{} {level:>5} poll{{gondola={n}}}:read{{line=1}}: gondola::poll: {text}{}{pairs}", time(), if pairs.is_empty() { "" } else { " " }),
            "slog" => {
                let now = time();
                let short = match level { "ERROR" => "ERRO", "DEBUG" => "DEBG", x => x };
                format!("Nov 27 {} {short} {text}, {pairs}{}gondola: {n}", &now[11..23], if pairs.is_empty() { "" } else { ", " })
            }
            "journal" => format!("[{level} gondola] {text}{}{pairs}", if pairs.is_empty() { "" } else { " " }),
            "json" => format!(
                "{{\"timestamp\":\"{}\",\"level\":\"{level}\",\"fields\":{{\"message\":{text:?}{}{}}},\"target\":\"gondola::poll\",\"span\":{{\"gondola\":{n},\"name\":\"poll\"}}}}",
                time(), if pairs.is_empty() { "" } else { ",\"error\":" }, if pairs.is_empty() { String::new() } else { format!("{pairs:?}") }
            ),
            _ if level == "ERROR" => format!("error: {text}{}{pairs}", if pairs.is_empty() { "" } else { ": " }),
            _ => text.to_string(),
        };
        eprintln!("{line}");
    }

    fn failed(&mut self, text: &str, error: &dyn Error) {
        let pairs = match self.way.as_str() {
            "tracing" => format!("error={error}"),
            "slog" => format!("error: {error}"),
            _ => error.to_string(),
        };
        self.log("ERROR", text, &pairs);
    }

    /// As `anyhow` prints an error with its causes.
    fn chained(&mut self, text: &str, error: &dyn Error) {
        if self.way == "bare" {
            return self.failed(text, error);
        }
        let mut told = format!("{text}: {error}\n\nCaused by:");
        let mut cause = error.source();
        while let Some(e) = cause {
            told += &format!("\n    {e}");
            cause = e.source();
        }
        self.log("ERROR", &told, "");
    }

    fn ordinary(&mut self) {
        let n = self.up_to(9000) + 100;
        let lines = [
            ("INFO", format!("gondola {} passed tower {}", n % 40, n % 12)),
            ("INFO", format!("stored {n} frames")),
            ("INFO", "check finished with 0 errors".to_string()),
            ("INFO", "fetched https://gondola.example/docs/exceptions".to_string()),
            ("INFO", "link came back after 2 retries".to_string()),
            ("DEBUG", "answer was {\"ok\": true, \"error\": null}".to_string()),
            ("INFO", "no errors found in segment 12".to_string()),
            ("WARN", format!("battery of gondola {} is at {} %", n % 40, n % 30 + 10)),
            ("INFO", format!("wind {} km/h", n % 60)),
        ];
        let from = self.up_to(9) as usize;
        for i in 0..2 + self.up_to(3) as usize {
            let (level, text) = &lines[(from + i * 2) % 9];
            self.log(level, text, "");
            if *level == "WARN" {
                self.log("INFO", "battery is charged in the station", "");
            }
        }
    }

    fn job(&mut self, kind: usize) -> Result<(), Box<dyn Error>> {
        let n = self.up_to(40);
        match kind {
            0 => self.failed("frame refused", &TelemetryError::Frame { gondola: n, got: 7 }),
            1 => {
                let e = fs::read(format!("/srv/gondola/{n}.bin")).unwrap_err();
                self.failed("cannot read segment", &e)
            }
            2 => {
                let e = TcpStream::connect(("127.0.0.1", 2 + n as u16 % 7)).unwrap_err();
                self.failed("cannot connect to summit station", &e)
            }
            3 => {
                let e = TelemetryError::Store(fs::read("/srv/gondola/index").unwrap_err());
                self.chained("flush failed", &e)
            }
            4 => {
                let e = TelemetryError::Parse("4x".parse::<u32>().unwrap_err());
                self.chained("reading failed", &e)
            }
            5 => {
                let e = String::from_utf8(vec![0x67, 0xff]).unwrap_err();
                self.failed("name of gondola not read", &e)
            }
            6 => self.log("ERROR", &format!("failed to send heartbeat {n}: timed out"), ""),
            7 => self.log("ERROR", "calibration failed:\n    sensor 1: offset 14 mV\n    sensor 3: no signal", ""),
            8 => self.log("ERROR", "out of disk space, telemetry is dropped", ""),
            9..=15 => {
                let body = move || match kind {
                    9 => { Option::<u32>::None.unwrap(); }
                    10 => { "summit".parse::<u32>().unwrap(); }
                    11 => { let v: Vec<u64> = (0..n % 3).collect(); println!("{}", v[n as usize + 5]); }
                    12 => assert_eq!(n % 2 + 2, 9, "towers of line {n}"),
                    13 => { fs::read("/srv/gondola/keys").expect("keys of the gondolas are needed"); }
                    14 => { println!("{}", HashMap::<u64, u64>::new()[&n]); }
                    _ => panic!("gondola {n} is in two places\n    tower 3\n    tower {}", n % 12),
                };
                let _ = std::thread::Builder::new().name(format!("line-{}", n % 4)).spawn(body).unwrap().join();
            }
            16 => panic!("no gondola answers"),
            17 => { let zero = n - n; println!("{}", 41 / zero); }
            18 => return Err(Box::new(TelemetryError::Frame { gondola: n, got: 0 })),
            19 => { fs::read("/srv/gondola/config.toml")?; }
            20 => { let cell = std::cell::RefCell::new(n); let _a = cell.borrow_mut(); let _b = cell.borrow_mut(); }
            21 => { fn deep(n: u64) -> u64 { let a = [n; 64]; if n == u64::MAX { 0 } else { deep(std::hint::black_box(n + 1)) + a[(n % 64) as usize] } } println!("{}", deep(0)); }
            22 => unreachable!("state {n} of the door"),
            _ => { let text = "günz"; println!("{}", &text[..2]); }
        }
        Ok(())
    }
}

fn mark(byte: u8) {
    std::io::stderr().write_all(&[byte, b'\n']).unwrap();
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (seed, start): (u64, usize) = (args[2].parse()?, args[3].parse()?);
    let mut order = Desk { way: args[1].clone(), dice: seed };
    let mut jobs: Vec<usize> = (0..16).chain(0..16).chain(16..24).collect();
    for i in (1..jobs.len()).rev() {
        let j = order.up_to(i as u64 + 1) as usize;
        jobs.swap(i, j);
    }
    let mut desk = Desk { way: args[1].clone(), dice: seed * 1000 + start as u64 };
    desk.log("INFO", "telemetry started", "");
    for (i, kind) in jobs.iter().enumerate().skip(start) {
        fs::write(&args[4], i.to_string())?;
        desk.ordinary();
        mark(2);
        desk.job(*kind)?;
        mark(3);
    }
    desk.ordinary();
    fs::write(&args[4], "done")?;
    Ok(())
}
