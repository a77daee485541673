//! The interface at a socket in a store's folder: whoever owns the folder is let in as who started the service.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::server::Listener;

/// The name of the socket in the folder of a project's store.
pub const NAME: &str = "serve.sock";

/// A socket that is there for as long as this is.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens in a folder, whose store this process has: a socket that is there already is one of a service that was cut off.
    pub fn bind(folder: &Path) -> io::Result<Socket> {
        let path = folder.join(NAME);
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(&path)?,
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(&path)?;
        let socket = Socket { listener, path };
        std::fs::set_permissions(&socket.path, std::fs::Permissions::from_mode(0o600))?;
        Ok(socket)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // That it stays harms nobody: nobody answers there.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Listener for Socket {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Option<std::net::SocketAddr>)> {
        let (stream, _) = self.listener.accept().await?;
        // The mode of the socket says so already, where the system minds it.
        if stream.peer_cred()?.uid() != std::fs::metadata(&self.path)?.uid() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok((stream, None))
    }
}
