//! Makes connections: looks a host up, goes through a proxy, encrypts. Main type: [`Dialler`].

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::stream::Stream;
use super::wait::at_most;
use crate::model::Fault;

/// How long an address of several may take before the next is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// How long to wait for a free port: a closed connection keeps its port for a while.
const NEXT_PORT: Duration = Duration::from_millis(20);

/// The longest head of a proxy's answer to CONNECT, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// Makes connections, each within a limit.
#[derive(Debug)]
pub(super) struct Dialler {
    pub(super) limit: Duration,
    /// Hosts whose address is given, and not looked up.
    pub(super) resolve: Vec<(String, SocketAddr)>,
    pub(super) proxy: Option<Address>,
    pub(super) tls: Option<Arc<ClientConfig>>,
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
        tls: Option<Arc<ClientConfig>>,
    ) -> Self {
        Self { limit, resolve, proxy, tls, known: Mutex::default() }
    }

    /// Whether requests to an address go to a proxy in absolute form (RFC 9112, section 3.2.2).
    pub(super) fn is_absolute(&self, address: &Address) -> bool {
        self.proxy.is_some() && !address.is_encrypted()
    }

    /// A connection on which requests to an address can be sent.
    pub(super) async fn dial(&self, address: &Address) -> Result<Stream, Fault> {
        let (connected, pause) = at_most(self.limit, self.connect(address)).await;
        let connected = match connected {
            Some(Ok(stream)) => Ok(stream),
            Some(Err(error)) => Err(Fault::Connect { reason: innermost(&error) }),
            None => Err(Fault::TimedOut { what: "the connection".into(), after: self.limit }),
        };
        connected.map_err(|fault| pause.named(fault))
    }

    async fn connect(&self, address: &Address) -> io::Result<Stream> {
        let Some(proxy) = &self.proxy else {
            let stream = Stream::Plain(self.reach(address).await?);
            return if address.is_encrypted() { self.encrypt(stream, address).await } else { Ok(stream) };
        };
        let mut stream = Stream::Plain(self.reach(proxy).await?);
        if proxy.is_encrypted() {
            stream = self.encrypt(stream, proxy).await?;
        }
        if !address.is_encrypted() {
            return Ok(stream);
        }
        open_tunnel(&mut stream, address).await?;
        self.encrypt(stream, address).await
    }

    async fn encrypt(&self, stream: Stream, address: &Address) -> io::Result<Stream> {
        let settings = self.tls.as_ref().ok_or_else(|| io::Error::other("no settings of encryption"))?;
        let connector = TlsConnector::from(Arc::clone(settings));
        let name = ServerName::try_from(address.socket().0).map_err(io::Error::other)?;
        Ok(Stream::Encrypted(Box::new(connector.connect(name, stream).await?)))
    }

    /// A TCP connection to the host of an address.
    async fn reach(&self, address: &Address) -> io::Result<TcpStream> {
        let (host, port) = address.socket();
        if let Some((_, given)) = self.resolve.iter().find(|(known, _)| known.eq_ignore_ascii_case(&host)) {
            // A port in the address is kept.
            return connected((given.ip(), address.port().unwrap_or(given.port())).into()).await;
        }
        if let Ok(ip) = host.parse::<IpAddr>() {
            return connected((ip, port).into()).await;
        }
        let addresses = self.look_up(&host, port).await?;
        let (stream, address) = first(&addresses).await?;
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
async fn first(addresses: &[SocketAddr]) -> io::Result<(TcpStream, SocketAddr)> {
    type Connecting = Pin<Box<dyn Future<Output = (io::Result<TcpStream>, SocketAddr)> + Send>>;
    let connecting =
        |address: SocketAddr| -> Connecting { Box::pin(async move { (connected(address).await, address) }) };
    let mut rest = addresses.iter().copied();
    let mut under_way: FuturesUnordered<Connecting> = rest.next().map(connecting).into_iter().collect();
    loop {
        tokio::select! {
            done = under_way.next() => match done {
                Some((Ok(stream), address)) => return Ok((stream, address)),
                Some((Err(error), _)) => {
                    under_way.extend(rest.next().map(connecting));
                    if under_way.is_empty() {
                        return Err(error);
                    }
                }
                None => return Err(io::Error::other("the host has no address")),
            },
            () = sleep(NEXT_ADDRESS), if rest.len() > 0 => under_way.extend(rest.next().map(connecting)),
        }
    }
}

/// A connection to an address; waits where this machine has no port to spare. The caller bounds it.
async fn connected(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = with_a_port(|| TcpStream::connect(address), || can_leave_for(address)).await?;
    // What is small goes out at once.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Connects, and again as long as the system has no port for it. It says the same of an address that nothing here can
/// have a connection to, for which nobody waits.
async fn with_a_port<T, F: Future<Output = io::Result<T>>>(
    connect: impl Fn() -> F,
    is_for_want_of_ports: impl Fn() -> bool,
) -> io::Result<T> {
    loop {
        match connect().await {
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable && is_for_want_of_ports() => {
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

/// The innermost cause, which says what the system said.
fn innermost(error: &io::Error) -> String {
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

    use super::{NEXT_PORT, can_leave_for, with_a_port};

    /// Connects where the first so many attempts fail so; what comes of it, after how many attempts and how long.
    async fn connecting(
        failing: u32,
        kind: ErrorKind,
        is_for_want_of_ports: bool,
    ) -> (Result<u32, ErrorKind>, u32, Duration) {
        let (tries, start) = (Cell::new(0), Instant::now());
        let connect = || async {
            tries.set(tries.get() + 1);
            if tries.get() > failing { Ok(7) } else { Err(Error::from(kind)) }
        };
        let connected = with_a_port(connect, || is_for_want_of_ports).await;
        (connected.map_err(|error| error.kind()), tries.get(), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_port_a_connection_waits_for_one_and_for_nothing_else() {
        let (none, refused) = (ErrorKind::AddrNotAvailable, ErrorKind::ConnectionRefused);
        let once = (1, Duration::ZERO);
        for (failing, kind, is_shortage, due, (tries, waited)) in [
            (0, none, true, Ok(7), once),
            (3, none, true, Ok(7), (4, 3 * NEXT_PORT)),
            (500, none, true, Ok(7), (501, 500 * NEXT_PORT)),
            (3, none, false, Err(none), once),
            (3, refused, true, Err(refused), once),
        ] {
            let (connected, tried, took) = connecting(failing, kind, is_shortage).await;
            assert_eq!((connected, tried), (due, tries), "{failing} {kind}");
            assert!(took >= waited && took <= waited + waited / 10, "{took:?} {failing} {kind}");
        }
    }

    #[test]
    fn this_machine_can_leave_for_itself() {
        assert!(can_leave_for(([127, 0, 0, 1], 80).into()));
        assert!(!can_leave_for(([0, 0, 0, 0], 80).into()));
    }
}
