//! Pipes and devices as outputs: a reader may not be there, or read no further. Main type: [`Pipe`].
//!
//! To open or to write one may wait for ever, and no call of the standard library ends that. So a thread of its own does
//! it, and is left behind where it takes too long; the process ends soon after.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How long a reader is waited for, at the start and at each part: one that is started together with a run is there by
/// then.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many bytes are handed over at once.
const PART: usize = 64 * 1024;

/// An output with a reader while it is written.
#[derive(Debug)]
pub(crate) struct Pipe {
    buffer: Vec<u8>,
    parts: SyncSender<Vec<u8>>,
    done: Receiver<io::Result<()>>,
    patience: Duration,
    /// The thread waits for a reader that does not read, and takes no more.
    is_given_up: bool,
}

impl Pipe {
    /// Opens it, which for a pipe takes until it has a reader.
    pub(crate) fn open(target: &Path) -> io::Result<Self> {
        Self::within(target, PATIENCE)
    }

    fn within(target: &Path, patience: Duration) -> io::Result<Self> {
        let (parts, taken) = sync_channel(0);
        let (results, done) = sync_channel(1);
        let target = target.to_path_buf();
        thread::Builder::new().spawn(move || write(target, &taken, &results))?;
        let mut pipe = Self { buffer: Vec::new(), parts, done, patience, is_given_up: false };
        pipe.wait("it has no reader")?;
        Ok(pipe)
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush()
    }

    fn wait(&mut self, what: &str) -> io::Result<()> {
        match self.done.recv_timeout(self.patience) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                self.is_given_up = true;
                let message = format!("{what}: it is a pipe or a device, and {:?} are over", self.patience);
                Err(io::Error::new(io::ErrorKind::TimedOut, message))
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let part = std::mem::take(&mut self.buffer);
        if self.is_given_up {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it has no reader"));
        }
        self.parts.send(part).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        self.wait("its reader reads no further")
    }
}

/// Opens the target and writes each part, and says so each time.
fn write(target: PathBuf, parts: &Receiver<Vec<u8>>, results: &SyncSender<io::Result<()>>) {
    let mut file = match File::options().write(true).open(target) {
        Ok(file) => file,
        Err(error) => return drop(results.send(Err(error))),
    };
    let mut result = Ok(());
    while results.send(result).is_ok() {
        let Ok(part) = parts.recv() else { return };
        result = file.write_all(&part);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::io::{ErrorKind, Read, Write};
    use std::path::PathBuf;
    use std::process::Command;
    use std::thread;
    use std::time::Duration;

    use super::{PART, PATIENCE, Pipe};

    fn pipe() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        (folder, path)
    }

    #[test]
    fn a_pipe_without_a_reader_is_given_up() {
        let (_folder, path) = pipe();
        let error = Pipe::within(&path, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().contains("it has no reader"), "{error}");
    }

    #[test]
    fn a_reader_gets_every_byte() {
        let (_folder, path) = pipe();
        let reader = thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(PART * 3).collect();
        let mut pipe = Pipe::within(&path, PATIENCE).unwrap();
        bytes.chunks(1000).for_each(|chunk| pipe.write_all(chunk).unwrap());
        pipe.finish().unwrap();
        assert_eq!(reader.join().unwrap(), bytes);
    }

    #[test]
    fn a_reader_that_reads_no_further_or_goes_away_is_an_error() {
        let (_folder, path) = pipe();
        let opened = thread::spawn({
            let path = path.clone();
            move || fs::File::open(path).unwrap()
        });
        let mut pipe = Pipe::within(&path, Duration::from_millis(500)).unwrap();
        let mut reader = opened.join().unwrap();
        // More than the system keeps for a reader.
        let error = pipe.write_all(&vec![b'a'; PART * 40]).and_then(|()| pipe.flush()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        reader.read_exact(&mut [0]).unwrap();
        drop(reader);
        assert!(pipe.write_all(&vec![b'a'; PART]).is_err(), "and it does not wait again");
    }
}
