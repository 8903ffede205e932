//! Signals during a run: the end of the terminal, and a pause of the process, which is not the endpoint's time.

#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::Served;
use crate::support::odd::{JSON, Judged, answer, finished, one_case, program, serve, serve_bodies};

/// Long enough for a broken program; never waited for in full.
const PATIENCE: Duration = Duration::from_mins(1);

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// A run of the stateful case, whose answer waits until it is let go.
struct Waiting {
    child: Child,
    folder: tempfile::TempDir,
    /// What the state hook was asked for.
    actions: Arc<Mutex<Vec<String>>>,
    release: std::sync::mpsc::Sender<()>,
    heard: Receiver<()>,
}

impl Waiting {
    /// Starts the program, changed so, and comes back when its request is there.
    fn start(arguments: &[&str], change: impl FnOnce(&mut Command), expect: &str) -> Self {
        let (tell, heard) = channel();
        let (release, released) = channel::<()>();
        let (tell, released) = (Mutex::new(tell), Mutex::new(released));
        let endpoint = serve(move |_: &str, stream: &mut TcpStream| {
            tell.lock().unwrap().send(()).unwrap();
            if released.lock().unwrap().recv().is_ok() {
                let _ = stream.write_all(&answer("200 OK", JSON, r#"{"id": "a"}"#));
            }
        });
        let actions: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&actions);
        let hook = serve_bodies(move |body| {
            noted.lock().unwrap().push(body["action"].as_str().unwrap().to_owned());
            r#"{"thing": "t-1"}"#.to_owned()
        });
        let folder = one_case();
        let table = folder.path().join("shop/Get/t.toml");
        let text = fs::read_to_string(&table).unwrap().replace("status = 200", expect);
        fs::write(table, text).unwrap();
        let report = format!("json={}", folder.path().join("out.json").display());
        let common = ["--endpoint", &endpoint, "--states", &hook, "--report", &report, "stateful"];
        let mut command = program(folder.path(), &[&common, arguments].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        change(&mut command);
        let child = command.spawn().unwrap();
        heard.recv_timeout(PATIENCE).unwrap();
        Self { child, folder, actions, release, heard }
    }

    /// Lets the answer go, and waits for the end of the run.
    fn finish(self) -> (Judged, Vec<String>) {
        let _ = self.release.send(());
        let output = self.child.wait_with_output().unwrap();
        let judged = finished(&output, &self.folder.path().join("out.json"));
        let actions = self.actions.lock().unwrap().clone();
        drop(self.heard);
        (judged, actions)
    }
}

/// Has the program started by another one, which sets how it takes signals.
#[cfg(target_os = "linux")]
fn start_by(launcher: &[&str], command: &mut Command) {
    let mut started = Command::new(launcher[0]);
    started.args(&launcher[1..]).arg(command.get_program()).args(command.get_args());
    started.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    *command = started;
}

// The tests may have been started by `nohup` themselves.
#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_terminal_ends_a_run_as_an_interrupt_does() {
    let by_default = |command: &mut Command| start_by(&["env", "--default-signal=HUP"], command);
    for signals in [&["-HUP"][..], &["-HUP", "-HUP", "-CONT", "-HUP"]] {
        let mut waiting = Waiting::start(&[], by_default, "status = 200");
        for name in signals {
            signal(&waiting.child, name);
            thread::sleep(Duration::from_millis(20));
        }
        // The answer never comes, and nothing waits for it.
        let output = waiting.child.wait().unwrap();
        assert_eq!(output.code(), Some(130), "{signals:?}");
        assert_eq!(*waiting.actions.lock().unwrap(), ["setup", "teardown"], "{signals:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_outlives_its_terminal_does_so() {
    let waiting = Waiting::start(&[], |command| start_by(&["nohup"], command), "status = 200");
    signal(&waiting.child, "-HUP");
    thread::sleep(Duration::from_millis(200));
    let (judged, actions) = waiting.finish();
    assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.out);
    assert_eq!(actions, ["setup", "teardown"]);
}

/// Stops the process for longer than it waits for an answer.
fn paused(arguments: &[&str], expect: &str) -> Judged {
    let waiting = Waiting::start(&[&["--answer-timeout", "2"], arguments].concat(), |_| (), expect);
    signal(&waiting.child, "-STOP");
    thread::sleep(Duration::from_millis(3500));
    signal(&waiting.child, "-CONT");
    // What is there when the process goes on would be read before the wait is seen to be over.
    thread::sleep(Duration::from_millis(500));
    waiting.finish().0
}

#[test]
fn a_pause_of_this_machine_is_not_the_endpoints_time() {
    let judged = paused(&[], "status = 200");
    assert_eq!((judged.code, judged.verdict()), (0, "passed"), "{}", judged.out);
    let paused = judged.report["cases"][0]["paused_ms"].as_u64().unwrap();
    assert!((2000..20_000).contains(&paused), "{paused}");
    assert!(judged.out.contains("this machine was paused for"), "{}", judged.out);
}

#[test]
fn after_a_pause_it_is_not_known_whether_an_answer_came_in_time() {
    let judged = paused(&[], "status = 200, within = \"2s\"");
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert!(judged.reason().contains("this machine was paused for"), "{}", judged.reason());
    let judged = paused(&[], "status = 200, within = \"60s\"");
    assert_eq!((judged.code, judged.verdict()), (0, "passed"), "in time, whatever took it: {}", judged.out);
}

/// A relay to another address that keeps the connection with this number waiting until it is let go, and says so.
fn holding_up(target: String, number: usize) -> (String, Receiver<()>, std::sync::mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ((tell, heard), (release, released)) = (channel(), channel());
    thread::spawn(move || {
        for (position, client) in listener.incoming().flatten().enumerate() {
            if position == number {
                tell.send(()).unwrap();
                released.recv().unwrap();
            }
            let server = TcpStream::connect(&target).unwrap();
            for (mut from, mut to) in
                [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)]
            {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (address, heard, release)
}

/// A proxy that leads all tunnels to one address.
fn tunnels(target: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut server = TcpStream::connect(&target).unwrap();
            thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut answers, &mut back);
                    let _ = back.shutdown(Shutdown::Both);
                });
                let _ = std::io::copy(&mut client, &mut server);
            });
        }
    });
    address
}

#[test]
fn a_pause_of_this_machine_is_not_the_time_that_a_connection_takes() {
    let folder = tempfile::tempdir().unwrap();
    let trust = folder.path().join("trust.pem");
    let served = Served::start(&["--tls", "--tls-cert-out", trust.to_str().unwrap()]);
    let encrypted = served.at("url").trim_start_matches("https://");
    thread::scope(|scope| {
        // The look before the first case, and a request; through a proxy, whose answer to CONNECT takes time, too.
        for (number, is_proxied, is_hook) in
            [(0, false, false), (1, false, false), (0, true, false), (1, true, false), (1, false, true)]
        {
            let (served, trust) = (&served, trust.to_str().unwrap());
            scope.spawn(move || {
                let target = if is_proxied { tunnels(encrypted.to_owned()) } else { encrypted.to_owned() };
                let (address, heard, release) = holding_up(target, number);
                let mut arguments =
                    vec!["run", "--sign", "none", "--ca-file", trust, "--connect-timeout", "2"];
                let url = format!("https://{}", if is_proxied || is_hook { encrypted } else { &address });
                let proxy = format!("http://{address}");
                arguments.extend(["--endpoint", &url]);
                if is_proxied {
                    arguments.extend(["--proxy", &proxy]);
                }
                let hook = served.at("states").replace(encrypted, &address);
                if is_hook {
                    arguments.extend(["--states", &hook, "tag-count/none"]);
                } else {
                    arguments.push("without-state/");
                }
                let mut command = crate::support::proofmark(&arguments);
                let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                heard.recv_timeout(PATIENCE).unwrap();
                signal(&child, "-STOP");
                thread::sleep(Duration::from_millis(3500));
                signal(&child, "-CONT");
                thread::sleep(Duration::from_millis(500));
                release.send(()).unwrap();
                let output = child.wait_with_output().unwrap();
                let shown = String::from_utf8_lossy(&output.stdout);
                assert_eq!(output.status.code(), Some(0), "{number} {is_proxied} {is_hook}: {shown}");
            });
        }
    });
}
