//! Calls: plain, of methods, through `super()`, with unpacking, and of `all`, `any` and `tuple`.

use krait_ast::{CmpOp, Expr, ExprContext, ExprKind, Identifier, Keyword};
use krait_bytecode::oparg::{common_constant, intrinsic1};
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use super::expr::TUPLE;
use super::stmt::attribute_location;
use crate::error::{CompileError, Result, location};
use crate::instr::Label;
use crate::symtable::{KeyKind, NodeKey, Scope, def};

/// From how many items on collections are built piece by piece.
pub(super) const STACK_USE_GUIDELINE: u32 = 30;

fn is_starred(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Starred { .. })
}

impl<'a> Compiler<'a> {
    pub(super) fn call(
        &mut self,
        expr: &'a Expr,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
    ) -> Result<()> {
        check_keywords(keywords)?;
        if self.method_call(expr, func, args, keywords)? {
            return Ok(());
        }
        let skip = self.new_label();
        self.check_caller(func);
        self.visit_expr(func)?;
        self.builtin_over_generator(func, args, keywords, skip)?;
        self.op0(AnyOpcode::PUSH_NULL, location(func.range));
        self.call_helper(0, args, keywords, None, location(expr.range))?;
        self.use_label(skip);
        Ok(())
    }

    /// A call of an attribute, with the method and its object on the stack rather than a bound
    /// method. Returns whether the call was made so.
    fn method_call(
        &mut self,
        expr: &'a Expr,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
    ) -> Result<bool> {
        let ExprKind::Attribute {
            value,
            attr,
            ctx: ExprContext::Load,
        } = &func.kind
        else {
            return Ok(false);
        };
        let total = args.len() + keywords.len() + usize::from(!keywords.is_empty());
        if self.is_import_originated(value)
            || total >= STACK_USE_GUIDELINE as usize
            || args.iter().any(is_starred)
            || keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return Ok(false);
        }
        let loc = location(func.range);
        let attr_loc = attribute_location(loc, func);
        if let Some(super_args) = self.optimizable_super(value) {
            self.load_super_args(value, super_args)?;
            let index = self.name_index(attr);
            let two_args = if super_args.is_empty() { 0 } else { 2 };
            self.op(AnyOpcode::LOAD_SUPER_ATTR, index << 2 | two_args | 1, loc);
            self.op0(AnyOpcode::NOP, attr_loc);
        } else {
            self.visit_expr(value)?;
            self.load_method(attr, attr_loc);
        }
        self.visit_exprs(args)?;
        let call_loc = attribute_location(location(expr.range), func);
        let count = (args.len() + keywords.len()) as u32;
        if keywords.is_empty() {
            self.op(AnyOpcode::CALL, count, call_loc);
        } else {
            self.keyword_values(keywords, attr_loc)?;
            self.op(AnyOpcode::CALL_KW, count, call_loc);
        }
        Ok(true)
    }

    /// Whether a name is imported by the module, so that its attributes are hardly methods.
    fn is_import_originated(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name { id, .. } => self.symtable.top().flags(id) & def::IMPORT != 0,
            _ => false,
        }
    }

    /// The arguments of a call that is plain `super()` or `super(type, object)`.
    pub(super) fn optimizable_super(&self, expr: &'a Expr) -> Option<&'a [Expr]> {
        let ExprKind::Call {
            func,
            args,
            keywords,
        } = &expr.kind
        else {
            return None;
        };
        let ExprKind::Name { id, .. } = &func.kind else {
            return None;
        };
        let shadowed = self.ste().scope(id) != Some(Scope::GlobalImplicit)
            || self.symtable.top().scope(id).is_some();
        if id != "super" || !keywords.is_empty() || shadowed || args.iter().any(is_starred) {
            return None;
        }
        match args.len() {
            2 => Some(args),
            0 => {
                let counts = self.unit().meta.args;
                let has_self = counts.args + counts.posonly > 0;
                let has_class = self.ref_type("__class__") == Some(Scope::Free);
                (has_self && has_class).then_some(args)
            }
            _ => None,
        }
    }

    /// Leaves `super`, the class and the object on the stack.
    pub(super) fn load_super_args(&mut self, call: &'a Expr, args: &'a [Expr]) -> Result<()> {
        let loc = location(call.range);
        let ExprKind::Call { func, .. } = &call.kind else {
            return Ok(());
        };
        self.load_name(&"super".into(), location(func.range))?;
        if !args.is_empty() {
            return self.visit_exprs(args);
        }
        let class = self.deref_index(&"__class__".into(), false);
        self.op(AnyOpcode::LOAD_DEREF, class, loc);
        let first = self.unit().meta.varnames.names().first().cloned();
        match first {
            Some(first) => self.load_name(&first, loc),
            None => Ok(()),
        }
    }

    fn keyword_values(&mut self, keywords: &'a [Keyword], loc: Location) -> Result<()> {
        keywords
            .iter()
            .try_for_each(|keyword| self.visit_expr(&keyword.value))?;
        let names = keywords
            .iter()
            .filter_map(|keyword| keyword.arg.as_ref())
            .map(|name| Const::from(name.as_str()))
            .collect();
        self.load_const(Const::Tuple(names), loc)
    }

    /// The arguments and the call, with `pushed` arguments already on the stack and perhaps a
    /// name's value after the positional ones.
    pub(super) fn call_helper(
        &mut self,
        pushed: u32,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        injected: Option<&Identifier>,
        loc: Location,
    ) -> Result<()> {
        check_keywords(keywords)?;
        let many = args.len() + keywords.len() * 2 > STACK_USE_GUIDELINE as usize;
        if many
            || args.iter().any(is_starred)
            || keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return self.call_ex(pushed, args, keywords, injected, loc);
        }
        self.visit_exprs(args)?;
        let mut count = pushed + args.len() as u32;
        if let Some(name) = injected {
            self.load_name(name, loc)?;
            count += 1;
        }
        if keywords.is_empty() {
            self.op(AnyOpcode::CALL, count, loc);
        } else {
            self.keyword_values(keywords, loc)?;
            self.op(AnyOpcode::CALL_KW, count + keywords.len() as u32, loc);
        }
        Ok(())
    }

    fn call_ex(
        &mut self,
        pushed: u32,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        injected: Option<&Identifier>,
        loc: Location,
    ) -> Result<()> {
        match args {
            [
                Expr {
                    kind: ExprKind::Starred { value, .. },
                    ..
                },
            ] if pushed == 0 => {
                self.visit_expr(value)?;
            }
            _ => self.star_unpack(args, injected, pushed, TUPLE, loc)?,
        }
        let mut have_dict = false;
        let mut seen = 0;
        for (index, keyword) in keywords.iter().enumerate() {
            if keyword.arg.is_some() {
                seen += 1;
                continue;
            }
            if seen > 0 {
                self.sub_keywords(&keywords[index - seen..index], loc)?;
                if have_dict {
                    self.op(AnyOpcode::DICT_MERGE, 1, loc);
                }
                have_dict = true;
                seen = 0;
            }
            if !have_dict {
                self.op(AnyOpcode::BUILD_MAP, 0, loc);
                have_dict = true;
            }
            self.visit_expr(&keyword.value)?;
            self.op(AnyOpcode::DICT_MERGE, 1, loc);
        }
        if seen > 0 {
            self.sub_keywords(&keywords[keywords.len() - seen..], loc)?;
            if have_dict {
                self.op(AnyOpcode::DICT_MERGE, 1, loc);
            }
        }
        if keywords.is_empty() {
            self.op0(AnyOpcode::PUSH_NULL, loc);
        }
        self.op0(AnyOpcode::CALL_FUNCTION_EX, loc);
        Ok(())
    }

    fn sub_keywords(&mut self, keywords: &'a [Keyword], loc: Location) -> Result<()> {
        let big = keywords.len() * 2 > STACK_USE_GUIDELINE as usize;
        if big {
            self.op(AnyOpcode::BUILD_MAP, 0, Location::NONE);
        }
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                self.load_name_const(name, loc)?;
            }
            self.visit_expr(&keyword.value)?;
            if big {
                self.op(AnyOpcode::MAP_ADD, 1, Location::NONE);
            }
        }
        if !big {
            self.op(AnyOpcode::BUILD_MAP, keywords.len() as u32, loc);
        }
        Ok(())
    }

    /// `all`, `any` or `tuple` of a generator expression becomes a loop, if the name still means
    /// the builtin at run time.
    fn builtin_over_generator(
        &mut self,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        end: Label,
    ) -> Result<()> {
        let ExprKind::Name { id, .. } = &func.kind else {
            return Ok(());
        };
        let [
            generator @ Expr {
                kind: ExprKind::GeneratorExp { .. },
                ..
            },
        ] = args
        else {
            return Ok(());
        };
        let entry = self.entry_id(NodeKey::new(generator, KeyKind::Comprehension))?;
        if !keywords.is_empty() || self.symtable.entry(entry).coroutine {
            return Ok(());
        }
        // The builtin, and for the two that stop early: what keeps the loop going and the value then.
        let (builtin, quantifier) = match id.as_str() {
            "all" => (
                common_constant::BUILTIN_ALL,
                Some((AnyOpcode::POP_JUMP_IF_TRUE, Const::True, Const::False)),
            ),
            "any" => (
                common_constant::BUILTIN_ANY,
                Some((AnyOpcode::POP_JUMP_IF_FALSE, Const::False, Const::True)),
            ),
            "tuple" => (common_constant::BUILTIN_TUPLE, None),
            _ => return Ok(()),
        };
        let loc = location(func.range);
        let skip = self.new_label();
        self.op(AnyOpcode::COPY, 1, loc);
        self.op(AnyOpcode::LOAD_COMMON_CONSTANT, builtin, loc);
        self.compare(CmpOp::Is, loc);
        self.jump(AnyOpcode::POP_JUMP_IF_FALSE, skip, loc);
        self.op0(AnyOpcode::POP_TOP, loc);
        if quantifier.is_none() {
            self.op(AnyOpcode::BUILD_LIST, 0, loc);
        }
        self.visit_expr(generator)?;
        let (start, cleanup) = (self.new_label(), self.new_label());
        self.use_label(start);
        self.jump(AnyOpcode::FOR_ITER, cleanup, loc);
        // After the unconditional jump back this is dead code, but its emptied block stays in the
        // graph, and CPython's search for loads that may borrow does not get past it.
        let at_end = match quantifier {
            None => {
                self.op(AnyOpcode::LIST_APPEND, 2, loc);
                self.jump(AnyOpcode::JUMP, start, loc);
                self.op0(AnyOpcode::POP_ITER, Location::NONE);
                None
            }
            Some((go_on, at_end, early)) => {
                self.op0(AnyOpcode::TO_BOOL, loc);
                self.jump(go_on, start, loc);
                self.op0(AnyOpcode::POP_ITER, Location::NONE);
                self.load_const(early, loc)?;
                Some(at_end)
            }
        };
        self.jump(AnyOpcode::JUMP, end, loc);
        self.use_label(cleanup);
        self.op0(AnyOpcode::END_FOR, Location::NONE);
        self.op0(AnyOpcode::POP_ITER, Location::NONE);
        match at_end {
            None => self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::LIST_TO_TUPLE, loc),
            Some(value) => self.load_const(value, loc)?,
        }
        self.jump(AnyOpcode::JUMP, end, loc);
        self.use_label(skip);
        Ok(())
    }
}

fn check_keywords(keywords: &[Keyword]) -> Result<()> {
    for (index, keyword) in keywords.iter().enumerate() {
        let Some(name) = &keyword.arg else { continue };
        let again = keywords[index + 1..]
            .iter()
            .find(|other| other.arg.as_ref() == Some(name));
        if let Some(other) = again {
            let message = format!("keyword argument repeated: {name}");
            return Err(CompileError::syntax(location(other.range), message));
        }
    }
    Ok(())
}
