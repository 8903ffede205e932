//! Where a report in a format for machines goes: a file that appears whole or not at all, or standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use crate::whole_file::WholeFile;

/// What a report is written to.
#[derive(Debug)]
pub struct Sink(SinkTarget);

#[derive(Debug)]
enum SinkTarget {
    File(WholeFile),
    Standard(BufWriter<Stdout>),
    After { target: PathBuf, bytes: Vec<u8> },
    Memory(Vec<u8>),
}

impl Sink {
    /// A file that will stand at `target`.
    ///
    /// # Errors
    /// A folder in which nothing can be written.
    pub fn file(target: &Path) -> io::Result<Self> {
        Ok(Self(SinkTarget::File(WholeFile::create(target)?)))
    }

    /// Standard output, to which a report is written as it comes.
    pub fn standard_output() -> Self {
        Self(SinkTarget::Standard(BufWriter::new(io::stdout())))
    }

    /// The end of a file that others write to as well, to which everything is added at once when it is finished.
    pub fn after(target: &Path) -> Self {
        Self(SinkTarget::After { target: target.to_path_buf(), bytes: Vec::new() })
    }

    /// Memory, of which [`Sink::finish`] gives the bytes.
    pub fn memory() -> Self {
        Self(SinkTarget::Memory(Vec::new()))
    }

    /// Puts the file in its place, or flushes the output. Returns the bytes, if they were kept in memory.
    ///
    /// # Errors
    /// A disk that is full, or a reader that has gone away.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        match self.0 {
            SinkTarget::File(file) => file.commit().map(|()| Vec::new()),
            SinkTarget::Standard(mut out) => out.flush().map(|()| Vec::new()),
            SinkTarget::After { target, bytes } => {
                if fs::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
                    let mut pipe = WholeFile::create(&target)?;
                    return pipe.write_all(&bytes).and_then(|()| pipe.commit()).map(|()| Vec::new());
                }
                let mut file = File::options().append(true).create(true).open(target)?;
                file.write_all(&bytes).map(|()| Vec::new())
            }
            SinkTarget::Memory(bytes) => Ok(bytes),
        }
    }

    /// Flushes standard output, so that a reader can follow the run. A file appears only at the end.
    pub(super) fn follow(&mut self) -> io::Result<()> {
        match &mut self.0 {
            SinkTarget::Standard(out) => out.flush(),
            SinkTarget::File(_) | SinkTarget::After { .. } | SinkTarget::Memory(_) => Ok(()),
        }
    }

    fn out(&mut self) -> &mut dyn Write {
        match &mut self.0 {
            SinkTarget::File(file) => file,
            SinkTarget::Standard(out) => out,
            SinkTarget::After { bytes, .. } | SinkTarget::Memory(bytes) => bytes,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out().flush()
    }
}
