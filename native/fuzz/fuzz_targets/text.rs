//! Quoting against a plain version of it, and the search against one that looks at each place of a text for each word.

#![no_main]

use libfuzzer_sys::fuzz_target;
use metlo_auto_native::cut_json::closed;
use metlo_auto_native::quote::push_quoted;
use metlo_auto_native::search::{Search, Word};

const WORDS: [&str; 5] = ["token", "pin", "password", "pw", "accesskey"];

fn plainly_quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            8 => out.extend(b"\\b"),
            12 => out.extend(b"\\f"),
            0..=31 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

/// Whether a word stands between two bytes that are no letters, without bytes that are dropped.
fn plainly_found(text: &[u8]) -> bool {
    let letters: Vec<u8> =
        text.iter().filter(|byte| !b"-_0123456789".contains(byte)).map(|byte| byte.to_ascii_lowercase()).collect();
    letters.split(|byte| !byte.is_ascii_lowercase()).any(|word| WORDS.iter().any(|known| known.as_bytes() == word))
}

fuzz_target!(|text: &[u8]| {
    if let Ok(text) = std::str::from_utf8(text) {
        let whole = closed(text);
        assert!(whole == "null" || whole == text || text.starts_with(whole.trim_end_matches(['"', ']', '}'])));
    }
    let mut out = Vec::new();
    push_quoted(&mut out, text);
    assert_eq!(out, plainly_quoted(text));
    let words = WORDS.map(|word| Word { letters: word.as_bytes().to_vec(), begins: true, ends: true });
    let search = Search::new(words.into(), b"-_0123456789", &[b"ghp_".to_vec()], vec![]).unwrap();
    if plainly_found(text) || text.windows(4).any(|part| part == b"ghp_") {
        assert!(search.finds(text));
    }
});
