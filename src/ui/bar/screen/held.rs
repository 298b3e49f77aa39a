//! Lines that wait until the terminal is free: in memory, and in a file without a name once they are many.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::mem;

/// How much is kept in memory.
const MEMORY_BYTES: usize = 1024 * 1024;

/// How much is taken out of the file at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Makes the file.
pub type Spill = Box<dyn FnMut() -> io::Result<File> + Send>;

/// What is held.
pub(super) struct Held {
    memory: Vec<u8>,
    /// What came first.
    file: Option<File>,
    file_bytes: u64,
    spill: Spill,
}

impl Held {
    pub(super) fn new(spill: Spill) -> Held {
        Held { memory: Vec::new(), file: None, file_bytes: 0, spill }
    }

    /// Keeps all of it.
    ///
    /// # Errors
    /// There is no room. Nothing of it is kept then.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.memory.len() + bytes.len() > MEMORY_BYTES && !self.memory.is_empty() {
            self.put_away()?;
        }
        self.memory.extend_from_slice(bytes);
        Ok(())
    }

    /// Brings what is in memory to the file.
    fn put_away(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert((self.spill)()?),
        };
        // What an attempt that has failed has left there is written over.
        file.seek(SeekFrom::Start(self.file_bytes))?;
        file.write_all(&self.memory)?;
        self.file_bytes += self.memory.len() as u64;
        self.memory.clear();
        Ok(())
    }

    /// Hands out all that is held.
    pub(super) fn take(&mut self) -> Release {
        let file = self.file.take().map(|file| (file, mem::take(&mut self.file_bytes)));
        Release { file, is_rewound: false, chunk: Vec::new(), memory: Some(mem::take(&mut self.memory)) }
    }
}

/// What was held, piece by piece in the order in which it came.
pub(super) struct Release {
    file: Option<(File, u64)>,
    is_rewound: bool,
    chunk: Vec<u8>,
    memory: Option<Vec<u8>>,
}

impl Release {
    /// Returns the next piece.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if let Some((file, left)) = &mut self.file {
            if !self.is_rewound {
                file.seek(SeekFrom::Start(0))?;
                self.is_rewound = true;
            }
            let length = usize::try_from(*left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            self.chunk.resize(length, 0);
            file.read_exact(&mut self.chunk)?;
            *left -= length as u64;
            if *left == 0 {
                self.file = None;
            }
            return Ok(Some(&self.chunk));
        }
        match self.memory.take() {
            Some(memory) if !memory.is_empty() => {
                self.chunk = memory;
                Ok(Some(&self.chunk))
            }
            Some(_) | None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
