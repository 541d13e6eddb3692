//! A link to a registry that repeatedly breaks after a number of bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A relay whose connections each carry at most a fixed number of bytes to the registry.
pub(crate) struct Link {
    address: SocketAddr,
    carried: Arc<AtomicU64>,
}

impl Link {
    pub(crate) async fn to(registry: &str, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let carried = Arc::new(AtomicU64::new(0));
        let (registry, count) = (registry.to_owned(), Arc::clone(&carried));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&registry).await.unwrap();
                tokio::spawn(relay(client, server, bytes, Arc::clone(&count)));
            }
        });
        Self { address, carried }
    }

    pub(crate) fn registry(&self) -> String {
        self.address.to_string()
    }

    /// Returns how many bytes reached the registry, including heads.
    pub(crate) fn carried(&self) -> u64 {
        self.carried.load(Ordering::SeqCst)
    }
}

/// Relays a connection. It ends with a reset after the registry has closed its side, so that the bytes it took are
/// final.
async fn relay(client: TcpStream, server: TcpStream, bytes: u64, count: Arc<AtomicU64>) {
    client.set_zero_linger().unwrap();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let broke = AtomicBool::new(false);
    tokio::select! {
        () = send(from_client, to_server, bytes, &count, &broke) => {}
        () = receive(from_server, to_client, &broke) => {}
    }
}

async fn send(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    bytes: u64,
    count: &AtomicU64,
    broke: &AtomicBool,
) {
    let mut left = bytes;
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap());
        let Ok(read @ 1..) = client.read(&mut buffer[..most]).await else {
            break;
        };
        if server.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        count.fetch_add(read as u64, Ordering::SeqCst);
        left -= read as u64;
    }
    broke.store(left == 0, Ordering::SeqCst);
    let _ = server.shutdown().await;
    std::future::pending::<()>().await;
}

/// The registry's answer to a request that broke off is not relayed.
async fn receive(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, broke: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = server.read(&mut buffer).await {
        if !broke.load(Ordering::SeqCst) && client.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
