//! Files in other encodings than UTF-8.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

use encoding_rs::{Decoder, DecoderResult};
use flowrun_core::encoding::Encoding;
use flowrun_core::fault::{Fault, FaultKind};

use super::{PIECE, Reader};

/// Reads a file as UTF-8, without its byte order mark. What can't be there is an error of the kind `InvalidData`, once all before it
/// has been read.
pub struct Decoding {
    source: BufReader<Reader>,
    decoder: Decoder,
    /// What is decoded and not yet handed on.
    ready: Vec<u8>,
    handed: usize,
    wrong: bool,
    ended: bool,
}

impl Decoding {
    /// Reads `file`, which is written in `encoding`, unless its byte order mark says otherwise.
    pub fn new(file: Reader, encoding: Encoding) -> Decoding {
        Decoding {
            source: BufReader::with_capacity(PIECE, file),
            decoder: encoding.decoder(),
            ready: Vec::new(),
            handed: 0,
            wrong: false,
            ended: false,
        }
    }

    /// Decodes the next piece.
    fn fill(&mut self) -> io::Result<()> {
        let bytes = self.source.fill_buf()?;
        let last = bytes.is_empty();
        let most = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        self.ready.resize(most.unwrap_or(PIECE * 4), 0);
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.ready, last);
        self.ready.truncate(written);
        self.handed = 0;
        self.source.consume(read);
        self.wrong = matches!(result, DecoderResult::Malformed(..));
        self.ended = last && result == DecoderResult::InputEmpty;
        Ok(())
    }
}

impl Read for Decoding {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.handed == self.ready.len() {
            if self.wrong {
                return Err(ErrorKind::InvalidData.into());
            }
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let ready = &self.ready[self.handed..];
        let length = ready.len().min(into.len());
        into[..length].copy_from_slice(&ready[..length]);
        self.handed += length;
        Ok(length)
    }
}

/// Writes what is given in UTF-8 in another encoding.
pub struct Encode<W> {
    into: W,
    encoding: Encoding,
    /// The start of a letter whose end is still to come.
    begun: Vec<u8>,
}

impl<W: Write> Encode<W> {
    /// Writes into `into`, in `encoding`.
    pub fn new(into: W, encoding: Encoding) -> Encode<W> {
        Encode { into, encoding, begun: Vec::new() }
    }

    /// What it was written into.
    #[cfg(test)]
    pub fn into_inner(&self) -> &W {
        &self.into
    }
}

impl<W: Write> Write for Encode<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        // Texts are UTF-8: what remains is a letter that has only begun.
        let text = std::str::from_utf8(&self.begun[..whole]).unwrap_or_default();
        if !text.is_empty() {
            let encoded = self.encoding.encode(text).map_err(|letter| lacking(self.encoding, letter))?;
            self.into.write_all(&encoded)?;
            self.encoding = self.encoding.go_on();
            self.begun.drain(..whole);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

fn lacking(encoding: Encoding, letter: char) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, lacks(encoding, letter))
}

/// What is said of a letter that an encoding does not have.
pub fn lacks(encoding: Encoding, letter: char) -> Fault {
    let message = format!("the encoding {} has no \"{letter}\"", encoding.name());
    Fault::new(FaultKind::InvalidInput, message).help("write it in utf-8 or utf-16, which have all letters")
}
