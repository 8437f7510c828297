//! Whether a text may say one of the names or the beginnings of values that it was given; false alarms are allowed.
//!
//! It knows no name of its own. Words are compared without regard to case, and to bytes that names are matched without.
//!
//! A text is looked at two bytes at a time. A table says of each two whether they may be the first or the second half of
//! four bytes that tell a word; where both halves agree, the word itself is compared.

use aho_corasick::AhoCorasick;
use memchr::{memchr, memchr2, memchr2_iter, memmem};

/// What bytes are: 0 parts words, letters are 1 to 26, and what names are matched without is 27.
const SEPARATOR: u8 = 0;
const DROPPED: u8 = 27;
const ROUNDS: usize = 4;
/// Bytes that are looked at together.
const BLOCK: usize = 64;
/// Two bytes, by what they are.
const PAIRS: usize = 1 << 10;
/// The first of each two bytes, in eight.
const FIRSTS: u64 = 0x001f_001f_001f_001f;
/// Bits for the hashes of four bytes.
const HASHES: usize = 1 << 15;
/// Sets of words that are told apart by their first half; and what is dropped between two letters.
const BUCKETS: usize = 62;
const SPLIT_IN_PAIR: u64 = 1 << 62;
const SPLIT_AFTER_PAIR: u64 = 1 << 63;
/// Ranges of bytes that are dropped, at most.
const RANGES: usize = 3;
/// How often letters stand in English text, in thousandths; more often than any, what is no letter, and anything.
const FREQUENCY: [u64; 26] =
    [82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1];
const EDGE: u64 = 200;
const ANYTHING: u64 = 1000;

/// A word that is looked for: ASCII letters; or some, with a space between each two.
pub struct Word {
    pub letters: Vec<u8>,
    /// Whether it has to begin a word of the text, and to end one.
    pub begins: bool,
    pub ends: bool,
}

type Finder = memmem::Finder<'static>;

/// Letters by their numbers, and what follows the first word where there are more.
struct Known {
    letters: Vec<u8>,
    more: Vec<u8>,
    begins: bool,
    ends: bool,
}

pub struct Search {
    classes: [u8; 256],
    /// The dropped bytes: where a range begins, and how many follow.
    dropped: [(u8, u8); RANGES],
    words: Vec<Known>,
    /// By what two bytes are: in which buckets they are the first half of the four that tell a word, or the second.
    first_halves: Box<[u64; PAIRS]>,
    second_halves: Box<[u64; PAIRS]>,
    /// Four bytes as a key, the word that they tell, and how many bytes they begin after it does; in order.
    windows: Vec<(u32, u16, i8)>,
    /// Where those begin whose second half is this pair.
    starts: Vec<u32>,
    /// Bits for the hashes of the keys.
    hashes: Box<[u64; HASHES / 64]>,
    /// The literals.
    literals: Option<AhoCorasick>,
    are_ascii: bool,
    /// Each first half once.
    pairs: Vec<(Finder, Vec<Finder>)>,
}

impl Search {
    /// `dropped`: bytes that may stand anywhere in a word. `literals`: bytes that are looked for as they are; `pairs`:
    /// likewise, both of them. None where a word or literal cannot be looked for.
    pub fn new(
        words: Vec<Word>, dropped: &[u8], literals: &[Vec<u8>], pairs: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Option<Self> {
        if words.len() > u16::MAX as usize || literals.iter().any(Vec::is_empty) || dropped.iter().any(u8::is_ascii_alphabetic) {
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
            dropped: ranges(dropped)?,
            words: Vec::new(),
            first_halves: Box::new([0; PAIRS]),
            second_halves: Box::new([0; PAIRS]),
            windows: Vec::new(),
            starts: Vec::new(),
            hashes: Box::new([0; HASHES / 64]),
            literals: if literals.is_empty() { None } else { Some(AhoCorasick::new(literals).ok()?) },
            are_ascii: literals.iter().any(|literal| literal.is_ascii()),
            pairs: grouped(pairs),
        };
        for word in words {
            search.add(word)?;
        }
        search.windows.sort_unstable();
        search.windows.dedup();
        search.starts = (0..=PAIRS).map(|pair| search.windows.partition_point(|window| (window.0 as usize / PAIRS) < pair) as u32).collect();
        search.mark_windows();
        search.mark_what_is_dropped();
        Some(search)
    }

    fn add(&mut self, word: Word) -> Option<()> {
        if word.letters.len() > 100 {
            return None;
        }
        let numbers = |letters: &[u8]| -> Option<Vec<u8>> {
            letters.iter().map(|&byte| if byte == b' ' || byte.is_ascii_alphabetic() { Some(self.classes[byte as usize]) } else { None }).collect()
        };
        let first = memchr(b' ', &word.letters).unwrap_or(word.letters.len());
        let known = Known {
            letters: numbers(&word.letters[..first])?, more: numbers(&word.letters[first..])?, begins: word.begins, ends: word.ends,
        };
        if known.letters.is_empty() {
            return None;
        }
        let number = self.words.len() as u16;
        self.put_windows(&known, number, 0);
        self.put_windows(&known, number, -1);
        self.words.push(known);
        Some(())
    }

    /// Chooses the four bytes that tell a word best, of those that begin an even number of bytes after `from`.
    fn put_windows(&mut self, word: &Known, number: u16, from: i8) {
        let length = word.letters.len() as i8;
        let letter = |at: i8| word.letters.get(usize::try_from(at).ok()?).copied();
        let is_edge = |at: i8| at == -1 && word.begins || at == length && (word.ends || !word.more.is_empty());
        let frequency = |at: i8| letter(at).map_or(if is_edge(at) { EDGE } else { ANYTHING }, |letter| FREQUENCY[letter as usize - 1]);
        let cost = |at: &i8| (*at..at + 4).map(frequency).product::<u64>();
        let Some(at) = (from..length).step_by(2).min_by_key(cost) else { return };
        let mut keys = vec![0];
        for place in 0..4 {
            let choices: Vec<u32> = match letter(at + place) {
                Some(letter) => vec![u32::from(letter)],
                None if is_edge(at + place) => vec![u32::from(SEPARATOR), u32::from(DROPPED)],
                None => (0..=u32::from(DROPPED)).collect(),
            };
            keys = keys.iter().flat_map(|key| choices.iter().map(move |choice| key | choice << (5 * place))).collect();
        }
        self.windows.extend(keys.into_iter().map(|key| (key, number, at)));
    }

    fn mark_windows(&mut self) {
        let mut seconds = vec![Vec::new(); PAIRS];
        for &(key, _, _) in &self.windows {
            seconds[key as usize % PAIRS].push(key as usize / PAIRS);
            let hash = hash_of(key);
            self.hashes[hash / 64] |= 1 << (hash % 64);
        }
        let sum = |pairs: &[usize]| pairs.iter().map(|&pair| share(pair)).sum::<f64>();
        let mut firsts: Vec<(f64, usize, Vec<usize>)> = seconds.into_iter().enumerate().filter(|(_, seconds)| !seconds.is_empty()).map(|(first, mut seconds)| {
            seconds.sort_unstable();
            seconds.dedup();
            (share(first) * sum(&seconds), first, seconds)
        }).collect();
        firsts.sort_by(|one, other| other.0.total_cmp(&one.0));
        // What is frequent first, each where it adds least that agrees and is no word.
        let mut shares = [(0.0, 0.0); BUCKETS];
        for (_, first, seconds) in firsts {
            let new = |bucket: usize| seconds.iter().filter(|&&second| self.second_halves[second] >> bucket & 1 == 0).map(|&second| share(second)).sum::<f64>();
            let cost = |&bucket: &usize| (shares[bucket].0 + share(first)) * (shares[bucket].1 + new(bucket)) - shares[bucket].0 * shares[bucket].1;
            let Some(bucket) = (0..BUCKETS).min_by(|one, other| cost(one).total_cmp(&cost(other))) else { continue };
            shares[bucket] = (shares[bucket].0 + share(first), shares[bucket].1 + new(bucket));
            self.first_halves[first] |= 1 << bucket;
            for second in seconds {
                self.second_halves[second] |= 1 << bucket;
            }
        }
    }

    /// A word may have something dropped in it where a letter follows that.
    fn mark_what_is_dropped(&mut self) {
        let is_letter = |class: usize| class != SEPARATOR as usize && class != DROPPED as usize;
        for pair in 0..PAIRS {
            let (first, second) = (pair % 32, pair / 32);
            self.second_halves[pair] |= SPLIT_IN_PAIR;
            if first == DROPPED as usize && is_letter(second) {
                self.first_halves[pair] |= SPLIT_IN_PAIR;
            }
            if second == DROPPED as usize {
                self.first_halves[pair] |= SPLIT_AFTER_PAIR;
            }
            if is_letter(first) {
                self.second_halves[pair] |= SPLIT_AFTER_PAIR;
            }
        }
    }

    /// False only where none of the words and literals stands in the text, be it escaped by percents or backslashes.
    pub fn finds(&self, text: &[u8]) -> bool {
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
        let stands = |finder: &Finder| finder.find(text).is_some();
        self.literals.as_ref().is_some_and(|literals| (self.are_ascii || !text.is_ascii()) && literals.is_match(text))
            || self.pairs.iter().any(|(one, others)| stands(one) && others.iter().any(stands))
    }

    fn has_word(&self, text: &[u8]) -> bool {
        self.is_in(text, None)
    }

    /// `run`: where the text, without what is dropped, is taken from: the whole, and where it ends there.
    fn is_in(&self, text: &[u8], run: Option<(&[u8], usize)>) -> bool {
        let mut seen = Seen { begins: 0, pair: 0, run: 0, letters: Vec::new() };
        let blocks = text.chunks_exact(BLOCK);
        let rest = blocks.remainder();
        let mut start = 0;
        for block in blocks {
            // Of a length that the compiler knows.
            if self.is_in_block(text, start, block.try_into().unwrap_or(&[0; BLOCK]), run, &mut seen) {
                return true;
            }
            start += BLOCK;
        }
        // What follows is no letter; three bytes of it may belong to the four that tell the last word.
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        self.is_in_block(text, start, &last, run, &mut seen)
            || rest.len() + 3 > BLOCK && self.is_in_block(text, start + BLOCK, &[0; BLOCK], run, &mut seen)
    }

    /// Whether a word is told by a block, which stands at `start`, or by what stands before it and its first two bytes.
    #[inline(always)]
    fn is_in_block(&self, text: &[u8], start: usize, block: &[u8; BLOCK], run: Option<(&[u8], usize)>, seen: &mut Seen) -> bool {
        let mut classes = [0; BLOCK];
        for (class, &byte) in classes.iter_mut().zip(block) {
            let letter = (byte | 32).wrapping_sub(b'a');
            let is_dropped = self.dropped.iter().fold(false, |is, &(first, many)| is | (byte.wrapping_sub(first) < many));
            *class = (if letter < 26 { letter + 1 } else { SEPARATOR }) | (if is_dropped { DROPPED } else { SEPARATOR });
        }
        let mut fours = [0; BLOCK / 8];
        for (four, eight) in fours.iter_mut().zip(classes.chunks_exact(8)) {
            let eight = u64::from_le_bytes(eight.try_into().unwrap_or_default());
            *four = eight & FIRSTS | eight >> 3 & (FIRSTS << 5);
        }
        let mut begins = seen.begins;
        for (number, group) in fours.chunks_exact(2).enumerate() {
            let mut found = 0;
            for four in group {
                for place in 0..4 {
                    let pair = pair_in(*four, place);
                    found |= begins & self.second_halves[pair];
                    begins = self.first_halves[pair];
                }
            }
            if found != 0 {
                let before = if number == 0 { seen.pair } else { pair_in(fours[2 * number - 1], 3) };
                if self.is_told(text, start + 16 * number, before, [group[0], group[1]], run, seen) {
                    return true;
                }
            }
        }
        seen.begins = begins;
        seen.pair = pair_in(fours[BLOCK / 8 - 1], 3);
        false
    }

    /// Whether one of the pairs of a group, which stands at `start`, and the one before it tell a word that stands there.
    #[inline(never)]
    fn is_told(&self, text: &[u8], start: usize, mut before: usize, group: [u64; 2], run: Option<(&[u8], usize)>, seen: &mut Seen) -> bool {
        for number in 0..8 {
            let pair = pair_in(group[number / 4], number % 4);
            let found = self.first_halves[before % PAIRS] & self.second_halves[pair];
            let key = (pair << 10 | before) as u32;
            before = pair;
            if found == 0 {
                continue;
            }
            // Something stood before it, since that is a first half.
            let at = (start + 2 * number).saturating_sub(2);
            let hash = hash_of(key);
            if found & SPLIT_IN_PAIR != 0 && self.is_in_run(text, at + 1, seen)
                || found & SPLIT_AFTER_PAIR != 0 && self.is_in_run(text, at + 2, seen)
                || found & !(SPLIT_IN_PAIR | SPLIT_AFTER_PAIR) != 0 && self.hashes[hash / 64] >> (hash % 64) & 1 != 0 && self.is_at(text, at, key, run)
            {
                return true;
            }
        }
        false
    }

    /// Whether a word stands where four bytes at `at` tell one.
    fn is_at(&self, text: &[u8], at: usize, key: u32, run: Option<(&[u8], usize)>) -> bool {
        let pair = key as usize / PAIRS;
        let windows = &self.windows[self.starts[pair] as usize..self.starts[pair + 1] as usize];
        let first = windows.partition_point(|window| window.0 < key);
        windows[first..].iter().take_while(|window| window.0 == key).any(|&(_, number, offset)| {
            at.checked_add_signed(-isize::from(offset)).is_some_and(|start| self.stands(text, start, &self.words[usize::from(number)], run))
        })
    }

    /// Whether a word stands at `start` with nothing that is dropped between its letters.
    fn stands(&self, text: &[u8], start: usize, word: &Known, run: Option<(&[u8], usize)>) -> bool {
        let end = start + word.letters.len();
        let Some(there) = text.get(start..end) else { return false };
        if !there.iter().zip(&word.letters).all(|(&byte, &letter)| self.class(byte) == letter) || word.begins && !self.begins(text, start) {
            return false;
        }
        if word.more.is_empty() {
            return !word.ends || self.after(text, end).is_none_or(|(_, class)| class == SEPARATOR);
        }
        let Some((whole, begin)) = run.map_or(Some((text, end)), |run| (end == text.len()).then_some(run)) else { return false };
        self.follow(whole, begin, &word.more).is_some_and(|end| !word.ends || self.after(whole, end).is_none_or(|(_, class)| class == SEPARATOR))
    }

    /// Whether a word begins at `start`.
    fn begins(&self, text: &[u8], start: usize) -> bool {
        text[..start].iter().rev().map(|&byte| self.class(byte)).find(|&class| class != DROPPED).is_none_or(|class| class == SEPARATOR)
    }

    /// The first byte from `at` on that is not dropped: where it stands, and what it is.
    fn after(&self, text: &[u8], at: usize) -> Option<(usize, u8)> {
        (at..text.len()).map(|at| (at, self.class(text[at]))).find(|&(_, class)| class != DROPPED)
    }

    /// Where letters and spaces end that stand from `at` on, whatever is dropped between them.
    fn follow(&self, text: &[u8], mut at: usize, letters: &[u8]) -> Option<usize> {
        for &letter in letters {
            let (there, class) = self.after(text, at)?;
            if class != letter {
                return None;
            }
            at = there + 1;
        }
        Some(at)
    }

    fn class(&self, byte: u8) -> u8 {
        self.classes[usize::from(byte)]
    }

    /// Whether a word stands among the letters around the one at `at`, before which something is dropped; each run is looked at once.
    #[inline(never)]
    fn is_in_run(&self, text: &[u8], at: usize, seen: &mut Seen) -> bool {
        let is_outside = |&byte: &u8| self.class(byte) == SEPARATOR;
        let is_after_letters = || text[..at].iter().rev().map(|&byte| self.class(byte)).find(|&class| class != DROPPED).is_some_and(|class| class != SEPARATOR);
        if at < seen.run || !is_after_letters() {
            return false;
        }
        let start = text[..at].iter().rposition(is_outside).map_or(0, |before| before + 1);
        seen.run = text[at..].iter().position(is_outside).map_or(text.len(), |length| at + length);
        let mut letters = std::mem::take(&mut seen.letters);
        letters.clear();
        letters.extend(text[start..seen.run].iter().filter(|&&byte| self.class(byte) != DROPPED));
        let found = self.is_in(&letters, Some((text, seen.run)));
        seen.letters = letters;
        found
    }
}

fn grouped(pairs: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<(Finder, Vec<Finder>)> {
    let mut groups: Vec<(Finder, Vec<Finder>)> = Vec::new();
    for (one, other) in pairs {
        let other = memmem::Finder::new(&other).into_owned();
        match groups.iter_mut().find(|(known, _)| known.needle() == one) {
            Some((_, others)) => others.push(other),
            None => groups.push((memmem::Finder::new(&one).into_owned(), vec![other])),
        }
    }
    groups
}

/// What is known of a text up to some place.
struct Seen {
    /// The last two bytes, and what they may be the first half of.
    pair: usize,
    begins: u64,
    /// Where the last run of letters ends that was looked at, and room for its letters.
    run: usize,
    letters: Vec<u8>,
}

/// One pair of the four that stand in a number.
#[inline(always)]
fn pair_in(four: u64, place: usize) -> usize {
    (four >> (16 * place)) as usize % PAIRS
}

#[inline(always)]
fn hash_of(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> 17) as usize
}

/// How often two bytes stand in a text, roughly.
fn share(pair: usize) -> f64 {
    let of = |class: usize| FREQUENCY.get(class.wrapping_sub(1)).copied().unwrap_or(if class == 0 { EDGE } else { EDGE / 4 }) as f64 / 1200.0;
    of(pair % 32) * of(pair / 32)
}

/// Bytes as ranges: the first, and how many they are.
fn ranges(bytes: &[u8]) -> Option<[(u8, u8); RANGES]> {
    let mut found: Vec<(u8, u8)> = Vec::new();
    for byte in (0..=u8::MAX).filter(|byte| bytes.contains(byte)) {
        match found.last_mut() {
            Some((first, many)) if byte - *first == *many => *many = many.checked_add(1)?,
            _ => found.push((byte, 1)),
        }
    }
    (found.len() <= RANGES).then(|| std::array::from_fn(|at| found.get(at).copied().unwrap_or_default()))
}

/// Whether `part`, which is not empty, stands in the text.
pub fn contains(text: &[u8], part: &[u8]) -> bool {
    match part {
        [byte] => memchr(*byte, text).is_some(),
        [] => false,
        _ => memmem::find(text, part).is_some(),
    }
}

fn is_escaped(text: &[u8]) -> bool {
    memchr2_iter(b'\\', b'%', text).any(|at| text[at] == b'\\' || percent(text, at).is_some())
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
    while let Some(plain) = memchr2(b'\\', b'%', &text[at..]) {
        out.extend_from_slice(&text[at..at + plain]);
        at += plain;
        if text[at] == b'\\' {
            at += push_unescaped(&mut out, &text[at..]);
            continue;
        }
        let byte = percent(text, at);
        out.push(byte.unwrap_or(b'%'));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out.extend_from_slice(&text[at..]);
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
        // As many as stand before an escape of a letter are one: JSON within JSON.
        Some(b'\\') => {
            let run = text.iter().take_while(|&&byte| byte == b'\\').count();
            if text.get(run) == Some(&b'u') && text.get(run + 1..run + 5).is_some_and(|digits| four_digits(digits).is_some()) {
                return run - 1;
            }
            out.extend(std::iter::repeat_n(b' ', run - 1));
            run - 1
        }
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
            vec![word("token", false, true), word("pin", false, true), word("password", false, false), word("pw", true, true), word("ghp", true, false), word("api key", false, false), word("session", true, true)],
            b"-_0123456789", &["пароль".as_bytes().to_vec()], vec![(b"//".to_vec(), b"@".to_vec())],
        )
        .unwrap()
    }

    #[test]
    fn words_are_found_however_they_are_spelt() {
        for text in ["token=1", "\"token\": 1", "accessToken:", "to_ken=1", "TOKEN=", "HTTPToken=", "x-token2:", "pw=", "a=1&pw=2", "userPin:",
            "mypasswords=", "%74oken=", "%2574oken=1", "\\u0074oken:", "\\npin: 1", "\\\\npin: 1", "ghp_x", "my api key", "a=\"ghp_\"", "aPI keys", "api+key", "1api_ -k-ey", "xa-pi key:", "пароль:",
            "\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c:", "c:\\token", "%25252525252574=", "=to-k-e-n", "a=http://u@h", "a=http:\\/\\/u@h", "a=http%3A%2F%2Fu%40h", "\\x74oken=1",
            "sess\\u0069on", "sess\\\\u0069on", "sess\\\\\\u0069on"] {
            assert!(search().finds(text.as_bytes()), "{text}");
        }
    }

    /// The words of a text, with one space for each byte between them, in which each is looked for.
    fn plainly(words: &[Word], text: &[u8]) -> bool {
        let letters: Vec<u8> = text.iter().filter(|byte| !b"-_0123456789".contains(byte))
            .map(|byte| if byte.is_ascii_alphabetic() { byte.to_ascii_lowercase() } else { b' ' }).collect();
        let letters = [b" ", &letters[..], b" "].concat();
        words.iter().any(|word| {
            let edge = |is: bool| if is { " " } else { "" };
            let needle = [edge(word.begins).as_bytes(), &word.letters, edge(word.ends).as_bytes()].concat();
            memmem::find(&letters, &needle).is_some()
        })
    }

    #[test]
    fn the_quick_way_finds_what_the_plain_one_finds() {
        let words = || ["token", "pin", "password", "pw", "csc", "sid", "ewk", "secret", "z", "passwd", "cs pin", "sid cw x", "passport"].iter().enumerate()
            .map(|(at, text)| Word { letters: text.as_bytes().to_vec(), begins: at % 3 > 0, ends: at % 2 > 0 }).collect::<Vec<_>>();
        let (known, search) = (words(), Search::new(words(), b"-_0123456789", &[], vec![]).unwrap());
        let parts: [&[u8]; 24] = [
            b"token", b"pin", b"PIN", b"pass", b"word", b"wd", b"pw", b"Pw", b"cs", b"c", b"sid", b"ewk", b"sec", b"-", b"1", b" ", b"\"", b"Z", b"e", b"\xc3",
            b"cs pi", b"cw x", b"a quite long text without any of them, which makes blocks of it: 12", b"port",
        ];
        let (mut state, mut found) = (1u64, 0);
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        for _ in 0..300_000 {
            let text: Vec<u8> = (0..next(12)).flat_map(|_| {
                let part = parts[next(24) as usize];
                if next(4) > 0 { part } else { &part[next(part.len() as u64) as usize..] }
            }).copied().collect();
            let plainly = plainly(&known, &text);
            assert_eq!(search.has_word(&text), plainly, "{:?}", String::from_utf8_lossy(&text));
            found += u32::from(plainly);
        }
        assert!((50_000..250_000).contains(&found), "{found}");
    }

    #[test]
    fn what_says_nothing_is_passed() {
        for text in ["", "tokens=1", "shipping: 1", "tokenHint=1", "a=%20%41", "a=me@here", "a=http://h", "spinning=1", "{\"a\": \"b\\n\\u00e9\"}", "api  key", "apis key", "x_ghp_", "sessions", "my2session"] {
            assert!(!search().finds(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn many_backslashes_cost_what_their_number_costs() {
        assert!(!search().finds(&[b'\\'; 1_000_000]));
    }
}
