//! Mixes sound: threads, panics of every sort, lines of fern.

use log::{debug, error, info, warn};
use sixth::{begin, chance, failure, shuffled};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

const NAMES: [&str; 17] = [
    "index", "unwrap", "expect", "slice", "overflow", "divide", "borrow", "poison", "unreachable", "todo", "assert",
    "utf8", "key", "capacity", "chars", "io", "refcount",
];

fn opaque(n: usize) -> usize {
    std::hint::black_box(n)
}

fn fail(name: &str) {
    match name {
        "index" => drop(vec![1, 2][opaque(5)]),
        "unwrap" => drop(opaque(3).checked_sub(4).unwrap()),
        "expect" => drop(std::fs::read("/srv/mixer/a.wav").expect("track a")),
        "slice" => drop(&[1u8, 2, 3][opaque(3)..opaque(2)]),
        "overflow" => drop(opaque(usize::MAX) + 1),
        "divide" => drop(7 / opaque(0)),
        "borrow" => {
            let cell = std::cell::RefCell::new(1);
            let _one = cell.borrow_mut();
            drop(cell.borrow_mut());
        }
        "poison" => {
            let lock = Arc::new(Mutex::new(1));
            let other = lock.clone();
            let _ = std::thread::Builder::new().name("fader".into()).spawn(move || {
                let _held = other.lock().unwrap();
                panic!("fader 4 is stuck");
            }).unwrap().join();
        }
        "unreachable" => unreachable!("channel {} of 2", opaque(3)),
        "todo" => todo!("surround"),
        "assert" => assert_eq!(opaque(44_100), 48_000, "sample rate of track {}", 7),
        "utf8" => drop(std::str::from_utf8(&[0xc3, 0x28]).unwrap()),
        "key" => drop(HashMap::from([("bass", 1)])["treble"]),
        "capacity" => drop(Vec::<u64>::with_capacity(opaque(usize::MAX / 4))),
        "chars" => drop(&"größe"[..opaque(3)]),
        "io" => drop(std::net::TcpStream::connect("127.0.0.1:9").unwrap()),
        _ => {
            let lock = RwLock::new(opaque(1));
            assert!(lock.try_read().is_err(), "mixer is idle\nbut nobody let go");
        }
    }
}

fn healthy() {
    let n = chance(9000);
    match n % 8 {
        0 => info!("track {n} loaded"),
        1 => info!("0 xruns, 0 errors"),
        2 => debug!("thread 'fader' woke up"),
        3 => warn!("level of track {n} clips"),
        4 => info!("dropout of {} ms recovered", n % 80),
        5 => debug!("resampled {n} frames"),
        6 => warn!("device failed to open with 48 kHz, using 44.1 kHz"),
        _ => info!("effect 'panic button' is off"),
    }
}

fn main() {
    fern::Dispatch::new()
        .format(|out, message, record| {
            out.finish(format_args!("{}[{}][{}] {}", chrono::Local::now().format("[%Y-%m-%d][%H:%M:%S]"), record.target(), record.level(), message))
        })
        .chain(std::io::stderr())
        .apply()
        .unwrap();
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "fall" {
        (0..4).for_each(|_| healthy());
        begin();
        fail(&args[2]);
        return;
    }
    for name in shuffled(&NAMES, 2) {
        (0..chance(6)).for_each(|_| healthy());
        failure(|| match chance(3) {
            0 => drop(std::panic::catch_unwind(|| fail(name))),
            1 => drop(std::thread::spawn(move || fail(name)).join()),
            _ => drop(std::thread::Builder::new().name(format!("voice-{}", chance(8))).spawn(move || fail(name)).unwrap().join()),
        });
        if chance(4) == 0 {
            healthy();
            failure(|| error!("track {} dropped: buffer of {} frames is too small", chance(90), chance(900)));
        }
    }
}
