//! Another process: this binary again, in which one of these parts is played.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flowrun_store::{Batch, RunId, Store};

use crate::given::{about, begin, entry, own};

/// The child's answers, line by line.
pub struct Other {
    pub process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

/// What a child says begins so, which tells it from what the test's frame says.
const SAYS: &str = "child: ";

impl Other {
    /// Starts a child over a folder; `limit` is how large files may become, in blocks of 512 bytes.
    pub fn start(part: &str, folder: &Path, limit: Option<u32>) -> Other {
        let limit = limit.map_or(String::new(), |limit| format!("trap '' XFSZ; ulimit -f {limit}; "));
        let mut process = Command::new("sh")
            .args(["-c", &format!("{limit}exec \"$0\" disk::child::{part} --exact --ignored --nocapture")])
            .arg(std::env::current_exe().unwrap())
            .env("STORE_OF_TEST", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Other { process, lines }
    }

    /// What the child says next; none after its end.
    pub fn says(&mut self) -> Option<String> {
        self.lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.split_once(SAYS).map(|(_, said)| said.to_owned()))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[allow(clippy::print_stdout)]
fn say(what: impl std::fmt::Display) {
    println!("{SAYS}{what}");
    std::io::stdout().flush().unwrap();
}

fn folder() -> std::path::PathBuf {
    std::env::var_os("STORE_OF_TEST").expect("only a child of a test plays a part").into()
}

#[test]
#[ignore = "a part that another test plays"]
fn owns_until_its_input_ends() {
    let store = own(&folder());
    store.durable(store.append(begin(about("r1")).entry(entry(1, "a")))).wait().unwrap();
    say("ready");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
#[ignore = "a part that another test plays"]
fn writes_until_it_ends() {
    let store = own(&folder());
    store.append(begin(about("r1")));
    let run = RunId::from("r1");
    for seq in 1.. {
        let ticket = store.append(Batch::of(&run).entry(entry(seq, &"x".repeat(2_000))));
        // Some are waited for, others are on their way.
        if seq % 3 == 0 {
            if let Err(error) = store.durable(ticket).wait() {
                let after = store.append(Batch::of(&run).entry(entry(seq + 1, "later")));
                let later = store.durable(after).wait().unwrap_err();
                assert_eq!(later, error, "every later ticket fails alike");
                say(&error.message);
                say(error.help.unwrap());
                say(store.run("r1").unwrap().entries);
                return;
            }
            say(seq);
        }
    }
}
