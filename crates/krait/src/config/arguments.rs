//! The command line's options.

use krait_runtime::state::Flags;

use super::Program;
use super::usage::Help;

/// What the command line says.
pub(super) struct Arguments {
    pub(super) flags: Flags,
    pub(super) program: Program,
    /// `sys.argv`.
    pub(super) argv: Vec<Vec<u8>>,
    pub(super) warnoptions: Vec<Vec<u8>>,
    pub(super) xoptions: Vec<Vec<u8>>,
    pub(super) help: Option<Help>,
    /// How often `-V` was given.
    pub(super) version: u32,
    pub(super) skip_first_line: bool,
    pub(super) unbuffered: bool,
    /// `-R`: `PYTHONHASHSEED` does not count.
    pub(super) random_hashes: bool,
    pub(super) check_hash_pycs: Option<String>,
}

/// The options that take no value.
const PLAIN: &[u8] = b"bBdEhiIOPqRsStuvVx?";

/// Reads the arguments; an error is the message about the first that is wrong.
pub(super) fn parse(arguments: &[Vec<u8>]) -> Result<Arguments, String> {
    let mut parsed = Arguments {
        flags: Flags::default(),
        program: Program::Stdin,
        argv: Vec::new(),
        warnoptions: Vec::new(),
        xoptions: Vec::new(),
        help: None,
        version: 0,
        skip_first_line: false,
        unbuffered: false,
        random_hashes: false,
        check_hash_pycs: None,
    };
    let mut rest = arguments.get(1..).unwrap_or_default();
    loop {
        let Some((argument, after)) = rest.split_first() else {
            parsed.argv = vec![Vec::new()];
            return Ok(parsed);
        };
        if argument == b"-" || !argument.starts_with(b"-") {
            parsed.program = if argument == b"-" {
                Program::Stdin
            } else {
                Program::File(argument.clone())
            };
            parsed.argv = rest.to_vec();
            return Ok(parsed);
        }
        rest = after;
        if argument == b"--" {
            // What follows is the program, with the same meaning as without the mark.
            if let Some((first, _)) = rest.split_first() {
                if first != b"-" {
                    parsed.program = Program::File(first.clone());
                }
                parsed.argv = rest.to_vec();
            } else {
                parsed.argv = vec![Vec::new()];
            }
            return Ok(parsed);
        }
        if argument.starts_with(b"--") {
            rest = long_option(&mut parsed, argument, rest)?;
        } else if let Some(program) = short_options(&mut parsed, argument, &mut rest)? {
            parsed.argv = vec![
                if matches!(program, Program::Command(_)) {
                    b"-c"
                } else {
                    b"-m"
                }
                .to_vec(),
            ];
            parsed.argv.extend_from_slice(rest);
            parsed.program = program;
            return Ok(parsed);
        }
    }
}

fn long_option<'a>(
    parsed: &mut Arguments,
    argument: &[u8],
    rest: &'a [Vec<u8>],
) -> Result<&'a [Vec<u8>], String> {
    match argument {
        b"--help" => parsed.help = Some(Help::Options),
        b"--help-env" => parsed.help = Some(Help::Environment),
        b"--help-xoptions" => parsed.help = Some(Help::Implementation),
        b"--help-all" => parsed.help = Some(Help::All),
        b"--version" => parsed.version += 1,
        b"--check-hash-based-pycs" => {
            let Some((value, after)) = rest.split_first() else {
                return Err(String::from(
                    "Argument expected for the --check-hash-based-pycs options",
                ));
            };
            if ![&b"always"[..], b"never", b"default"].contains(&&value[..]) {
                return Err(String::from(
                    "--check-hash-based-pycs must be one of 'default', 'always', or 'never'",
                ));
            }
            parsed.check_hash_pycs = Some(String::from_utf8_lossy(value).into_owned());
            return Ok(after);
        }
        _ => {
            return Err(format!(
                "Unknown option: {}",
                String::from_utf8_lossy(argument)
            ));
        }
    }
    Ok(rest)
}

/// Reads the letters of one argument; gives the program if it is one of `-c` and `-m`.
fn short_options(
    parsed: &mut Arguments,
    argument: &[u8],
    rest: &mut &[Vec<u8>],
) -> Result<Option<Program>, String> {
    for (index, &letter) in argument.iter().enumerate().skip(1) {
        if PLAIN.contains(&letter) {
            plain_option(parsed, letter);
            continue;
        }
        if !b"cmWX".contains(&letter) {
            let letter = String::from_utf8_lossy(&argument[index..]);
            let letter = letter.chars().next().unwrap_or('?');
            return Err(format!("Unknown option: -{letter}"));
        }
        let value = if index + 1 < argument.len() {
            argument[index + 1..].to_vec()
        } else if let Some((value, after)) = rest.split_first() {
            *rest = after;
            value.clone()
        } else {
            return Err(format!(
                "Argument expected for the -{} option",
                char::from(letter)
            ));
        };
        match letter {
            b'W' => parsed.warnoptions.push(value),
            b'X' => parsed.xoptions.push(value),
            b'm' => return Ok(Some(Program::Module(value))),
            _ => return Ok(Some(Program::Command(value))),
        }
        return Ok(None);
    }
    Ok(None)
}

fn plain_option(parsed: &mut Arguments, letter: u8) {
    let flags = &mut parsed.flags;
    match letter {
        b'b' => flags.bytes_warning += 1,
        b'B' => flags.dont_write_bytecode += 1,
        b'd' => flags.debug += 1,
        b'E' => flags.ignore_environment += 1,
        b'h' | b'?' => parsed.help = Some(Help::Options),
        b'i' => {
            flags.inspect += 1;
            flags.interactive += 1;
        }
        b'I' => {
            flags.isolated += 1;
            flags.ignore_environment += 1;
            flags.no_user_site += 1;
            flags.safe_path = true;
        }
        b'O' => flags.optimize += 1,
        b'P' => flags.safe_path = true,
        b'q' => flags.quiet += 1,
        b'R' => parsed.random_hashes = true,
        b's' => flags.no_user_site += 1,
        b'S' => flags.no_site += 1,
        b'u' => parsed.unbuffered = true,
        b'v' => flags.verbose += 1,
        b'V' => parsed.version += 1,
        b'x' => parsed.skip_first_line = true,
        // -t is accepted for the sake of old command lines.
        _ => {}
    }
}
