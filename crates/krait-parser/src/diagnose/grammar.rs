//! The grammar with its error productions, as a text that the matcher reads when it first needs it.
//!
//! One rule per paragraph, one alternative per line, tried in order as in any parsing expression
//! grammar: `'x'` is a token, `"x"` a soft keyword, capitals a kind of token; `?`, `*`, `+` repeat
//! what they follow, `s % x` is one or more `x` with `s` between; `&` and `!` look ahead; `~` commits
//! to the alternative; `&&'x'` complains if `x` is missing. `a=` names a part.
//!
//! `-> Kind` says which expression an alternative makes, `-> Kind?` that it makes one only if there
//! is more than its first part. `=> action: message` marks an error production: it is tried only
//! once the source is known to be wrong, and raises if it matches (see `actions.rs`); `always` marks
//! those that CPython tries at once.
//! The order of alternatives is CPython's, since the first production that matches is the error.

pub(super) const GRAMMAR: &str = r##"
file:
| statement* ENDMARKER

interactive:
| compound_stmt NEWLINE
| simple_stmts
| NEWLINE

eval:
| expressions NEWLINE* ENDMARKER

func_type:
| '(' type_expressions? ')' '->' expression NEWLINE* ENDMARKER

statement:
| compound_stmt
| simple_stmts

simple_stmts:
| simple_stmt !';' NEWLINE
| ';' % simple_stmt ';'? NEWLINE

simple_stmt:
| assignment
| &"type" type_alias
| star_expressions
| 'return' star_expressions?
| &('import' | 'from') import_stmt
| &'raise' raise_stmt
| 'pass'
| &'del' del_stmt
| &'yield' yield_expr
| 'assert' expression (',' expression)?
| 'break'
| 'continue'
| 'global' ',' % NAME
| 'nonlocal' ',' % NAME

compound_stmt:
| &('def' | '@' | 'async') function_def
| &'if' if_stmt
| &('class' | '@') class_def
| &('with' | 'async') with_stmt
| &('for' | 'async') for_stmt
| &'try' try_stmt
| &'while' while_stmt
| match_stmt

assignment:
| NAME ':' expression ('=' annotated_rhs)?
| ('(' single_target ')' | single_subscript_attribute_target) ':' expression ('=' annotated_rhs)?
| (star_targets '=')+ annotated_rhs !'=' TYPE_COMMENT?
| single_target augassign ~ annotated_rhs
| a=invalid_ann_assign_target ':' expression => loc a: only single target (not %s) can be annotated
| a=star_named_expression ',' star_named_expressions* ':' expression => loc a: only single target (not tuple) can be annotated
| a=expression ':' expression => loc a: illegal target for annotation
| (star_targets '=')* a=star_expressions '=' => assign_target a:
| (star_targets '=')* a=yield_expr '=' => loc a: assignment to yield expression not possible
| a=star_expressions augassign annotated_rhs => loc a: '%s' is an illegal expression for augmented assignment

invalid_ann_assign_target:
| list
| tuple
| '(' a=invalid_ann_assign_target ')' -> a

annotated_rhs:
| yield_expr
| star_expressions

augassign:
| '+='
| '-='
| '*='
| '@='
| '/='
| '%='
| '&='
| '|='
| '^='
| '<<='
| '>>='
| '**='
| '//='

raise_stmt:
| 'raise' expression 'from' expression
| 'raise' expression
| 'raise'

del_stmt:
| 'del' del_targets &(';' | NEWLINE)
| 'del' a=star_expressions => delete_target a:

import_stmt:
| a='import' ',' % dotted_name 'from' dotted_name => from a: Did you mean to use 'from ... import ...' instead?
| 'import' a=NEWLINE => from a: Expected one or more names after 'import'
| 'import' ',' % dotted_as_name
| 'from' ('.' | '...')* dotted_name 'import' import_from_targets
| 'from' ('.' | '...')+ 'import' import_from_targets

import_from_targets:
| '(' import_from_as_names ','? ')'
| import_from_as_names !','
| '*'
| import_from_as_names ',' NEWLINE => here: trailing comma not allowed without surrounding parentheses
| a=NEWLINE => from a: Expected one or more names after 'import'

import_from_as_names:
| ',' % import_from_as_name

import_from_as_name:
| NAME 'as' !(NAME (',' | ')' | ';' | NEWLINE)) a=expression => loc a: cannot use %s as import target
| NAME ('as' NAME)?

dotted_as_name:
| dotted_name 'as' !(NAME (',' | ')' | ';' | NEWLINE)) a=expression => loc a: cannot use %s as import target
| dotted_name ('as' NAME)?

dotted_name:
| '.' % NAME

block:
| NEWLINE INDENT statement+ DEDENT
| simple_stmts
| NEWLINE !INDENT => indent: expected an indented block

decorators:
| ('@' named_expression NEWLINE)+

class_def:
| decorators class_def_raw
| class_def_raw

class_def_raw:
| 'class' NAME type_params? ('(' arguments? ')')? NEWLINE => here: expected ':'
| a='class' NAME type_params? ('(' arguments? ')')? ':' NEWLINE !INDENT => indent a: expected an indented block after class definition on line %d
| 'class' NAME type_params? ('(' arguments? ')')? ':' block

function_def:
| decorators function_def_raw
| function_def_raw

function_def_raw:
| 'async'? a='def' NAME type_params? '(' params? ')' ('->' expression)? ':' NEWLINE !INDENT => indent a: expected an indented block after function definition on line %d
| 'async'? 'def' NAME type_params? &&'(' params? ')' ('->' expression)? &&':' func_type_comment? block => none:
| 'async'? 'def' NAME type_params? '(' params? ')' ('->' expression)? ':' func_type_comment? block

params:
| a='/' ',' => loc a: at least one argument must precede /
| (slash_no_default | slash_with_default) param_maybe_default* a='/' => loc a: / may appear only once
| slash_no_default? param_no_default* (slash_with_default | param_with_default+) a=param_no_default => loc a: parameter without a default follows parameter with a default
| param_no_default* a='(' param_no_default+ ','? b=')' => range a b: Function parameters cannot be parenthesized
| (slash_no_default | slash_with_default)? param_maybe_default* '*' (',' | param_no_default) param_maybe_default* a='/' => loc a: / must be ahead of *
| param_maybe_default+ '/' a='*' => loc a: expected comma between / and *
| parameters

parameters:
| slash_no_default param_no_default* param_with_default* star_etc?
| slash_with_default param_with_default* star_etc?
| param_no_default+ param_with_default* star_etc?
| param_with_default+ star_etc?
| star_etc

slash_no_default:
| param_no_default+ '/' ','
| param_no_default+ '/' &')'

slash_with_default:
| param_no_default* param_with_default+ '/' ','
| param_no_default* param_with_default+ '/' &')'

star_etc:
| a='*' (')' | ',' (')' | '**')) => loc a: named arguments must follow bare *
| '*' ',' TYPE_COMMENT => here: bare * has associated type comment
| '*' param a='=' => loc a: var-positional argument cannot have default value
| '*' (param_no_default | ',') param_maybe_default* a='*' (param_no_default | ',') => loc a: * argument may appear only once
| '*' param_no_default param_maybe_default* kwds?
| '*' param_no_default_star_annotation param_maybe_default* kwds?
| '*' ',' param_maybe_default+ kwds?
| kwds

kwds:
| '**' param a='=' => loc a: var-keyword argument cannot have default value
| '**' param ',' a=param => loc a: arguments cannot follow var-keyword argument
| '**' param ',' a=('*' | '**' | '/') => loc a: arguments cannot follow var-keyword argument
| '**' param_no_default

param_no_default:
| a=param ',' TYPE_COMMENT? -> a
| a=param TYPE_COMMENT? &')' -> a

param_no_default_star_annotation:
| NAME ':' star_expression ',' TYPE_COMMENT?
| NAME ':' star_expression TYPE_COMMENT? &')'

param_with_default:
| param default ',' TYPE_COMMENT?
| param default TYPE_COMMENT? &')'

param_maybe_default:
| param default? ',' TYPE_COMMENT?
| param default? TYPE_COMMENT? &')'

param:
| NAME (':' expression)?

default:
| '=' expression
| a='=' &(')' | ',') => loc a: expected default value expression

if_stmt:
| 'if' named_expression NEWLINE => here: expected ':'
| a='if' named_expression ':' NEWLINE !INDENT => indent a: expected an indented block after 'if' statement on line %d
| 'if' named_expression ':' block elif_stmt
| 'if' named_expression ':' block else_block?

elif_stmt:
| 'elif' named_expression NEWLINE => here: expected ':'
| a='elif' named_expression ':' NEWLINE !INDENT => indent a: expected an indented block after 'elif' statement on line %d
| 'elif' named_expression ':' block elif_stmt
| 'elif' named_expression ':' block else_block?

else_block:
| a='else' ':' NEWLINE !INDENT => indent a: expected an indented block after 'else' statement on line %d
| 'else' ':' block 'elif' => here: 'elif' block follows an 'else' block
| 'else' &&':' block

while_stmt:
| 'while' named_expression NEWLINE => here: expected ':'
| a='while' named_expression ':' NEWLINE !INDENT => indent a: expected an indented block after 'while' statement on line %d
| 'while' named_expression ':' block else_block?

for_stmt:
| 'async'? 'for' star_targets 'in' star_expressions NEWLINE => here: expected ':'
| 'async'? a='for' star_targets 'in' star_expressions ':' NEWLINE !INDENT => indent a: expected an indented block after 'for' statement on line %d
| 'for' star_targets 'in' ~ star_expressions ':' TYPE_COMMENT? block else_block?
| 'async' 'for' star_targets 'in' ~ star_expressions ':' TYPE_COMMENT? block else_block?
| 'async'? 'for' a=star_expressions => for_target a:

with_stmt:
| 'async'? a='with' ',' % (expression ('as' star_target)?) ':' NEWLINE !INDENT => indent a: expected an indented block after 'with' statement on line %d
| 'async'? a='with' '(' ',' % (expressions ('as' star_target)?) ','? ')' ':' NEWLINE !INDENT => indent a: expected an indented block after 'with' statement on line %d
| 'with' '(' ',' % with_item ','? ')' ':' TYPE_COMMENT? block
| 'with' ',' % with_item ':' TYPE_COMMENT? block
| 'async' 'with' '(' ',' % with_item ','? ')' ':' block
| 'async' 'with' ',' % with_item ':' TYPE_COMMENT? block
| 'async'? 'with' ',' % (expression ('as' star_target)?) NEWLINE => here: expected ':'
| 'async'? 'with' '(' ',' % (expressions ('as' star_target)?) ','? ')' NEWLINE => here: expected ':'

with_item:
| expression 'as' star_target &(',' | ')' | ':')
| expression 'as' a=expression &(',' | ')' | ':') => assign_target a:
| expression

try_stmt:
| a='try' ':' NEWLINE !INDENT => indent a: expected an indented block after 'try' statement on line %d
| 'try' ':' block !('except' | 'finally') => here: expected 'except' or 'finally' block
| 'try' ':' block* except_block+ a='except' b='*' expression ('as' NAME)? ':' => range a b: cannot have both 'except' and 'except*' on the same 'try'
| 'try' ':' block* except_star_block+ a='except' (expression ('as' NAME)?)? ':' => loc a: cannot have both 'except' and 'except*' on the same 'try'
| 'try' &&':' block finally_block
| 'try' &&':' block except_block+ else_block? finally_block?
| 'try' &&':' block except_star_block+ else_block? finally_block?

except_block:
| a='except' expression ('as' NAME)? ':' NEWLINE !INDENT => indent a: expected an indented block after 'except' statement on line %d
| a='except' ':' NEWLINE !INDENT => indent a: expected an indented block after 'except' statement on line %d
| 'except' expression ':' block
| 'except' expression 'as' NAME ':' block
| 'except' expressions ':' block
| 'except' ':' block
| 'except' a=expression ',' expressions 'as' NAME ':' => from a: multiple exception types must be parenthesized when using 'as'
| 'except' expression ('as' NAME)? NEWLINE => here: expected ':'
| 'except' NEWLINE => here: expected ':'
| 'except' expression 'as' a=expression ':' block => loc a: cannot use except statement with %s

except_star_block:
| a='except' '*' expression ('as' NAME)? ':' NEWLINE !INDENT => indent a: expected an indented block after 'except*' statement on line %d
| 'except' '*' expression ':' block
| 'except' '*' expression 'as' NAME ':' block
| 'except' '*' expressions ':' block
| 'except' '*' a=expression ',' expressions 'as' NAME ':' => from a: multiple exception types must be parenthesized when using 'as'
| 'except' '*' expression ('as' NAME)? NEWLINE => here: expected ':'
| 'except' '*' (NEWLINE | ':') => here: expected one or more exception types
| 'except' '*' expression 'as' a=expression ':' block => loc a: cannot use except* statement with %s

finally_block:
| a='finally' ':' NEWLINE !INDENT => indent a: expected an indented block after 'finally' statement on line %d
| 'finally' &&':' block

match_stmt:
| "match" subject_expr ':' NEWLINE INDENT case_block+ DEDENT
| "match" subject_expr NEWLINE => here: expected ':'
| a="match" subject_expr ':' NEWLINE !INDENT => indent a: expected an indented block after 'match' statement on line %d

subject_expr:
| star_named_expression ',' star_named_expressions?
| named_expression

case_block:
| "case" patterns guard? NEWLINE => here: expected ':'
| a="case" patterns guard? ':' NEWLINE !INDENT => indent a: expected an indented block after 'case' statement on line %d
| "case" patterns guard? ':' block

guard:
| 'if' named_expression

patterns:
| open_sequence_pattern
| pattern

pattern:
| or_pattern 'as' pattern_capture_target
| or_pattern 'as' a="_" => loc a: cannot use '_' as a target
| or_pattern 'as' a=expression => loc a: cannot use %s as pattern target
| or_pattern

or_pattern:
| '|' % closed_pattern

closed_pattern:
| literal_pattern
| pattern_capture_target
| "_"
| attr !('.' | '(' | '=')
| '(' pattern ')'
| '[' maybe_sequence_pattern? ']'
| '(' open_sequence_pattern? ')'
| mapping_pattern
| class_pattern

literal_pattern:
| signed_number !('+' | '-')
| complex_number
| strings
| 'None'
| 'True'
| 'False'

complex_number:
| signed_number ('+' | '-') NUMBER

signed_number:
| NUMBER
| '-' NUMBER

pattern_capture_target:
| !"_" NAME !('.' | '(' | '=')

attr:
| NAME ('.' NAME)+

name_or_attr:
| '.' % NAME

open_sequence_pattern:
| maybe_star_pattern ',' maybe_sequence_pattern?

maybe_sequence_pattern:
| ',' % maybe_star_pattern ','?

maybe_star_pattern:
| '*' pattern_capture_target
| '*' "_"
| pattern

mapping_pattern:
| '{' '}'
| '{' double_star_pattern ','? '}'
| '{' items_pattern ',' double_star_pattern ','? '}'
| '{' items_pattern ','? '}'

items_pattern:
| ',' % ((literal_pattern | attr) ':' pattern)

double_star_pattern:
| '**' pattern_capture_target

class_pattern:
| name_or_attr '(' ')'
| name_or_attr '(' positional_patterns ','? ')'
| name_or_attr '(' keyword_patterns ','? ')'
| name_or_attr '(' positional_patterns ',' keyword_patterns ','? ')'
| name_or_attr '(' (positional_patterns ',')? keyword_patterns ',' a=positional_patterns => loc a: positional patterns follow keyword patterns

positional_patterns:
| ',' % pattern

keyword_patterns:
| ',' % (NAME '=' pattern)

type_alias:
| "type" NAME type_params? '=' expression

type_params:
| '[' a=']' => from a: Type parameter list cannot be empty
| '[' ',' % type_param ','? ']'

type_param:
| NAME (':' expression)? ('=' expression)?
| '*' NAME a=':' b=expression => bound a b: TypeVarTuple
| '**' NAME a=':' b=expression => bound a b: ParamSpec
| '*' NAME ('=' star_expression)?
| '**' NAME ('=' expression)?

expressions:
| expression (',' expression)+ ','? -> Tuple
| expression ',' -> Tuple
| expression

expression:
| STRING a=(!STRING expression_without_invalid)+ STRING => range a a: invalid syntax. Is this intended to be part of the string?
| !(NAME STRING | SOFT_KEYWORD) a=disjunction b=expression_without_invalid => missing_comma a b: invalid syntax. Perhaps you forgot a comma?
| a=disjunction 'if' b=disjunction !('else' | ':') => range a b: expected 'else' after 'if' expression
| a=disjunction 'if' b=disjunction 'else' !expression => next: expected expression after 'else', but statement is given
| a=('pass' | 'break' | 'continue') 'if' b=disjunction 'else' simple_stmt => loc a: expected expression before 'if', but statement is given
| a='lambda' lambda_params? b=':' &FSTRING_MIDDLE => range a b: f-string: lambda expressions are not allowed without parentheses
| a='lambda' lambda_params? b=':' &TSTRING_MIDDLE => range a b: t-string: lambda expressions are not allowed without parentheses
| a=NAME !'(' b=star_expressions => legacy a b: Missing parentheses in call to '%n'. Did you mean %n(...)?
| disjunction 'if' disjunction 'else' expression -> IfExp
| disjunction
| lambdef

yield_expr:
| 'yield' 'from' expression -> Yield
| 'yield' star_expressions? -> Yield

star_expressions:
| star_expression (',' star_expression)+ ','? -> Tuple
| star_expression ',' -> Tuple
| star_expression

star_expression:
| '*' bitwise_or -> Starred
| expression

star_named_expressions:
| ',' % star_named_expression ','?

star_named_expression:
| '*' bitwise_or -> Starred
| named_expression

assignment_expression:
| NAME ':=' ~ expression -> NamedExpr

named_expression:
| assignment_expression
| a=expression ':=' expression => loc a: cannot use assignment expressions with %s
| a=NAME '=' b=bitwise_or !('=' | ':=') => range a b: invalid syntax. Maybe you meant '==' or ':=' instead of '='?
| !(list | tuple | genexp | 'True' | 'None' | 'False') a=bitwise_or '=' bitwise_or !('=' | ':=') => loc a: cannot assign to %s here. Maybe you meant '==' instead of '='?
| expression !':='

disjunction:
| conjunction ('or' conjunction)* -> BoolOp?

conjunction:
| inversion ('and' inversion)* -> BoolOp?

inversion:
| 'not' inversion -> UnaryOp
| comparison

comparison:
| bitwise_or compare_op_bitwise_or_pair* -> Compare?

compare_op_bitwise_or_pair:
| a='<' b='>' => diamond a b: invalid syntax.  Maybe you meant '!=' instead of '<>'?
| ('==' | NOTEQUAL | '<=' | '<' | '>=' | '>') bitwise_or
| 'not' 'in' bitwise_or
| 'in' bitwise_or
| 'is' 'not' bitwise_or
| 'is' bitwise_or

bitwise_or:
| bitwise_xor ('|' bitwise_xor)* -> BinOp?

bitwise_xor:
| bitwise_and ('^' bitwise_and)* -> BinOp?

bitwise_and:
| shift_expr ('&' shift_expr)* -> BinOp?

shift_expr:
| sum ('+' | '-' | '*' | '/' | '%' | '//' | '@') a='not' b=inversion => range a b: 'not' after an operator must be parenthesized
| sum (('<<' | '>>') sum)* -> BinOp?

sum:
| term (('+' | '-') term)* -> BinOp?

term:
| ('+' | '-' | '~') a='not' b=factor => range a b: 'not' after an operator must be parenthesized
| factor (('*' | '/' | '//' | '%' | '@') factor)* -> BinOp?

factor:
| '+' factor -> UnaryOp
| '-' factor -> UnaryOp
| '~' factor -> UnaryOp
| power

power:
| await_primary ('**' factor)? -> BinOp?

await_primary:
| 'await' primary -> Await
| primary

primary:
| atom trailer* -> last

trailer:
| '.' NAME -> Attribute
| genexp -> Call
| '(' arguments? ')' -> Call
| '[' slices ']' -> Subscript

slices:
| slice !','
| ',' % (slice | starred_expression) ','? -> Tuple

slice:
| expression? ':' expression? (':' expression?)?
| named_expression

atom:
| NAME -> Name
| 'True' -> True
| 'False' -> False
| 'None' -> None
| &(STRING | FSTRING_START | TSTRING_START) strings
| NUMBER -> Literal
| &'(' (tuple | group | genexp)
| &'[' (list | listcomp)
| &'{' (dict | set | dictcomp | setcomp)
| '...' -> Ellipsis

group:
| '(' a=(yield_expr | named_expression) ')' -> a
| '(' a=starred_expression ')' => loc a: cannot use starred expression here
| '(' a='**' expression ')' => loc a: cannot use double starred expression here

lambdef:
| 'lambda' lambda_params? ':' expression -> Lambda

lambda_params:
| a='/' ',' => loc a: at least one argument must precede /
| (lambda_slash_no_default | lambda_slash_with_default) lambda_param_maybe_default* a='/' => loc a: / may appear only once
| lambda_slash_no_default? lambda_param_no_default* (lambda_slash_with_default | lambda_param_with_default+) a=lambda_param_no_default => loc a: parameter without a default follows parameter with a default
| lambda_param_no_default* a='(' ',' % NAME ','? b=')' => range a b: Lambda expression parameters cannot be parenthesized
| (lambda_slash_no_default | lambda_slash_with_default)? lambda_param_maybe_default* '*' (',' | lambda_param_no_default) lambda_param_maybe_default* a='/' => loc a: / must be ahead of *
| lambda_param_maybe_default+ '/' a='*' => loc a: expected comma between / and *
| lambda_parameters

lambda_parameters:
| lambda_slash_no_default lambda_param_no_default* lambda_param_with_default* lambda_star_etc?
| lambda_slash_with_default lambda_param_with_default* lambda_star_etc?
| lambda_param_no_default+ lambda_param_with_default* lambda_star_etc?
| lambda_param_with_default+ lambda_star_etc?
| lambda_star_etc

lambda_slash_no_default:
| lambda_param_no_default+ '/' ','
| lambda_param_no_default+ '/' &':'

lambda_slash_with_default:
| lambda_param_no_default* lambda_param_with_default+ '/' ','
| lambda_param_no_default* lambda_param_with_default+ '/' &':'

lambda_star_etc:
| '*' (':' | ',' (':' | '**')) => here: named arguments must follow bare *
| '*' NAME a='=' => loc a: var-positional argument cannot have default value
| '*' (lambda_param_no_default | ',') lambda_param_maybe_default* a='*' (lambda_param_no_default | ',') => loc a: * argument may appear only once
| '*' lambda_param_no_default lambda_param_maybe_default* lambda_kwds?
| '*' ',' lambda_param_maybe_default+ lambda_kwds?
| lambda_kwds

lambda_kwds:
| '**' NAME a='=' => loc a: var-keyword argument cannot have default value
| '**' NAME ',' a=NAME => loc a: arguments cannot follow var-keyword argument
| '**' NAME ',' a=('*' | '**' | '/') => loc a: arguments cannot follow var-keyword argument
| '**' lambda_param_no_default

lambda_param_no_default:
| a=NAME ',' -> a
| a=NAME &':' -> a

lambda_param_with_default:
| NAME default ','
| NAME default &':'

lambda_param_maybe_default:
| NAME default? ','
| NAME default? &':'

fstring_middle:
| fstring_replacement_field
| FSTRING_MIDDLE

fstring_replacement_field:
| '{' annotated_rhs '='? fstring_conversion? fstring_full_format_spec? '}'
| '{' a='=' => loc a: f-string: valid expression required before '='
| '{' a='!' => loc a: f-string: valid expression required before '!'
| '{' a=':' => loc a: f-string: valid expression required before ':'
| '{' a='}' => loc a: f-string: valid expression required before '}'
| '{' !annotated_rhs => next: f-string: expecting a valid expression after '{'
| '{' annotated_rhs !('=' | '!' | ':' | '}') => next: f-string: expecting '=', or '!', or ':', or '}'
| '{' annotated_rhs '=' !('!' | ':' | '}') => next: f-string: expecting '!', or ':', or '}'
| '{' annotated_rhs '='? '!' &(':' | '}') => next: f-string: missing conversion character
| '{' annotated_rhs '='? '!' !NAME => next: f-string: invalid conversion character
| '{' annotated_rhs '='? ('!' NAME)? !(':' | '}') => next: f-string: expecting ':' or '}'
| '{' annotated_rhs '='? ('!' NAME)? ':' fstring_format_spec* !'}' => next: f-string: expecting '}', or format specs
| '{' annotated_rhs '='? ('!' NAME)? !'}' => next: f-string: expecting '}'

fstring_conversion:
| '!' NAME

fstring_full_format_spec:
| ':' fstring_format_spec*

fstring_format_spec:
| FSTRING_MIDDLE
| fstring_replacement_field

fstring:
| FSTRING_START fstring_middle* FSTRING_END -> FString

tstring_replacement_field:
| '{' annotated_rhs '='? fstring_conversion? tstring_full_format_spec? '}'
| '{' a='=' => loc a: t-string: valid expression required before '='
| '{' a='!' => loc a: t-string: valid expression required before '!'
| '{' a=':' => loc a: t-string: valid expression required before ':'
| '{' a='}' => loc a: t-string: valid expression required before '}'
| '{' !annotated_rhs => next: t-string: expecting a valid expression after '{'
| '{' annotated_rhs !('=' | '!' | ':' | '}') => next: t-string: expecting '=', or '!', or ':', or '}'
| '{' annotated_rhs '=' !('!' | ':' | '}') => next: t-string: expecting '!', or ':', or '}'
| '{' annotated_rhs '='? '!' &(':' | '}') => next: t-string: missing conversion character
| '{' annotated_rhs '='? '!' !NAME => next: t-string: invalid conversion character
| '{' annotated_rhs '='? ('!' NAME)? !(':' | '}') => next: t-string: expecting ':' or '}'
| '{' annotated_rhs '='? ('!' NAME)? ':' fstring_format_spec* !'}' => next: t-string: expecting '}', or format specs
| '{' annotated_rhs '='? ('!' NAME)? !'}' => next: t-string: expecting '}'

tstring_full_format_spec:
| ':' tstring_format_spec*

tstring_format_spec:
| TSTRING_MIDDLE
| tstring_replacement_field

tstring_middle:
| tstring_replacement_field
| TSTRING_MIDDLE

tstring:
| TSTRING_START tstring_middle* TSTRING_END -> TString

string:
| STRING -> Literal

strings:
| a=(fstring | string)+ b=tstring => last_range a b: cannot mix t-string literals with string or bytes literals
| a=tstring+ b=(fstring | string) => last_range a b: cannot mix t-string literals with string or bytes literals
| (fstring | string)+ -> Strings
| tstring+ -> TString

list:
| '[' star_named_expressions? ']' -> List

tuple:
| '(' (star_named_expression ',' star_named_expressions?)? ')' -> Tuple

set:
| '{' star_named_expressions '}' -> Set

dict:
| '{' double_starred_kvpairs? '}' -> Dict
| '{' ',' % double_starred_kvpair ',' a=expression !':' => always key_end a: ':' expected after dictionary key
| '{' ',' % double_starred_kvpair ',' expression ':' a='*' bitwise_or => always from a: cannot use a starred expression in a dictionary value
| '{' ',' % double_starred_kvpair ',' expression a=':' &('}' | ',') => always loc a: expression expected after dictionary key and ':'
| '{' expression ':' a='*' bitwise_or => always from a: cannot use a starred expression in a dictionary value
| '{' expression a=':' &('}' | ',') => always loc a: expression expected after dictionary key and ':'

double_starred_kvpairs:
| ',' % double_starred_kvpair ','?

double_starred_kvpair:
| '**' bitwise_or
| kvpair

kvpair:
| expression ':' expression

for_if_clauses:
| for_if_clause+

for_if_clause:
| 'async' 'for' star_targets 'in' ~ disjunction ('if' disjunction)*
| 'for' star_targets 'in' ~ disjunction ('if' disjunction)*
| 'async'? 'for' (bitwise_or (',' bitwise_or)* ','?) !'in' => here: 'in' expected after for-loop variables
| 'async'? 'for' a=star_expressions => for_target a:

listcomp:
| '[' named_expression for_if_clauses ']' -> ListComp
| invalid_comprehension

setcomp:
| '{' named_expression for_if_clauses '}' -> SetComp
| invalid_comprehension

genexp:
| '(' (assignment_expression | expression !':=') for_if_clauses ')' -> GeneratorExp
| invalid_comprehension

dictcomp:
| '{' kvpair for_if_clauses '}' -> DictComp
| '{' a='**' bitwise_or for_if_clauses '}' => loc a: dict unpacking cannot be used in dict comprehension

invalid_comprehension:
| ('[' | '(' | '{') a=starred_expression for_if_clauses => loc a: iterable unpacking cannot be used in comprehension
| ('[' | '{') a=star_named_expression ',' b=star_named_expressions for_if_clauses => range a b: did you forget parentheses around the comprehension target?
| ('[' | '{') a=star_named_expression b=',' for_if_clauses => range a b: did you forget parentheses around the comprehension target?

arguments:
| args ','? &')'
| ((',' % (starred_expression | (assignment_expression | expression !':=') !'=') ',' kwargs) | kwargs) a=',' ',' % (starred_expression !'=') => from a: iterable argument unpacking follows keyword argument unpacking
| a=expression b=for_if_clauses ',' (args | expression for_if_clauses)? => comprehension_range a b: Generator expression must be parenthesized
| a=NAME b='=' expression for_if_clauses => range a b: invalid syntax. Maybe you meant '==' or ':=' instead of '='?
| (args ',')? a=NAME b='=' &(',' | ')') => range a b: expected argument value expression
| a=args b=for_if_clauses => bare_generator a b: Generator expression must be parenthesized
| args ',' a=expression b=for_if_clauses => comprehension_range a b: Generator expression must be parenthesized
| a=args ',' args => misplaced_argument a: positional argument follows keyword argument

args:
| ',' % (starred_expression | (assignment_expression | expression !':=') !'=') (',' kwargs)?
| kwargs

kwargs:
| ',' % kwarg_or_starred ',' ',' % kwarg_or_double_starred
| ',' % kwarg_or_starred
| ',' % kwarg_or_double_starred

starred_expression:
| a='*' expression '=' b=expression => range a b: cannot assign to iterable argument unpacking
| '*' expression -> Starred
| '*' => here: Invalid star expression

kwarg_or_starred:
| a=('True' | 'False' | 'None') b='=' => range a b: cannot assign to %n
| a=NAME b='=' expression for_if_clauses => range a b: invalid syntax. Maybe you meant '==' or ':=' instead of '='?
| !(NAME '=') a=expression b='=' => range a b: expression cannot contain assignment, perhaps you meant "=="?
| a='**' expression '=' b=expression => range a b: cannot assign to keyword argument unpacking
| NAME '=' expression -> Keyword
| starred_expression

kwarg_or_double_starred:
| a=('True' | 'False' | 'None') b='=' => range a b: cannot assign to %n
| a=NAME b='=' expression for_if_clauses => range a b: invalid syntax. Maybe you meant '==' or ':=' instead of '='?
| !(NAME '=') a=expression b='=' => range a b: expression cannot contain assignment, perhaps you meant "=="?
| a='**' expression '=' b=expression => range a b: cannot assign to keyword argument unpacking
| NAME '=' expression -> Keyword
| '**' expression -> DoubleStarred

expression_without_invalid:
| disjunction 'if' disjunction 'else' expression -> IfExp
| disjunction
| lambdef

star_targets:
| star_target !','
| star_target (',' star_target)* ','? -> Tuple

star_target:
| '*' !'*' star_target -> Starred
| target_with_star_atom

target_with_star_atom:
| t_primary '.' NAME !t_lookahead -> Attribute
| t_primary '[' slices ']' !t_lookahead -> Subscript
| star_atom

star_atom:
| NAME -> Name
| '(' a=target_with_star_atom ')' -> a
| '(' (star_target (',' star_target)+ ','? | star_target ',')? ')' -> Tuple
| '[' (',' % star_target ','?)? ']' -> List

single_target:
| single_subscript_attribute_target
| NAME -> Name
| '(' a=single_target ')' -> a

single_subscript_attribute_target:
| t_primary '.' NAME !t_lookahead -> Attribute
| t_primary '[' slices ']' !t_lookahead -> Subscript

t_primary:
| atom &t_lookahead (t_trailer &t_lookahead)*

t_trailer:
| '.' NAME
| '[' slices ']'
| genexp
| '(' arguments? ')'

t_lookahead:
| '('
| '['
| '.'

del_targets:
| ',' % del_target ','?

del_target:
| t_primary '.' NAME !t_lookahead -> Attribute
| t_primary '[' slices ']' !t_lookahead -> Subscript
| NAME -> Name
| '(' a=del_target ')' -> a
| '(' del_targets? ')' -> Tuple
| '[' del_targets? ']' -> List

type_expressions:
| ',' % expression ',' '*' expression ',' '**' expression
| ',' % expression ',' '*' expression
| ',' % expression ',' '**' expression
| '*' expression ',' '**' expression
| '*' expression
| '**' expression
| ',' % expression

func_type_comment:
| NEWLINE TYPE_COMMENT &(NEWLINE INDENT)
| TYPE_COMMENT NEWLINE TYPE_COMMENT NEWLINE INDENT => here: Cannot have two type comments on def
| TYPE_COMMENT
"##;
