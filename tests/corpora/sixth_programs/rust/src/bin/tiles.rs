//! Serves tiles of a map: tokio, tracing in its default layout, anyhow.

use anyhow::{bail, ensure, Context, Result};
use sixth::{begin, chance, end, failure, shuffled};
use std::time::Duration;
use tokio::net::TcpStream;
use tracing::{debug, error, info, instrument, warn};

const NAMES: [&str; 15] = [
    "refused", "file", "utf8", "json", "number", "bail", "ensure", "timeout", "address", "channel", "float", "bind",
    "nested", "lines", "remove",
];

async fn fail(name: &str) -> Result<()> {
    match name {
        "refused" => drop(TcpStream::connect("127.0.0.1:9").await.context("tile store")?),
        "file" => drop(std::fs::read("/srv/tiles/12/7.png").context("tile 12/7")?),
        "utf8" => drop(String::from_utf8(vec![0xff, 0x41])?),
        "json" => drop(serde_json::from_str::<serde_json::Value>("{\"zoom\": 12,").context("style.json")?),
        "number" => drop("12a".parse::<u32>()?),
        "bail" => bail!("zoom {} is not served", 31),
        "ensure" => ensure!(1 + 1 == 3, "tile has {} layers, 3 wanted", 2),
        "timeout" => tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await?,
        "address" => drop("127.0.0.1:99999".parse::<std::net::SocketAddr>()?),
        "channel" => {
            let (send, receive) = std::sync::mpsc::channel::<u8>();
            drop(receive);
            send.send(1)?;
        }
        "float" => drop("1,5".parse::<f64>().context("opacity")?),
        "bind" => drop(std::net::TcpListener::bind("192.0.2.1:80")?),
        "nested" => {
            std::fs::read_dir("/srv/tiles").context("reading layer roads").context("building tile 3/4/5").context("render job 81")?;
        }
        "lines" => bail!("renderer said:\n  line 1: unknown colour\n  line 4: unknown symbol"),
        _ => std::fs::remove_dir("/proc/self")?,
    }
    Ok(())
}

#[instrument(skip_all, fields(tile = tile))]
async fn render(name: &str, tile: u64) {
    if let Err(e) = fail(name).await {
        failure(|| match chance(4) {
            0 => error!("render failed: {e:?}"),
            1 => error!(error = %e, "tile not rendered"),
            2 => error!(?e, "tile not rendered"),
            _ => error!("{e:#}"),
        });
    }
}

fn healthy() {
    let n = chance(9000);
    match n % 9 {
        0 => info!("tile {n} rendered"),
        1 => info!(tile = n, errors = 0, "batch done"),
        2 => debug!("cache: 0 failed lookups, {n} hits"),
        3 => warn!("tile {n} took {} ms", n % 700),
        4 => info!(path = "/tiles/error.png", status = 200, "GET"),
        5 => warn!("store busy, retrying tile {n}"),
        6 => info!("tile {n} rendered at second try"),
        7 => debug!("panic handler in place"),
        _ => info!("style reloaded without errors"),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::DEBUG).init();
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "fall" {
        (0..4).for_each(|_| healthy());
        begin();
        return fail(&args[2]).await;
    }
    for name in shuffled(&NAMES, 2) {
        (0..chance(6)).for_each(|_| healthy());
        if chance(5) == 0 {
            begin();
            let _ = tokio::spawn(async move { fail(name).await.unwrap() }).await;
            end();
        } else {
            render(name, chance(900)).await;
        }
    }
    Ok(())
}
