//! Connections that take their time and can be cut.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::{Service, latency};
use crate::faults::{ConnectionLoss, Effect};

/// An answer that drips comes in about so many pieces, none smaller than so many bytes.
const PIECES: usize = 8;
const SMALLEST_PIECE: usize = 64;

/// Accepts connections, each of which answers nothing for two latencies: the hand-shakes of TCP and TLS.
pub(super) struct Wire {
    pub(super) listener: TcpListener,
    pub(super) latency: Duration,
    pub(super) service: Arc<Service>,
}

impl Listener for Wire {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    let service = Arc::clone(&self.service);
                    return (Connection::new(stream, self.latency * 2, service), address);
                }
                // Too many open files, or a client that left: the next one may fare better.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that waits before its first byte and can be cut.
pub(super) struct Connection {
    stream: TcpStream,
    wait: Option<Pause>,
    fate: Arc<Fate>,
    service: Arc<Service>,
    /// The pause before the next piece of an answer that drips.
    pause: Option<Pause>,
}

type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is to happen to a connection.
#[derive(Default)]
struct Fate {
    /// Nothing goes through it any more.
    cut: AtomicBool,
    /// It ends after the answer, without a word in it.
    ends: AtomicBool,
    /// How long each piece of the answer takes.
    drip: Mutex<Duration>,
}

impl Fate {
    fn drip(&self) -> Duration {
        *self.drip.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn new(stream: TcpStream, wait: Duration, service: Arc<Service>) -> Connection {
        // Without it small answers may wait for acknowledgements; a socket that cannot do it works all the same.
        let _ = stream.set_nodelay(true);
        let wait: Option<Pause> = match wait.is_zero() {
            true => None,
            false => Some(Box::pin(latency::pass(wait))),
        };
        Connection {
            stream,
            wait,
            fate: Arc::default(),
            service,
            pause: None,
        }
    }

    fn check(&self) -> io::Result<()> {
        match self.fate.cut.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }

    /// How much of so many bytes may be written now.
    fn poll_share(&mut self, context: &mut Context<'_>, bytes: usize) -> Poll<usize> {
        let drip = self.fate.drip();
        if drip.is_zero() {
            return Poll::Ready(bytes);
        }
        let service = Arc::clone(&self.service);
        let pause = self
            .pause
            .get_or_insert_with(|| Box::pin(async move { service.hold(drip).await }));
        ready!(pause.as_mut().poll(context));
        self.pause = None;
        Poll::Ready((bytes / PIECES).max(SMALLEST_PIECE).min(bytes))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(context));
            self.wait = None;
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        let share = ready!(self.poll_share(context, bytes.len()));
        let piece = bytes.get(..share).unwrap_or(bytes);
        Pin::new(&mut self.stream).poll_write(context, piece)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        if !self.fate.drip().is_zero() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            let bytes: &[u8] = first.map_or(&[], |slice| slice);
            return self.poll_write(context, bytes);
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        match self.fate.ends.load(Ordering::Relaxed) {
            true => Pin::new(&mut self.stream).poll_shutdown(context),
            false => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What a handler knows of its connection.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) local: String,
    fate: Arc<Fate>,
}

impl Line {
    /// Prepares the connection for what is to happen to an answer.
    pub(super) fn treat(&self, effect: &Effect) {
        let fate = &self.fate;
        let lost = matches!(
            effect.drop,
            Some(ConnectionLoss::Before | ConnectionLoss::After)
        );
        fate.cut.fetch_or(lost, Ordering::Relaxed);
        let ends = effect.drop == Some(ConnectionLoss::Stale);
        fate.ends.fetch_or(ends, Ordering::Relaxed);
        *fate.drip.lock().unwrap_or_else(PoisonError::into_inner) = effect.drip;
    }
}

impl Connected<IncomingStream<'_, Wire>> for Line {
    fn connect_info(stream: IncomingStream<'_, Wire>) -> Line {
        let local = stream
            .io()
            .stream
            .local_addr()
            .map(|address| address.to_string())
            .unwrap_or_default();
        Line {
            local,
            fate: Arc::clone(&stream.io().fate),
        }
    }
}
