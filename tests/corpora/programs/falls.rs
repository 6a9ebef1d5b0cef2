// Falls as Rust programs fall: by argument, one way each.
use std::collections::HashMap;
use std::fmt;

#[derive(Debug)]
struct ChargeFailed { order: u32, cause: std::num::ParseIntError }
impl fmt::Display for ChargeFailed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "order {} cannot be charged: {}", self.order, self.cause) }
}
impl std::error::Error for ChargeFailed {}

fn charge(text: &str) -> Result<u32, ChargeFailed> { text.parse().map_err(|cause| ChargeFailed { order: 4711, cause }) }
fn at(amounts: &[u32], index: usize) -> u32 { amounts[index] }

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let way = std::env::args().nth(1).unwrap();
    eprintln!("[2026-11-22T10:01:02Z INFO  shop] cart 17 was opened");
    match way.as_str() {
        "index" => println!("{}", at(&[1, 2, 3], std::env::args().count() + 4)),
        "none" => { let prices: HashMap<&str, u32> = HashMap::new(); prices.get("tea").unwrap(); }
        "unwrap" => { charge("four").unwrap(); }
        "expect" => { std::fs::read_to_string("/etc/shop/missing.toml").expect("settings are there"); }
        "returned" => { charge("four")?; }
        "io" => { std::fs::read_to_string("/etc/shop/missing.toml")?; }
        "text" => Err("the till is locked")?,
        "overflow" => { let mut most = u8::MAX - (std::env::args().count() as u8 - 2); most += std::env::args().count() as u8; println!("{most}"); }
        "assertion" => assert_eq!(std::env::args().count(), 4, "arguments of the till"),
        "thread" => {
            let worker = std::thread::Builder::new().name("worker-3".into()).spawn(|| { at(&[1], 3); })?;
            let _ = worker.join();
            eprintln!("[2026-11-22T10:01:02Z INFO  shop] cart 17 was closed");
        }
        "unreachable" => unreachable!("the till is {}", "open"),
        "todo" => todo!(),
        "multiline" => panic!("the bank said:\n  code 12\n  declined"),
        "slice" => println!("{}", &"tea"[std::env::args().count() + 3..]),
        "refcell" => { let cell = std::cell::RefCell::new(1); let _one = cell.borrow_mut(); let _two = cell.borrow_mut(); }
        "calm-printed" => eprintln!("[2026-11-22T10:01:02Z INFO  shop] no error found, 0 errors"),
        _ => {}
    }
    Ok(())
}
