//! The nodes of `Python.asdl`: the one table from which classes and both conversions are made.
//!
//! A row is `Name(field: quantity type, …)`; `Name[Struct]` is a variant that boxes that struct. The
//! sections are in the grammar's order. A field's final underscore is Rust's alone.

use krait_ast::{
    Alias, Arg, Arguments, BoolOp, ClassDef, CmpOp, Comprehension, ExceptHandler, Expr,
    ExprContext, ExprKind, For, FunctionDef, Keyword, MatchCase, Mod, Operator, Pattern,
    PatternKind, Stmt, StmtKind, Try, TypeIgnore, TypeParam, TypeParamKind, UnaryOp, With,
    WithItem,
};
use krait_runtime::PyResult;
use krait_runtime::object::{Obj, PyObject};

use super::convert::{At, FieldValue, Tree};
use super::state::State;

/// How often a field occurs.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Once.
    one,
    /// Perhaps.
    opt,
    /// Any number of times.
    many,
    /// Any number of times, with holes.
    many_opt,
}

/// A field of a node.
pub(super) struct FieldDef {
    /// Its name in Rust.
    pub(super) name: &'static str,
    pub(super) quantity: Quantity,
    /// The name of its type in the grammar.
    pub(super) kind: &'static str,
}

/// A class with fields.
pub(super) struct NodeDef {
    pub(super) name: &'static str,
    pub(super) fields: &'static [FieldDef],
}

/// A type of the grammar.
pub(super) struct SectionDef {
    pub(super) name: &'static str,
    /// Whether its nodes have positions.
    pub(super) located: bool,
    /// Whether it is one class with fields (not a choice between several).
    pub(super) product: bool,
    pub(super) nodes: &'static [NodeDef],
}

/// The types of the grammar by number.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(super) enum Section {
    Mod,
    Stmt,
    Expr,
    ExprContext,
    BoolOp,
    Operator,
    UnaryOp,
    CmpOp,
    Comprehension,
    ExceptHandler,
    Arguments,
    Arg,
    Keyword,
    Alias,
    WithItem,
    MatchCase,
    Pattern,
    TypeIgnore,
    TypeParam,
}

/// All types of the grammar; [`Section`] is the index.
pub(super) static SECTIONS: [&SectionDef; 19] = [
    &Mod::DEF,
    &Stmt::DEF,
    &Expr::DEF,
    &ExprContext::DEF,
    &BoolOp::DEF,
    &Operator::DEF,
    &UnaryOp::DEF,
    &CmpOp::DEF,
    &Comprehension::DEF,
    &ExceptHandler::DEF,
    &Arguments::DEF,
    &Arg::DEF,
    &Keyword::DEF,
    &Alias::DEF,
    &WithItem::DEF,
    &MatchCase::DEF,
    &Pattern::DEF,
    &TypeIgnore::DEF,
    &TypeParam::DEF,
];

/// A Rust type that is a type of the grammar.
trait Described {
    const DEF: SectionDef;
}

macro_rules! section_def {
    ($type:ident = $name:literal, $located:literal, $product:literal,
        { $($variant:ident ($($field:ident : $quantity:ident $kind:ident),*);)* }) => {
        impl Described for $type {
            const DEF: SectionDef = SectionDef {
                name: $name,
                located: $located,
                product: $product,
                nodes: &[$(NodeDef {
                    name: stringify!($variant),
                    fields: &[$(FieldDef {
                        name: stringify!($field),
                        quantity: Quantity::$quantity,
                        kind: stringify!($kind),
                    }),*],
                }),*],
            };
        }
    };
}

/// The pattern of a variant with its fields, or with the struct that it boxes.
macro_rules! variant_pattern {
    ($kind:ident $variant:ident [] $inner:ident { $($field:ident),* }) => {
        $kind::$variant { $($field),* }
    };
    ($kind:ident $variant:ident [$boxed:ident] $inner:ident { $($field:ident),* }) => {
        $kind::$variant($inner)
    };
}

/// Takes the fields out of a boxed struct.
macro_rules! unbox {
    ([] $inner:ident { $($field:ident),* }) => {};
    ([$boxed:ident] $inner:ident { $($field:ident),* }) => {
        let $boxed { $($field),* } = &**$inner;
    };
}

/// A variant from its fields.
macro_rules! variant_value {
    ($kind:ident $variant:ident [] { $($field:ident),* }) => {
        $kind::$variant { $($field),* }
    };
    ($kind:ident $variant:ident [$boxed:ident] { $($field:ident),* }) => {
        $kind::$variant(Box::new($boxed { $($field),* }))
    };
}

/// A choice between variants; `$kind` is in a struct with the position, if that is given.
macro_rules! sum {
    ($type:ident = $name:literal, $kind:ident, located {
        $($variant:ident $([$boxed:ident])? ($($field:ident : $quantity:ident $ftype:ident),*);)*
    }) => {
        section_def!($type = $name, true, false, {
            $($variant($($field: $quantity $ftype),*);)*
        });
        const _: () = {
            #[allow(clippy::enum_variant_names, reason = "the variants are the grammar's")]
            enum Position { $($variant),* }
            impl Tree for $type {
                fn to_object(&self, state: &State) -> PyResult<Obj> {
                    match &self.kind {
                        $(variant_pattern!($kind $variant [$($boxed)?] inner {$($field),*}) => {
                            unbox!([$($boxed)?] inner {$($field),*});
                            let fields = vec![$(FieldValue::to_field($field, state)?),*];
                            state.make(Section::$type, Position::$variant as usize, fields, Some(self.range))
                        })*
                    }
                }

                fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>> {
                    let Some(node) = at.open(object, Section::$type)? else {
                        return Ok(None);
                    };
                    let range = node.range;
                    $(if node.position == Position::$variant as usize {
                        let mut _fields = node.fields();
                        $(let $field = _fields.take(Quantity::$quantity)?;)*
                        let kind = variant_value!($kind $variant [$($boxed)?] {$($field),*});
                        return Ok(Some($type { kind, range }));
                    })*
                    Err(node.unexpected())
                }
            }
        };
    };
    ($type:ident = $name:literal, bare {
        $($variant:ident ($($field:ident : $quantity:ident $ftype:ident),*);)*
    }) => {
        section_def!($type = $name, false, false, {
            $($variant($($field: $quantity $ftype),*);)*
        });
        const _: () = {
            #[allow(clippy::enum_variant_names, reason = "the variants are the grammar's")]
            enum Position { $($variant),* }
            impl Tree for $type {
                fn to_object(&self, state: &State) -> PyResult<Obj> {
                    match self {
                        $($type::$variant { $($field),* } => {
                            let fields = vec![$(FieldValue::to_field($field, state)?),*];
                            state.make(Section::$type, Position::$variant as usize, fields, None)
                        })*
                    }
                }

                fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>> {
                    let Some(node) = at.open(object, Section::$type)? else {
                        return Ok(None);
                    };
                    $(if node.position == Position::$variant as usize {
                        let mut _fields = node.fields();
                        $(let $field = _fields.take(Quantity::$quantity)?;)*
                        return Ok(Some($type::$variant { $($field),* }));
                    })*
                    Err(node.unexpected())
                }
            }
        };
    };
}

/// One class from a struct, with or without a position (`range`); a class of a choice has its own name.
macro_rules! structure {
    ($type:ident = $name:literal, $product:literal, located $class:ident
        ($($field:ident : $quantity:ident $ftype:ident),*)) => {
        section_def!($type = $name, true, $product, { $class($($field: $quantity $ftype),*); });
        impl Tree for $type {
            fn to_object(&self, state: &State) -> PyResult<Obj> {
                let fields = vec![$(FieldValue::to_field(&self.$field, state)?),*];
                state.make(Section::$type, 0, fields, Some(self.range))
            }

            fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>> {
                let Some(node) = at.open(object, Section::$type)? else {
                    return Ok(None);
                };
                let mut fields = node.fields();
                Ok(Some($type {
                    $($field: fields.take(Quantity::$quantity)?,)*
                    range: node.range,
                }))
            }
        }
    };
    ($type:ident = $name:literal, $product:literal, bare $class:ident
        ($($field:ident : $quantity:ident $ftype:ident),*)) => {
        section_def!($type = $name, false, $product, { $class($($field: $quantity $ftype),*); });
        impl Tree for $type {
            fn to_object(&self, state: &State) -> PyResult<Obj> {
                let fields = vec![$(FieldValue::to_field(&self.$field, state)?),*];
                state.make(Section::$type, 0, fields, None)
            }

            fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>> {
                let Some(node) = at.open(object, Section::$type)? else {
                    return Ok(None);
                };
                let mut fields = node.fields();
                Ok(Some($type {
                    $($field: fields.take(Quantity::$quantity)?,)*
                }))
            }
        }
    };
}

sum!(Mod = "mod", bare {
    Module(body: many stmt, type_ignores: many type_ignore);
    Interactive(body: many stmt);
    Expression(body: one expr);
    FunctionType(argtypes: many expr, returns: one expr);
});

sum!(Stmt = "stmt", StmtKind, located {
    FunctionDef[FunctionDef](name: one identifier, args: one arguments, body: many stmt,
        decorator_list: many expr, returns: opt expr, type_comment: opt string,
        type_params: many type_param);
    AsyncFunctionDef[FunctionDef](name: one identifier, args: one arguments, body: many stmt,
        decorator_list: many expr, returns: opt expr, type_comment: opt string,
        type_params: many type_param);
    ClassDef[ClassDef](name: one identifier, bases: many expr, keywords: many keyword,
        body: many stmt, decorator_list: many expr, type_params: many type_param);
    Return(value: opt expr);
    Delete(targets: many expr);
    Assign(targets: many expr, value: one expr, type_comment: opt string);
    TypeAlias(name: one expr, type_params: many type_param, value: one expr);
    AugAssign(target: one expr, op: one operator, value: one expr);
    AnnAssign(target: one expr, annotation: one expr, value: opt expr, simple: one int);
    For[For](target: one expr, iter: one expr, body: many stmt, orelse: many stmt,
        type_comment: opt string);
    AsyncFor[For](target: one expr, iter: one expr, body: many stmt, orelse: many stmt,
        type_comment: opt string);
    While(test: one expr, body: many stmt, orelse: many stmt);
    If(test: one expr, body: many stmt, orelse: many stmt);
    With[With](items: many withitem, body: many stmt, type_comment: opt string);
    AsyncWith[With](items: many withitem, body: many stmt, type_comment: opt string);
    Match(subject: one expr, cases: many match_case);
    Raise(exc: opt expr, cause: opt expr);
    Try[Try](body: many stmt, handlers: many excepthandler, orelse: many stmt,
        finalbody: many stmt);
    TryStar[Try](body: many stmt, handlers: many excepthandler, orelse: many stmt,
        finalbody: many stmt);
    Assert(test: one expr, msg: opt expr);
    Import(names: many alias);
    ImportFrom(module: opt identifier, names: many alias, level: opt int);
    Global(names: many identifier);
    Nonlocal(names: many identifier);
    Expr(value: one expr);
    Pass();
    Break();
    Continue();
});

sum!(Expr = "expr", ExprKind, located {
    BoolOp(op: one boolop, values: many expr);
    NamedExpr(target: one expr, value: one expr);
    BinOp(left: one expr, op: one operator, right: one expr);
    UnaryOp(op: one unaryop, operand: one expr);
    Lambda(args: one arguments, body: one expr);
    IfExp(test: one expr, body: one expr, orelse: one expr);
    Dict(keys: many_opt expr, values: many expr);
    Set(elts: many expr);
    ListComp(elt: one expr, generators: many comprehension);
    SetComp(elt: one expr, generators: many comprehension);
    DictComp(key: one expr, value: one expr, generators: many comprehension);
    GeneratorExp(elt: one expr, generators: many comprehension);
    Await(value: one expr);
    Yield(value: opt expr);
    YieldFrom(value: one expr);
    Compare(left: one expr, ops: many cmpop, comparators: many expr);
    Call(func: one expr, args: many expr, keywords: many keyword);
    FormattedValue(value: one expr, conversion: one int, format_spec: opt expr);
    Interpolation(value: one expr, str: one constant, conversion: one int, format_spec: opt expr);
    JoinedStr(values: many expr);
    TemplateStr(values: many expr);
    Constant(value: one constant, kind: opt string);
    Attribute(value: one expr, attr: one identifier, ctx: one expr_context);
    Subscript(value: one expr, slice: one expr, ctx: one expr_context);
    Starred(value: one expr, ctx: one expr_context);
    Name(id: one identifier, ctx: one expr_context);
    List(elts: many expr, ctx: one expr_context);
    Tuple(elts: many expr, ctx: one expr_context);
    Slice(lower: opt expr, upper: opt expr, step: opt expr);
});

sum!(ExprContext = "expr_context", bare { Load(); Store(); Del(); });

sum!(BoolOp = "boolop", bare { And(); Or(); });

sum!(Operator = "operator", bare {
    Add(); Sub(); Mult(); MatMult(); Div(); Mod(); Pow(); LShift(); RShift(); BitOr(); BitXor();
    BitAnd(); FloorDiv();
});

sum!(UnaryOp = "unaryop", bare { Invert(); Not(); UAdd(); USub(); });

sum!(CmpOp = "cmpop", bare {
    Eq(); NotEq(); Lt(); LtE(); Gt(); GtE(); Is(); IsNot(); In(); NotIn();
});

structure!(Comprehension = "comprehension", true, bare comprehension(
    target: one expr, iter: one expr, ifs: many expr, is_async: one int
));

structure!(ExceptHandler = "excepthandler", false, located ExceptHandler(
    type_: opt expr, name: opt identifier, body: many stmt
));

structure!(Arguments = "arguments", true, bare arguments(
    posonlyargs: many arg, args: many arg, vararg: opt arg, kwonlyargs: many arg,
    kw_defaults: many_opt expr, kwarg: opt arg, defaults: many expr
));

structure!(Arg = "arg", true, located arg(
    arg: one identifier, annotation: opt expr, type_comment: opt string
));

structure!(Keyword = "keyword", true, located keyword(arg: opt identifier, value: one expr));

structure!(Alias = "alias", true, located alias(name: one identifier, asname: opt identifier));

structure!(WithItem = "withitem", true, bare withitem(
    context_expr: one expr, optional_vars: opt expr
));

structure!(MatchCase = "match_case", true, bare match_case(
    pattern: one pattern, guard: opt expr, body: many stmt
));

sum!(Pattern = "pattern", PatternKind, located {
    MatchValue(value: one expr);
    MatchSingleton(value: one constant);
    MatchSequence(patterns: many pattern);
    MatchMapping(keys: many expr, patterns: many pattern, rest: opt identifier);
    MatchClass(cls: one expr, patterns: many pattern, kwd_attrs: many identifier,
        kwd_patterns: many pattern);
    MatchStar(name: opt identifier);
    MatchAs(pattern: opt pattern, name: opt identifier);
    MatchOr(patterns: many pattern);
});

structure!(TypeIgnore = "type_ignore", false, bare TypeIgnore(lineno: one int, tag: one string));

sum!(TypeParam = "type_param", TypeParamKind, located {
    TypeVar(name: one identifier, bound: opt expr, default_value: opt expr);
    ParamSpec(name: one identifier, default_value: opt expr);
    TypeVarTuple(name: one identifier, default_value: opt expr);
});
