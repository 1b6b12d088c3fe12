//! Sources to test with: pieces of real files in which a few tokens are deleted, doubled, swapped or
//! replaced. The same seed makes the same cases.

/// A small generator of random numbers (xorshift*), so that runs can be repeated.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Texts that take a token's place: whatever the grammar or the tokenizer treats in its own way.
const REPLACEMENTS: &[&str] = &[
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "case",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "match",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "type",
    "while",
    "with",
    "yield",
    "None",
    "True",
    "False",
    "__debug__",
    "_",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    ".",
    "...",
    "=",
    "==",
    "!=",
    "<>",
    "<",
    ">",
    ">=",
    ":=",
    "->",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "@",
    "&",
    "|",
    "^",
    "~",
    "<<",
    ">>",
    "+=",
    "**=",
    "!",
    "?",
    "$",
    "`",
    "\\",
    "#",
    "\n",
    "\n\n",
    "\n    ",
    "\t",
    " ",
    "    ",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "f'",
    "f\"",
    "f'{",
    "}'",
    "t'{x}'",
    "f'{x!r:>{w}}'",
    "rb'",
    "b'\\xff'",
    "'\\d'",
    "'\\N{DIGIT ONE}'",
    "'\\x'",
    "0",
    "1",
    "0x",
    "0b2",
    "0o8",
    "1_",
    "1__0",
    "012",
    "1e",
    "1.e5j",
    "1if",
    "0xfor",
    "5abc",
    "é",
    "名",
    "€",
    "\u{a0}",
    "\u{200b}",
    "x",
    "x.y",
    "x[0]",
    "x()",
    "*x",
    "**x",
    "x=1",
    "x:=1",
    "lambda: x",
    "x for x in y",
    "async for x in y",
    "yield x",
    "await x",
    "print x",
    "exec x",
    "(x, y)",
    "[x]",
    "{x: y}",
    "x if y else z",
    "x if y",
    "except* E",
    "from __future__ import annotations",
    "global x",
    "nonlocal x",
    "return x",
    "# type: int",
    "case _:",
    "else:",
    "finally:",
    "  pass",
];

/// The tokens of a source, spaces and line ends among them: joined they are the source again.
pub(super) fn tokens(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first);
        let (token, after) = rest.split_at(length);
        found.push(token);
        rest = after;
    }
    found
}

fn token_length(rest: &str, first: char) -> usize {
    let run = |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    match first {
        ' ' | '\t' => run(|c| matches!(c, ' ' | '\t')),
        '#' => rest.find('\n').unwrap_or(rest.len()),
        '"' | '\'' => string_length(rest, first),
        c if c.is_alphanumeric() || c == '_' => run(|c| c.is_alphanumeric() || c == '_'),
        _ => {
            let operators = [
                "**=", "//=", ">>=", "<<=", "...", "!=", ":=", "->", "==", "<=", ">=",
            ];
            let doubled = [
                "**", "//", ">>", "<<", "+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=",
            ];
            let mut known = operators.iter().chain(&doubled);
            known
                .find(|operator| rest.starts_with(**operator))
                .map_or(first.len_utf8(), |operator| operator.len())
        }
    }
}

fn string_length(rest: &str, quote: char) -> usize {
    let triple: String = [quote; 3].iter().collect();
    let end = if rest.starts_with(&triple) {
        triple
    } else {
        quote.to_string()
    };
    let mut at = end.len();
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with(&end) {
            return at + end.len();
        }
        let skipped = usize::from(here.starts_with('\\'));
        let mut chars = here.chars().skip(skipped);
        let c = chars.next().unwrap_or(' ');
        if c == '\n' && end.len() == 1 && skipped == 0 {
            return at;
        }
        at += skipped + c.len_utf8();
    }
    rest.len()
}

/// The most bytes of a file that a case takes whole.
const WHOLE_FILE: usize = 12_000;
/// The most lines that are cut out of a longer one.
const MOST_LINES: usize = 90;

/// One case made of a file's text.
pub(super) fn case(source: &str, random: &mut Random) -> String {
    let piece = piece(source, random);
    let mut tokens = tokens(piece);
    if tokens.is_empty() {
        return String::new();
    }
    for _ in 0..1 + random.below(3) {
        mutate(&mut tokens, random);
    }
    tokens.concat()
}

/// The whole text, or a run of its lines that begins outside all blocks.
fn piece<'a>(source: &'a str, random: &mut Random) -> &'a str {
    if source.len() <= WHOLE_FILE && random.below(4) == 0 {
        return source;
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(source.match_indices('\n').map(|(at, _)| at + 1))
        .filter(|&at| source[at..].starts_with(|c: char| c.is_alphabetic() || c == '@'))
        .collect();
    if starts.is_empty() {
        return source;
    }
    let start = starts[random.below(starts.len())];
    let lines = 3 + random.below(MOST_LINES);
    let end = source[start..].match_indices('\n').nth(lines);
    &source[start..end.map_or(source.len(), |(at, _)| start + at + 1)]
}

fn mutate(tokens: &mut Vec<&str>, random: &mut Random) {
    let at = random.below(tokens.len());
    let other = random.below(tokens.len());
    match random.below(7) {
        0 if tokens.len() > 1 => {
            tokens.remove(at);
        }
        1 => tokens.insert(at, tokens[at]),
        2 => tokens.swap(at, other),
        3 => tokens.insert(at, tokens[other]),
        4 => tokens[at] = tokens[other],
        5 => tokens.insert(at, random.pick(REPLACEMENTS)),
        _ => tokens[at] = random.pick(REPLACEMENTS),
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, case, tokens};

    #[test]
    fn tokens_are_the_whole_source() {
        let source = "def f(x, *a):  # é\n\treturn x ** 2 != '\\'' \"\"\"a\n\"\"\" 'open\n";
        let found = tokens(source);
        assert_eq!(found.concat(), source);
        assert!(
            found.contains(&"'\\''") && found.contains(&"\"\"\"a\n\"\"\"") && found.contains(&"**")
        );
        assert_eq!(found[found.len() - 2], "'open");
    }

    #[test]
    fn a_seed_makes_the_same_cases() {
        let source = "import os\nfor x in os.environ:\n    print(x)\n";
        let make = || {
            let mut random = Random::new(7);
            [(); 20].map(|()| case(source, &mut random))
        };
        assert_eq!(make(), make());
    }
}
