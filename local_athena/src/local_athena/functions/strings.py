"""Text: characters are Unicode code points, as Trino counts them.

Measured on DuckDB 1.5.5: upper('ß'), replace(s, '', …), split_part past the end, substring with a
negative length and concat with NULL differ natively; reverse and levenshtein work on graphemes and
bytes there.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from local_athena.functions.lists import joined_texts
from local_athena.functions.text import (
    constant_number,
    constant_text,
    fail,
    guard,
    let,
    native,
    text,
)
from local_athena.functions.udf import (
    BYTES_A_CALL,
    TOO_LARGE,
    call_python,
    check_text,
    within_memory,
)
from local_athena.sql.bound import (
    BoundExpression,
    Call,
    Cast,
    Constant,
    LambdaVariable,
    Reference,
)
from local_athena.sql.errors import SqlError
from local_athena.sql.representation import duckdb_type

_WHITESPACE = " \\t\\n\\r\\x0b\\x0c\\x1c-\\x1f"
Writer = Callable[[Call, Sequence[str]], str]


def _is_binary(call: Call) -> bool:
    return call.arguments[0].type.base == "varbinary"


def _python(name: str, function: Callable[..., Any], sees_null: bool = False) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        kinds = [duckdb_type(argument.type) for argument in call.arguments]
        return call_python(
            name, function, arguments, kinds, duckdb_type(call.type), sees_null=sees_null
        )

    return write


def _padded(call: Call, value: str) -> str:
    """Keep a char(n) result padded."""
    if call.type.base == "char":
        return f"rpad({value}, {call.type.arguments[0]}, ' ')"
    return value


def _length(call: Call, arguments: Sequence[str]) -> str:
    if _is_binary(call):
        return f"octet_length({arguments[0]})"
    return f"length({arguments[0]})"


def _concat(call: Call, arguments: Sequence[str]) -> str:
    if call.type.base == "array":
        from local_athena.functions.arrays import concat_arrays

        return concat_arrays(call, arguments)
    if len(arguments) < 2:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", "There must be two or more concatenation arguments"
        )
    return "(" + " || ".join(arguments) + ")"


def _substring(call: Call, arguments: Sequence[str]) -> str:
    binary = _is_binary(call)
    size = "octet_length" if binary else "length"

    def cut(v: str, start: str, count: str | None) -> str:
        if binary:
            from_, to = f"CAST({start} AS INTEGER)", count
            tail = f"{size}({v}) - {from_} + 1" if to is None else f"least({to}, {size}({v}))"
            hexed = f"substr(hex({v}), ({from_} - 1) * 2 + 1, CAST(({tail}) * 2 AS BIGINT))"
            return f"unhex({hexed})"
        if count is None:
            return f"substr({v}, {start})"
        return f"substr({v}, {start}, least({count}, 2147483647))"

    if not binary and _from_the_start(call):
        count = "" if len(arguments) == 2 else f", least({arguments[2]}, 2147483647)"
        return _padded(call, f"substr({arguments[0]}, {arguments[1]}{count})")
    empty = "unhex('')" if binary else "''"

    def body(v: str, start: str, count: str | None) -> str:
        from_ = f"(CASE WHEN {start} < 0 THEN {start} + {size}({v}) + 1 ELSE {start} END)"
        test = f"{start} = 0 OR {from_} < 1 OR {from_} > {size}({v})"
        nulls = f"WHEN {v} IS NULL OR {start} IS NULL THEN NULL "
        if count is not None:
            test += f" OR {count} <= 0"
            nulls = f"WHEN {v} IS NULL OR {start} IS NULL OR {count} IS NULL THEN NULL "
        return f"(CASE {nulls}WHEN {test} THEN {empty} ELSE {cut(v, from_, count)} END)"

    if len(arguments) == 2:
        value = let(list(arguments), lambda v, s: body(v, s, None))
    else:
        value = let(list(arguments), lambda v, s, n: body(v, s, n))
    return _padded(call, value)


def _from_the_start(call: Call) -> bool:
    """Whether a place and a number of characters are plain: there DuckDB cuts as Trino does."""
    numbers = [constant_number(argument) for argument in call.arguments[1:]]
    return all(number is not None and 1 <= number < 1 << 31 for number in numbers)


def _trim(function: str) -> Writer:
    """With one argument all whitespace, as Java's; with two, the given characters."""
    side = {"trim": "", "ltrim": "l", "rtrim": "r"}[function]

    def write(call: Call, arguments: Sequence[str]) -> str:
        value = arguments[0]
        if call.arguments[0].type.base == "char":  # (its padding is no part of the text)
            value = f"rtrim({value}, ' ')"
        if len(arguments) == 2:
            made = f"{function}({value}, {arguments[1]})"
        else:
            patterns = []
            if side != "r":
                patterns.append(
                    f"^[{_WHITESPACE}\\x{{2000}}-\\x{{2006}}\\x{{2008}}-\\x{{200a}}"
                    "\\x{2028}\\x{2029}\\x{205f}\\x{3000}\\x{1680}]+"
                )
            if side != "l":
                patterns.append(
                    f"[{_WHITESPACE}\\x{{2000}}-\\x{{2006}}\\x{{2008}}-\\x{{200a}}"
                    "\\x{2028}\\x{2029}\\x{205f}\\x{3000}\\x{1680}]+$"
                )
            made = value
            if side != "r":
                made = f"regexp_replace({made}, '{patterns[0]}', '')"
            if side != "l":
                made = f"regexp_replace({made}, '{patterns[-1]}', '')"
        return _padded(call, made)

    return write


def _pad(function: str) -> Writer:
    def write(call: Call, arguments: Sequence[str]) -> str:
        if _is_binary(call):
            return _python(f"{function}_binary", _pad_binary(function))(call, arguments)
        value, size, fill = arguments

        def body(v: str, n: str, f: str) -> str:
            return (
                f"(CASE WHEN {n} < 0 OR {n} > 2147483647 THEN "
                + fail(
                    "INVALID_FUNCTION_ARGUMENT",
                    text("Target length must be in the range [0..2147483647]"),
                )
                + f" WHEN length({f}) = 0 THEN "
                + fail("INVALID_FUNCTION_ARGUMENT", text("Padding string must not be empty"))
                + f" WHEN {n} > {BYTES_A_CALL} THEN "
                + fail("EXCEEDED_LOCAL_MEMORY_LIMIT", text(TOO_LARGE))
                + f" ELSE {function}({v}, CAST({n} AS INTEGER), {f}) END)"
            )

        return let([value, size, fill], body)

    return write


def _pad_binary(function: str) -> Callable[[bytes, int, bytes], bytes]:
    def run(value: bytes, size: int, fill: bytes) -> bytes:
        if not 0 <= size <= 2147483647:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", "Target length must be in the range [0..2147483647]"
            )
        if not fill:
            raise SqlError("INVALID_FUNCTION_ARGUMENT", "Padding bytes must not be empty")
        if len(value) >= size:
            return value[:size]
        check_text(size)
        missing = size - len(value)
        padding = (fill * (missing // len(fill) + 1))[:missing]
        return padding + value if function == "lpad" else value + padding

    return run


def _upper(call: Call, arguments: Sequence[str]) -> str:
    """Each character alone: `ß` has no single upper case and stays (DuckDB makes it `ẞ`)."""

    def body(v: str) -> str:
        parts = f"list_transform(string_split({v}, 'ß'), lambda part: upper(part))"
        return (
            f"(CASE WHEN contains({v}, 'ß') THEN array_to_string({parts}, 'ß') ELSE upper({v}) END)"
        )

    return let([arguments[0]], body)


def _reverse(call: Call, arguments: Sequence[str]) -> str:
    if call.arguments[0].type.base == "array":
        return f"list_reverse({arguments[0]})"
    if _is_binary(call):
        return call_python("reverse_binary", lambda v: v[::-1], arguments, ["BLOB"], "BLOB")

    def body(v: str) -> str:
        precise = call_python("reverse_text", lambda v: v[::-1], [v], ["VARCHAR"], "VARCHAR")
        return f"(CASE WHEN length({v}) = strlen({v}) THEN reverse({v}) ELSE {precise} END)"

    return let([arguments[0]], body)


def _replace(call: Call, arguments: Sequence[str]) -> str:
    if len(arguments) == 2 or constant_text(call.arguments[2]) == "":
        return f"replace({arguments[0]}, {arguments[1]}, '')"

    def body(v: str, s: str, r: str) -> str:
        between = call_python("replace_empty", _replace_empty, [v, r], ["VARCHAR"] * 2, "VARCHAR")
        size = f"strlen({v}) // greatest(strlen({s}), 1) * strlen({r})"
        made = within_memory(size, f"replace({v}, {s}, {r})")
        return f"(CASE WHEN {s} = '' THEN {between} ELSE {made} END)"

    return let(list(arguments), body)


def _replace_empty(value: str, new: str) -> str:
    return new + "".join(c + new for c in value)


def _strpos(call: Call, arguments: Sequence[str]) -> str:
    if len(arguments) == 2:
        return f"CAST(strpos({arguments[0]}, {arguments[1]}) AS BIGINT)"
    return _python("strpos_nth", _strpos_nth)(call, arguments)


def _strpos_nth(value: str, part: str, instance: int) -> int:
    if instance == 0:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "'instance' must not be a zero number.")
    if not part:
        return 1
    found = -1
    if instance > 0:
        for _ in range(instance):
            found = value.find(part, found + 1)
            if found < 0:
                return 0
        return found + 1
    found = len(value)
    for _ in range(-instance):
        found = (
            value.rfind(part, 0, found + len(part) - 1) if found < len(value) else value.rfind(part)
        )
        if found < 0:
            return 0
    return found + 1


def _split(call: Call, arguments: Sequence[str]) -> str:
    if len(arguments) == 2:
        return let(
            list(arguments),
            lambda v, d: guard(
                f"{d} = ''",
                "INVALID_FUNCTION_ARGUMENT",
                text("The delimiter may not be the empty string"),
                f"string_split({v}, {d})",
            ),
        )
    return _python("split_limit", _split_limit)(call, arguments)


def _split_limit(value: str, delimiter: str, limit: int) -> list[str]:
    if limit <= 0:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Limit must be positive")
    if not delimiter:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "The delimiter may not be the empty string")
    return value.split(delimiter, limit - 1)


def _split_part(call: Call, arguments: Sequence[str]) -> str:
    return let(
        list(arguments),
        lambda v, d, n: (
            f"(CASE WHEN {v} IS NULL OR {d} IS NULL THEN NULL WHEN {n} <= 0 THEN "
            + fail("INVALID_FUNCTION_ARGUMENT", text("Index must be greater than zero"))
            + f" WHEN {d} = '' THEN (CASE WHEN {n} > length({v}) THEN NULL "
            + f"ELSE substr({v}, CAST({n} AS BIGINT), 1) END) "
            + f"ELSE list_extract(string_split({v}, {d}), {n}) END)"
        ),
    )


def _split_to_map(value: str, entry: str, pair: str) -> list[tuple[str, str]]:
    pairs = _split_pairs(value, entry, pair)
    found: dict[str, str] = {}
    for key, item in pairs:
        if key in found:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                f"Duplicate keys ({key}) are not allowed. Specifying a lambda to resolve conflicts"
                " can avoid this error",
            )
        found[key] = item
    return sorted(found.items())


def _split_pairs(value: str, entry: str, pair: str) -> list[tuple[str, str]]:
    if not entry:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "entryDelimiter is empty")
    if not pair:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "keyValueDelimiter is empty")
    if entry == pair:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT", "entryDelimiter and keyValueDelimiter must not be the same"
        )
    pairs: list[tuple[str, str]] = []
    pieces = value.split(entry)
    if pieces and pieces[-1] == "":
        pieces.pop()
    for piece in pieces:
        key, found, item = piece.partition(pair)
        if not found:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                f"Key-value delimiter must appear exactly once in each entry. Bad input: '{piece}'",
            )
        if pair in item:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT",
                f"Key-value delimiter must appear exactly once in each entry. Bad input: '{piece}'",
            )
        pairs.append((key, item))
    return pairs


def _split_to_multimap(value: str, entry: str, pair: str) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for key, item in _split_pairs(value, entry, pair):
        found.setdefault(key, []).append(item)
    return sorted(found.items())


def _chr(code: int) -> str:
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"Not a valid Unicode code point: {code}")
    return chr(code)


def _codepoint(call: Call, arguments: Sequence[str]) -> str:
    message = text("Input string must be a single character string")

    def body(v: str) -> str:
        return guard(f"length({v}) <> 1", "INVALID_FUNCTION_ARGUMENT", message, f"unicode({v})")

    if _is_cheap(call.arguments[0]):
        return body(arguments[0])
    return let(list(arguments), body)


def _is_cheap(expression: BoundExpression) -> bool:
    """Whether a text is computed twice for less than a lambda takes, and to the same value."""
    while isinstance(expression, Cast) and expression.operand.type.base == "varchar":
        expression = expression.operand
    if isinstance(expression, Call) and expression.name in ("substr", "substring"):
        return _from_the_start(expression) and _is_cheap(expression.arguments[0])
    return isinstance(expression, Reference | LambdaVariable | Constant)


def _levenshtein(left: str, right: str) -> int:
    if len(left) * (len(right) - 1) > 1_000_000:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            "The combined inputs for Levenshtein distance are too large",
        )
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            current.append(
                min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b))
            )
        previous = current
    return previous[-1]


def _hamming(left: str, right: str) -> int:
    if len(left) != len(right):
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            "The input strings to hamming_distance function must have the same length",
        )
    return sum(a != b for a, b in zip(left, right, strict=True))


def _translate(value: str, old: str, new: str) -> str:
    table: dict[int, str | None] = {}
    for index, character in enumerate(old):
        table.setdefault(ord(character), new[index] if index < len(new) else None)
    return value.translate(table)


def _normalize(value: str, form: str = "NFC") -> str:
    return unicodedata.normalize(form.upper(), value)  # type: ignore[arg-type]


def _soundex(value: str) -> str:
    codes = {
        **dict.fromkeys("BFPV", "1"),
        **dict.fromkeys("CGJKQSXZ", "2"),
        **dict.fromkeys("DT", "3"),
        "L": "4",
        **dict.fromkeys("MN", "5"),
        "R": "6",
    }
    letters = [c for c in value.upper() if "A" <= c <= "Z"]
    if any(c.isalpha() and not "A" <= c.upper() <= "Z" for c in value):
        bad = next(c for c in value if c.isalpha() and not "A" <= c.upper() <= "Z")
        raise SqlError("INVALID_FUNCTION_ARGUMENT", f"The character is not mapped: {bad}")
    if not letters:
        return ""
    result, last = letters[0], codes.get(letters[0], "")
    for letter in letters[1:]:
        code = codes.get(letter, "")
        if code and code != last:
            result += code
        if letter not in "HW":
            last = code
    return (result + "000")[:4]


def _present(items: str) -> str:
    return f"list_filter({items}, lambda e: e IS NOT NULL)"


def _concat_ws(call: Call, arguments: Sequence[str]) -> str:
    separator = arguments[0]
    if len(arguments) < 2:
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "There must be two or more arguments")
    if call.arguments[1].type.base == "array":
        return let(
            [separator, arguments[1]],
            lambda s, a: (
                f"(CASE WHEN {s} IS NULL OR {a} IS NULL THEN NULL ELSE "
                f"COALESCE({joined_texts(_present(a), s)}, '') END)"
            ),
        )
    return f"concat_ws({', '.join(arguments)})"


def _luhn(value: str) -> bool:
    if not value:
        return False
    if not value.isdigit() or not value.isascii():
        raise SqlError("INVALID_FUNCTION_ARGUMENT", "Input is not a number")
    total = 0
    for index, digit in enumerate(reversed(value)):
        number = int(digit) * (2 if index % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _starts_with(call: Call, arguments: Sequence[str]) -> str:
    return f"starts_with({arguments[0]}, {arguments[1]})"


_STEMMERS = {
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "hy": "armenian",
    "ir": "irish",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch_porter",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}


def _word_stem(value: str, language: str = "en") -> str:
    import snowballstemmer

    name = _STEMMERS.get(language)
    if name is None:
        message = f"Unknown stemmer language: {language}"
        raise SqlError("INVALID_FUNCTION_ARGUMENT", message)
    return str(snowballstemmer.stemmer(name).stemWord(value))


def _from_utf8(value: bytes, replacement: Any = "\N{REPLACEMENT CHARACTER}") -> str:
    if isinstance(replacement, int):
        if replacement > sys.maxunicode or 0xD800 <= replacement <= 0xDFFF:
            raise SqlError("INVALID_FUNCTION_ARGUMENT", "Invalid replacement character")
        replacement = chr(max(replacement, 0))
    if len(replacement) > 1:
        raise SqlError(
            "INVALID_FUNCTION_ARGUMENT",
            "Replacement character string must empty or a single character",
        )
    try:
        return value.decode()
    except UnicodeDecodeError:
        return _BEYOND_ASCII.sub(lambda m: _or_replaced(m[0], replacement), value).decode()


_BEYOND_ASCII = re.compile(
    rb"[\xc0-\xdf][\x80-\xbf]?|[\xe0-\xef][\x80-\xbf]{0,2}|[\xf0-\xf7][\x80-\xbf]{0,3}"
    rb"|[\xf8-\xfb][\x80-\xbf]{0,4}|[\xfc\xfd][\x80-\xbf]{0,5}|[\x80-\xbf\xfe\xff]"
)
"""A start byte with what it may lead, whole or not: one replacement stands for all of it."""


def _or_replaced(part: bytes, replacement: str) -> bytes:
    try:
        part.decode()
    except UnicodeDecodeError:
        return replacement.encode()
    return part


SCALARS = {
    "length": _length,
    "concat": _concat,
    "concat_ws": _concat_ws,
    "substr": _substring,
    "substring": _substring,
    "trim": _trim("trim"),
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "lpad": _pad("lpad"),
    "rpad": _pad("rpad"),
    "upper": _upper,
    "lower": native("lower"),
    "reverse": _reverse,
    "replace": _replace,
    "strpos": _strpos,
    "position": _strpos,
    "starts_with": _starts_with,
    "split": _split,
    "split_part": _split_part,
    "split_to_map": _python("split_to_map", _split_to_map),
    "split_to_multimap": _python("split_to_multimap", _split_to_multimap),
    "chr": _python("chr", _chr),
    "codepoint": _codepoint,
    "levenshtein_distance": _python("levenshtein", _levenshtein),
    "hamming_distance": _python("hamming", _hamming),
    "translate": _python("translate", _translate),
    "normalize": _python("normalize", _normalize),
    "soundex": _python("soundex", _soundex),
    "luhn_check": _python("luhn_check", _luhn),
    "to_utf8": lambda call, arguments: f"encode({arguments[0]})",
    "from_utf8": _python("from_utf8", _from_utf8),
    "word_stem": _python("word_stem", _word_stem),
}
