//! What CPython 3.14 makes of command lines.

use super::{Action, Program, arguments, parse};

fn run(line: &[&str]) -> arguments::Arguments {
    let line: Vec<Vec<u8>> = line.iter().map(|word| word.as_bytes().to_vec()).collect();
    match arguments::parse(&line) {
        Ok(parsed) => parsed,
        Err(message) => panic!("{message}"),
    }
}

#[test]
fn programs_are_told_apart() {
    let cases: [(&[&str], Program, &[&str]); 6] = [
        (&["k"], Program::Stdin, &[""]),
        (&["k", "-", "a"], Program::Stdin, &["-", "a"]),
        (
            &["k", "-c", "pass", "-v"],
            Program::Command(b"pass".to_vec()),
            &["-c", "-v"],
        ),
        (
            &["k", "-cpass"],
            Program::Command(b"pass".to_vec()),
            &["-c"],
        ),
        (
            &["k", "-Bm", "mod", "x"],
            Program::Module(b"mod".to_vec()),
            &["-m", "x"],
        ),
        (
            &["k", "-W", "error", "f.py", "-B"],
            Program::File(b"f.py".to_vec()),
            &["f.py", "-B"],
        ),
    ];
    for (line, program, argv) in cases {
        let parsed = run(line);
        assert_eq!(parsed.program, program, "{line:?}");
        let found: Vec<&str> = parsed
            .argv
            .iter()
            .map(|word| std::str::from_utf8(word).unwrap_or("?"))
            .collect();
        assert_eq!(found, argv, "{line:?}");
    }
}

#[test]
fn options_set_flags() {
    let parsed = run(&["k", "-OOI", "-bb", "-Xdev", "-X", "utf8=1", "-i"]);
    let flags = &parsed.flags;
    assert_eq!(
        (flags.optimize, flags.isolated, flags.bytes_warning),
        (2, 1, 2)
    );
    assert!(flags.safe_path && flags.ignore_environment == 1 && flags.no_user_site == 1);
    assert_eq!((flags.inspect, flags.interactive), (1, 1));
    assert_eq!(parsed.xoptions, [b"dev".to_vec(), b"utf8=1".to_vec()]);
}

#[test]
fn bad_command_lines_have_their_messages() {
    let cases = [
        (&["k", "-c"][..], "Argument expected for the -c option"),
        (&["k", "-Z"], "Unknown option: -Z"),
        (&["k", "--foo"], "Unknown option: --foo"),
        (
            &["k", "--check-hash-based-pycs", "x"],
            "--check-hash-based-pycs must be one of 'default', 'always', or 'never'",
        ),
    ];
    for (line, message) in cases {
        let line: Vec<Vec<u8>> = line.iter().map(|word| word.as_bytes().to_vec()).collect();
        match parse(line) {
            Err(error) => {
                assert_eq!(error.text.lines().next(), Some(message));
                assert_eq!(error.status, 2);
            }
            Ok(Action::Run(_) | Action::Print(_)) => panic!("{message}"),
        }
    }
}
