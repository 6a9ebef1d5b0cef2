// What a mail program in Rust prints when it falls; like services.rs, written after the code that reads it.
use std::collections::HashMap;

#[derive(Debug)]
enum Post { Undeliverable(String) }

fn deliver(letter: &str) -> Result<(), Post> { Err(Post::Undeliverable(letter.into())) }

fn main() -> Result<(), Post> {
    let case = std::env::args().nth(1).unwrap();
    let mut letters: HashMap<&str, u32> = HashMap::new();
    match case.as_str() {
        "expected" => deliver("letter").expect("a letter"),
        "returned" => return deliver("postcard"),
        "map" => println!("{}", letters["none"]),
        "parse" => { "four".parse::<u32>().unwrap(); }
        "slice" => { let n = vec![1]; println!("{:?}", &n[case.len()..]); }
        "text" => println!("{}", &"caf\u{e9}"[..4]),
        "divide" => println!("{}", 7 / (case.len() - 6)),
        "todo" => todo!("stamps"),
        "unreachable" => unreachable!("letter {}", letters.len()),
        "cell" => { let c = std::cell::RefCell::new(1); let _a = c.borrow_mut(); let _b = c.borrow_mut(); }
        "joined" => {
            letters.insert("a", 1);
            eprintln!("@@ error");
            let t = std::thread::spawn(|| { panic!("sorter fell") });
            let r = t.join();
            eprintln!("@@ error");
            r.unwrap();
        }
        _ => panic!("nothing to do"),
    }
    Ok(())
}
