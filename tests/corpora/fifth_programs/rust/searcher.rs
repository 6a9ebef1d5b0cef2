//! A search service: `searcher WAY START STEP`, or `searcher fall FAILURE`, or `searcher names`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration, SystemTime};

#[derive(Debug)]
enum SearchError {
    Index(std::io::Error),
    Query { text: String, at: usize },
    Shard(u32, Box<dyn Error + Send + Sync>),
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            SearchError::Index(_) => write!(f, "index could not be opened"),
            SearchError::Query { text, at } => write!(f, "query {text:?} is not valid at {at}"),
            SearchError::Shard(n, _) => write!(f, "shard {n} did not answer"),
        }
    }
}

impl Error for SearchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SearchError::Index(e) => Some(e),
            SearchError::Shard(_, e) => Some(&**e),
            _ => None,
        }
    }
}

type Fault = Box<dyn Error + Send + Sync>;

const PANICS: &[&str] = &[
    "unwrap_none", "expect_none", "unwrap_err", "expect_err", "index", "slice", "text_boundary", "zero", "overflow", "shift",
    "negative_abs", "borrow", "assertion", "assertion_eq", "assertion_ne", "unreachable", "todo", "unimplemented", "said",
    "key", "poisoned", "capacity", "duration", "instant", "split", "remainder", "array", "channel", "chars", "from_utf8",
    "chunk", "step", "swap", "copy", "drain", "any", "cstring", "parsed", "lines", "own",
];

fn panics(name: &str, n: usize) -> usize {
    let list = vec![1usize, 2, 3];
    let nothing: Option<usize> = if n > 90 { Some(n) } else { None };
    match name {
        "unwrap_none" => nothing.unwrap(),
        "expect_none" => nothing.expect("shard must be known"),
        "unwrap_err" => std::fs::read("/var/lib/search/index.bin").unwrap().len(),
        "expect_err" => "12a".parse::<usize>().expect("page is a number"),
        "index" => list[n + 7],
        "slice" => list[n + 2..n + 1].len(),
        "text_boundary" => "Zürich"[..n + 2].len(),
        "zero" => 100 / (n - n),
        "remainder" => 100 % (n - n),
        "overflow" => (n as u8 + 255 - n as u8 + n as u8 + 1) as usize,
        "shift" => 1usize << (n + 64),
        "negative_abs" => (i32::MIN + n as i32 - n as i32).abs() as usize,
        "borrow" => {
            let cell = RefCell::new(1);
            let _held = cell.borrow_mut();
            let again = *cell.borrow();
            again
        }
        "assertion" => { assert!(n > 90); n }
        "assertion_eq" => { assert_eq!(n, 4, "documents in shard"); n }
        "assertion_ne" => { assert_ne!(list, vec![1, 2, 3]); n }
        "unreachable" => unreachable!("token {n}"),
        "todo" => todo!(),
        "unimplemented" => unimplemented!("fuzzy search"),
        "said" => panic!("no shard left for query {n}"),
        "key" => HashMap::<&str, usize>::new()["title"],
        "poisoned" => {
            let lock = Arc::new(Mutex::new(1));
            let held = Arc::clone(&lock);
            std::panic::set_hook(Box::new(|_| {}));
            let _ = std::thread::spawn(move || { let _g = held.lock(); panic!() }).join();
            let _ = std::panic::take_hook();
            let value = *lock.lock().unwrap();
            value
        }
        "capacity" => Vec::<u64>::with_capacity(usize::MAX - n).len(),
        "duration" => (Duration::from_secs(1) - Duration::from_secs(n as u64 + 2)).as_secs() as usize,
        "instant" => SystemTime::UNIX_EPOCH.duration_since(SystemTime::now()).unwrap().as_secs() as usize,
        "split" => list.split_at(n + 9).0.len(),
        "array" => <[usize; 2]>::try_from(list).unwrap()[0],
        "channel" => { let (send, receive) = mpsc::channel(); drop(receive); send.send(n).unwrap(); n }
        "chars" => char::from_digit(n as u32, 99).map_or(0, |c| c as usize),
        "from_utf8" => String::from_utf8(vec![0x63, 0xe9]).unwrap().len(),
        "chunk" => list.chunks(n - n).count(),
        "step" => (0..9).step_by(n - n).count(),
        "swap" => { let mut l = list; l.swap(0, n + 9); n }
        "copy" => { let mut l = [0; 2]; l.copy_from_slice(&list); n }
        "drain" => { let mut l = list; l.drain(n + 5..).count() }
        "any" => { std::panic::panic_any(n) }
        "cstring" => std::ffi::CString::new("a\0b").unwrap().as_bytes().len(),
        "parsed" => "12.5.1".parse::<f64>().unwrap() as usize,
        "lines" => panic!("index is not valid:\n  segment 3: checksum differs\n  segment 7: missing"),
        "own" => Err::<usize, _>(SearchError::Query { text: "title:(".into(), at: 7 }).unwrap(),
        _ => unreachable!(),
    }
}

const FAILS: &[&str] = &[
    "missing", "directory", "exists", "full", "refused", "slow", "in_use", "number", "number_empty", "number_big", "float",
    "boolean", "character", "utf8", "address", "command", "command_missing", "query", "index_chain", "shard_chain",
    "shard_twice", "closed", "closed_receive", "time", "eof", "text", "broken_pipe", "variable", "layout", "said", "format",
    "seek",
];

fn fails(name: &str) -> Result<usize, Fault> {
    Ok(match name {
        "missing" => std::fs::read("/var/lib/search/index.bin")?.len(),
        "directory" => std::fs::read("/etc")?.len(),
        "exists" => { std::fs::create_dir("/etc")?; 0 }
        "full" => std::fs::OpenOptions::new().write(true).open("/dev/full")?.write(b"x")?,
        "refused" => { TcpStream::connect("127.0.0.1:9")?; 0 }
        "slow" => {
            let server = TcpListener::bind("127.0.0.1:0")?;
            let mut client = TcpStream::connect(server.local_addr()?)?;
            client.set_read_timeout(Some(Duration::from_millis(30)))?;
            client.read(&mut [0; 4])?
        }
        "in_use" => {
            let server = TcpListener::bind("127.0.0.1:0")?;
            TcpListener::bind(server.local_addr()?)?;
            0
        }
        "number" => "12a".parse()?,
        "number_empty" => "".parse()?,
        "number_big" => "300".parse::<u8>()? as usize,
        "float" => "12,5".parse::<f64>()? as usize,
        "boolean" => "yes".parse::<bool>()? as usize,
        "character" => "ab".parse::<char>()? as usize,
        "utf8" => std::str::from_utf8(&[0x63, 0xe9, 0x20])?.len(),
        "address" => { "10.0.0.300".parse::<std::net::IpAddr>()?; 0 }
        "command" => {
            let status = std::process::Command::new("sh").args(["-c", "exit 3"]).status()?;
            return Err(format!("indexer exited with {status}").into());
        }
        "command_missing" => { std::process::Command::new("index-documents").status()?; 0 }
        "query" => return Err(SearchError::Query { text: "title:(".into(), at: 7 }.into()),
        "index_chain" => std::fs::read("/var/lib/search/index.bin").map_err(SearchError::Index)?.len(),
        "shard_chain" => fails("number").map_err(|e| SearchError::Shard(3, e))?,
        "shard_twice" => fails("index_chain").map_err(|e| SearchError::Shard(5, e))?,
        "closed" => { let (send, receive) = mpsc::channel(); drop(receive); send.send(1)?; 0 }
        "closed_receive" => { let (send, receive) = mpsc::channel::<usize>(); drop(send); receive.recv()? }
        "time" => { SystemTime::UNIX_EPOCH.duration_since(SystemTime::now())?; 0 }
        "eof" => { (&[1u8][..]).read_exact(&mut [0; 4])?; 0 }
        "text" => { let mut s = String::new(); (&[0xe9u8, 0x20][..]).read_to_string(&mut s)? }
        "broken_pipe" => {
            let mut child = std::process::Command::new("true").stdin(std::process::Stdio::piped()).spawn()?;
            let mut input = child.stdin.take().unwrap();
            child.wait()?;
            input.write(b"x")?
        }
        "variable" => std::env::var("SEARCH_TOKEN")?.len(),
        "layout" => std::alloc::Layout::from_size_align(8, 3)?.size(),
        "said" => return Err("no shard left for this query".into()),
        "format" => { use std::fmt::Write; let mut s = String::new(); write!(s, "{}", 1)?; return Err(Box::new(fmt::Error)) }
        "seek" => { use std::io::Seek; std::io::Cursor::new([1]).seek(std::io::SeekFrom::Current(-5))? as usize }
        _ => unreachable!(),
    })
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

fn mark(sign: u8) {
    let _ = std::io::stderr().write_all(&[sign, b'\n']);
}

fn civil() -> (u64, u64, u64, u64, u64, u64, u32) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let (days, second) = (now.as_secs() / 86_400, now.as_secs() % 86_400);
    let (mut year, mut day) = (1970, days);
    let leap = |y: u64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    while day >= 365 + leap(year) as u64 {
        day -= 365 + leap(year) as u64;
        year += 1;
    }
    let mut month = 0;
    for length in [31, 28 + leap(year) as u64, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        month += 1;
        if day < length {
            break;
        }
        day -= length;
    }
    (year, month, day + 1, second / 3600, second / 60 % 60, second % 60, now.subsec_micros())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// One line, or more, of a level, with a failure or none.
fn line(way: &str, level: &str, said: &str, fault: Option<&(dyn Error + 'static)>) -> String {
    let (year, month, day, hour, minute, second, micro) = civil();
    let date = format!("{year}-{month:02}-{day:02}");
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    let mut chain = String::new();
    let mut below = String::new();
    let mut next = fault;
    let mut depth = 0;
    while let Some(each) = next {
        chain += &format!("{}{each}", if depth > 0 { ": " } else { "" });
        if depth == 1 {
            below += "\n\nCaused by:";
        }
        if depth > 0 {
            below += &format!("\n    {}: {each}", depth - 1);
        } else {
            below += &format!(": {each}");
        }
        depth += 1;
        next = each.source();
    }
    match way {
        "env_logger" => format!("[{date}T{clock}Z {level:<5} searcher::shard] {said}{below}"),
        "env_debug" => match fault {
            Some(f) => format!("[{date}T{clock}Z {level:<5} searcher::shard] {said}: {f:#?}"),
            None => format!("[{date}T{clock}Z {level:<5} searcher::shard] {said}"),
        },
        "tracing" => match fault {
            Some(f) => format!("{date}T{clock}.{micro:06}Z {level:>5} request{{id=41}}: searcher::shard: {said} error={f:?}"),
            None => format!("{date}T{clock}.{micro:06}Z {level:>5} request{{id=41}}: searcher::shard: {said}"),
        },
        "json" => format!(
            "{{\"timestamp\":\"{date}T{clock}.{micro:06}Z\",\"level\":\"{level}\",\"fields\":{{\"message\":{}{}}},\"target\":\"searcher::shard\"}}",
            quoted(said),
            fault.map_or(String::from(",\"error\":null"), |_| format!(",\"error\":{}", quoted(&chain))),
        ),
        "printed" => match fault {
            Some(_) => format!("Error: {said}{below}"),
            None => said.to_string(),
        },
        _ => format!("{date} {clock},{:03} {level} [worker-2] search.shard - {said}{below}", micro / 1000),
    }
}

fn healthy(way: &str, chance: &mut Chance, fewest: usize) {
    let text = std::fs::read_to_string("healthy.tsv").unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for _ in 0..fewest + chance.below(5) {
        let (level, said) = lines[chance.below(lines.len())].split_once('\t').unwrap();
        let mut said = said.replace("\\n", "\n");
        while said.contains('@') {
            said = said.replacen('@', &(2 + chance.below(900)).to_string(), 1);
        }
        if way != "printed" || level == "INFO" {
            eprintln!("{}", line(way, level, &said, None));
        }
    }
}

const SAID: &[&str] = &[
    "query could not be answered", "failed to merge segment", "request failed", "worker gave up", "cannot load shard",
    "background task failed", "could not commit writes",
];

fn deep(n: usize) -> usize {
    let held = [n; 512];
    std::hint::black_box(&held);
    deep(n + 1) + held[n % 512]
}

fn fall(name: &str) -> Result<(), Fault> {
    healthy("common", &mut Chance(name.len() as u64), 2);
    mark(2);
    match name {
        "deep" => { deep(0); }
        "deep_thread" => { let _ = std::thread::Builder::new().name("merger".into()).spawn(|| deep(0)).unwrap().join(); }
        "allocation" => { let _ = std::hint::black_box(vec![0u8; 1 << 60]); }
        _ if PANICS.contains(&name) => { panics(name, 1); }
        _ => { fails(name)?; }
    }
    Ok(())
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let way = arguments[0].as_str();
    match way {
        "names" => {
            for name in PANICS.iter().chain(FAILS).chain(&["deep", "deep_thread", "allocation"]) {
                println!("{name}");
            }
            return Ok(());
        }
        "fall" => return fall(&arguments[1]),
        _ => (),
    }
    let (start, step): (usize, usize) = (arguments[1].parse()?, arguments[2].parse()?);
    let mut chance = Chance(way.len() as u64 + start as u64);
    let names = if way.starts_with("panic") { PANICS } else { FAILS };
    for (number, name) in names.iter().skip(start).step_by(step).enumerate() {
        let layout = if way == "panic_journal" { "printed" } else { way };
        healthy(layout, &mut chance, if layout == "printed" { 1 } else { 0 });
        if way.starts_with("panic") {
            mark(2);
            let thread = std::thread::Builder::new().name(format!("worker-{number}"));
            let _ = thread.spawn(move || panics(name, 1)).unwrap().join();
            mark(3);
            continue;
        }
        match fails(name) {
            Ok(_) => println!("did not fail: {name}"),
            Err(fault) => {
                let said = SAID[chance.below(SAID.len())];
                mark(2);
                if number % 4 == 1 {
                    eprintln!("{}", line(way, "ERROR", &format!("{said}: {fault}"), None));
                } else {
                    eprintln!("{}", line(way, "ERROR", said, Some(&*fault)));
                }
                mark(3);
            }
        }
    }
    healthy("common", &mut chance, 0);
    Ok(())
}
