//! The assembler: instructions become bytes, with their caches, tables and the frame's layout.

use krait_bytecode::exceptiontable::{ExceptionEntry, write_entry};
use krait_bytecode::linetable::LineTableWriter;
use krait_bytecode::opcode::{CACHES, op};
use krait_bytecode::{AnyOpcode, CodeUnit, Location, local_kind};
use krait_text::Wtf8Buf;

use crate::codegen::Metadata;
use crate::error::{CompileError, Result};
use crate::flowgraph::{Linear, LinearInstr};
use crate::instr::ControlFlow;
use krait_bytecode::code_flags;

/// How far behind its target END_ASYNC_FOR's argument points: from SEND to END_SEND.
const END_SEND_OFFSET: usize = 5;

/// The size of an instruction in code units: EXTENDED_ARGs, itself, caches.
fn size(instr: &LinearInstr) -> usize {
    let extended = match instr.arg {
        0..=0xFF => 0,
        0x100..=0xFFFF => 1,
        0x1_0000..=0xFF_FFFF => 2,
        _ => 3,
    };
    let caches = CACHES.get(instr.op as usize).copied().unwrap_or(0);
    extended + 1 + usize::from(caches)
}

/// Makes the code object.
pub(crate) fn assemble(
    mut linear: Linear,
    meta: Metadata,
    flags: u32,
    filename: &Wtf8Buf,
) -> Result<CodeUnit> {
    let offsets = resolve_jumps(&mut linear.instrs);
    let (localsplusnames, localspluskinds) = locals_plus(&meta, flags);
    if localsplusnames.len() != linear.nlocalsplus {
        return Err(CompileError::invalid_tree("inconsistent local variables"));
    }
    let text = |name: &str| Wtf8Buf::from(name);
    let name = text(&meta.name);
    let qualname = meta
        .qualname
        .as_ref()
        .map_or_else(|| name.clone(), |name| text(name));
    Ok(CodeUnit {
        argcount: meta.args.posonly + meta.args.args,
        posonlyargcount: meta.args.posonly,
        kwonlyargcount: meta.args.kwonly,
        stacksize: linear.stacksize,
        flags,
        code: code_bytes(&linear.instrs)?,
        names: meta.names.names().iter().map(|name| text(name)).collect(),
        localsplusnames,
        localspluskinds,
        filename: filename.clone(),
        name,
        qualname,
        firstlineno: meta.firstlineno,
        linetable: line_table(&mut linear.instrs, meta.firstlineno),
        exceptiontable: exception_table(&linear.instrs, &offsets),
        consts: linear.consts.take(),
    })
}

/// Computes jump distances; these can need EXTENDED_ARGs, which move everything, so it is repeated
/// until nothing changes. Returns each instruction's offset and the whole size.
fn resolve_jumps(instrs: &mut [LinearInstr]) -> Vec<usize> {
    // To begin with, an argument is as long as the index of the target: which of several
    // arrangements that fit is found depends on it.
    for instr in instrs.iter_mut() {
        if let Some(target) = instr.target {
            instr.arg = target as u32;
        }
    }
    loop {
        let mut offsets = Vec::with_capacity(instrs.len() + 1);
        let mut at = 0;
        for instr in instrs.iter() {
            offsets.push(at);
            at += size(instr);
        }
        offsets.push(at);
        let mut changed = false;
        for (index, instr) in instrs.iter_mut().enumerate() {
            let Some(target) = instr.target else { continue };
            let old_size = size(instr);
            let from = offsets[index] + old_size;
            let to = offsets[target];
            let distance = if instr.op == AnyOpcode::END_ASYNC_FOR {
                from.saturating_sub(to + END_SEND_OFFSET)
            } else {
                from.abs_diff(to)
            };
            instr.arg = distance as u32;
            changed |= size(instr) != old_size;
        }
        if !changed {
            return offsets;
        }
    }
}

fn code_bytes(instrs: &[LinearInstr]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for instr in instrs {
        let Some(opcode) = instr.op.real() else {
            return Err(CompileError::invalid_tree("pseudo instruction in assembly"));
        };
        for shift in [24, 16, 8] {
            if instr.arg >> shift != 0 {
                bytes.extend_from_slice(&[op::EXTENDED_ARG, (instr.arg >> shift) as u8]);
            }
        }
        bytes.extend_from_slice(&[opcode as u8, instr.arg as u8]);
        let caches = usize::from(CACHES[opcode as usize]);
        bytes.resize(bytes.len() + caches * 2, 0);
    }
    Ok(bytes)
}

fn line_table(instrs: &mut [LinearInstr], firstlineno: i32) -> Vec<u8> {
    for at in (0..instrs.len()).rev() {
        if instrs[at].loc == Location::NEXT {
            instrs[at].loc = match instrs.get(at + 1) {
                Some(next) if !instrs[at].op.is_terminator() => next.loc,
                _ => Location::NONE,
            };
        }
    }
    let mut writer = LineTableWriter::new(firstlineno);
    let mut loc = Location::NONE;
    let mut units = 0;
    for instr in instrs.iter() {
        if instr.loc != loc {
            writer.push(loc, units);
            loc = instr.loc;
            units = 0;
        }
        units += size(instr);
    }
    writer.push(loc, units);
    writer.finish()
}

fn exception_table(instrs: &[LinearInstr], offsets: &[usize]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut current = None;
    let mut start = 0;
    let mut emit = |handler: Option<crate::flowgraph::Handler>, start: usize, end: usize| {
        let Some(handler) = handler else { return };
        // The handler's depth counts the exception, and the offset if it wants that.
        let depth = handler.depth - 1 - usize::from(handler.preserve_lasti);
        let target = offsets[handler.at];
        let lasti = handler.preserve_lasti;
        write_entry(
            &mut bytes,
            ExceptionEntry {
                start,
                end,
                target,
                depth,
                lasti,
            },
        );
    };
    for (index, instr) in instrs.iter().enumerate() {
        if instr.handler != current {
            emit(current, start, offsets[index]);
            start = offsets[index];
            current = instr.handler;
        }
    }
    emit(current, start, offsets[instrs.len()]);
    bytes
}

/// The names and kinds of the frame's variables: locals, then cells that are no locals, then free ones.
fn locals_plus(meta: &Metadata, flags: u32) -> (Vec<Wtf8Buf>, Vec<u8>) {
    let mut names = Vec::new();
    let mut kinds = Vec::new();
    let args = &meta.args;
    let positional = args.posonly + args.args;
    let named = positional + args.kwonly;
    let varargs = u32::from(flags & code_flags::VARARGS != 0);
    let varkeywords = u32::from(flags & code_flags::VARKEYWORDS != 0);
    for (index, name) in meta.varnames.names().iter().enumerate() {
        let index = index as u32;
        let mut kind = local_kind::LOCAL;
        if index < args.posonly {
            kind |= local_kind::ARG_POS;
        } else if index < positional {
            kind |= local_kind::ARG_POS | local_kind::ARG_KW;
        } else if index < named {
            kind |= local_kind::ARG_KW;
        } else if index < named + varargs {
            kind |= local_kind::ARG_VAR | local_kind::ARG_POS;
        } else if index < named + varargs + varkeywords {
            kind |= local_kind::ARG_VAR | local_kind::ARG_KW;
        }
        if meta.fasthidden.contains_key(name) {
            kind |= local_kind::HIDDEN;
        }
        if meta.cellvars.get(name).is_some() {
            kind |= local_kind::CELL;
        }
        names.push(Wtf8Buf::from(name.as_str()));
        kinds.push(kind);
    }
    for name in meta.cellvars.names() {
        if meta.varnames.get(name).is_none() {
            names.push(Wtf8Buf::from(name.as_str()));
            kinds.push(local_kind::CELL);
        }
    }
    for name in meta.freevars.names() {
        names.push(Wtf8Buf::from(name.as_str()));
        kinds.push(local_kind::FREE);
    }
    (names, kinds)
}
