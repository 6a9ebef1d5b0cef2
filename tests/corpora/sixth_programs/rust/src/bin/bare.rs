//! Backs up a disk: println, eprintln, rayon, and the ways a program of Rust ends.

use rayon::prelude::*;
use sixth::{begin, chance, failure, shuffled};

const NAMES: [&str; 9] = ["open", "space", "spawn", "status", "lock", "pool", "name", "seek", "link"];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn fail(name: &str) -> Result<()> {
    match name {
        "open" => drop(std::fs::File::open("/srv/backup/set.7")?),
        "space" => std::io::Write::write_all(&mut std::fs::File::options().write(true).open("/dev/full")?, b"block")?,
        "spawn" => drop(std::process::Command::new("/usr/bin/zstd-9").spawn()?),
        "status" => {
            let status = std::process::Command::new("sh").args(["-c", "exit 3"]).status()?;
            Err(format!("pre-hook ended with {status}"))?
        }
        "lock" => drop(std::fs::OpenOptions::new().write(true).create_new(true).open("/etc/hostname")?),
        "pool" => drop((0..100).into_par_iter().map(|n| if n == 77 { panic!("block {n} has a bad checksum") } else { n }).sum::<i32>()),
        "name" => drop(std::net::ToSocketAddrs::to_socket_addrs("vault.invalid:22")?),
        "seek" => drop(std::io::Seek::seek(&mut std::io::Cursor::new([0u8]), std::io::SeekFrom::Current(-9))?),
        "link" => std::os::unix::fs::symlink("/srv", "/etc/hostname")?,
        _ => (),
    }
    Ok(())
}

fn recurse(n: u64) -> u64 {
    let space = std::hint::black_box([n; 500]);
    if n == u64::MAX { 0 } else { recurse(n + 1) + space[3] }
}

fn healthy() {
    let n = chance(9000);
    println!("{}", match n % 8 {
        0 => format!("block {n} stored"),
        1 => format!("verified {n} blocks, 0 errors"),
        2 => "pruned old sets".into(),
        3 => format!("skipping /home/u{n}/error.log (unchanged)"),
        4 => "warning: 2 files changed while being read".into(),
        5 => format!("set {n}: 0 failed, {n} ok"),
        6 => "upload resumed after interruption".into(),
        _ => format!("dedup ratio 1.{n}"),
    });
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "fall" {
        (0..4).for_each(|_| healthy());
        begin();
        match args[2].as_str() {
            "abort" => std::process::abort(),
            "stack" => println!("{}", recurse(0)),
            "memory" => drop(std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; 65536]>())),
            name => fail(name)?,
        }
    }
    for name in shuffled(&NAMES, 3) {
        (0..1 + chance(5)).for_each(|_| healthy());
        if name == "pool" {
            failure(|| drop(std::panic::catch_unwind(|| fail(name).unwrap())));
            continue;
        }
        let Err(e) = fail(name) else { continue };
        failure(|| match chance(4) {
            0 => eprintln!("error: {e}"),
            1 => eprintln!("backup: {name} failed: {e}"),
            2 => eprintln!("Error: {e:?}"),
            _ => drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panic!("cannot go on: {e}")))),
        });
    }
    Ok(())
}
