//! Makes connections: looks a host up, goes through a proxy, encrypts. Main type: [`Dialler`].

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::stream::Stream;
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
        match timeout(self.limit, self.connect(address)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(Fault::Connect { reason: innermost(&error) }),
            Err(_) => Err(Fault::TimedOut { what: "the connection".into(), after: self.limit }),
        }
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
    loop {
        match TcpStream::connect(address).await {
            Err(error)
                if error.kind() == io::ErrorKind::AddrNotAvailable && !address.ip().is_unspecified() =>
            {
                sleep(NEXT_PORT).await;
            }
            Err(error) => return Err(error),
            Ok(stream) => {
                // What is small goes out at once.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
        }
    }
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
