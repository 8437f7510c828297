//! Whether a text may say one of the names or the beginnings of values that it was given; false alarms are allowed.
//!
//! It knows no name of its own. Words are compared without regard to case, and to bytes that names are matched without.
//!
//! A text is looked at two bytes at a time. A table says of each two whether they may be the first or the second half of
//! four bytes that tell a word; where both halves agree, the word itself is compared.

use aho_corasick::{packed, AhoCorasick};
use memchr::{memchr, memchr2, memchr2_iter, memmem};

const SEPARATOR: u8 = 0;
const DROPPED: u8 = 255;
const ROUNDS: usize = 4;
/// A bit for each three letters.
const SETS: usize = 1 << 9;
const THREE: usize = (1 << 15) - 1;
/// Bytes that are looked at together.
const GROUP: usize = 64;
/// The same where words are looked for, and the bits of the table: of words, and of what is dropped between two letters.
const BLOCK: usize = 64;
const BUCKETS: u32 = 12;
/// The bits of words that are told by fewer than three letters: they begin with the four bytes, or do not.
const SHORT: [u16; 2] = [1 << BUCKETS, 2 << BUCKETS];
const SPLIT_IN_PAIR: u16 = 1 << 14;
const SPLIT_AFTER_PAIR: u16 = 1 << 15;
/// Where the hash says nothing.
const RARE: u16 = SHORT[0] | SHORT[1] | SPLIT_IN_PAIR | SPLIT_AFTER_PAIR;
/// Bytes that the end of a literal has, at most. With one more they were 69, and of more than some 55 the search is slow.
const END: usize = 4;
const HASHES: usize = 1 << 18;
/// Stands in a key for a byte that does not matter.
const ANY: u32 = 31;
/// The first two bytes of a key.
const TWO: u32 = (1 << 10) - 1;
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

type Finder = memmem::Finder<'static>;

/// In which buckets two bytes are the first, or the second half of the four that tell a word.
#[derive(Clone, Copy, Default)]
struct Half {
    begins: u16,
    goes_on: u16,
}

pub struct Search {
    classes: [u8; 256],
    telling: Option<[u8; TELLING]>,
    words: Vec<Word>,
    /// By two bytes: of what they may be halves.
    halves: Box<[Half; 1 << 16]>,
    /// Four bytes as a key, the word that they tell, and how many bytes they begin after it does; in order.
    windows: Vec<(u32, u16, i8)>,
    /// Where those begin whose first two bytes are these.
    starts: Vec<usize>,
    /// Bits for the hashes of four bytes that tell a word.
    hashes: Box<[u64; HASHES / 64]>,
    /// The keys' bytes that do not matter, each once.
    masks: Vec<u32>,
    /// The same for what has something dropped between its letters: a bit for each three letters, and
    bits: Box<[u64; SETS]>,
    /// three letters, the word that they are taken from and where in it, in order.
    places: Vec<(u16, u16, u8)>,
    /// The literals that a text of ASCII may have, the ends of them, of which one stands in each, and the others.
    literals: Option<AhoCorasick>,
    ends: Option<packed::Searcher>,
    wide_literals: Option<AhoCorasick>,
    /// Each first half once.
    pairs: Vec<(Finder, Vec<Finder>)>,
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
        let (ascii, wide): (Vec<_>, Vec<_>) = literals.iter().partition(|literal| literal.is_ascii());
        let mut ends: Vec<&[u8]> = ascii.iter().map(|literal| &literal[literal.len().saturating_sub(END)..]).collect();
        ends.sort_unstable();
        ends.dedup();
        let automaton = |literals: Vec<&Vec<u8>>| if literals.is_empty() { Some(None) } else { AhoCorasick::new(literals).ok().map(Some) };
        let mut search = Search {
            classes,
            telling: telling.first().map(|&first| std::array::from_fn(|at| *telling.get(at).unwrap_or(&first))),
            words: Vec::new(),
            halves: vec![Half::default(); 1 << 16].into_boxed_slice().try_into().ok()?,
            windows: Vec::new(),
            starts: Vec::new(),
            hashes: vec![0; HASHES / 64].into_boxed_slice().try_into().ok()?,
            masks: Vec::new(),
            bits: Box::new([0; SETS]),
            places: Vec::new(),
            pairs: grouped(pairs),
            literals: automaton(ascii)?,
            ends: packed::Config::new().builder().extend(ends).build(),
            wide_literals: automaton(wide)?,
        };
        for word in words {
            search.add(word)?;
        }
        search.places.sort_unstable();
        search.windows.sort_unstable_by_key(|&(key, number, at)| (key & TWO, key, number, at));
        search.starts = (0..=TWO + 1).map(|two| search.windows.partition_point(|window| window.0 & TWO < two)).collect();
        search.mark_what_is_dropped();
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
        self.put_window(&word, number, 0);
        self.put_window(&word, number, -1);
        self.words.push(word);
        Some(())
    }

    /// Chooses the four bytes that tell a word best, of those that begin an even number of bytes after `from`.
    fn put_window(&mut self, word: &Word, number: u16, from: i8) {
        let letter = |at: i8| word.letters.get(usize::try_from(at).ok()?).copied();
        let cost = |at: i8| (at..at + 4).map(|at| letter(at).map_or(100_000, |letter| u64::from(FREQUENCY[letter as usize - 1]))).product::<u64>();
        let length = word.letters.len().min(100) as i8;
        let Some(at) = (from..length).step_by(2).min_by_key(|&at| cost(at)) else { return };
        let key = (0..4).rev().fold(0, |key, place| key << 5 | letter(at + place).map_or(ANY, u32::from));
        let mask = (0..4).rev().fold(0, |mask, place| mask << 5 | if letter(at + place).is_none() { ANY } else { 0 });
        if !self.masks.contains(&mask) {
            self.masks.push(mask);
        }
        self.windows.push((key, number, at));
        if mask.count_ones() <= 5 {
            for any in 0..=ANY {
                let four = [0, 1, 2, 3].map(|place| if mask >> (5 * place) & ANY == ANY { any } else { key >> (5 * place) & ANY } as u8);
                for hash in hashes_of(four) {
                    self.hashes[hash / 64] |= 1 << (hash % 64);
                }
            }
        }
        let letters = [0, 1, 2, 3].map(|place| letter(at + place));
        // Between two letters of lower case no word begins or ends: what stands around short ones is seldom anything else.
        let cases = [(true, true), (true, false), (false, true), (false, false)];
        for (first_is_lower, last_is_lower) in cases.into_iter().skip(if at > 0 { 2 } else { 0 }) {
            // By the first two, so that what may follow them is little.
            let bucket = if mask.count_ones() > 5 { SHORT[usize::from(at != 0)] } else { 1 << ((key & ANY) * 7 + (key >> 5 & ANY)) % BUCKETS };
            let choices = |place: usize| -> Vec<u8> {
                let here = at + place as i8;
                let Some(letter) = letters[place] else {
                    let none_is_lower = (here == length && word.ends && last_is_lower) || (here == -1 && word.begins && first_is_lower);
                    return (0..=255).filter(|byte: &u8| !(none_is_lower && byte.is_ascii_lowercase())).collect();
                };
                let cases = [letter + b'a' - 1, letter + b'A' - 1].into_iter();
                let is_lower = |byte: &u8| byte.is_ascii_lowercase();
                cases
                    .filter(|byte| (here != 0 || is_lower(byte) == first_is_lower) && (here + 1 != length || is_lower(byte) == last_is_lower))
                    .collect()
            };
            for half in [0, 2] {
                let seconds = choices(half + 1);
                for first in choices(half) {
                    for &second in &seconds {
                        let there = &mut self.halves[number_of(first, second)];
                        *(if half == 0 { &mut there.begins } else { &mut there.goes_on }) |= bucket;
                    }
                }
            }
        }
    }

    /// A word may have something dropped in it where a letter follows that.
    fn mark_what_is_dropped(&mut self) {
        let is_letter = |class| class != SEPARATOR && class != DROPPED;
        for first in 0..=255 {
            for second in 0..=255 {
                let half = &mut self.halves[number_of(first, second)];
                let (first, second) = (self.classes[first as usize], self.classes[second as usize]);
                half.goes_on |= SPLIT_IN_PAIR;
                if first == DROPPED && is_letter(second) {
                    half.begins |= SPLIT_IN_PAIR;
                }
                if second == DROPPED {
                    half.begins |= SPLIT_AFTER_PAIR;
                }
                if is_letter(first) {
                    half.goes_on |= SPLIT_AFTER_PAIR;
                }
            }
        }
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
        let stands = |finder: &Finder| finder.find(text).is_some();
        self.literals.as_ref().is_some_and(|literals| self.has_end(text) && literals.is_match(text))
            || self.wide_literals.as_ref().is_some_and(|literals| !text.is_ascii() && literals.is_match(text))
            || self.pairs.iter().any(|(one, others)| stands(one) && others.iter().any(stands))
    }

    /// False only where no literal ends in the text: that is found out many bytes at a time.
    fn has_end(&self, text: &[u8]) -> bool {
        self.ends.as_ref().map_or(true, |ends| ends.find(text).is_some())
    }

    fn has_word(&self, text: &[u8]) -> bool {
        let mut seen = Seen { first_half: 0, run: 0 };
        let whole = text.len() / BLOCK * BLOCK;
        for (number, block) in text.chunks_exact(BLOCK).enumerate() {
            // Of a length that the compiler knows.
            let block: &[u8; BLOCK] = block.try_into().unwrap_or(&[0; BLOCK]);
            if self.is_in_block(text, number * BLOCK, block, &mut seen) {
                return true;
            }
        }
        // Two bytes after the end, which are no letters, and one more where that is odd.
        let (mut rest, length) = ([0; BLOCK + 4], text.len() - whole);
        rest[..length].copy_from_slice(&text[whole..]);
        self.is_in_block(text, whole, &rest[..(length + 3) & !1], &mut seen)
    }

    /// Whether a word is told by a block, which stands at `start` in the text, or by what stands before it and its first two bytes.
    #[inline(always)]
    fn is_in_block(&self, text: &[u8], start: usize, block: &[u8], seen: &mut Seen) -> bool {
        let (mut first_half, mut found) = (seen.first_half, 0u64);
        for (number, pair) in block.chunks_exact(2).enumerate() {
            let half = self.halves[number_of(pair[0], pair[1])];
            found |= u64::from(first_half & half.goes_on != 0) << number;
            first_half = half.begins;
        }
        seen.first_half = first_half;
        while found != 0 {
            // Something stood before it, since that is a first half.
            let at = start + 2 * found.trailing_zeros() as usize - 2;
            if self.is_told(text, at, seen) {
                return true;
            }
            found &= found - 1;
        }
        false
    }

    /// Whether the four bytes at `at` tell a word that stands there.
    #[inline(always)]
    fn is_told(&self, text: &[u8], at: usize, seen: &mut Seen) -> bool {
        let four: [u8; 4] = match text.get(at..at + 4) {
            Some(four) => std::array::from_fn(|place| four[place]),
            None => std::array::from_fn(|place| text.get(at + place).copied().unwrap_or(0)),
        };
        let found = self.halves[number_of(four[0], four[1])].begins & self.halves[number_of(four[2], four[3])].goes_on;
        // Of the others nothing is told by what is dropped, and the hash says more.
        let may_be_whole = found & (SHORT[0] | SHORT[1]) != 0
            || (found & !RARE != 0 && hashes_of(four).all(|hash| self.hashes[hash / 64] >> (hash % 64) & 1 != 0));
        (found & SPLIT_IN_PAIR != 0 && self.is_in_run(text, at + 1, seen))
            || (found & SPLIT_AFTER_PAIR != 0 && self.is_in_run(text, at + 2, seen))
            || (may_be_whole && self.is_at(text, at))
    }

    /// Whether a word stands, in one piece, where the four bytes at `at` tell one.
    #[inline(never)]
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let class = |place: usize| match text.get(at + place).map_or(SEPARATOR, |&byte| self.classes[byte as usize]) {
            DROPPED => SEPARATOR,
            class => class,
        };
        let four = (0..4).rev().fold(0, |four, place| four << 5 | u32::from(class(place)));
        self.masks.iter().any(|mask| {
            let key = four | mask;
            let two = (key & TWO) as usize;
            let windows = &self.windows[self.starts[two]..self.starts[two + 1]];
            let first = windows.partition_point(|window| window.0 < key);
            windows[first..].iter().take_while(|window| window.0 == key).any(|&(_, number, offset)| {
                let word = &self.words[number as usize];
                let Some(start) = at.checked_add_signed(-isize::from(offset)) else { return false };
                let end = start + word.letters.len();
                text.get(start..end).is_some_and(|there| there.iter().zip(&word.letters).all(|(&byte, &letter)| self.classes[byte as usize] == letter))
                    && (!word.begins || self.is_edge(text, start))
                    && (!word.ends || self.is_edge(text, end))
            })
        })
    }

    /// Whether a word stands among the letters around the one at `at`, and what is dropped between them; each run is looked at once.
    #[inline(never)]
    fn is_in_run(&self, text: &[u8], at: usize, seen: &mut Seen) -> bool {
        if at < seen.run {
            return false;
        }
        let is_outside = |byte: &u8| self.classes[*byte as usize] == SEPARATOR;
        let start = text[..at].iter().rposition(is_outside).map_or(0, |before| before + 1);
        seen.run = text[at..].iter().position(is_outside).map_or(text.len(), |length| at + length);
        self.has_split_word(text, start, seen.run)
    }

    /// Whether a word stands between two places of the text, whatever is dropped between its letters.
    fn has_split_word(&self, text: &[u8], start: usize, end: usize) -> bool {
        let mut three = 0;
        for (at, &byte) in text[start..end].iter().enumerate() {
            let class = self.classes[byte as usize];
            if class == DROPPED {
                continue;
            }
            three = (three << 5 | class as usize) & THREE;
            if self.bits[three >> 6] >> (three & 63) & 1 != 0 && self.is_word(text, start + at, three as u16) {
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
    /// What the last two bytes may be the first half of.
    first_half: u16,
    /// Where the last run of letters ends that was looked at.
    run: usize,
}

/// Where two bytes stand in the table of halves.
#[inline(always)]
fn number_of(first: u8, second: u8) -> usize {
    usize::from(u16::from_le_bytes([first, second]))
}

/// Two numbers of four bytes, the same for letters of both cases.
#[inline(always)]
fn hashes_of(four: [u8; 4]) -> impl Iterator<Item = usize> {
    let four = u32::from_le_bytes(four) & 0x1f1f_1f1f;
    [0x9e37_79b1u32, 0x85eb_ca6b].into_iter().map(move |factor| (four.wrapping_mul(factor) >> 14) as usize)
}

/// Whether `part`, which is not empty, stands in the text.
pub fn contains(text: &[u8], part: &[u8]) -> bool {
    match part {
        [byte] => memchr(*byte, text).is_some(),
        [] => false,
        _ => memmem::find(text, part).is_some(),
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
            b"-_0123456789", b":=<%\\", &[b"ghp_".to_vec(), b"api key".to_vec(), "пароль".as_bytes().to_vec()], vec![(b"//".to_vec(), b"@".to_vec())],
        )
        .unwrap()
    }

    #[test]
    fn words_are_found_however_they_are_spelt() {
        for text in ["token=1", "\"token\": 1", "accessToken:", "to_ken=1", "TOKEN=", "HTTPToken=", "x-token2:", "pw=", "a=1&pw=2", "userPin:",
            "mypasswords=", "%74oken=", "%2574oken=1", "\\u0074oken:", "\\npin: 1", "\\\\npin: 1", "ghp_x", "my api key", "a=\"ghp_\"", "пароль:",
            "\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c:", "c:\\token", "%25252525252574=", "=to-k-e-n", "a=http://u@h", "a=http:\\/\\/u@h", "a=http%3A%2F%2Fu%40h", "\\x74oken=1"] {
            assert!(search().finds(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_quick_way_finds_what_the_plain_one_finds() {
        let words = ["token", "pin", "password", "pw", "csc", "sid", "ewk", "secret", "z", "passwd"];
        let words = words.iter().enumerate().map(|(at, text)| Word { letters: text.as_bytes().to_vec(), begins: at % 3 > 0, ends: at % 2 > 0 });
        let search = Search::new(words.collect(), b"-_0123456789", b"", &[], vec![]).unwrap();
        let parts: [&[u8]; 20] = [
            b"token", b"pin", b"PIN", b"pass", b"word", b"wd", b"pw", b"Pw", b"cs", b"c", b"sid", b"ewk", b"sec", b"-", b"1", b" ", b"\"", b"Z", b"e", b"\xc3",
        ];
        let (mut state, mut found) = (1u64, 0);
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        for _ in 0..300_000 {
            let text: Vec<u8> = (0..next(12)).flat_map(|_| {
                let part = parts[next(20) as usize];
                if next(4) > 0 { part } else { &part[next(part.len() as u64) as usize..] }
            }).copied().collect();
            let plainly = search.has_split_word(&text, 0, text.len());
            assert_eq!(search.has_word(&text), plainly, "{:?}", String::from_utf8_lossy(&text));
            found += u32::from(plainly);
        }
        assert!((50_000..250_000).contains(&found), "{found}");
    }

    #[test]
    fn what_says_nothing_is_passed_quickly() {
        for text in ["", "token", "shipping: 1", "tokens=1", "a=%20%41", "a=me@here", "a=http://h", "spinning=1", "{\"a\": \"b\\n\\u00e9\"}", "brokentoken=1"] {
            assert!(!search().finds(text.as_bytes()), "{text}");
        }
    }
}
