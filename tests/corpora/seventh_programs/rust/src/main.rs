//! A harbour's berths of Rust's standard library alone: it logs to stderr, below a head or bare.
use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::panic;
use std::process::{Command, ExitCode};
use std::sync::{mpsc, Arc, Mutex, RwLock};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

struct Chance(u64);
impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
    fn number(&mut self) -> u64 {
        1000 + self.below(9000)
    }
}

#[derive(Debug)]
enum BerthError {
    Taken { berth: u64, by: String },
    Read(io::Error),
    Draught(std::num::ParseFloatError),
}
impl fmt::Display for BerthError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Taken { berth, by } => write!(f, "berth {berth} is taken by {by}"),
            Self::Read(_) => write!(f, "cannot read the list of berths"),
            Self::Draught(_) => write!(f, "draught not understood"),
        }
    }
}
impl Error for BerthError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Taken { .. } => None,
            Self::Read(e) => Some(e),
            Self::Draught(e) => Some(e),
        }
    }
}
#[derive(Debug)]
struct Closed(Box<dyn Error>, u64);
impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "ship {} not moored", self.1)
    }
}
impl Error for Closed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}
#[derive(Debug)]
#[allow(dead_code)]
struct Ship {
    name: String,
    draught: Option<f32>,
    crew: Vec<(u64, &'static str)>,
}

fn mark(byte: u8) {
    io::stdout().flush().unwrap();
    io::stderr().write_all(&[byte, b'\n']).unwrap();
}
fn date() -> String {
    let s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    format!("2026-11-27T{:02}:{:02}:{:02}Z", s / 3600 % 24, s / 60 % 60, s % 60)
}
struct Log {
    way: String,
}
impl Log {
    fn bare(&self) -> bool {
        self.way == "bare" || self.way == "journal" || self.way == "traced"
    }
    fn line(&self, level: &str, text: &str) {
        match self.way.as_str() {
            "stamped" => eprintln!("[{} {level:<5} harbour] {text}", date()),
            "mixed" => eprintln!("{} {level:>5} harbour::berths: {text}", date()),
            _ if level == "ERROR" => eprintln!("{text}"),
            _ => println!("{text}"),
        }
    }
}

fn healthy(log: &Log, chance: &mut Chance, ordinary: &[String]) {
    for _ in 0..[0, 1, 1, 2, 3, 5][chance.below(6) as usize] {
        let line = ordinary[chance.below(ordinary.len() as u64) as usize].replace("\\n", "\n");
        if log.bare() || line.contains('\n') || (log.way == "mixed" && chance.below(2) == 0) {
            println!("{}", line.trim_start_matches("W "));
        } else if let Some(line) = line.strip_prefix("W ") {
            log.line("WARN", line);
        } else {
            log.line("INFO", &line);
        }
    }
}

fn read(n: u64) -> Result<String, Box<dyn Error>> {
    std::fs::read_to_string(format!("/srv/harbour/{n}.csv")).map_err(|e| BerthError::Read(e).into())
}
fn moor(n: u64) -> Result<(), Box<dyn Error>> {
    read(n).map_err(|e| Closed(e, n))?;
    Ok(())
}
fn deep(n: u64, of: &[u64]) -> u64 {
    if n == 0 { of[of.len() + 3] } else { deep(n - 1, of) + 1 }
}

fn errors(n: u64) -> Vec<Box<dyn Error>> {
    let mut all: Vec<Box<dyn Error>> = vec![
        read(n).unwrap_err(),
        moor(n).unwrap_err(),
        Box::new(Closed(Box::new(Closed(Box::new(BerthError::Taken { berth: n, by: "Zoë Ångström 船".into() }), 7)), n)),
        "abc".parse::<u64>().unwrap_err().into(),
        BerthError::Draught("4,2".parse::<f32>().unwrap_err()).into(),
        std::net::TcpStream::connect("127.0.0.1:1").unwrap_err().into(),
        String::from_utf8(vec![99, 97, 0xe9]).unwrap_err().into(),
        "999.1.1.1".parse::<std::net::IpAddr>().unwrap_err().into(),
        Command::new("/none/pilot").spawn().unwrap_err().into(),
        format!("manifest {n} not valid:\n  - ship: missing\n  - cargo: below zero").into(),
        io::Error::new(io::ErrorKind::Other, format!("crane {n} stuck")).into(),
    ];
    all.push(format!("cannot save {:?}", (0..60).map(|i| Ship { name: format!("ship {i}"), draught: None, crew: vec![(n, "pilot")] }).collect::<Vec<_>>()).into());
    all
}

type Fall = fn(u64);
const PANICS: &[(&str, Fall)] = &[
    ("unwrap", |_| { None::<u64>.unwrap(); }),
    ("expect", |n| { Err::<u64, _>(BerthError::Taken { berth: n, by: "Aurora".into() }).expect("berths are free at night"); }),
    ("unwrap_io", |n| { std::fs::File::open(format!("/none/{n}")).unwrap(); }),
    ("index", |n| { let all = vec![1, 2, 3]; println!("{}", all[n as usize]); }),
    ("deep", |n| { deep(n % 9, &[1, 2]); }),
    ("divide", |n| { let zero = n - n; println!("{}", n / zero); }),
    ("overflow", |n| { let all = [200u8, 100]; println!("{}", all.iter().sum::<u8>() as u64 + n); }),
    ("slice", |n| { println!("{}", &"Ærø"[1..(n % 2 + 2) as usize]); }),
    ("range", |n| { let all = [1, 2]; println!("{:?}", &all[n as usize..]); }),
    ("key", |n| { let all = HashMap::from([(1u64, 2)]); println!("{}", all[&n]); }),
    ("borrow", |_| { let cell = RefCell::new(1); let _one = cell.borrow_mut(); cell.borrow_mut(); }),
    ("unreachable", |n| unreachable!("tide {n} cannot be")),
    ("todo", |_| todo!("night tariff")),
    ("unimplemented", |_| unimplemented!()),
    ("assert", |n| assert!(n < 3, "more than three ships: {n}")),
    ("assert_eq", |n| assert_eq!(n, 3, "berths of pier 2")),
    ("assert_eq_debug", |n| assert_eq!(Some(Ship { name: "Aurora".into(), draught: None, crew: vec![] }).map(|s| s.crew), Some(vec![(n, "pilot")]))),
    ("assert_ne", |_| assert_ne!("a", "a")),
    ("lines", |n| panic!("manifest {n} not valid:\n  - ship: missing\n  - cargo: below zero")),
    ("unicode", |n| panic!("Liegeplatz „Süd“ 船 {n} ☠")),
    ("poisoned", |_| {
        let lock = Arc::new(Mutex::new(1));
        let other = lock.clone();
        let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| { let _held = other.lock().unwrap(); panic::resume_unwind(Box::new(())) }));
        let _held = lock.lock().unwrap();
    }),
    ("channel", |_| { let (tx, rx) = mpsc::channel::<u64>(); drop(tx); rx.recv().unwrap(); }),
    ("send", |n| { let (tx, rx) = mpsc::channel(); drop(rx); tx.send(n).unwrap(); }),
    ("utf8", |_| { std::str::from_utf8(&[0xe9, 1]).unwrap(); }),
    ("any", |n| panic::panic_any(n)),
    ("text", |n| panic::panic_any(format!("crane {n} fell"))),
    ("rwlock", |_| { let lock = RwLock::new(1); let _ = lock.into_inner().map(|x| x + 9); Option::<Box<dyn Any>>::None.expect("pilot on board"); }),
    ("thread", |n| { let _ = thread::Builder::new().name(format!("crane-{}", n % 9)).spawn(move || { deep(n % 4, &[]) }).unwrap().join(); }),
    ("thread_unnamed", |_| { let _ = thread::spawn(|| { "x".parse::<i32>().unwrap() }).join(); }),
    ("split", |n| { [1, 2].split_at(n as usize); }),
    ("remove", |n| { vec![1].remove(n as usize); }),
    ("capacity", |_| { let _ = Vec::<u64>::with_capacity(usize::MAX); }),
    ("clamp", |_| { 3.clamp(9, 1); }),
    ("duration", |_| { let _ = std::time::Duration::from_secs(1) - std::time::Duration::from_secs(2); }),
];

fn tell(log: &Log, chance: &mut Chance, e: &dyn Error) {
    let n = chance.number();
    match chance.below(5) {
        0 => log.line("ERROR", &format!("error: {e}")),
        1 => {
            let mut text = format!("ship {n} failed: {e}");
            let mut at = e.source();
            while let Some(cause) = at {
                text += &format!("\n  caused by: {cause}");
                at = cause.source();
            }
            log.line("ERROR", &text);
        }
        2 => log.line("ERROR", &format!("failed to serve {n}: {e:?}")),
        3 => log.line("ERROR", &format!("error while mooring: {e:#?}")),
        _ => {
            let mut text = format!("Error: {e}");
            let mut at = e.source();
            if at.is_some() {
                text += "\n\nCaused by:";
            }
            let mut depth = 0;
            while let Some(cause) = at {
                text += &format!("\n    {depth}: {cause}");
                at = cause.source();
                depth += 1;
            }
            if log.way == "traced" {
                text += &format!("\n\nStack backtrace:\n{}", Backtrace::force_capture());
            }
            log.line("ERROR", &text);
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let log = Log { way: words[1].clone() };
    let mut chance = Chance(words[3].parse().unwrap());
    let ordinary: Vec<String> = std::fs::read_to_string("../ordinary.txt").unwrap().lines().map(String::from).collect();
    if words[2] == "serve" {
        let mut all: Vec<(usize, bool)> = (0..PANICS.len()).map(|n| (n, true)).collect();
        all.extend((0..12).map(|n| (n, false)));
        for at in (1..all.len()).rev() {
            let other = chance.below(at as u64 + 1) as usize;
            all.swap(at, other);
        }
        if log.way == "mixed" {
            // as services do that want their panics in their log
            panic::set_hook(Box::new(|info| eprintln!("{} ERROR harbour::panics: {info}", date())));
        }
        for (at, panics) in all {
            healthy(&log, &mut chance, &ordinary);
            let n = chance.number();
            if panics {
                mark(2);
                let _ = panic::catch_unwind(|| PANICS[at].1(n));
                mark(3);
            } else {
                let e = errors(n).swap_remove(at);
                mark(2);
                tell(&log, &mut chance, e.as_ref());
                mark(3);
            }
        }
        healthy(&log, &mut chance, &ordinary);
        return ExitCode::SUCCESS;
    }
    healthy(&log, &mut chance, &ordinary);
    mark(2);
    match words[2].as_str() {
        "main" => return std::process::Termination::report(moor(7)),
        "main_text" => return std::process::Termination::report(Err::<(), _>(format!("no berths file\nlooked in {}", "/etc"))),
        "abort" => std::process::abort(),
        "stack" => { fn endless(n: u64) -> u64 { let x = [n; 64]; endless(x[3] + 1) + x[7] } println!("{}", endless(0)); }
        "memory" => { println!("{}", vec![1u8; 1 << 50].len()); }
        "double" => { struct Gate; impl Drop for Gate { fn drop(&mut self) { panic!("gate jams") } } let _gate = Gate; panic!("tide too low"); }
        "exit" => { eprintln!("error: cannot listen on port 80: permission denied"); std::process::exit(2) }
        name => PANICS.iter().find(|p| p.0 == name).unwrap().1(chance.number()),
    }
    ExitCode::FAILURE
}
