//! Makes the beginning of a JSON text whole, byte for byte as the agent's `closed_json` does.

/// `text` with its cut string closed and its half number, word or member dropped; as it is where it is no JSON.
pub fn closed(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut closers: Vec<u8> = Vec::new();
    let mut keep = 0; // text[..keep] and the closers are well-formed
    let mut last = 0;
    let mut at = 0;
    while at < bytes.len() {
        let first = bytes[at];
        let begin = at;
        let word = match first {
            b'"' | b'{' | b'[' | b'}' | b']' | b',' => false,
            b':' => {
                at += 1;
                continue;
            }
            _ => {
                at = end_of_word(text, at);
                if at == begin {
                    at += text[begin..].chars().next().map_or(1, char::len_utf8);
                    continue; // a space
                }
                true
            }
        };
        if keep > 0 && closers.is_empty() {
            return text.to_owned(); // something follows the value: this was no JSON before it was cut
        }
        if word {
            if at < bytes.len() {
                if !is_value(&bytes[begin..at]) {
                    return text.to_owned();
                }
                keep = at;
            }
        } else if first == b'"' {
            let is_key = closers.last() == Some(&b'}') && (last == b'{' || last == b',');
            match end_of_string(bytes, at + 1) {
                None if is_key => return finished(&text[..keep], &closers),
                None => {
                    let mut whole = whole_escapes(text, at + 1).to_owned();
                    whole.push('"');
                    return finished(&whole, &closers);
                }
                Some(end) => at = end,
            }
            if !is_key {
                keep = at;
            }
        } else {
            at += 1;
            match first {
                b'{' => closers.push(b'}'),
                b'[' => closers.push(b']'),
                b',' => {}
                _ => {
                    if closers.pop() != Some(first) {
                        return text.to_owned();
                    }
                }
            }
            if first != b',' {
                keep = at;
            }
        }
        last = first;
    }
    finished(&text[..keep], &closers)
}

/// Behind the word that begins at `at`, where one does. A backslash before a quote or another one takes it along.
fn end_of_word(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += if matches!(bytes.get(at + 1), Some(b'\\' | b'"')) { 2 } else { 1 },
            b'"' | b'{' | b'[' | b'}' | b']' | b',' | b':' | b' ' | b'\t'..=b'\r' | 0x1c..=0x1f => break,
            0x80.. => {
                let Some(character) = text[at..].chars().next() else { break };
                if character.is_whitespace() {
                    break;
                }
                at += character.len_utf8();
            }
            _ => at += 1,
        }
    }
    at
}

/// Behind the quote that ends the string whose content begins at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes[at..].iter().position(|&byte| byte == b'"' || byte == b'\\')?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += if matches!(bytes.get(at + 1), Some(b'\\' | b'"')) { 2 } else { 1 };
    }
}

/// A number, `true`, `false`, `null`, `NaN` or `Infinity`, as the agent's `_WORD` has them.
fn is_value(word: &[u8]) -> bool {
    if matches!(word, b"true" | b"false" | b"null" | b"NaN") {
        return true;
    }
    let number = word.strip_prefix(b"-").unwrap_or(word);
    number == b"Infinity"
        || number.first().is_some_and(u8::is_ascii_digit)
            && number.iter().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(byte))
}

/// The text without an escape that was cut, or half of a surrogate pair, at its end; its string begins at `at`.
fn whole_escapes(text: &str, at: usize) -> &str {
    let text = without_tail(text, at, 5, |tail| {
        tail.len() == 1 || tail[1] == b'u' && tail[2..].iter().all(u8::is_ascii_hexdigit)
    });
    without_tail(text, at, 6, |tail| {
        tail.len() == 6
            && tail[1] == b'u'
            && matches!(tail[2], b'd' | b'D')
            && matches!(tail[3], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
            && tail[4..].iter().all(u8::is_ascii_hexdigit)
    })
}

/// The text without the escape that `is_it` finds among the `most` last bytes.
fn without_tail(text: &str, at: usize, most: usize, is_it: impl Fn(&[u8]) -> bool) -> &str {
    let bytes = text.as_bytes();
    for begin in at.max(bytes.len().saturating_sub(most))..bytes.len() {
        if bytes[begin] == b'\\' && is_it(&bytes[begin..]) {
            let slashes = bytes[..=begin].iter().rev().take_while(|&&byte| byte == b'\\').count();
            return if slashes % 2 == 1 { &text[..begin] } else { text };
        }
    }
    text
}

fn finished(text: &str, closers: &[u8]) -> String {
    let mut whole = String::with_capacity(text.len() + closers.len() + 4);
    whole.push_str(text);
    whole.extend(closers.iter().rev().map(|&closer| char::from(closer)));
    if whole.is_empty() { "null".to_owned() } else { whole }
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn a_cut_is_closed_at_the_last_whole_value() {
        for (text, whole) in [
            ("{\"a\": 12", "{}"),
            ("{\"a\": 12,", "{\"a\": 12}"),
            ("{\"a\": [1, 2", "{\"a\": [1]}"),
            ("{\"a\": \"x\\", "{\"a\": \"x\"}"),
            ("{\"a\": \"x\\u00e", "{\"a\": \"x\"}"),
            ("{\"a\": \"x\\ud83d", "{\"a\": \"x\"}"),
            ("{\"a\": \"x\\\\ud83d", "{\"a\": \"x\\\\ud83d\"}"),
            ("{\"a", "{}"),
            ("{\"a\":", "{}"),
            ("{\"a\": {\"b\": [{\"c\": \"d", "{\"a\": {\"b\": [{\"c\": \"d\"}]}}"),
            ("\"abc", "\"abc\""),
            ("12", "null"),
            ("  ", "null"),
            ("{]", "{]"),
            ("{\"a\": 1} {\"b\": 2", "{\"a\": 1} {\"b\": 2"),
            ("{\"a\": hello, \"b", "{\"a\": hello, \"b"),
            ("{\"a\": [NaN, -Infinity, -1.5e+3, nul", "{\"a\": [NaN, -Infinity, -1.5e+3]}"),
        ] {
            assert_eq!(closed(text), whole);
        }
    }
}
