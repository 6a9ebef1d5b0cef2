//! Marks in the log what tells of a failure; whoever falls writes nothing behind.

use std::cell::Cell;
use std::io::Write;

thread_local!(static SEED: Cell<u64> = Cell::new({
    std::env::args().fold(88172645463325252u64, |sum, a| a.bytes().fold(sum, |s, b| s.wrapping_mul(31).wrapping_add(b as u64))) | 1
}));

pub fn chance(below: u64) -> u64 {
    SEED.with(|seed| {
        let mut x = seed.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        seed.set(x);
        (x >> 11) % below
    })
}

pub fn begin() {
    std::io::stdout().write_all(b"\x02\n").unwrap();
    std::io::stdout().flush().unwrap();
}

pub fn failure<T>(tell: impl FnOnce() -> T) -> T {
    begin();
    let told = tell();
    end();
    told
}

pub fn end() {
    std::io::stdout().write_all(b"\x03\n").unwrap();
    std::io::stdout().flush().unwrap();
}

pub fn shuffled(names: &[&'static str], times: usize) -> Vec<&'static str> {
    let mut all: Vec<_> = names.iter().copied().cycle().take(names.len() * times).collect();
    for i in (1..all.len()).rev() {
        all.swap(i, chance(i as u64 + 1) as usize);
    }
    all
}
