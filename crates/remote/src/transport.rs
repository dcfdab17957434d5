//! How a connection comes about: to this machine only if it is plain, else TLS as `certificate` demands.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    TcpConnector, Transport, TransportAdapter,
};

/// Over TLS as configured, through the configured proxy if there is one; without TLS to loopback addresses only.
pub(crate) fn connector(tls: Option<Arc<ClientConfig>>) -> impl Connector {
    ().chain(Gate { open: tls.is_some() })
        .chain(ConnectProxyConnector::default())
        .chain(TcpConnector::default())
        .chain(Tls { configuration: tls })
}

/// `localhost` turned out to be another machine.
#[derive(Debug, thiserror::Error)]
#[error("the address is not of this machine")]
pub(crate) struct NotThisMachine;

/// Stops a plain connection that would leave this machine before it is made.
#[derive(Debug)]
struct Gate {
    open: bool,
}

impl Connector<()> for Gate {
    type Out = ();

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<()>, Error> {
        if self.open || details.addrs.iter().all(|address| address.ip().is_loopback()) {
            Ok(None)
        } else {
            Err(Error::Other(Box::new(NotThisMachine)))
        }
    }
}

/// Wraps a connection in TLS if its URL says `https`. (One to a proxy says `http`.)
#[derive(Debug)]
struct Tls {
    configuration: Option<Arc<ClientConfig>>,
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        connected: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(connected) = connected else { return Ok(None) };
        let configuration = match &self.configuration {
            Some(configuration) if details.needs_tls() => configuration.clone(),
            _ => return Ok(Some(Either::A(connected))),
        };
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::Tls("no server name"))?;
        let mut connection = ClientConnection::new(configuration, name)?;
        let connected: Box<dyn Transport> = Box::new(connected);
        let mut socket = TransportAdapter::new(connected, details.current_time.clone());
        socket.set_timeout(details.timeout);
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(TlsTransport { buffers, stream: StreamOwned::new(connection, socket) })))
    }
}

struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        // Writing may leave a failure for later; flushing tells it now.
        self.stream.flush()?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let read = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}

#[cfg(test)]
mod tests {
    use ureq::http::Uri;
    use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};

    use super::*;
    use crate::testing::Server;

    /// A hosts file in which `localhost` is another machine.
    #[derive(Debug)]
    struct Elsewhere;

    impl Resolver for Elsewhere {
        fn resolve(
            &self,
            _: &Uri,
            _: &ureq::config::Config,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, Error> {
            let mut addresses = self.empty();
            addresses.push(([127, 0, 0, 1], 9).into());
            addresses.push(([192, 0, 2, 1], 9).into());
            Ok(addresses)
        }
    }

    #[test]
    fn a_plain_connection_is_not_made_to_what_localhost_is_not() {
        let agent = ureq::Agent::with_parts(Default::default(), connector(None), Elsewhere);
        let error = agent.get("http://localhost:9/healthz").call().unwrap_err();
        assert_eq!(crate::Error::from(error), crate::Error::PlainHttp);
    }

    #[test]
    fn plain_http_to_another_machine_is_refused_before_anything_is_looked_up() {
        let began = std::time::Instant::now();
        for url in ["http://192.0.2.1:9", "http://sync.example.org"] {
            assert_eq!(crate::Remote::new(url, None).err(), Some(crate::Error::PlainHttp));
        }
        assert!(began.elapsed() < std::time::Duration::from_millis(100));
    }

    #[test]
    fn localhost_works_by_name() {
        let server = Server::answering(200, "application/json", "{}");
        let url = server.url.replace("127.0.0.1", "localhost");
        assert_eq!(crate::Remote::new(&url, None).unwrap().health(), Ok(()));
    }
}
