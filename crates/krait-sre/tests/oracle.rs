//! Matches whose outcome CPython 3.14 decided: `tests/cases.tsv`, one a line, with the fields
//! name, code array, groups, subject, pos, endpos, mode and the expected spans.

use krait_sre::{Locale, Mode, Program, Request, Scratch, Unit};

fn numbers(text: &str) -> Vec<u32> {
    text.split_ascii_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect()
}

fn run<U: Unit>(program: &Program, subject: &[u32], request: &Request<'_>) -> String {
    let units: Vec<U> = subject
        .iter()
        .map(|&c| U::from_code(c).expect("fits"))
        .collect();
    let mut scratch = Scratch::new();
    match scratch.run(program, &units, request, &mut || Ok(())) {
        Ok(true) => {
            let mut text = String::new();
            for group in 0..=program.groups() {
                match scratch.span(group) {
                    Some((start, end)) => text += &format!("{start},{end} "),
                    None => text += "-1,-1 ",
                }
            }
            text + &format!("L{}", scratch.lastindex().unwrap_or(0))
        }
        Ok(false) => "-".to_owned(),
        Err(stop) => format!("{stop:?}"),
    }
}

#[test]
fn spans_are_cpythons() {
    let path = std::env::var("KRAIT_SRE_CASES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases.tsv").to_owned());
    let cases = std::fs::read_to_string(path).expect("the cases");
    let mut failures = Vec::new();
    for line in cases.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, code, groups, subject, pos, endpos, mode, expected] = fields[..] else {
            panic!("bad line: {line}")
        };
        let groups = groups.parse().expect("a number");
        let program = match Program::new(&numbers(code), groups) {
            Ok(program) => program,
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let request = Request {
            pos: pos.parse().expect("a number"),
            endpos: endpos.parse().expect("a number"),
            mode: match mode {
                "search" => Mode::Search,
                "match" => Mode::Match,
                _ => Mode::FullMatch,
            },
            must_advance: false,
            locale: &Locale::C,
        };
        let subject = numbers(subject);
        let widest = subject.iter().copied().max().unwrap_or(0);
        let mut answers = vec![run::<u32>(&program, &subject, &request)];
        if widest < 0x10000 {
            answers.push(run::<u16>(&program, &subject, &request));
        }
        if widest < 0x100 {
            answers.push(run::<u8>(&program, &subject, &request));
        }
        for answer in answers {
            if answer != expected {
                failures.push(format!("{name} {mode}: {answer}, not {expected}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
