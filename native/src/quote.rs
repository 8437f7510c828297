//! Text as a JSON string, byte for byte as Python's `json.encoder.encode_basestring` writes it.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes that are looked at together, those that are written at a time, and room for the most that these can become: six
/// bytes each and some more, the next power of two, so that no place in it needs a check.
const GROUP: usize = 8;
const BLOCK: usize = 8 * GROUP;
const MOST: usize = 512;
const ROOM: usize = MOST + 4 * GROUP;

/// Appends UTF-8 `text` with the quotes around it.
pub fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + text.len() / 8 + 2);
    out.push(b'"');
    let mut room = [0; ROOM];
    let mut blocks = text.chunks_exact(BLOCK);
    for block in &mut blocks {
        // Of a length that the compiler knows.
        let written = write_block(&mut room, block.try_into().unwrap_or(&[0; BLOCK]), BLOCK);
        out.extend_from_slice(&room[..written]);
    }
    let (mut last, rest) = ([b' '; BLOCK], blocks.remainder());
    last[..rest.len()].copy_from_slice(rest);
    let written = write_block(&mut room, &last, rest.len());
    out.extend_from_slice(&room[..written]);
    out.push(b'"');
}

/// Writes the first bytes of a block with their escapes; how many bytes these are.
#[inline(always)]
fn write_block(room: &mut [u8; ROOM], block: &[u8; BLOCK], length: usize) -> usize {
    let mut escaped = [0; BLOCK];
    for (is, &byte) in escaped.iter_mut().zip(block) {
        *is = if (byte < b' ') | (byte == b'"') | (byte == b'\\') { 0x80 } else { 0u8 };
    }
    let mut written = 0;
    for (group, escaped) in block.chunks_exact(GROUP).zip(escaped.chunks_exact(GROUP)).take(length.div_ceil(GROUP)) {
        let escaped = u64::from_le_bytes(escaped.try_into().unwrap_or_default());
        written = write_group(room, written, u64::from_le_bytes(group.try_into().unwrap_or_default()), escaped);
    }
    written - (length.div_ceil(GROUP) * GROUP - length) // what fills the last group up
}

/// Writes eight bytes with their escapes after what is written; where that ends now. `left`: the highest bit of each byte
/// that needs one.
#[inline(always)]
fn write_group(room: &mut [u8; ROOM], written: usize, group: u64, mut left: u64) -> usize {
    put(room, written, group);
    let mut end = written + GROUP;
    while left != 0 {
        let place = left.trailing_zeros() & 56;
        let from = group >> place;
        // What follows is written again, as much further.
        let at = end - GROUP + (place / 8) as usize;
        if from as u8 > b' ' {
            room[at % MOST] = b'\\';
            put(room, at + 1, from);
            end += 1;
        } else {
            let (escape, length) = escape_of(from as u8);
            put(room, at, escape);
            put(room, at + length, from >> 8);
            end += length - 1;
        }
        left &= left - 1;
    }
    end
}

#[inline(always)]
fn put(room: &mut [u8; ROOM], at: usize, eight: u64) {
    let at = at % MOST;
    room[at..at + GROUP].copy_from_slice(&eight.to_le_bytes());
}

/// The escape of a control character, and how long it is.
fn escape_of(byte: u8) -> (u64, usize) {
    let letter = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => return (u64::from_le_bytes([b'\\', b'u', b'0', b'0', HEX[usize::from(byte) >> 4 & 15], HEX[usize::from(byte) & 15], 0, 0]), 6),
    };
    (u64::from_le_bytes([b'\\', letter, 0, 0, 0, 0, 0, 0]), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = Vec::new();
        push_quoted(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_are_those_of_python() {
        assert_eq!(quoted("a\"b\\c\n\r\t\u{8}\u{c}\0\u{1f}\u{7f}é"), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f\u{7f}é\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("\""), "\"\\\"\"");
        assert_eq!(quoted("\n\n"), "\"\\n\\n\"");
    }

    #[test]
    fn each_byte_is_written_wherever_it_stands() {
        for byte in (0..=255u8).map(char::from) {
            let alone = quoted(&byte.to_string());
            let alone = &alone[1..alone.len() - 1];
            for before in 0..20 {
                for between in 0..10 {
                    let plain = |length| "\u{7f}#![]~é "[..].chars().cycle().take(length).collect::<String>();
                    let text = format!("{}{byte}{}{byte}{byte}", plain(before), plain(between));
                    assert_eq!(quoted(&text), format!("\"{}{alone}{}{alone}{alone}\"", plain(before), plain(between)));
                }
            }
        }
        let long = "\n\"\u{1}".repeat(500);
        assert_eq!(quoted(&long), format!("\"{}\"", "\\n\\\"\\u0001".repeat(500)));
    }
}
