"""Mutants of a module: each is its syntax tree with one small mistake of the kind that people make."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
Node = TypeVar("Node", bound=ast.AST)
_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}


@dataclass(frozen=True)
class Mutant:
    """One mistake: where it stands, what was written and what is written instead, and the module with it."""

    line: int
    written: str
    instead: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """What tells it from the module's other mutants, wherever the line moves."""
        return f"{self.written} → {self.instead}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines; annotations, decorators and docstrings are left alone."""
    tree = ast.parse(source)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    left_alone = {id(node) for part in _left_alone(tree) for node in ast.walk(part)}
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if id(node) in left_alone:
            continue
        for instead in _mistakes(node):
            # The node itself stays shared with the copy, so that it is found there.
            changed = copy.deepcopy(tree, {id(node): node})
            _Replacement(node, instead).visit(changed)
            yield Mutant(node.lineno, ast.unparse(node), ast.unparse(instead), ast.fix_missing_locations(changed))


def _left_alone(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                yield from (*node.decorator_list, *filter(None, [node.returns]))
            case ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.ClassDef():
                yield from (*node.decorator_list, *node.bases, *node.keywords)
            case ast.AnnAssign():
                yield node.annotation
            case ast.JoinedStr():
                yield node
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.Call(func=ast.Name(id="TypeVar" | "cast" | "Literal")):
                yield node


def _mistakes(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    if isinstance(node, ast.expr):
        yield from _of_comparisons(node)
        yield from _of_operators(node)
        yield from _of_calls(node)
    else:
        yield from _of_statements(node)
    if isinstance(node, ast.If | ast.IfExp) and isinstance(node.test, ast.Name | ast.Call | ast.Attribute):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))


def _of_comparisons(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            yield _with(node, ops=[*node.ops[:place], _COMPARISONS[type(op)](), *node.ops[place + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def _of_operators(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield _with(node, op=_OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)


def _of_calls(node: ast.expr) -> Iterator[ast.expr]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in _FUNCTIONS:
        keywords = [] if name == "sorted" else node.keywords
        yield _with(node, func=ast.Name(_FUNCTIONS[name], ast.Load()), keywords=keywords)
    for place, keyword in enumerate(node.keywords):
        if keyword.arg and not isinstance(keyword.value, ast.Constant):
            none = ast.keyword(keyword.arg, ast.Constant(None))
            yield _with(node, keywords=[*node.keywords[:place], none, *node.keywords[place + 1 :]])


def _of_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.YieldFrom()) | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _with(node: Node, **fields: object) -> Node:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class _Replacement(ast.NodeTransformer):
    def __init__(self, node: ast.AST, instead: ast.AST) -> None:
        self.node = node
        self.instead = instead

    def visit(self, node: ast.AST) -> ast.AST:
        return self.instead if node is self.node else super().visit(node)
