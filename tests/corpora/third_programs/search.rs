// A search service: `search WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::net::TcpStream;
use std::time::Duration;

#[derive(Debug)]
enum SearchError {
    Index { shard: u32, source: std::io::Error },
    Query(String),
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            SearchError::Index { shard, .. } => write!(f, "could not open shard {shard}"),
            SearchError::Query(text) => write!(f, "query {text:?} cannot be parsed"),
        }
    }
}

impl Error for SearchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SearchError::Index { source, .. } => Some(source),
            SearchError::Query(_) => None,
        }
    }
}

type Outcome = Result<(), Box<dyn Error>>;

fn begin() { eprintln!("\u{2}"); }
fn end() { eprintln!("\u{3}"); }

fn open_shard(shard: u32) -> Result<String, SearchError> {
    fs::read_to_string(format!("/var/lib/search/shard-{shard}")).map_err(|source| SearchError::Index { shard, source })
}

fn fail(case: &str) -> Outcome {
    match case {
        "shard" => drop(open_shard(3)?),
        "query" => return Err(Box::new(SearchError::Query("title:(".into()))),
        "number" => drop("12,5".parse::<u32>()?),
        "refused" => drop(TcpStream::connect_timeout(&"127.0.0.1:9".parse()?, Duration::from_secs(1))?),
        "missing" => drop(fs::read("/etc/search/search.toml")?),
        "full" => fs::write("/dev/full", "segment")?,
        "utf8" => drop(String::from_utf8(vec![0x63, 0xe9])?),
        "env" => drop(std::env::var("SEARCH_TOKEN")?),
        "address" => drop("127.0.0.1:http".parse::<std::net::SocketAddr>()?),
        "text" => return Err("snapshot 12 is older than the log".into()),
        _ => unreachable!(),
    }
    Ok(())
}

fn crash(case: &str) {
    let empty: Vec<u32> = std::env::args().skip(9).map(|_| 1).collect();
    match case {
        "unwrapNone" => { let shards: HashMap<u32, String> = HashMap::new(); println!("{}", shards.get(&3).unwrap()); }
        "unwrapErr" => println!("{}", open_shard(3).unwrap()),
        "expect" => println!("{:?}", fs::read("/etc/search/search.toml").expect("search.toml must be readable")),
        "index" => println!("{}", empty[3]),
        "divide" => println!("{}", 100 / empty.len()),
        "assertion" => assert_eq!(empty.len(), 2, "both replicas must answer"),
        "assertTrue" => assert!(!empty.is_empty()),
        "borrow" => { let cell = RefCell::new(1); let _held = cell.borrow_mut(); println!("{}", cell.borrow()); }
        "slice" => println!("{}", &"größe"[..3]),
        "overflow" => println!("{}", empty.len() - 1),
        "todo" => todo!("merge segments of two versions"),
        "unreachable" => unreachable!("segment kind {}", 9),
        "message" => panic!("index is corrupt: expected 12 segments, found 9\nrun `search repair` first"),
        "capacity" => println!("{}", Vec::<u64>::with_capacity(usize::MAX).len()),
        _ => unreachable!(),
    }
}

fn log(way: &str, level: &str, text: &str) {
    let now = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S"]).output().unwrap();
    let now = String::from_utf8(now.stdout).unwrap();
    let now = now.trim();
    match way {
        "tracing" => eprintln!("{now}.123456Z {level:>5} search::http: {text}"),
        "tracingJson" => eprintln!("{{\"timestamp\":\"{now}.123Z\",\"level\":\"{level}\",\"fields\":{{\"message\":{text:?}}},\"target\":\"search\"}}"),
        "log4rs" => eprintln!("{now}+00:00 {level} search::http - {text}"),
        "simple" => eprintln!("{level} [search] {text}"),
        "slog" => eprintln!("Nov 26 {} {} {text}, shard: 3", &now[11..], match level { "ERROR" => "ERRO", "DEBUG" => "DEBG", other => other }),
        _ => eprintln!("[{now}Z {level:<5} search] {text}"),
    }
}

const CHATTER: [(&str, &str); 7] = [
    ("INFO", "GET /search?q=error 200 in 3ms"), ("INFO", "merged 4 segments, errors=0"), ("WARN", "query took 1840ms"),
    ("INFO", "listening on 0.0.0.0:8080"), ("DEBUG", "no error in 12 segments"), ("WARN", "replica 2 lags by 12 entries"),
    ("INFO", "commit ok panic_on_drift=false"),
];

fn finish(way: &str, seed: usize) {
    for n in 4..6 { log(way, CHATTER[(seed + n) % 7].0, CHATTER[(seed + n) % 7].1); }
}

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments[1] == "list" {
        println!("envLogger tracing tracingJson log4rs simple slog chain returned exit\nshard query number refused missing full utf8 env address text");
        println!("panic thread caught logged\nunwrapNone unwrapErr expect index divide assertion assertTrue borrow slice overflow todo unreachable message capacity");
        return Ok(());
    }
    let (way, case) = (arguments[1].as_str(), arguments[2].clone());
    let seed: usize = way.bytes().chain(case.bytes()).map(usize::from).sum();
    for n in 0..3 { log(way, CHATTER[(seed + n) % 7].0, CHATTER[(seed + n) % 7].1); }
    match way {
        "panic" => { begin(); crash(&case); }
        "thread" => {
            begin();
            let _ = std::thread::Builder::new().name("merger".into()).spawn(move || crash(&case))?.join();
            end();
        }
        "caught" => { begin(); let _ = std::panic::catch_unwind(|| crash(&case)); end(); }
        "logged" => {
            std::panic::set_hook(Box::new(|info| { begin(); log("tracing", "ERROR", &format!("{info}")); end(); }));
            let _ = std::panic::catch_unwind(|| crash(&case));
        }
        "returned" => { begin(); fail(&case)?; }
        "chain" => {
            let failure = fail(&case).unwrap_err();
            begin();
            eprintln!("Error: indexing of batch 12 failed\n\nCaused by:\n    {failure}");
            end();
        }
        "exit" => { let failure = fail(&case).unwrap_err(); begin(); eprintln!("search: error: {failure}"); std::process::exit(1); }
        _ => { let failure = fail(&case).unwrap_err(); begin(); log(way, "ERROR", &format!("batch 12 failed: {failure}")); end(); }
    }
    finish(way, seed);
    Ok(())
}
