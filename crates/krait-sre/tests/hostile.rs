//! Code arrays that no compiler emits, and subjects that want to exhaust the machine: an answer or
//! an error must come, and no panic.

use krait_sre::{Locale, Mode, Program, Request, Scratch, Stop};

const SUCCESS: u32 = 1;
const ANY_ALL: u32 = 3;
const LITERAL: u32 = 16;
const MAX_UNTIL: u32 = 18;
const REPEAT: u32 = 23;
const ATOMIC_GROUP: u32 = 27;
const MAXREPEAT: u32 = u32::MAX;

fn search(program: &Program, subject: &[u8], patience: u32) -> Result<bool, Stop> {
    let request = Request {
        pos: 0,
        endpos: subject.len(),
        mode: Mode::Search,
        must_advance: false,
        locale: &Locale::C,
    };
    let mut left = patience;
    Scratch::new().run(program, subject, &request, &mut || {
        left = left.checked_sub(1).ok_or(Stop::Interrupted)?;
        Ok(())
    })
}

#[test]
fn nesting_uses_no_native_stack() {
    let depth = 100_000;
    let mut code = Vec::new();
    for level in 0..depth {
        // From the skip word over the inner groups, the literal, and the ends up to its own.
        let inside = depth - level;
        code.extend([ATOMIC_GROUP, 3 * inside + 1]);
    }
    code.extend([LITERAL, 97]);
    code.extend(std::iter::repeat_n(SUCCESS, depth as usize + 1));
    let program = Program::new(&code, 0).expect("valid");
    assert_eq!(search(&program, b"ba", u32::MAX), Ok(true));
    assert_eq!(search(&program, b"bb", u32::MAX), Ok(false));
}

/// `(?:(?:a*)*b)`: without the guards against empty iterations it would never end.
fn catastrophe() -> Program {
    let code = [
        REPEAT, 10, 1, MAXREPEAT, REPEAT, 5, 1, MAXREPEAT, LITERAL, 97, MAX_UNTIL, MAX_UNTIL,
        LITERAL, 98, SUCCESS,
    ];
    Program::new(&code, 0).expect("valid")
}

#[test]
fn long_matches_can_be_interrupted() {
    assert_eq!(
        search(&catastrophe(), &[97; 64], 100),
        Err(Stop::Interrupted)
    );
}

#[test]
fn long_subjects_use_no_native_stack() {
    let mut subject = vec![97; 300_000];
    subject.push(98);
    assert_eq!(search(&catastrophe(), &subject, u32::MAX), Ok(true));
}

#[test]
fn invalid_code_is_refused() {
    for code in [
        &[][..],
        &[LITERAL, 97],
        &[SUCCESS, LITERAL],
        &[LITERAL, SUCCESS],
        &[REPEAT, 100, 0, 1, LITERAL, 97, MAX_UNTIL, SUCCESS],
        &[MAX_UNTIL, SUCCESS],
        &[17, 0, SUCCESS],
        &[11, 0, SUCCESS],
        &[7, 0, SUCCESS],
        &[24, 5, 2, 1, ANY_ALL, SUCCESS, SUCCESS],
    ] {
        assert!(Program::new(code, 0).is_err(), "{code:?}");
    }
    assert!(Program::new(&[ANY_ALL, SUCCESS], 0).is_ok());
}

#[test]
fn mutated_code_never_panics() {
    let cases = include_str!("cases.tsv");
    let mut state = 12345u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below.max(1)
    };
    let mut accepted = 0;
    for line in cases.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let words = fields[1].split_ascii_whitespace();
        let code: Vec<u32> = words.map(|word| word.parse().expect("a number")).collect();
        let groups = fields[2].parse().expect("a number");
        for _ in 0..40 {
            let mut mutant = code.clone();
            let at = random(mutant.len());
            match random(3) {
                0 => mutant[at] = random(44) as u32,
                1 => mutant[at] = mutant[at].wrapping_add(random(9) as u32).wrapping_sub(4),
                _ => {
                    mutant.remove(at);
                }
            }
            if let Ok(program) = Program::new(&mutant, groups) {
                accepted += 1;
                for subject in [&b""[..], b"aabbabab\nAB c", b"\xff\x00foo 12"] {
                    let _ = search(&program, subject, 3);
                }
            }
        }
    }
    assert!(accepted > 100);
}
