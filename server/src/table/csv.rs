//! CSV in UTF-8 or GB18030, with commas, tabs or semicolons.

use std::cell::Cell as Counter;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};
use itgel_domain::error::ErrorCode;

use super::write::unguarded;
use super::{Cell, Encoding, Lines, MAX_COLUMNS, Row, bounds, refused, unreadable};
use crate::error::ServiceError;

/// Most bytes of a file.
const MAX_BYTES: u64 = 256 << 20;

/// Bytes decoded at once.
const CHUNK: usize = 16 * 1024;

/// The encoding of a file: the declared one if the file is in it, else UTF-8, else GB18030.
pub(super) fn encoding_of<R: Read + Seek>(
    source: &mut R,
    declared: Option<Encoding>,
) -> Result<Encoding, ServiceError> {
    let size = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if size > MAX_BYTES {
        return Err(ErrorCode::TableTooLarge.into());
    }
    let mut mark = [0; 2];
    bounds::peek(source, &mut mark)?;
    // UTF-16, as Excel calls "Unicode text".
    if matches!(mark, [0xff, 0xfe] | [0xfe, 0xff]) {
        return Err(ErrorCode::TableEncoding.into());
    }
    let choices = match declared {
        Some(one) => vec![one],
        None => vec![Encoding::Utf8, Encoding::Gb18030],
    };
    for encoding in choices {
        if is_in(source, encoding)? {
            return Ok(encoding);
        }
    }
    Err(ErrorCode::TableEncoding.into())
}

/// The lines of a file.
pub(super) fn lines<R: Read + Seek>(
    source: &mut R,
    encoding: Encoding,
) -> Result<CsvLines<'_, R>, ServiceError> {
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let separator = separator(Decoded::of(&mut *source, encoding))?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let decoded = Decoded::of(source, encoding);
    let quotes = Rc::clone(&decoded.quotes);
    let reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(decoded);
    Ok(CsvLines {
        reader,
        quotes,
        record: ::csv::StringRecord::new(),
        breaks: 0,
        last_broken: None,
    })
}

pub(super) struct CsvLines<'a, R: Read> {
    reader: ::csv::Reader<Decoded<&'a mut R>>,
    quotes: Rc<Counter<u64>>,
    record: ::csv::StringRecord,
    /// Line breaks inside cells so far: a line of the file is no row of the table then.
    breaks: u64,
    /// The row of the last record, if a cell of it goes over several lines.
    last_broken: Option<u32>,
}

impl<R: Read> Lines for CsvLines<'_, R> {
    fn next_line(&mut self) -> Result<Option<Row>, ServiceError> {
        loop {
            if !self
                .reader
                .read_record(&mut self.record)
                .map_err(unreadable)?
            {
                return self.end();
            }
            let breaks = self.record.iter().map(|cell| cell.matches('\n').count());
            let breaks = u64::try_from(breaks.sum::<usize>()).unwrap_or(u64::MAX);
            self.breaks = self.breaks.saturating_add(breaks);
            // The reader stands on the line after the record: empty lines before it count.
            let line = self.reader.position().line().saturating_sub(1);
            let number = u32::try_from(line.saturating_sub(self.breaks)).unwrap_or(u32::MAX);
            self.last_broken = (breaks > 0).then_some(number);
            let row = row_of(number, &self.record);
            if row.fault.is_some() || row.cells.iter().any(|cell| *cell != Cell::Empty) {
                return Ok(Some(row));
            }
        }
    }
}

impl<R: Read> CsvLines<'_, R> {
    /// The end of the file. A quotation mark that nobody closed has swallowed the rows behind it:
    /// then the file is refused, because those rows would be lost.
    fn end(&self) -> Result<Option<Row>, ServiceError> {
        match self.last_broken {
            Some(row) if self.quotes.get() % 2 == 1 => Err(refused(
                ErrorCode::TableOpenQuote,
                &super::address(0, row),
                1,
            )),
            _ => Ok(None),
        }
    }
}

fn row_of(number: u32, record: &::csv::StringRecord) -> Row {
    let mut fault = None;
    let mut cells = Vec::with_capacity(record.len().min(MAX_COLUMNS));
    for (column, text) in record.iter().enumerate() {
        let cell = cell_of(text);
        if column < MAX_COLUMNS {
            cells.push(cell);
        } else if cell != Cell::Empty {
            fault = Some(ErrorCode::TableTooManyColumns);
        }
    }
    Row {
        number,
        cells,
        fault,
    }
}

fn cell_of(text: &str) -> Cell {
    match Cell::of(text) {
        // The apostrophe that a report of ours set before what is no formula.
        Cell::Text(text) if text.starts_with("'=") => Cell::Text(unguarded(&text).to_owned()),
        // `="00123"` is how some programs keep leading zeros; a value is a value, not a formula.
        Cell::Text(text) if text.starts_with('=') => Cell::Fault(ErrorCode::TableFormula),
        Cell::Text(text) if text.contains('\n') => Cell::Fault(ErrorCode::TableOpenQuote),
        cell => cell,
    }
}

/// The separator: the one that stands most often in the first line.
fn separator<R: Read>(decoded: Decoded<R>) -> Result<u8, ServiceError> {
    let mut head = Vec::new();
    let mut first = BufReader::new(decoded).take(64 * 1024);
    std::io::BufRead::read_until(&mut first, b'\n', &mut head).map_err(unreadable)?;
    let count = |mark: &u8| head.iter().filter(|byte| *byte == mark).count();
    let marks = [b'\t', b';', b','];
    Ok(marks.into_iter().max_by_key(count).unwrap_or(b','))
}

fn is_in<R: Read + Seek>(source: &mut R, encoding: Encoding) -> Result<bool, ServiceError> {
    let mut decoded = Decoded::of(&mut *source, encoding);
    let copied = std::io::copy(&mut decoded, &mut std::io::sink());
    let fits = match copied {
        Ok(_) => true,
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => false,
        Err(error) => return Err(unreadable(error)),
    };
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(fits)
}

/// Text as UTF-8, decoded on the way, every line ended by a line feed, the last one too; bytes
/// that are none in the encoding are an error.
struct Decoded<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    after_return: bool,
    in_line: bool,
    at_end: bool,
    quotes: Rc<Counter<u64>>,
}

impl<R: Read> Decoded<R> {
    fn of(source: R, encoding: Encoding) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => UTF_8.new_decoder_with_bom_removal(),
            Encoding::Gb18030 => GB18030.new_decoder_without_bom_handling(),
        };
        Self {
            source,
            decoder,
            raw: vec![0; CHUNK],
            text: Vec::new(),
            given: 0,
            after_return: false,
            in_line: false,
            at_end: false,
            quotes: Rc::default(),
        }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let read = self.source.read(&mut self.raw)?;
        self.at_end = read == 0;
        let raw = self.raw.get(..read).unwrap_or_default();
        let need = self
            .decoder
            .max_utf8_buffer_length_without_replacement(read);
        let need = need.ok_or(std::io::ErrorKind::InvalidData)?;
        self.text.resize(need, 0);
        let (result, _, written) =
            self.decoder
                .decode_to_utf8_without_replacement(raw, &mut self.text, self.at_end);
        if !matches!(result, DecoderResult::InputEmpty) {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        self.text.truncate(written);
        self.given = 0;
        self.end_lines();
        let quotes = self.text.iter().filter(|byte| **byte == b'"').count();
        let quotes = u64::try_from(quotes).unwrap_or(u64::MAX);
        self.quotes.set(self.quotes.get().saturating_add(quotes));
        Ok(())
    }

    /// Ends every line in the one way.
    fn end_lines(&mut self) {
        let mut after_return = self.after_return;
        self.text.retain_mut(|byte| {
            let is_second = *byte == b'\n' && after_return;
            after_return = *byte == b'\r';
            if after_return {
                *byte = b'\n';
            }
            !is_second
        });
        self.after_return = after_return;
        if let Some(last) = self.text.last() {
            self.in_line = *last != b'\n';
        }
        if self.at_end && self.in_line {
            self.text.push(b'\n');
            self.in_line = false;
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.text.len() {
            if self.at_end {
                return Ok(0);
            }
            self.fill()?;
        }
        let rest = self.text.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.given += count;
        Ok(count)
    }
}
