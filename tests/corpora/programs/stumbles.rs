// Falls in other ways than `falls.rs`, and prints an error with its causes as people's error crates do.
use std::error::Error;
use std::fmt;

struct Chain(&'static str, Option<Box<dyn Error>>);
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "{}", self.0) }
}
impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}\n\nCaused by:", self.0)?;
        let mut cause = self.source();
        let mut number = 0;
        while let Some(error) = cause {
            write!(f, "\n    {number}: {error}")?;
            cause = error.source();
            number += 1;
        }
        Ok(())
    }
}
impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> { self.1.as_deref() }
}

#[derive(Debug)]
#[allow(dead_code)]
struct Tea { grams: u32, name: String }
#[derive(Debug)]
#[allow(dead_code)]
enum Bank { Down { code: i32, tea: Tea } }
impl fmt::Display for Bank {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "bank is down") }
}
impl Error for Bank {}

struct Guard;
impl Drop for Guard {
    fn drop(&mut self) { eprintln!("2026-11-22T10:01:02Z INFO shop: cart 18 was closed"); }
}

fn main() -> Result<(), Box<dyn Error>> {
    let way = std::env::args().nth(1).unwrap();
    eprintln!("2026-11-22T10:01:02Z INFO shop: cart 17 was opened");
    match way.as_str() {
        "chain" => Err(Chain("cannot pay", Some(Box::new(Chain("bank one", Some("timed out".into()))))))?,
        "enum" => Err(Bank::Down { code: 12, tea: Tea { grams: 3, name: "green".into() } })?,
        "guard" => { let _guard = Guard; let none: Option<u32> = None; none.expect("there is tea"); }
        "divide" => println!("{}", 1 / (std::env::args().count() - 2)),
        "utf8" => { String::from_utf8(vec![0xff, 0xfe]).unwrap(); }
        "assert-ne" => assert_ne!(1, 1),
        "lock" => { let lock = std::sync::Arc::new(std::sync::Mutex::new(1)); let other = lock.clone(); let _ = std::thread::spawn(move || { let _held = other.lock(); panic!("while held") }).join(); eprintln!("2026-11-22T10:01:02Z INFO shop: cart 18 was closed"); lock.lock().unwrap(); }
        "parse" => { "4.5.6".parse::<f64>()?; }
        "address" => { "300.1.1.1".parse::<std::net::IpAddr>()?; }
        "bind" => { std::net::TcpStream::connect("127.0.0.1:9")?; }
        "custom" => std::panic::panic_any(12),
        "capacity" => { let _ = Vec::<u64>::with_capacity(usize::MAX); }
        _ => {}
    }
    Ok(())
}
