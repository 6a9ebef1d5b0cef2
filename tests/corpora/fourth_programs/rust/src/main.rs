//! An indexer that fails: `indexer WAY FAILURE`.
use anyhow::{anyhow, bail, Context, Result};
use std::collections::HashMap;
use std::fmt;
use std::io::Write;

const HEALTHY: [(&str, &str); 5] = [
    ("info", "indexer 0.3.1 listening on 127.0.0.1:7700"),
    ("warn", "segment 12 is large: 812 MiB"),
    ("info", "commit done docs=1200 errors=0 failed=0"),
    ("info", "query q=\"error\" hits=12 took=3ms"),
    ("debug", "skipping tokenizer \"panic\", not enabled"),
];

#[derive(Debug)]
enum IndexError {
    Corrupt { segment: u32, reason: String },
    Locked(String),
}
impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            IndexError::Corrupt { segment, reason } => write!(f, "segment {segment} is corrupt: {reason}"),
            IndexError::Locked(by) => write!(f, "index is locked by \"{by}\""),
        }
    }
}
impl std::error::Error for IndexError {}

fn mark(byte: u8) {
    let _ = std::io::stderr().write_all(&[byte, b'\n']);
}

fn panics(failure: &str) {
    match failure {
        "unwrapNone" => { let m: HashMap<&str, u8> = HashMap::new(); m.get("title").unwrap(); }
        "unwrapErr" => { "12a".parse::<u32>().unwrap(); }
        "expectFile" => { std::fs::read("/srv/indexer/data/segment.0").expect("segment must be readable"); }
        "index" => { let v = vec![1, 2, 3]; let at = v.len() + 4; println!("{}", v[at]); }
        "slice" => { let s = "Größe"; println!("{}", &s[0..3]); }
        "overflow" => { let mut n: u8 = 250; for _ in 0..10 { n += 1; } println!("{n}"); }
        "divide" => { let z = HEALTHY.len() - 5; println!("{}", 7 / z); }
        "assert" => assert_eq!(vec![1, 2], vec![1, 3], "postings of {:?} differ", "error"),
        "assertPlain" => assert!(HEALTHY.len() > 9),
        "unreachable" => unreachable!("state {:?} cannot be", ("merging", 3)),
        "todo" => todo!(),
        "unimplemented" => unimplemented!("fuzzy search"),
        "borrow" => { let c = std::cell::RefCell::new(1); let _a = c.borrow_mut(); let _b = c.borrow_mut(); }
        "manyLines" => panic!("query is invalid:\n  | title:(a OR\n  |          ^ expected term\n"),
        "custom" => std::panic::panic_any(IndexError::Locked("pid 77".into())),
        "refused" => { std::net::TcpStream::connect("127.0.0.1:1").unwrap(); }
        "utf8" => { String::from_utf8(vec![0xff, 0xfe]).unwrap(); }
        "quoted" => panic!("{}", r#"unexpected token: {"level":"error","at":[1,2]}"#),
        "drain" => { let mut v = vec![1]; v.drain(2..); }
        "channel" => { let (tx, rx) = std::sync::mpsc::channel::<u8>(); drop(tx); rx.recv().unwrap(); }
        "poisoned" => {
            let m = std::sync::Arc::new(std::sync::Mutex::new(1));
            let n = m.clone();
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(|_| {}));
            let _ = std::thread::spawn(move || { let _g = n.lock().unwrap(); panic!("x") }).join();
            std::panic::set_hook(hook);
            let _g = m.lock().unwrap();
        }
        "duration" => { let _ = std::time::Duration::from_secs(1) - std::time::Duration::from_secs(2); }
        "corrupt" => { Err::<(), _>(IndexError::Corrupt { segment: 4, reason: "checksum 0xdead != 0xbeef".into() }).unwrap(); }
        "layout" => { let _ = Vec::<u64>::with_capacity(usize::MAX); }
        other => panic!("no failure {other}"),
    }
}

fn fails(failure: &str) -> Result<()> {
    match failure {
        "io" => { std::fs::read_to_string("/srv/indexer/etc/index.toml")?; }
        "context" => { std::fs::read("/srv/indexer/etc/a").context("failed to read schema").context("could not open index \"books\"")?; }
        "parse" => { "x1".parse::<i64>().with_context(|| format!("line {} of stopwords", 7))?; }
        "refusedResult" => { std::net::TcpStream::connect("127.0.0.1:1").context("replica 127.0.0.1:1 not reached")?; }
        "corruptResult" => { return Err(IndexError::Corrupt { segment: 9, reason: "footer: \"magic\" is 0".into() }.into()); }
        "bail" => bail!("query too long: 9000 > 4096"),
        "three" => { return Err(anyhow!("disk quota: 0 left").context("flush of segment 3").context("commit 88 failed")); }
        "lines" => bail!("schema is invalid:\n  field `title`: unknown type \"txt\"\n  field `year`: twice"),
        "locked" => Err(IndexError::Locked("worker 3".into()))?,
        "denied" => { std::fs::write("/proc/version", "x").context("cannot write journal")?; }
        "float" => { "1,5".parse::<f64>()?; }
        "bool" => { "ja".parse::<bool>().context("option `fuzzy`")?; }
        other => panics(other),
    }
    Ok(())
}

fn logged(failure: &str, log: impl Fn(&str, &str), say: impl Fn(anyhow::Error)) {
    for (level, text) in &HEALTHY[failure.len() % 3..] { log(level, text); }
    if let Err(error) = fails(failure) { mark(2); say(error); mark(3); }
    for (level, text) in &HEALTHY[..2] { log(level, text); }
}

macro_rules! logger {
    ($m:ident) => { |level: &str, text: &str| match level { "warn" => $m::warn!("{text}"), "debug" => $m::debug!("{text}"), _ => $m::info!("{text}") } };
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let (way, failure) = (args[1].as_str(), args[2].as_str());
    match way {
        "panic" | "panicTrace" | "panicFull" => { for (_, text) in &HEALTHY[failure.len() % 3..] { eprintln!("{text}"); } mark(2); panics(failure); }
        "panicLogged" => { env_logger::Builder::new().filter_level(log::LevelFilter::Info).init(); for h in HEALTHY { logger!(log)(h.0, h.1); } mark(2); panics(failure); }
        "thread" | "threadTrace" => {
            let name = failure.to_string();
            eprintln!("merge threads: 4");
            mark(2);
            let _ = std::thread::Builder::new().name("merger-2".into()).spawn(move || panics(&name))?.join();
            mark(3);
            eprintln!("merge thread 2 restarted");
        }
        "main" | "mainTrace" => { for (_, text) in HEALTHY { eprintln!("{text}"); } mark(2); fails(failure)?; }
        "envLogger" => { env_logger::Builder::new().filter_level(log::LevelFilter::Debug).init(); logged(failure, logger!(log), |e| log::error!("commit failed: {e:#}")); }
        "envLoggerDebug" => { env_logger::Builder::new().filter_level(log::LevelFilter::Debug).init(); logged(failure, logger!(log), |e| log::error!("{e:?}")); }
        "tracing" => { tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init(); logged(failure, logger!(tracing), |e| tracing::error!(error = %e, "commit failed")); }
        "tracingDebug" => { tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init(); logged(failure, logger!(tracing), |e| tracing::error!("commit failed: {e:?}")); }
        "tracingTarget" => { tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).without_time().with_target(false).init(); logged(failure, logger!(tracing), |e| tracing::error!(?e, segment = 4, "could not merge")); }
        "eprint" => logged(failure, |_, text| eprintln!("{text}"), |e| eprintln!("Error: {e:?}")),
        "eprintLevel" => logged(failure, |level, text| eprintln!("[{}] {text}", level.to_uppercase()), |e| eprintln!("[ERROR] {e:#}")),
        other => bail!("no way {other}"),
    }
    Ok(())
}
