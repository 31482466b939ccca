"""The JSON of a response, so that everything after it can rely on it: bounded, and of texts that can be stored.

``NaN``, ``Infinity``, ``1e999`` and integers that no database holds become ``None``: a job whose percentage is broken
is still polled. For 1 MB the check takes about as long as parsing does: some milliseconds.
"""

from __future__ import annotations

import json
import math
from typing import Any

from airflow_provider_canvas.api.storable import MAX_DEPTH, storable

_PREFIXES = (b"\xef\xbb\xbf", b"while(1);")
"""A byte order mark, and what old servers write before JSON."""

_SUSPICIOUS = (b"\\u0000", b"\\ud", b"\\uD")
"""What a body contains if one of its texts has a NUL or a surrogate. A NUL that is not escaped is no JSON."""

_DIGITS_TO_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else byte for byte in range(256))
_LONG_NUMBER = b"0" * 19
"""What a body contains, with all digits replaced by zeros, if it has an integer that may be too large."""


class InvalidJsonError(ValueError):
    """JSON that Canvas does not send."""


def parse_json(body: bytes) -> Any:
    """Return the JSON of a body.

    :param body: The bytes.
    :raises ValueError: When the body is not JSON in UTF-8, or its lists and objects are nested too deep.
    """
    for prefix in _PREFIXES:
        body = body.removeprefix(prefix)
    has_long_number = _LONG_NUMBER in body.translate(_DIGITS_TO_ZERO)
    decoder = _DECODER_OF_LONG_NUMBERS if has_long_number else _DECODER
    try:
        value = decoder.decode(body.decode())
    except RecursionError:
        raise InvalidJsonError(_TOO_DEEP) from None
    _check_depth(value)
    return storable(value) if any(sequence in body for sequence in _SUSPICIOUS) else value


_TOO_DEEP = f"Its lists and objects are nested in more than {MAX_DEPTH} levels."


def _check_depth(value: Any) -> None:
    """Raise an error when lists and objects are nested too deep for what is done with them later."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        deeper = []
        for container in level:
            items = container.values() if type(container) is dict else container
            deeper += [item for item in items if type(item) in _CONTAINERS]
        if not deeper:
            return
        level = deeper
    raise InvalidJsonError(_TOO_DEEP)


_CONTAINERS = frozenset({dict, list})


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _bounded(text: str) -> int | None:
    number: int | None = storable(int(text)) if len(text) <= 20 else None
    return number


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=lambda _: None)
_DECODER_OF_LONG_NUMBERS = json.JSONDecoder(parse_float=_finite, parse_constant=lambda _: None, parse_int=_bounded)
