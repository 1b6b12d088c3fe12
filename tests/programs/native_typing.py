"""Type parameters and aliases: attributes and messages."""
from typing import *
import _typing

def strip(text):
    while " at 0x" in text:
        start = text.index(" at 0x")
        end = start + 6
        while end < len(text) and text[end] in "0123456789abcdef":
            end += 1
        text = text[:start] + text[end:]
    return text


def t(s):
    try:
        print(s, "=>", strip(str(eval(s))))
    except BaseException as e:
        print(s, "=>", type(e).__name__, "|", strip(str(e)))


def f[T: int, U: (int,str)=str, *Ts=*tuple[int], **P=[int]](): pass
T,U,Ts,P=f.__type_params__
type A[X]=list[X]
type B=int
type C[*Q]=int
class G[V]: pass
TV=TypeVar('TV')
for s in '''T;U;Ts;P;A;T.__bound__;T.evaluate_bound;T.evaluate_bound(1);T.evaluate_bound(4);T.evaluate_bound(2);T.evaluate_bound(3);T.evaluate_bound('x');T.evaluate_bound();U.__constraints__;U.evaluate_constraints;U.evaluate_constraints(4);U.__default__;U.evaluate_default;U.evaluate_default(4);T.__default__;T.evaluate_default;U.evaluate_bound;T.evaluate_constraints;T.__constraints__;T.__covariant__,T.__contravariant__,T.__infer_variance__;TV.__covariant__,TV.__infer_variance__;T.has_default();U.has_default();T.__name__;T.__module__;TV.__module__;repr(TV);repr(TypeVar('x',covariant=True));repr(TypeVar('x',contravariant=True));repr(TypeVar('x',infer_variance=True));TypeVar('x',int);TypeVar('x',int,str).__constraints__;TypeVar('x',bound=int).__bound__;TypeVar('x',bound=int).evaluate_bound;TypeVar('x',bound=int).evaluate_bound(1);TypeVar('x',bound=int).evaluate_bound(4);TypeVar('x',int,str).evaluate_constraints(4);TypeVar('x',int,str,bound=int);TypeVar('x',covariant=True,contravariant=True);TypeVar('x',covariant=True,infer_variance=True);TypeVar();TypeVar(1);TypeVar('x',bound='A').__bound__;TypeVar('x','A','B').__constraints__;TypeVar('x',default=int).__default__;TypeVar('x',default=int).evaluate_default;TypeVar('x',default=None).__default__;TypeVar('x',bound=None).__bound__;TypeVar('x',bound=1);TypeVar('x',1,2);T.__reduce__();T|int;int|T;T|None;T|'a';T.__typing_subst__(int);T.__typing_subst__(1);T.__typing_subst__(Ts);T.__typing_subst__(Unpack[Ts]);T.__typing_prepare_subst__(list[T],(1,));T.__mro_entries__(1);Ts.__mro_entries__(1);P.__mro_entries__(1);Ts.__typing_subst__(int);P.__typing_subst__(int);P.__typing_subst__([int]);P.args.__mro_entries__(1);P.kwargs.__mro_entries__(1);list(Ts);Ts.__default__;Ts.evaluate_default(4);P.__default__;P.evaluate_default(4);repr(P);P.args;P.kwargs;P.args.__origin__;P.args==P.args;P.args==P.kwargs;P.args!=P.args;hash(P.args)==hash(P.args);ParamSpecArgs(P)==P.args;ParamSpecArgs(1);ParamSpecArgs();P.__bound__;P.__covariant__,P.__contravariant__,P.__infer_variance__;ParamSpec('x',bound=int).__bound__;ParamSpec('x',bound=int,covariant=True);ParamSpec('x',covariant=True,contravariant=True);ParamSpec('x',covariant=True,infer_variance=True);ParamSpec('x','y');ParamSpec();TypeVarTuple();TypeVarTuple('x',default=int).__default__;TypeVarTuple('x','y');TypeVarTuple('x').__reduce__();P.__reduce__();A.__reduce__();A.__value__;A.evaluate_value;A.evaluate_value(4);A.__type_params__;A.__parameters__;A.__name__;A.__module__;B.__value__;A[int];B[int];A[int].__args__;A[int].__origin__;C[int,str];C.__parameters__;C.__type_params__;A|int;int|A;TypeAliasType('Z',int);TypeAliasType('Z',int).__value__;TypeAliasType('Z',int).evaluate_value(4);TypeAliasType('Z',int).evaluate_value(1);TypeAliasType('Z',int,type_params=(T,)).__type_params__;TypeAliasType('Z',int,type_params=1);TypeAliasType('Z',int,type_params=[T]);TypeAliasType('Z',int,type_params=(TypeVar('q',default=int),T));TypeAliasType('Z',int,type_params=(1,));TypeAliasType('Z');TypeAliasType(1,2);TypeAliasType('Z',int).__module__;Generic;Generic[T];Generic[int];G[int];G.__parameters__;G.__orig_bases__;G.__mro__;Generic();Generic.__class_getitem__;Generic.__init_subclass__;_typing._idfunc(3);type(NoDefault);repr(NoDefault);T.x=1;isinstance(1,A);A();isinstance(1,T);type('X',(T,),{});NoDefault.x;A.__value__.x;T.evaluate_bound.x;type(T.evaluate_bound);type(TypeVar('x',bound=int).evaluate_bound);TypeVar('x',bound=int).evaluate_bound();TypeVar('x',bound=int).evaluate_bound(1,2);TypeVar('x',bound=int).evaluate_bound('a');type(TypeVar('x',bound=int).evaluate_bound)();TypeVar('x',bound=List[int]).evaluate_bound(4);TypeVar('x',bound=A).evaluate_bound(4);TypeVar('x',int,List[str]).evaluate_constraints(4);weakref.ref(T);T.__dict__;A.__dict__;setattr(T,'foo',1);T.__dict__;setattr(A,'foo',1);setattr(A,'__value__',1);P.evaluate_default;Ts.evaluate_default;P.has_default();Ts.has_default();ParamSpec('x').has_default();TypeAliasType('Z',int,type_params=(T,))[str];T.__or__(1);A.__getitem__(int);_typing.Union;_typing.Union[int,str];P.__typing_prepare_subst__;Ts.__typing_prepare_subst__'''.replace('\n',';').split(';'): t(s)


class Stack[V]:
    def __init__(self, *items):
        self.items = list(items)


print(Stack(1, 2).items, Stack[int](3).items, Stack.__parameters__)
print(TV | "later", Union[int, "later"])
