//! Single keys from a terminal. Main type: [`Keyboard`].
//!
//! The terminal is in its raw mode as long as the value lives, and in its own mode again afterwards: also after a
//! panic, and after a signal that ends the program.

use std::io::{self, Read, StdinLock};
use std::thread;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use tokio::runtime::Builder;

use super::interrupt::{Signals, leave};

/// What was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyPress {
    /// A letter, a digit or a sign.
    Letter(char),
    /// The end of a line.
    Enter,
    /// One letter back.
    Backspace,
    /// Ctrl-C, Ctrl-D, or no terminal any more.
    Leave,
    /// Anything else, such as an arrow.
    Other,
}

/// The keys of a terminal, one by one.
pub(super) struct Keyboard {
    input: StdinLock<'static>,
    sequence: Sequence,
}

/// How far a sequence of bytes that encodes one key is read (ECMA-48, section 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sequence {
    None,
    Escape,
    Parameters,
}

impl Keyboard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// A terminal that has no such mode.
    pub(super) fn open() -> io::Result<Self> {
        enable_raw_mode()?;
        restore_on_signal();
        Ok(Self { input: io::stdin().lock(), sequence: Sequence::None })
    }

    /// Waits for a key.
    pub(super) fn key(&mut self) -> KeyPress {
        loop {
            let mut byte = [0];
            match self.input.read(&mut byte) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A terminal that is gone says nothing, or that it cannot be read.
                Ok(0) | Err(_) => return KeyPress::Leave,
                Ok(_) => {
                    if let Some(key) = self.sequence.take(byte[0]) {
                        return key;
                    }
                }
            }
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // A terminal that is gone has no mode any more.
        let _ = disable_raw_mode();
    }
}

impl Sequence {
    /// The key that a byte ends, if it ends one.
    fn take(&mut self, byte: u8) -> Option<KeyPress> {
        let before = std::mem::replace(self, Self::None);
        if before == Self::Parameters || (before == Self::Escape && matches!(byte, b'[' | b'O')) {
            // A sequence ends with the first byte that is not a parameter.
            let goes_on = before == Self::Escape || (0x20..=0x3f).contains(&byte);
            *self = if goes_on { Self::Parameters } else { Self::None };
            return (!goes_on).then_some(KeyPress::Other);
        }
        match byte {
            0x1b => {
                *self = Self::Escape;
                None
            }
            3 | 4 => Some(KeyPress::Leave),
            b'\r' | b'\n' => Some(KeyPress::Enter),
            8 | 0x7f => Some(KeyPress::Backspace),
            0x20..=0x7e => Some(KeyPress::Letter(char::from(byte))),
            // A letter beyond ASCII is a key that nothing uses: its first byte counts for all of them.
            0x80..0xc0 => None,
            _ => Some(KeyPress::Other),
        }
    }
}

/// Puts the terminal in its own mode before a signal ends the program. What is decided is in the files already.
fn restore_on_signal() {
    thread::spawn(|| {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        let signalled = runtime.block_on(async { Signals::new()?.next().await });
        if signalled.is_ok() {
            let _ = disable_raw_mode();
            leave();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{KeyPress, Sequence};

    #[test]
    fn a_sequence_of_bytes_is_one_key() {
        let mut sequence = Sequence::None;
        let keys: Vec<KeyPress> = b"a\x1b[1;5Ab\x1bOPc\x1b\x1bd\r\x7f\x03\xc3\xa9"
            .iter()
            .filter_map(|byte| sequence.take(*byte))
            .collect();
        let letter = KeyPress::Letter;
        let expected = [
            letter('a'),
            KeyPress::Other,
            letter('b'),
            KeyPress::Other,
            letter('c'),
            letter('d'),
            KeyPress::Enter,
            KeyPress::Backspace,
            KeyPress::Leave,
            KeyPress::Other,
        ];
        assert_eq!(keys, expected);
    }
}
