//! Opcodes and what is known of each: number, name, caches, stack effect, flags, family.
//!
//! Everything here is generated from the rows of [`for_each_op!`](crate::for_each_op).

mod table;

/// A number of stack items as a function of the instruction's argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Always this many.
    Fixed(u8),
    /// The argument plus this many.
    Arg(i8),
    /// Twice the argument.
    TwiceArg,
    /// This many, and one more if the argument's lowest bit is set.
    LowBit(u8),
    /// `UNPACK_EX`: the low byte plus the rest of the argument plus one.
    UnpackEx,
}

impl Effect {
    /// The number of items for one argument.
    pub const fn of(self, oparg: u32) -> i64 {
        let oparg = oparg as i64;
        match self {
            Effect::Fixed(count) => count as i64,
            Effect::Arg(extra) => oparg + extra as i64,
            Effect::TwiceArg => oparg * 2,
            Effect::LowBit(count) => count as i64 + (oparg & 1),
            Effect::UnpackEx => 1 + (oparg & 0xFF) + (oparg >> 8),
        }
    }
}

/// What an opcode does with its argument and with the interpreter: CPython's `HAS_…_FLAG` bits.
pub mod flag {
    /// The argument means something.
    pub const ARG: u16 = 1;
    /// The argument is an index into `co_consts`.
    pub const CONST: u16 = 2;
    /// The argument is an index into `co_names`, perhaps shifted.
    pub const NAME: u16 = 4;
    /// The argument is a jump distance.
    pub const JUMP: u16 = 8;
    /// The argument is the index of a cell or free variable.
    pub const FREE: u16 = 16;
    /// The argument is the index of a local variable.
    pub const LOCAL: u16 = 32;
    /// The eval breaker is checked.
    pub const EVAL_BREAK: u16 = 64;
    /// May go back to the base opcode.
    pub const DEOPT: u16 = 128;
    /// May raise.
    pub const ERROR: u16 = 256;
    /// May run arbitrary code.
    pub const ESCAPES: u16 = 512;
    /// May leave a trace.
    pub const EXIT: u16 = 1024;
    /// Has no effect beyond the stack.
    pub const PURE: u16 = 2048;
    /// Passes its inputs through.
    pub const PASSTHROUGH: u16 = 4096;
    /// The lowest bit of the argument selects a variant.
    pub const OPARG_AND_1: u16 = 8192;
    /// May raise with its inputs still on the stack.
    pub const ERROR_NO_POP: u16 = 16384;
    /// Does not save the instruction pointer.
    pub const NO_SAVE_IP: u16 = 32768;
}

/// The metadata of one opcode.
#[derive(Clone, Copy, Debug)]
pub struct OpcodeInfo {
    /// CPython's name.
    pub name: &'static str,
    /// How many 16-bit cache entries follow the instruction.
    pub caches: u8,
    /// How many items the instruction takes from the stack.
    pub pops: Effect,
    /// How many it leaves.
    pub pushes: Effect,
    /// Bits from [`flag`].
    pub flags: u16,
    /// The number of the opcode this one specialises; its own number otherwise.
    pub base: u16,
    /// Whether the number is an opcode at all.
    pub valid: bool,
}

impl OpcodeInfo {
    const INVALID: OpcodeInfo = OpcodeInfo {
        name: "",
        caches: 0,
        pops: Effect::Fixed(0),
        pushes: Effect::Fixed(0),
        flags: 0,
        base: 0,
        valid: false,
    };

    /// Whether all of these flag bits are set.
    pub const fn has(&self, flags: u16) -> bool {
        self.flags & flags == flags
    }
}

/// One more than the highest pseudo opcode.
pub const OPCODE_COUNT: usize = 267;
/// Opcodes from here on have an argument that `dis` shows.
pub const HAVE_ARGUMENT: u8 = 43;
/// The first specialised opcode.
pub const MIN_SPECIALIZED_OPCODE: u8 = 129;
/// The first instrumented opcode.
pub const MIN_INSTRUMENTED_OPCODE: u8 = 234;

macro_rules! effect {
    (fixed($count:literal)) => {
        Effect::Fixed($count)
    };
    (arg($extra:literal)) => {
        Effect::Arg($extra)
    };
    (low_bit($count:literal)) => {
        Effect::LowBit($count)
    };
    (twice_arg) => {
        Effect::TwiceArg
    };
    (unpack_ex) => {
        Effect::UnpackEx
    };
}

macro_rules! define_opcodes {
    (
        real { $($name:ident = $number:literal, $caches:literal,
            $pop:ident $(($pop_n:literal))? => $push:ident $(($push_n:literal))?,
            [$($flag:ident)*], $base:ident;)* }
        pseudo { $($pname:ident = $pnumber:literal, $pcaches:literal,
            $ppop:ident $(($ppop_n:literal))? => $ppush:ident $(($ppush_n:literal))?,
            [$($pflag:ident)*], $pbase:ident;)* }
    ) => {
        /// An opcode that can stand in a code object.
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Opcode { $($name = $number,)* }

        /// Any opcode the compiler handles: the real ones and the pseudo ones.
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum AnyOpcode { $($name = $number,)* $($pname = $pnumber,)* }

        /// The opcodes' numbers as constants, for tables and matches over bytes.
        #[allow(missing_docs)]
        pub mod op {
            $(pub const $name: u8 = $number;)*
        }

        /// The metadata of every opcode, by number.
        pub static OPCODES: [OpcodeInfo; OPCODE_COUNT] = {
            let mut table = [OpcodeInfo::INVALID; OPCODE_COUNT];
            $(table[$number] = OpcodeInfo {
                name: stringify!($name),
                caches: $caches,
                pops: effect!($pop $(($pop_n))?),
                pushes: effect!($push $(($push_n))?),
                flags: 0 $(| flag::$flag)*,
                base: AnyOpcode::$base as u16,
                valid: true,
            };)*
            $(table[$pnumber] = OpcodeInfo {
                name: stringify!($pname),
                caches: $pcaches,
                pops: effect!($ppop $(($ppop_n))?),
                pushes: effect!($ppush $(($ppush_n))?),
                flags: 0 $(| flag::$pflag)*,
                base: AnyOpcode::$pbase as u16,
                valid: true,
            };)*
            table
        };

        static FROM_NUMBER: [Option<Opcode>; 256] = {
            let mut table = [None; 256];
            $(table[$number] = Some(Opcode::$name);)*
            table
        };

        impl From<Opcode> for AnyOpcode {
            fn from(opcode: Opcode) -> Self {
                match opcode { $(Opcode::$name => AnyOpcode::$name,)* }
            }
        }

        impl AnyOpcode {
            /// The opcode as one that a code object can hold, if it is one.
            pub const fn real(self) -> Option<Opcode> {
                match self {
                    $(AnyOpcode::$name => Some(Opcode::$name),)*
                    $(AnyOpcode::$pname => None,)*
                }
            }
        }
    };
}

crate::for_each_op!(define_opcodes);

/// The opcode to go back to from each opcode's specialised form, by number.
pub static DEOPT: [u8; 256] = {
    let mut table = [0; 256];
    let mut number = 0;
    while number < 256 {
        table[number] = if OPCODES[number].valid {
            OPCODES[number].base as u8
        } else {
            number as u8
        };
        number += 1;
    }
    table
};

/// Inline cache entries by the number of the (base) opcode; specialised forms have their base's.
pub static CACHES: [u8; 256] = {
    let mut table = [0; 256];
    let mut number = 0;
    while number < 256 {
        table[number] = OPCODES[DEOPT[number] as usize].caches;
        number += 1;
    }
    table
};

impl Opcode {
    /// The opcode with this number.
    pub fn from_u8(number: u8) -> Option<Opcode> {
        FROM_NUMBER[usize::from(number)]
    }

    /// The opcode's metadata.
    pub fn info(self) -> &'static OpcodeInfo {
        &OPCODES[self as usize]
    }

    /// The adaptive opcode that this one specialises, or itself.
    pub fn deopt(self) -> Opcode {
        FROM_NUMBER[usize::from(DEOPT[self as usize])].unwrap_or(self)
    }

    /// CPython's name of the opcode.
    pub fn name(self) -> &'static str {
        self.info().name
    }
}

impl AnyOpcode {
    /// The opcode's metadata.
    pub fn info(self) -> &'static OpcodeInfo {
        &OPCODES[self as usize]
    }

    /// Whether the opcode has all of these flag bits.
    pub fn has(self, flags: u16) -> bool {
        self.info().has(flags)
    }

    /// Whether only the compiler knows the opcode.
    pub fn is_pseudo(self) -> bool {
        self as u16 >= 256
    }
}

/// The change of the stack's depth, `None` for numbers that are no opcode or a specialised one.
///
/// `jump` says whether the jump is taken; it matters to the pseudo opcodes that open a block, whose
/// handler finds more on the stack than what follows them.
pub fn stack_effect(opcode: u16, oparg: u32, jump: bool) -> Option<i64> {
    let info = OPCODES.get(usize::from(opcode)).filter(|info| info.valid)?;
    if info.base != opcode {
        return None;
    }
    const SETUP_FINALLY: u16 = AnyOpcode::SETUP_FINALLY as u16;
    const SETUP_CLEANUP: u16 = AnyOpcode::SETUP_CLEANUP as u16;
    const SETUP_WITH: u16 = AnyOpcode::SETUP_WITH as u16;
    match opcode {
        SETUP_FINALLY | SETUP_WITH => Some(i64::from(jump)),
        SETUP_CLEANUP => Some(if jump { 2 } else { 0 }),
        _ => Some(info.pushes.of(oparg) - info.pops.of(oparg)),
    }
}

/// The specialised forms of an adaptive opcode.
pub fn specializations(base: Opcode) -> impl Iterator<Item = Opcode> {
    (0..=255u8)
        .filter_map(Opcode::from_u8)
        .filter(move |each| *each != base && each.deopt() == base)
}

#[cfg(test)]
mod tests;
