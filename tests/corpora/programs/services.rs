// What Rust prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are.
use std::fmt;

#[derive(Debug)]
struct StockError {
    item: String,
    left: u32,
}

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} of {} left", self.left, self.item)
    }
}
impl std::error::Error for StockError {}

struct Till;
impl Drop for Till {
    fn drop(&mut self) {
        panic!("till is jammed");
    }
}

fn reserve(item: &str) -> Result<u32, StockError> {
    Err(StockError { item: item.to_string(), left: 0 })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let case = std::env::args().nth(1).unwrap();
    let numbers = vec![1, 2, 3];
    match case.as_str() {
        "panic" => panic!("no tea"),
        "lines" => panic!("shelf A: 3\nshelf B: 0"),
        "unwrap" => { reserve("tea").unwrap(); }
        "expect" => { std::fs::read("/srv/shop/missing.json").expect("the price list"); }
        "none" => { None::<u32>.unwrap(); }
        "range" => println!("{}", numbers[case.len() + 3]),
        "overflow" => println!("{}", case.len() as u32 - 9),
        "assert" => assert_eq!(numbers.len(), case.len(), "shelves"),
        "thread" => {
            for number in 0..2 {
                eprintln!("@@ error");
                let name = format!("till-{number}");
                let till = std::thread::Builder::new().name(name).spawn(|| panic!("till fell"))?;
                let _ = till.join();
            }
            eprintln!("@@ calm");
            eprintln!("2026-11-22T10:00:00Z INFO shop: closed");
        }
        "double" => { eprintln!("@@ critical"); let _till = Till; panic!("no tea"); }
        "result" => { reserve("tea")?; }
        "pretty" => { println!("{:?}", std::str::from_utf8(&[0xff])?); }
        _ => unreachable!("no such case"),
    }
    Ok(())
}
