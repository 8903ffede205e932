//! Makes connections: looks a host up, goes through a proxy, encrypts. Main type: [`Dialler`].

use std::error::Error;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::refused::tls_reason;
use super::stream::Stream;
use super::tls::TlsSettings;
use super::wait::{Pause, at_most};
use crate::model::NoAnswer;

/// How long an address of several may take before the next is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// How long to wait before the next look for a free port: a closed connection keeps its port for a while.
const NEXT_PORT: Duration = Duration::from_millis(20);

/// How long to wait for a free port in all: longer than systems keep those of closed connections, which is 30 s to 2 min.
const LONGEST_FOR_A_PORT: Duration = Duration::from_secs(150);

/// The longest head of a proxy's answer to CONNECT, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// Makes connections, each within a limit.
#[derive(Debug)]
pub(super) struct Dialler {
    pub(super) limit: Duration,
    /// Hosts whose address is given, and not looked up.
    pub(super) resolve: Vec<(String, SocketAddr)>,
    pub(super) proxy: Option<Address>,
    pub(super) tls: Option<TlsSettings>,
    /// What was looked up, the address that took a connection first.
    known: Mutex<Vec<Host>>,
}

/// A host with its port, and where it is.
#[derive(Debug, Clone)]
struct Host {
    name: String,
    port: u16,
    addresses: Vec<SocketAddr>,
}

impl Dialler {
    pub(super) fn new(
        limit: Duration,
        resolve: Vec<(String, SocketAddr)>,
        proxy: Option<Address>,
        tls: Option<TlsSettings>,
    ) -> Self {
        Self { limit, resolve, proxy, tls, known: Mutex::default() }
    }

    /// Whether requests to an address go to a proxy in absolute form (RFC 9112, section 3.2.2).
    pub(super) fn is_absolute(&self, address: &Address) -> bool {
        self.proxy.is_some() && !address.is_encrypted()
    }

    /// A connection on which requests to an address can be sent.
    pub(super) async fn dial(&self, address: &Address) -> Result<Stream, NoAnswer> {
        let is_encrypting = AtomicBool::new(false);
        let connecting = || async { at_most(self.limit, pin!(self.connect(address, &is_encrypting))).await };
        let (connected, pause) = with_a_port(connecting).await;
        let connected = match connected {
            Some(Ok(stream)) => Ok(stream),
            Some(Err(error)) => Err(NoAnswer::Connect { reason: innermost_cause(&error) }),
            None => {
                let is_encrypting = is_encrypting.load(Ordering::Relaxed);
                let what = if is_encrypting { "the handshake of TLS" } else { "the connection" };
                Err(NoAnswer::TimedOut { what: what.into(), after: self.limit })
            }
        };
        connected.map_err(|fault| pause.attach_to(fault))
    }

    /// Notes when encryption begins.
    async fn connect(&self, address: &Address, is_encrypting: &AtomicBool) -> io::Result<Stream> {
        let Some(proxy) = &self.proxy else {
            let stream = Stream::Plain(self.reach(address).await?);
            is_encrypting.store(address.is_encrypted(), Ordering::Relaxed);
            return if address.is_encrypted() { self.encrypt(stream, address).await } else { Ok(stream) };
        };
        let mut stream = self.reach_proxy(proxy).await.map_err(|error| of_proxy(proxy, &error))?;
        if !address.is_encrypted() {
            return Ok(stream);
        }
        open_tunnel(&mut stream, address).await.map_err(|error| of_proxy(proxy, &error))?;
        is_encrypting.store(true, Ordering::Relaxed);
        self.encrypt(stream, address).await
    }

    async fn reach_proxy(&self, proxy: &Address) -> io::Result<Stream> {
        let stream = Stream::Plain(self.reach(proxy).await?);
        if proxy.is_encrypted() { self.encrypt(stream, proxy).await } else { Ok(stream) }
    }

    async fn encrypt(&self, stream: Stream, address: &Address) -> io::Result<Stream> {
        let settings = self.tls.as_ref().ok_or_else(|| io::Error::other("no settings of encryption"))?;
        let connector = TlsConnector::from(Arc::clone(settings.to(address)));
        let name = ServerName::try_from(address.socket().0).map_err(io::Error::other)?;
        let encrypted = connector.connect(name, stream).await.map_err(|error| match tls_reason(&error) {
            Some(reason) => io::Error::other(reason),
            None => error,
        })?;
        Ok(Stream::Encrypted(Box::new(encrypted)))
    }

    /// A TCP connection to the host of an address.
    async fn reach(&self, address: &Address) -> io::Result<TcpStream> {
        let (host, port) = address.socket();
        if let Some((_, given)) = self.resolve.iter().find(|(known, _)| known.eq_ignore_ascii_case(&host)) {
            // A port in the address is kept.
            return connect_to((given.ip(), address.port().unwrap_or(given.port())).into()).await;
        }
        if let Ok(ip) = host.parse::<IpAddr>() {
            return connect_to((ip, port).into()).await;
        }
        let addresses = self.look_up(&host, port).await?;
        let (stream, address) = connect_first(&addresses).await?;
        self.note(host, port, addresses, address);
        Ok(stream)
    }

    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let is_it = |known: &&Host| known.name == host && known.port == port;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).iter().find(is_it).cloned();
        match known {
            Some(known) => Ok(known.addresses),
            None => Ok(lookup_host((host, port)).await?.collect()),
        }
    }

    /// Remembers where a host is; the address that took a connection is tried first from now on.
    fn note(&self, name: String, port: u16, mut addresses: Vec<SocketAddr>, taken: SocketAddr) {
        addresses.sort_by_key(|address| *address != taken);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|host| host.name != name || host.port != port);
        known.push(Host { name, port, addresses });
    }
}

/// A connection to the first of these addresses that takes one.
async fn connect_first(addresses: &[SocketAddr]) -> io::Result<(TcpStream, SocketAddr)> {
    type Connecting = Pin<Box<dyn Future<Output = (io::Result<TcpStream>, SocketAddr)> + Send>>;
    let connecting =
        |address: SocketAddr| -> Connecting { Box::pin(async move { (connect_to(address).await, address) }) };
    let mut rest = addresses.iter().copied();
    let mut under_way: FuturesUnordered<Connecting> = rest.next().map(connecting).into_iter().collect();
    let mut no_port = None;
    loop {
        tokio::select! {
            done = under_way.next() => match done {
                Some((Ok(stream), address)) => return Ok((stream, address)),
                Some((Err(error), _)) => {
                    under_way.extend(rest.next().map(connecting));
                    let is_last = under_way.is_empty();
                    match no_port.take() {
                        None if is_last => return Err(error),
                        None => no_port = Some(error).filter(is_for_want_of_ports),
                        Some(no_port) if is_last => return Err(no_port),
                        earlier => no_port = earlier,
                    }
                }
                None => return Err(io::Error::other("the host has no address")),
            },
            () = sleep(NEXT_ADDRESS), if rest.len() > 0 => under_way.extend(rest.next().map(connecting)),
        }
    }
}

/// A connection to an address.
async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    match TcpStream::connect(address).await {
        // The system says the same of an address that nothing here can have a connection to.
        Err(error) if error.kind() == ErrorKind::AddrNotAvailable && can_leave_for(address) => {
            Err(io::Error::new(error.kind(), NoPort))
        }
        Err(error) => Err(error),
        Ok(stream) => {
            // What is small goes out at once.
            stream.set_nodelay(true)?;
            Ok(stream)
        }
    }
}

/// Why there is no connection where this machine has no port to spare.
#[derive(Debug, thiserror::Error)]
#[error("this machine has no free port")]
struct NoPort;

fn is_for_want_of_ports(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<NoPort>()).is_some()
}

/// Connects, and again as long as this machine has no port for it: that is not the endpoint's time.
async fn with_a_port<T, F>(connect: impl Fn() -> F) -> F::Output
where
    F: Future<Output = (Option<io::Result<T>>, Pause)>,
{
    let start = Instant::now();
    loop {
        match connect().await {
            (Some(Err(error)), _) if is_for_want_of_ports(&error) && start.elapsed() < LONGEST_FOR_A_PORT => {
                sleep(NEXT_PORT).await;
            }
            connected => return connected,
        }
    }
}

/// Whether this machine has an address from which to reach that one. Datagrams have ports of their own, and none is sent.
fn can_leave_for(address: SocketAddr) -> bool {
    let any = if address.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
    !address.ip().is_unspecified() && UdpSocket::bind((any, 0)).and_then(|own| own.connect(address)).is_ok()
}

/// Asks a proxy for a way to an address (RFC 9110, section 9.3.6).
async fn open_tunnel(stream: &mut Stream, address: &Address) -> io::Result<()> {
    let (host, port) = address.socket();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    // Byte by byte, so that nothing of what the endpoint sends first is taken.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD {
            return Err(io::Error::other("the proxy's answer to CONNECT is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let line = String::from_utf8_lossy(&head);
    let line = line.lines().next().unwrap_or_default();
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default();
    if status.len() == 3 && status.starts_with('2') {
        return Ok(());
    }
    let shown: String = line.chars().take(100).collect();
    Err(io::Error::other(format!("the proxy answered {shown:?} to CONNECT")))
}

/// A failure of the way to the endpoint, not of the endpoint.
fn of_proxy(proxy: &Address, error: &io::Error) -> io::Error {
    io::Error::other(format!("by the proxy {}: {}", proxy.as_str(), innermost_cause(error)))
}

/// The innermost cause, which says what the system said.
fn innermost_cause(error: &io::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::{Error, ErrorKind};
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{LONGEST_FOR_A_PORT, NEXT_PORT, NoPort, Pause, can_leave_for, with_a_port};

    /// Connects where the first so many attempts fail so: what comes of it, after how many attempts and how long.
    async fn connecting(failing: u32, error: impl Fn() -> Error) -> (Option<u32>, u32, Duration) {
        let (tries, start) = (Cell::new(0), Instant::now());
        let connect = || async {
            tries.set(tries.get() + 1);
            (Some(if tries.get() > failing { Ok(7) } else { Err(error()) }), Pause::default())
        };
        let (connected, _) = with_a_port(connect).await;
        (connected.unwrap().ok(), tries.get(), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_port_a_connection_waits_for_one_and_for_nothing_else() {
        let no_port = || Error::new(ErrorKind::AddrNotAvailable, NoPort);
        // More than any limit on the time of a connection.
        for failing in [0, 3, 5000] {
            let (connected, tries, took) = connecting(failing, no_port).await;
            assert_eq!((connected, tries), (Some(7), failing + 1));
            let due = failing * NEXT_PORT;
            assert!(took >= due && took <= due + due / 10, "{took:?} {failing}");
        }
        let (connected, _, took) = connecting(u32::MAX, no_port).await;
        assert!(
            connected.is_none() && took >= LONGEST_FOR_A_PORT && took < 2 * LONGEST_FOR_A_PORT,
            "{took:?}"
        );
        for kind in [ErrorKind::AddrNotAvailable, ErrorKind::ConnectionRefused] {
            assert_eq!(connecting(3, || Error::from(kind)).await, (None, 1, Duration::ZERO), "{kind}");
        }
    }

    #[test]
    fn this_machine_can_leave_for_itself() {
        assert!(can_leave_for(([127, 0, 0, 1], 80).into()));
        assert!(!can_leave_for(([0, 0, 0, 0], 80).into()));
    }
}
