//! TLS as an endpoint sees it: which certificate a client shows, and whether it resumes its sessions.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    HandshakeKind, RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
    version,
};
use tempfile::TempDir;

use crate::support::odd::{JSON, answer, one_case, program};
use crate::support::{code, err, out};

/// What an endpoint has seen of a connection on which a request came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    is_resumed: bool,
    certificate: Option<Vec<u8>>,
}

/// An authority, whose certificates a server or a client can show.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a name, and its key, in PEM.
    fn issue(&self, name: &str) -> [String; 2] {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        [certificate.pem(), key.serialize_pem()]
    }
}

/// An endpoint with a certificate of its own that answers all the same, and what it has seen.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    folder: TempDir,
}

impl Server {
    /// Demands a certificate of an authority, if one is given, and speaks these versions.
    fn start(demanded: Option<&Authority>, versions: &[&'static SupportedProtocolVersion]) -> Self {
        Self::start_asking(demanded, true, versions)
    }

    /// Asks for a certificate of an authority, if one is given, and may do without it.
    fn start_asking(
        asked: Option<&Authority>,
        is_demanded: bool,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let authority = Authority::new("servers");
        let [certificate, key] = authority.issue("127.0.0.1");
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(versions).unwrap();
        let builder = match asked {
            None => builder.with_no_client_auth(),
            Some(Authority(trusted)) => {
                let mut roots = RootCertStore::empty();
                roots.add(trusted.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = if is_demanded { verifier } else { verifier.allow_unauthenticated() };
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, noted) = (Arc::clone(&config), Arc::clone(&noted));
                thread::spawn(move || serve(&config, stream, &noted));
            }
        });
        let folder = one_case();
        fs::write(folder.path().join("trust.pem"), authority.0.pem()).unwrap();
        let case = |number: u32| {
            format!("[[case]]\nid = \"c{number}\"\nabout = \"It is there.\"\nexpect = {{ status = 200 }}\n")
        };
        let stateful =
            "[[case]]\nid = \"stateful\"\nabout = \"x\"\ngiven = \"a thing\"\nexpect = { status = 200 }\n";
        let table: String = (1..=4).map(case).chain([stateful.to_owned()]).collect();
        fs::write(folder.path().join("shop/Get/t.toml"), table).unwrap();
        Self { url, seen, folder }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn file(&self, name: &str, parts: &[&str]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, parts.concat()).unwrap();
        text(&path).to_owned()
    }

    /// Runs the plain cases, or all with a hook at the same address.
    fn run(&self, arguments: &[&str]) -> Output {
        let trust = self.folder.path().join("trust.pem");
        let pattern: &[&str] = if arguments.contains(&"--states") { &[] } else { &["c*"] };
        let common = ["-j", "1", "--ca-file", text(&trust), "--answer-timeout", "5"];
        program(self.folder.path(), &[&common, arguments, pattern].concat()).output().unwrap()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn serve(config: &Arc<ServerConfig>, mut stream: TcpStream, seen: &Mutex<Vec<Seen>>) {
    let mut session = ServerConnection::new(Arc::clone(config)).unwrap();
    while session.is_handshaking() {
        if session.complete_io(&mut stream).is_err() {
            // What the client still sends is read, so that the alert is not lost by a reset.
            let _ = session.write_tls(&mut stream);
            let _ = stream.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
            return;
        }
    }
    let mut stream = StreamOwned::new(session, stream);
    let (mut buffer, mut head) = ([0; 4096], Vec::new());
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        head.extend_from_slice(&buffer[..count]);
        // A hook is called with a body, which ends with it.
        let is_whole = head.ends_with(b"\r\n\r\n") || head.ends_with(b"}");
        if !is_whole {
            continue;
        }
        head.clear();
        let chain = stream.conn.peer_certificates().unwrap_or_default();
        let certificate = chain.first().map(|certificate| certificate.to_vec());
        let is_resumed = stream.conn.handshake_kind() == Some(HandshakeKind::Resumed);
        seen.lock().unwrap().push(Seen { is_resumed, certificate });
        let _ = stream.write_all(&answer("200 OK", JSON, r#"{"id": "a", "thing": "t"}"#));
        let _ = stream.flush();
    }
}

const BOTH: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];

#[test]
fn a_certificate_is_shown_to_an_endpoint_that_demands_one_and_to_its_hook() {
    let authority = Authority::new("clients");
    let [certificate, key] = authority.issue("client");
    let shown = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap().to_vec();
    for version in BOTH {
        let server = Server::start(Some(&authority), &[version]);
        let file = server.file("me.pem", &[&certificate, &key]);
        let ran =
            server.run(&["--endpoint", &server.url, "--states", &server.url, "--client-certificate", &file]);
        assert_eq!(code(&ran), 0, "{version:?}: {}", out(&ran));
        let seen = server.seen();
        // Five cases, and a state that is set up and torn down.
        assert_eq!(seen.len(), 7, "{version:?}");
        assert!(seen.iter().all(|seen| seen.certificate.as_ref() == Some(&shown)), "{version:?}: {seen:?}");
        // The same from the settings of an endpoint, beside which the file is.
        let settings =
            format!("[endpoint.mine]\nurl = \"{}\"\nclient-certificate = \"me.pem\"\n", server.url);
        fs::write(server.folder.path().join("endpoints.toml"), settings).unwrap();
        let ran = server.run(&["--endpoint", "mine"]);
        assert_eq!(code(&ran), 0, "{version:?}: {}", out(&ran));
        assert_eq!(server.seen().len(), 11, "{version:?}");
    }
}

#[test]
fn a_certificate_is_shown_to_no_proxy_and_to_no_hook_of_another_origin() {
    let authority = Authority::new("clients");
    let issued = authority.issue("client");
    for version in BOTH {
        let [server, other] =
            [true, false].map(|is_demanded| Server::start_asking(Some(&authority), is_demanded, &[version]));
        let trusted =
            [&server, &other].map(|one| fs::read_to_string(one.folder.path().join("trust.pem")).unwrap());
        let [own, trust] = [("me.pem", &issued), ("both.pem", &trusted)]
            .map(|(name, parts)| server.file(name, &[&parts[0], &parts[1]]));
        let run = |arguments: &[&str], cases: &str| {
            let common = ["-j", "1", "--ca-file", &trust, "--client-certificate", &own, cases];
            let ran = program(server.folder.path(), &[arguments, &common].concat()).output().unwrap();
            assert_eq!(code(&ran), 0, "{version:?}: {}{}", out(&ran), err(&ran));
        };
        let hook = format!("{}/states", other.url);
        run(&["--endpoint", &server.url, "--states", &hook], "stateful");
        assert!(server.seen().iter().all(|seen| seen.certificate.is_some()), "{version:?}");
        // It is set up and torn down.
        assert_eq!((server.seen().len(), other.seen().len()), (1, 2), "{version:?}");
        run(&["--endpoint", "http://endpoint.example", "--proxy", &other.url], "c1");
        assert_eq!(other.seen().len(), 3, "{version:?}");
        assert!(
            other.seen().iter().all(|seen| seen.certificate.is_none()),
            "{version:?}: {:?}",
            other.seen()
        );
        let hook = format!("{}/states", server.url);
        run(&["--endpoint", &server.url, "--states", &hook], "stateful");
        assert_eq!(server.seen().len(), 4, "{version:?}");
    }
}

#[test]
fn without_a_certificate_that_is_demanded_or_with_another_nothing_passes_and_the_reason_is_the_endpoints() {
    let authority = Authority::new("clients");
    let [other, namesake] = ["another", "clients"].map(|name| Authority::new(name).issue("client").concat());
    for version in BOTH {
        let server = Server::start(Some(&authority), &[version]);
        let [other, namesake] =
            [("other.pem", &other), ("namesake.pem", &namesake)].map(|(name, pem)| server.file(name, &[pem]));
        for (shown, said) in [
            (&[][..], "CertificateRequired"),
            (&["--client-certificate", &other], "UnknownCA"),
            (&["--client-certificate", &namesake], "DecryptError"),
        ] {
            let ran = server.run(&[&["--endpoint", &server.url], shown].concat());
            assert_eq!(code(&ran), 5, "{version:?}: {}", out(&ran));
            let reason = format!("received fatal alert: {said}");
            assert!(out(&ran).contains(&reason), "{version:?}: {}", out(&ran));
            if said != "DecryptError" {
                assert!(
                    out(&ran).contains("of the client (--client-certificate)"),
                    "{version:?}: {}",
                    out(&ran)
                );
            }
            assert_eq!(server.seen(), [], "{version:?}");
        }
    }
}

#[test]
fn a_file_of_a_client_certificate_that_cannot_be_used_is_an_error_of_settings_that_names_it() {
    let server = Server::start(None, &BOTH);
    let authority = Authority::new("clients");
    let ([certificate, key], [_, other]) = (authority.issue("client"), authority.issue("client"));
    let missing = text(&server.folder.path().join("missing.pem")).to_owned();
    let files = [
        server.file("bare.pem", &[&certificate]),
        server.file("key.pem", &[&key]),
        server.file("apart.pem", &[&certificate, &other]),
        server.file("empty.pem", &[]),
        missing,
    ];
    for file in &files {
        let ran = server.run(&["--endpoint", &server.url, "--client-certificate", file]);
        let said = out(&ran) + &err(&ran);
        assert_eq!(code(&ran), 2, "{file}: {said}");
        assert!(said.contains(file.as_str()), "{file}: {said}");
        assert!(!said.contains(&key[40..60]), "{file}: {said}");
    }
    assert_eq!(server.seen(), []);
}

#[test]
fn sessions_are_resumed_on_fresh_connections() {
    let authority = Authority::new("clients");
    let [certificate, key] = authority.issue("client");
    for version in BOTH {
        for demanded in [None, Some(&authority)] {
            let server = Server::start(demanded, &[version]);
            let file = server.file("me.pem", &[&certificate, &key]);
            let shown = if demanded.is_some() { &["--client-certificate", &file][..] } else { &[] };
            let ran = server.run(&[&["--endpoint", &server.url], shown].concat());
            assert_eq!(code(&ran), 0, "{version:?}: {}", out(&ran));
            let resumed: Vec<bool> = server.seen().iter().map(|seen| seen.is_resumed).collect();
            // By TLS 1.2 the connection that was made before the first case is resumed, too.
            assert!(resumed.len() == 4 && resumed[1..] == [true; 3], "{version:?}: {resumed:?}");
        }
    }
}
