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
const GROUP: usize = 16;
const BLOCK: usize = 8 * GROUP;
const ROOM: usize = 6 * BLOCK;

/// Appends UTF-8 `text` with the quotes around it.
pub fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + text.len() / 8 + 2);
    out.push(b'"');
    let mut room = [0; ROOM];
    for block in text.chunks(BLOCK) {
        let mut written = 0;
        for group in block.chunks(GROUP) {
            written = write_group(&mut room, written, group);
        }
        out.extend_from_slice(&room[..written]);
    }
    out.push(b'"');
}

/// Writes a group with its escapes after what is written; where that ends now.
#[inline]
fn write_group(room: &mut [u8; ROOM], mut written: usize, group: &[u8]) -> usize {
    if let Ok(whole) = <&[u8; GROUP]>::try_from(group) {
        // The compiler looks at all of them at once here.
        let escapes = whole.iter().fold(0u8, |found, &byte| found | u8::from((byte < b' ') | (byte == b'"') | (byte == b'\\')));
        if escapes == 0 {
            room[written..written + GROUP].copy_from_slice(whole);
            return written + GROUP;
        }
    }
    for &byte in group {
        let kind = KINDS[byte as usize];
        if kind == 2 {
            written += write_control(&mut room[written..], byte);
            continue;
        }
        // Without a branch, since quotes stand everywhere in JSON: the backslash stays only where it is counted.
        room[written] = b'\\';
        written += kind as usize;
        room[written] = byte;
        written += 1;
    }
    written
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
}
