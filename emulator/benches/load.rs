//! How many calls and deliveries a second the emulator makes, so that it is not what a load test measures.
//!
//! `cargo bench -p telegram-emulator`; everything runs in this process, clients included, without rate limits.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a measurement that cannot be made ends loudly")]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use telegram_emulator::{Emulator, Options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "7000001:load";
const CONNECTIONS: u64 = 64;
const MEASURED: Duration = Duration::from_secs(4);
/// Updates that wait when deliveries are measured.
const WAITING: u64 = 40_000;

#[tokio::main]
async fn main() {
    let emulator = Emulator::new(Options { limits: false, ..Options::default() }).expect("no data file is read");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(emulator.serve(listener, std::future::pending()));

    let mut hand = Connection::open(&address).await;
    hand.post("/_emulator/bots", &format!("{{\"token\":\"{TOKEN}\",\"username\":\"load_bot\"}}")).await;
    for person in 1..=CONNECTIONS {
        hand.post("/_emulator/people", &format!("{{\"first_name\":\"P\",\"id\":{person}}}")).await;
        hand.post("/_emulator/send", &said(person)).await;
    }

    // Numbers of messages count on through all of a bot's chats, so these are known.
    for person in 1..=CONNECTIONS {
        let body = format!("{{\"chat_id\":{person},\"text\":\"to be edited\"}}");
        hand.post(&format!("/bot{TOKEN}/sendMessage"), &body).await;
    }

    let text = "Lead <b>7f0c</b> of new-salon.de, +4930123456";
    let keyboard = r#"{"inline_keyboard":[[{"text":"Take","callback_data":"take:1"}]]}"#;
    let calls = spin(&address, move |person, _| {
        let body =
            format!("{{\"chat_id\":{person},\"text\":\"{text}\",\"parse_mode\":\"HTML\",\"reply_markup\":{keyboard}}}");
        (format!("/bot{TOKEN}/sendMessage"), body)
    });
    println!("sendMessage         {}", calls.await);

    let edits = spin(&address, move |person, n| {
        let body = format!("{{\"chat_id\":{person},\"message_id\":{},\"text\":\"step {n}\"}}", CONNECTIONS + person);
        (format!("/bot{TOKEN}/editMessageText"), body)
    });
    println!("editMessageText     {}", edits.await);

    let sends = spin(&address, |person, _| ("/_emulator/send".to_owned(), said(person)));
    println!("people's /send      {}", sends.await);

    hand.post(&format!("/bot{TOKEN}/deleteWebhook"), "{\"drop_pending_updates\":true}").await;
    println!("webhook deliveries  {}", deliveries(&address, &mut hand).await);
}

fn said(person: u64) -> String {
    format!("{{\"from\":{person},\"chat\":\"load_bot\",\"text\":\"hello\"}}")
}

/// Calls by all connections for a while.
async fn spin(address: &str, call: impl Fn(u64, u64) -> (String, String) + Send + Sync + 'static) -> Rate {
    let call = Arc::new(call);
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let cpu = cpu_time();
    let tasks: Vec<_> = (1..=CONNECTIONS)
        .map(|person| {
            let (address, call, done) = (address.to_owned(), call.clone(), done.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(&address).await;
                let mut n = 0;
                while begun.elapsed() < MEASURED {
                    let (path, body) = call(person, n);
                    connection.post(&path, &body).await;
                    n += 1;
                }
                done.fetch_add(n, Ordering::Relaxed);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no connection fails");
    }
    Rate { count: done.load(Ordering::Relaxed), elapsed: begun.elapsed(), cpu: cpu_time() - cpu }
}

/// Lets updates wait, then sets a webhook that takes everything at once.
async fn deliveries(address: &str, hand: &mut Connection) -> Rate {
    for n in 0..WAITING {
        hand.post("/_emulator/send", &said(1 + n % CONNECTIONS)).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let hook = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let taken = Arc::new(AtomicU64::new(0));
    tokio::spawn(take_all(listener, taken.clone()));
    let begun = Instant::now();
    let cpu = cpu_time();
    let set = format!("{{\"url\":\"{hook}\",\"max_connections\":100}}");
    Connection::open(address).await.post(&format!("/bot{TOKEN}/setWebhook"), &set).await;
    while taken.load(Ordering::Relaxed) < WAITING {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Rate { count: WAITING, elapsed: begun.elapsed(), cpu: cpu_time() - cpu }
}

/// The least of an HTTP server: answers 200 to everything.
async fn take_all(listener: TcpListener, taken: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let taken = taken.clone();
        tokio::spawn(async move {
            let mut connection = Connection { stream, buffer: Vec::new() };
            while connection.read_message().await.is_some() {
                taken.fetch_add(1, Ordering::Relaxed);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                if connection.stream.write_all(answer).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// How quick something was. Processor time tells also on a busy machine; it includes the clients.
struct Rate {
    count: u64,
    elapsed: Duration,
    cpu: Duration,
}

impl fmt::Display for Rate {
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a_second = self.count as f64 / self.elapsed.as_secs_f64();
        let each = self.cpu.as_secs_f64() * 1e6 / self.count as f64;
        write!(f, "{a_second:>8.0} a second, {each:>4.0} µs of processor time each")
    }
}

/// Processor time of this process so far, by Linux's account in hundredths of a second.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in parentheses the 12th and 13th fields are user and system time.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|f| f.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// One kept-alive connection of HTTP/1.1.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the emulator listens");
        stream.set_nodelay(true).expect("a TCP option");
        Self { stream, buffer: Vec::new() }
    }

    /// Posts JSON; the answer must be 200.
    async fn post(&mut self, path: &str, body: &str) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: load\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("the emulator reads");
        let answer = self.read_message().await.expect("the emulator answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }

    /// One message with its body; `None` when the other side has closed.
    async fn read_message(&mut self) -> Option<String> {
        loop {
            if let Some(end) = message_end(&self.buffer) {
                let message: Vec<u8> = self.buffer.drain(..end).collect();
                return Some(String::from_utf8_lossy(&message).into_owned());
            }
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// Where the first message in the bytes ends, if it is whole.
fn message_end(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|l| l.strip_prefix("content-length:"))?.trim().parse::<usize>().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}
