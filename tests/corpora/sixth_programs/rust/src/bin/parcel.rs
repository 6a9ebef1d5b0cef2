//! Routes parcels: slog on a terminal, simplelog, or stderrlog; errors made with thiserror and eyre.

use sixth::{begin, chance, failure, shuffled};
use slog::Drain;
use std::error::Error;

const NAMES: [&str; 12] = [
    "address", "weight", "io", "parse", "depot", "json", "chain", "empty", "denied", "range", "char", "time",
];

#[derive(Debug, thiserror::Error)]
enum ParcelError {
    #[error("no depot for postcode {0}")]
    Depot(String),
    #[error("label of parcel {id} cannot be read")]
    Label { id: u64, source: std::io::Error },
    #[error(transparent)]
    Number(#[from] std::num::ParseIntError),
    #[error("manifest: {0}")]
    Manifest(#[from] serde_json::Error),
    #[error("{0}")]
    Other(String),
}

fn fail(name: &str) -> Result<(), ParcelError> {
    match name {
        "address" => Err(ParcelError::Other("address of parcel 17 has no street".into())),
        "weight" => Ok(drop("".parse::<u8>()?)),
        "io" => std::fs::read("/srv/parcel/labels/8").map(drop).map_err(|source| ParcelError::Label { id: 8, source }),
        "parse" => Ok(drop("-4".parse::<u16>()?)),
        "depot" => Err(ParcelError::Depot("99999".into())),
        "json" => Ok(drop(serde_json::from_str::<Vec<u8>>("[1, 256]")?)),
        "chain" => std::fs::File::create("/proc/parcel").map(drop).map_err(|source| ParcelError::Label { id: 9, source }),
        "empty" => Err(ParcelError::Other("queue 'out' refused: channel is empty and disconnected".into())),
        "denied" => std::net::UdpSocket::bind("192.0.2.7:53").map(drop).map_err(|e| ParcelError::Other(e.to_string())),
        "range" => u8::try_from(300).map(drop).map_err(|e| ParcelError::Other(format!("zone: {e}"))),
        "char" => "xy".parse::<char>().map(drop).map_err(|e| ParcelError::Other(e.to_string())),
        _ => chrono::NaiveDate::parse_from_str("2026-11-31", "%Y-%m-%d").map(drop).map_err(|e| ParcelError::Other(e.to_string())),
    }
}

fn healthy_text() -> (u64, String) {
    let n = chance(9000);
    (n, match n % 7 {
        0 => format!("parcel {n} sorted"),
        1 => "errors in last hour: 0".into(),
        2 => format!("parcel {n} weighs {} g", n % 3000),
        3 => "belt 3 restarted after failure".into(),
        4 => format!("GET /parcels/{n}/exceptions 200"),
        5 => format!("scanner needed 2 tries for {n}"),
        _ => format!("parcel {n} left"),
    })
}

fn chain(e: &dyn Error) -> String {
    let mut text = e.to_string();
    let mut next = e.source();
    while let Some(cause) = next {
        text += &format!("\n  caused by: {cause}");
        next = cause.source();
    }
    text
}

fn main() -> eyre::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let way = args[2].as_str();
    let decorator = slog_term::PlainDecorator::new(std::io::stderr());
    let drain = slog_term::FullFormat::new(decorator).build().fuse();
    let root = slog::Logger::root(std::sync::Mutex::new(drain).fuse(), slog::o!("version" => "2.4"));
    match way {
        "simplelog" => simplelog::SimpleLogger::init(log::LevelFilter::Debug, simplelog::Config::default())?,
        "stderrlog" => stderrlog::new().verbosity(3).timestamp(stderrlog::Timestamp::Second).init()?,
        "env_logger" => env_logger::Builder::new().filter_level(log::LevelFilter::Debug).init(),
        _ => (),
    }
    let healthy = || {
        let (n, text) = healthy_text();
        if way == "slog" {
            match n % 3 {
                0 => slog::info!(root, "{}", text; "belt" => n % 9, "error" => "none"),
                1 => slog::debug!(root, "{}", text),
                _ => slog::warn!(root, "slow belt"; "ms" => n),
            }
        } else {
            match n % 3 {
                0 => log::info!("{text}"),
                1 => log::debug!("{text}"),
                _ => log::warn!("belt {} is slow", n % 9),
            }
        }
    };
    if args[1] == "fall" {
        (0..4).for_each(|_| healthy());
        begin();
        fail(&args[3])?;
    }
    for name in shuffled(&NAMES, 2) {
        (0..chance(6)).for_each(|_| healthy());
        let Err(e) = fail(name) else { continue };
        failure(|| match (way, chance(3)) {
            ("slog", 0) => slog::error!(root, "parcel not routed"; "error" => %e, "parcel" => chance(99)),
            ("slog", 1) => slog::crit!(root, "sorting stops: {}", e),
            ("slog", _) => slog::error!(root, "{}", e; "belt" => chance(9)),
            (_, 0) => log::error!("{}", chain(&e)),
            (_, 1) => log::error!("paquet {} non acheminé : {e:?}", chance(99)),
            _ => log::error!("{e}"),
        });
    }
    Ok(())
}
