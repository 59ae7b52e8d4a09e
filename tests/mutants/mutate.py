"""Mutants of a module: each is its syntax tree with one small mistake of the kind that people make."""

from __future__ import annotations

import ast
import copy
import types
from collections import Counter
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
_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """One mistake: what tells it from the module's others wherever the lines move, and the lines of its statement."""

    name: str
    lines: frozenset[int]
    tree: ast.Module
    place: ast.AST
    mistake: ast.AST

    def code(self, path: str) -> types.CodeType:
        """The module with the mistake, planted in the tree that all mutants share: one process can plant one."""
        changed = _Replacement(self.place, self.mistake).visit(self.tree)
        assert isinstance(changed, ast.Module)
        return compile(ast.fix_missing_locations(changed), path, "exec")


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines; annotations, decorators and docstrings are left alone."""
    tree = ast.parse(source)
    left_alone = {id(node) for part in _left_alone(tree) for node in ast.walk(part)}
    found = [each for each in _places(tree, tree, frozenset()) if id(each[0]) not in left_alone]
    seen: Counter[str] = Counter()
    for node, around, lines in sorted(found, key=lambda each: (each[0].lineno, each[0].col_offset)):
        mistakes = [*_mistakes(node)]
        if isinstance(around, ast.keyword) and around.arg and not isinstance(node, ast.Constant):
            mistakes.append(ast.Constant(None))
        for mistake in mistakes:
            name = _name(node, around, mistake)
            seen[name] += 1
            yield Mutant(f"{name} ({seen[name]})" if seen[name] > 1 else name, lines, tree, node, mistake)


def _name(node: ast.AST, around: ast.AST, mistake: ast.AST) -> str:
    if not isinstance(mistake, ast.Constant):
        return f"{ast.unparse(node)} → {ast.unparse(mistake)}"
    # The node itself stays shared with the copy, so that it is found there.
    changed = _Replacement(node, mistake).visit(copy.deepcopy(around, {id(node): node}))
    return f"{ast.unparse(around)} → {ast.unparse(changed)}"


def _places(
    node: ast.AST, around: ast.AST, lines: frozenset[int]
) -> Iterator[tuple[ast.expr | ast.stmt, ast.AST, frozenset[int]]]:
    """Each expression and statement, what it is part of, and the lines that its innermost statement has for itself."""
    if isinstance(node, ast.stmt):
        inner = [each for each in ast.walk(node) if isinstance(each, ast.stmt) and each is not node]
        lines = _lines(node).difference(*map(_lines, inner))
    if isinstance(node, ast.expr | ast.stmt):
        yield node, around, lines
    for child in ast.iter_child_nodes(node):
        yield from _places(child, node, lines)


def _lines(node: ast.stmt) -> frozenset[int]:
    return frozenset(range(node.lineno, (node.end_lineno or node.lineno) + 1))


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
            case ast.Call(func=ast.Name(id="TypeVar" | "cast")) | ast.Subscript(value=ast.Name(id="Literal")):
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
        yield _with(node, func=ast.Name(_FUNCTIONS[name], ast.Load()))
    if name == "sorted":
        # Not unsorted: what a set gives may be in order by chance.
        others = [keyword for keyword in node.keywords if keyword.arg != "reverse"]
        if others == node.keywords:
            others = [*others, ast.keyword("reverse", ast.Constant(value=True))]
        yield _with(node, keywords=others)


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
