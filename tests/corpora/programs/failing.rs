// Prints what Rust prints: a panic with a backtrace.
fn charge(amounts: &[u32], at: usize) -> u32 { amounts[at] }
fn main() { println!("{}", charge(&[1, 2, 3], std::env::args().count() + 4)); }
