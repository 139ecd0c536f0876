//! Servers that break the protocol, and a TLS server that demands client certificates.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

/// The way in which a server breaks the protocol on each connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Sends bytes that are neither HTTP nor gRPC.
    Junk,
    /// Responds 200 with a body that is not OTLP.
    JunkBody,
    /// Responds 200 with a web page.
    WebPage,
    /// Reads 64 bytes, then resets the connection.
    Reset,
    /// Sends a part of a response, then closes the connection.
    Truncated,
    /// Responds 401 with a body that has no end.
    EndlessRefusal,
    /// Responds 401, and sends the body never.
    RefusalWithoutBody,
    /// Responds 200, and sends the body never.
    NoBody,
}

/// Starts a server that runs until the runtime of the test ends.
pub(crate) async fn serve_fault(fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(misbehave(stream, fault));
        }
    });
    address
}

async fn misbehave(mut stream: TcpStream, fault: Fault) -> std::io::Result<()> {
    let mut buffer = vec![0; 64];
    stream.read_exact(&mut buffer).await?;
    if matches!(fault, Fault::Reset) {
        // a close with unread bytes resets the connection
        return Ok(());
    }
    // read the rest of the request, so that the close is not a reset
    let mut rest = vec![0; 1 << 20];
    let mut read = 0;
    while let Ok(Ok(more @ 1..)) =
        tokio::time::timeout(std::time::Duration::from_millis(50), stream.read(&mut rest[read..])).await
    {
        read += more;
    }
    let response: &[u8] = match fault {
        Fault::Junk => b"\x00\xff\x00\x17 this is not a protocol \r\n\r\n",
        Fault::JunkBody => b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n\xff\xfe garbage"[..].as_ref(),
        Fault::WebPage => b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
        Fault::Truncated => b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc",
        Fault::Reset => b"",
        Fault::EndlessRefusal => b"HTTP/1.1 401 Unauthorized\r\n\r\n",
        Fault::RefusalWithoutBody => b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\n",
        Fault::NoBody => b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
    };
    stream.write_all(response).await?;
    if matches!(fault, Fault::EndlessRefusal) {
        loop {
            stream.write_all(&[b'x'; 1 << 16]).await?;
        }
    }
    if matches!(fault, Fault::NoBody | Fault::RefusalWithoutBody) {
        std::future::pending::<()>().await;
    }
    stream.shutdown().await
}

/// Certificates of one test, in a folder that is removed on drop.
pub(crate) struct Certificates {
    folder: PathBuf,
    pub(crate) ca: Authority,
    server: (CertificateDer<'static>, PrivateKeyDer<'static>),
}

/// An authority that issues certificates.
pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

impl Certificates {
    /// Creates an authority.
    pub(crate) fn authority() -> Authority {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    /// Issues a certificate for a name, after a change of its parameters.
    pub(crate) fn issue(
        ca: &Authority,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        (params.signed_by(&key, ca).unwrap(), key)
    }
}

impl Certificates {
    /// Issues a CA, and by it certificates for a server at `localhost` and for a client.
    pub(crate) fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("multitracer-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let ca = Self::authority();
        let (server, server_key) = Self::issue(&ca, "localhost", |_| ());
        let (client, client_key) = Self::issue(&ca, "client", |_| ());
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
        write("ca.pem", ca.as_ref().pem());
        write("client.pem", client.pem());
        write("client.key", client_key.serialize_pem());
        let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
        Self { ca, server: (server.der().clone(), key), folder }
    }

    /// Returns the path of `ca.pem`, `client.pem` or `client.key`.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Starts a TLS server that demands a client certificate of the CA, and forwards to `to`,
    /// `http://..`.
    pub(crate) async fn serve(&self, to: &str, protocol: &str) -> SocketAddr {
        let provider = Arc::new(crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.as_ref().der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let (certificate, key) = &self.server;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(vec![certificate.clone()], key.clone_key())
            .unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let to = to.trim_start_matches("http://").trim_end_matches("/v1/traces").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, to) = (acceptor.clone(), to.clone());
                tokio::spawn(async move {
                    let mut outside = acceptor.accept(stream).await?;
                    let mut inside = TcpStream::connect(to).await?;
                    tokio::io::copy_bidirectional(&mut outside, &mut inside).await
                });
            }
        });
        address
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all::<&Path>(&self.folder);
    }
}
