"""The parser of Athena's language: Trino's grammar for queries and DML, Hive's for DDL.

Strict by construction: what is not in the grammar is refused, with Trino's message and its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from local_athena.sql import nodes
from local_athena.sql.errors import DdlFault, SeveralStatements, SyntaxFault
from local_athena.sql.nodes import At
from local_athena.sql.parser.hive import parse_hive
from local_athena.sql.parser.lexer import Tokens
from local_athena.sql.parser.split import split_statements
from local_athena.sql.parser.whole import Parser

__all__ = ["parse_expression", "parse_statement", "parse_type", "split_statements"]

_Found = TypeVar("_Found")


def parse_statement(text: str) -> nodes.Statement:
    """Parse the one statement that the text holds; a semicolon may end it.

    Raises:
        SyntaxFault: the text is no statement, or more than one (`SeveralStatements`).
        SqlError: NOT_SUPPORTED, a statement of Trino that Athena does not take.
    """
    return _parse(text, Parser.whole)


def parse_expression(text: str) -> nodes.Expression:
    """Parse an expression.

    Raises:
        SyntaxFault: the text is none, or goes on after it.
    """
    return _parse(text, Parser.only_expression)


def parse_type(text: str) -> nodes.TypeName:
    """Parse a type as CAST writes it.

    Raises:
        SyntaxFault: the text is none, or goes on after it.
    """
    return _parse(text, Parser.only_type)


def _parse(text: str, rule: Callable[[Parser], _Found]) -> _Found:
    tokens = Tokens(text)
    try:
        return rule(Parser(tokens))
    except (DdlFault, SeveralStatements):
        raise
    except SyntaxFault as fault:
        if not fault.message.startswith("mismatched input"):
            raise
    except RecursionError:
        raise SyntaxFault("statement is too large (stack overflow while parsing)", At()) from None
    return rule(Parser(tokens, trace=True))


Parser.hive = staticmethod(parse_hive)
