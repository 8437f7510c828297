//! Whether a text may say one of the names or the beginnings of values that it was given; false alarms are allowed.
//!
//! It knows no name of its own. Words are compared without regard to case, and to bytes that names are matched without.

use aho_corasick::AhoCorasick;

const SEPARATOR: u8 = 0;
const DROPPED: u8 = 255;
const ROUNDS: usize = 4;
/// A bit for each three letters.
const SETS: usize = 1 << 9;
const THREE: usize = (1 << 15) - 1;
/// Bytes that are looked at together.
const GROUP: usize = 64;
/// Bytes that tell, at most.
const TELLING: usize = 8;
/// How often letters stand in English text, in thousandths: the rarest three letters of a word are looked for.
const FREQUENCY: [u32; 26] =
    [82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1];

/// A word that is looked for: ASCII letters.
pub struct Word {
    pub letters: Vec<u8>,
    /// Whether something else than a letter, or a change of case, must stand before it, and after it.
    pub begins: bool,
    pub ends: bool,
}

pub struct Search {
    classes: [u8; 256],
    telling: Option<[u8; TELLING]>,
    words: Vec<Word>,
    bits: Box<[u64; SETS]>,
    /// Three letters, the word that they are taken from and where in it, in order.
    places: Vec<(u16, u16, u8)>,
    literals: Option<AhoCorasick>,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Search {
    /// `dropped`: bytes that may stand anywhere in a word. `telling`: without one of these no word matters; none: all do.
    /// `literals`: bytes that are looked for as they are; `pairs`: likewise, both of them. None where a word or literal cannot be looked for.
    pub fn new(
        words: Vec<Word>, dropped: &[u8], telling: &[u8], literals: &[Vec<u8>], pairs: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Option<Self> {
        if words.len() > u16::MAX as usize || telling.len() > TELLING || literals.iter().any(Vec::is_empty) {
            return None;
        }
        let mut classes = [SEPARATOR; 256];
        for letter in b'a'..=b'z' {
            classes[letter as usize] = letter - b'a' + 1;
            classes[letter.to_ascii_uppercase() as usize] = letter - b'a' + 1;
        }
        for &byte in dropped {
            classes[byte as usize] = DROPPED;
        }
        let mut search = Search {
            classes,
            telling: telling.first().map(|&first| std::array::from_fn(|at| *telling.get(at).unwrap_or(&first))),
            words: Vec::new(),
            bits: Box::new([0; SETS]),
            places: Vec::new(),
            pairs,
            literals: if literals.is_empty() { None } else { Some(AhoCorasick::new(literals).ok()?) },
        };
        for word in words {
            search.add(word)?;
        }
        search.places.sort_unstable();
        Some(search)
    }

    fn add(&mut self, mut word: Word) -> Option<()> {
        for letter in &mut word.letters {
            *letter = self.classes[*letter as usize];
            if *letter == SEPARATOR || *letter == DROPPED {
                return None;
            }
        }
        let number = self.words.len() as u16;
        match word.letters.len() {
            0 => return None,
            1 | 2 => {
                // Whatever stands before it.
                let tail = joined(&word.letters) as u16;
                let known = 5 * word.letters.len();
                for before in 0..(1u16 << (15 - known)) {
                    self.place(before << known | tail, number, 255);
                }
            }
            length => {
                if length > 200 {
                    return None;
                }
                let at = (0..length - 2).min_by_key(|&at| rarity(&word.letters[at..at + 3]))?;
                self.place(joined(&word.letters[at..at + 3]) as u16, number, at as u8);
            }
        }
        self.words.push(word);
        Some(())
    }

    fn place(&mut self, three: u16, word: u16, at: u8) {
        self.bits[three as usize >> 6] |= 1 << (three & 63);
        self.places.push((three, word, at));
    }

    /// False only where none of the words and literals stands in the text, be it escaped by percents or backslashes.
    pub fn finds(&self, text: &[u8]) -> bool {
        match &self.telling {
            Some(telling) if !has_any(text, telling) => self.has_literal(text),
            _ => self.finds_anywhere(text),
        }
    }

    /// The same where no byte must tell that there is a name.
    pub fn finds_anywhere(&self, text: &[u8]) -> bool {
        if self.has_word(text) || self.has_literal(text) {
            return true;
        }
        if !is_escaped(text) {
            return false;
        }
        let mut inner = decoded(text);
        for _ in 0..ROUNDS {
            if self.has_word(&inner) || self.has_literal(&inner) {
                return true;
            }
            if !is_escaped(&inner) {
                return false;
            }
            inner = decoded(&inner);
        }
        true // encoded deeper than anyone means well
    }

    fn has_literal(&self, text: &[u8]) -> bool {
        self.literals.as_ref().is_some_and(|literals| literals.is_match(text))
            || self.pairs.iter().any(|(one, other)| contains(text, other) && contains(text, one))
    }

    fn has_word(&self, text: &[u8]) -> bool {
        let mut three = 0;
        for (at, &byte) in text.iter().enumerate() {
            let class = self.classes[byte as usize];
            if class == DROPPED {
                continue;
            }
            three = (three << 5 | class as usize) & THREE;
            if self.bits[three >> 6] >> (three & 63) & 1 != 0 && self.is_word(text, at, three as u16) {
                return true;
            }
        }
        false
    }

    /// Whether a word stands around the three letters of which the last is at `at`.
    #[cold]
    fn is_word(&self, text: &[u8], at: usize, three: u16) -> bool {
        let first = self.places.partition_point(|place| place.0 < three);
        self.places[first..].iter().take_while(|place| place.0 == three).any(|&(_, number, offset)| {
            let word = &self.words[number as usize];
            let last = if offset == 255 { word.letters.len() - 1 } else { offset as usize + 2 };
            let (Some(start), Some(end)) = (
                self.back(text, at, &word.letters[..=last]),
                self.forward(text, at, &word.letters[last + 1..]),
            ) else {
                return false;
            };
            (!word.begins || self.is_edge(text, start)) && (!word.ends || self.is_edge(text, end + 1))
        })
    }

    /// Where letters begin that end at `at`.
    fn back(&self, text: &[u8], at: usize, letters: &[u8]) -> Option<usize> {
        let mut left = letters.len();
        for (here, &byte) in text[..=at].iter().enumerate().rev() {
            let class = self.classes[byte as usize];
            if class == DROPPED {
                continue;
            }
            if class != letters[left - 1] {
                return None;
            }
            left -= 1;
            if left == 0 {
                return Some(here);
            }
        }
        None
    }

    /// Where letters end that begin after `at`; `at` where there are none.
    fn forward(&self, text: &[u8], at: usize, letters: &[u8]) -> Option<usize> {
        let (mut here, mut found) = (at, 0);
        while found < letters.len() {
            here += 1;
            let class = self.classes[*text.get(here)? as usize];
            if class == DROPPED {
                continue;
            }
            if class != letters[found] {
                return None;
            }
            found += 1;
        }
        Some(here)
    }

    /// Whether a word may end before `at` and another one begin there.
    fn is_edge(&self, text: &[u8], at: usize) -> bool {
        if at == 0 || at >= text.len() {
            return true;
        }
        let (before, after) = (text[at - 1], text[at]);
        if !before.is_ascii_alphabetic() || !after.is_ascii_alphabetic() {
            return true;
        }
        before.is_ascii_lowercase() != after.is_ascii_lowercase()
            || (after.is_ascii_uppercase() && text.get(at + 1).is_some_and(u8::is_ascii_lowercase))
            || (before.is_ascii_uppercase() && at >= 2 && text[at - 2].is_ascii_lowercase())
    }
}

/// Whether `part`, which is not empty, stands in the text.
pub fn contains(text: &[u8], part: &[u8]) -> bool {
    match part {
        [byte] => text.contains(byte),
        [first, ..] => text.contains(first) && text.windows(part.len()).any(|here| here == part),
        [] => false,
    }
}

/// Whether one of a few bytes stands in the text; the compiler looks at many at once.
fn has_any(text: &[u8], wanted: &[u8; TELLING]) -> bool {
    text.chunks(GROUP).any(|group| {
        group.iter().fold(false, |found, &byte| wanted.iter().fold(found, |found, &one| found | (byte == one)))
    })
}

/// Letters in a row as one number.
#[inline(always)]
fn joined(letters: &[u8]) -> usize {
    letters.iter().fold(0, |joined, &letter| joined << 5 | letter as usize)
}

fn rarity(letters: &[u8]) -> u64 {
    letters.iter().map(|&letter| u64::from(FREQUENCY[letter as usize - 1])).product()
}

fn is_escaped(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(at, &byte)| byte == b'\\' || (byte == b'%' && percent(text, at).is_some()))
}

fn percent(text: &[u8], at: usize) -> Option<u8> {
    let high = char::from(*text.get(at + 1)?).to_digit(16)?;
    let low = char::from(*text.get(at + 2)?).to_digit(16)?;
    Some((high * 16 + low) as u8)
}

/// The text with percent escapes and backslashes undone once; what a backslash only parts becomes a space.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'%' => match percent(text, at) {
                Some(byte) => {
                    out.push(byte);
                    at += 3;
                }
                None => {
                    out.push(b'%');
                    at += 1;
                }
            },
            b'\\' => at += push_unescaped(&mut out, &text[at..]),
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// What the backslash stands for that `text` begins with; how many bytes that took.
fn push_unescaped(out: &mut Vec<u8>, text: &[u8]) -> usize {
    match text.get(1) {
        Some(b'n' | b'r' | b't' | b'b' | b'f') => {
            out.push(b' ');
            2
        }
        Some(b'u') => match text.get(2..6).and_then(four_digits) {
            Some(code) => {
                let char = char::from_u32(code).unwrap_or(' ');
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                6
            }
            None => {
                out.push(b' ');
                1
            }
        },
        Some(b'/') => 1, // the slash itself comes next
        Some(b'x') => match (text.len() > 3).then(|| percent(text, 1)).flatten() {
            Some(byte) => {
                out.push(byte);
                4
            }
            None => {
                out.push(b' ');
                1
            }
        },
        _ => {
            out.push(b' ');
            1
        }
    }
}

fn four_digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |code, &byte| Some(code * 16 + char::from(byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Search {
        let word = |text: &str, begins, ends| Word { letters: text.as_bytes().to_vec(), begins, ends };
        Search::new(
            vec![word("token", true, true), word("pin", true, true), word("password", false, false), word("pw", true, true)],
            b"-_0123456789", b":=<%\\", &[b"ghp_".to_vec(), "пароль".as_bytes().to_vec()], vec![(b"//".to_vec(), b"@".to_vec())],
        )
        .unwrap()
    }

    #[test]
    fn words_are_found_however_they_are_spelt() {
        for text in ["token=1", "\"token\": 1", "accessToken:", "to_ken=1", "TOKEN=", "HTTPToken=", "x-token2:", "pw=", "a=1&pw=2", "userPin:",
            "mypasswords=", "%74oken=", "%2574oken=1", "\\u0074oken:", "\\npin: 1", "\\\\npin: 1", "ghp_x", "a=\"ghp_\"", "пароль:",
            "\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c:", "c:\\token", "%25252525252574=", "=to-k-e-n", "a=http://u@h", "a=http:\\/\\/u@h", "a=http%3A%2F%2Fu%40h", "\\x74oken=1"] {
            assert!(search().finds(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_is_passed_quickly() {
        for text in ["", "token", "shipping: 1", "tokens=1", "a=%20%41", "a=me@here", "a=http://h", "spinning=1", "{\"a\": \"b\\n\\u00e9\"}", "brokentoken=1"] {
            assert!(!search().finds(text.as_bytes()), "{text}");
        }
    }
}
