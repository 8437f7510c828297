//! Text as a JSON string, byte for byte as Python's `json.encoder.encode_basestring` writes it.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What a byte of text becomes: 0 itself, 1 itself after a backslash, 2 another escape.
const KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut at = 0;
    while at < 32 {
        kinds[at] = 2;
        at += 1;
    }
    kinds[b'"' as usize] = 1;
    kinds[b'\\' as usize] = 1;
    kinds
}

/// Bytes that are looked at together, those that are written at a time, and the most that these can become.
const GROUP: usize = 8;
const BLOCK: usize = 16 * GROUP;
const ROOM: usize = 6 * BLOCK + GROUP;

/// Appends UTF-8 `text` with the quotes around it.
pub fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + text.len() / 8 + 2);
    out.push(b'"');
    let mut room = [0; ROOM];
    for block in text.chunks(BLOCK) {
        let written = write_block(&mut room, block);
        out.extend_from_slice(&room[..written]);
    }
    out.push(b'"');
}

/// Writes a block with its escapes; how many bytes these are.
#[inline(always)]
fn write_block(room: &mut [u8; ROOM], block: &[u8]) -> usize {
    let mut written = 0;
    let groups = block.chunks_exact(GROUP);
    let rest = groups.remainder();
    for group in groups {
        written = write_group(room, written, group.try_into().unwrap_or_default());
    }
    rest.iter().fold(written, |written, &byte| write_byte(room, written, byte))
}

/// Writes eight bytes with their escapes after what is written; where that ends now.
#[inline(always)]
fn write_group(room: &mut [u8; ROOM], written: usize, group: [u8; GROUP]) -> usize {
    let whole = u64::from_le_bytes(group);
    room[written..written + GROUP].copy_from_slice(&group);
    let (mut left, mut end) = (escaped_bytes(whole), written + GROUP);
    while left != 0 {
        let from = whole >> (left.trailing_zeros() & 56);
        if from as u8 <= b' ' {
            return group.iter().fold(written, |written, &byte| write_byte(room, written, byte));
        }
        // What follows the backslash is written again, one further.
        let at = end - GROUP + (left.trailing_zeros() / 8) as usize;
        room[at] = b'\\';
        room[at + 1..at + 1 + GROUP].copy_from_slice(&from.to_le_bytes());
        end += 1;
        left &= left - 1;
    }
    end
}

/// The highest bit of each of eight bytes that needs an escape.
#[inline(always)]
fn escaped_bytes(group: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    // With this bit turned the quote follows what stands before the space, and the highest bits keep sums apart.
    let turned = group ^ (ONES * 2);
    let above = ((turned | TOPS) - ONES * 33) | turned;
    let from_backslash = group ^ (ONES * b'\\' as u64);
    let other = ((from_backslash & !TOPS) + !TOPS) | from_backslash;
    !(above & other) & TOPS
}

#[inline(always)]
fn write_byte(room: &mut [u8; ROOM], written: usize, byte: u8) -> usize {
    match KINDS[byte as usize] {
        0 => {
            room[written] = byte;
            written + 1
        }
        1 => {
            room[written..written + 2].copy_from_slice(&[b'\\', byte]);
            written + 2
        }
        _ => written + write_control(&mut room[written..], byte),
    }
}

fn write_control(room: &mut [u8], byte: u8) -> usize {
    let letter = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            room[..6].copy_from_slice(&[b'\\', b'u', b'0', b'0', HEX[byte as usize >> 4], HEX[byte as usize & 15]]);
            return 6;
        }
    };
    room[..2].copy_from_slice(&[b'\\', letter]);
    2
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
