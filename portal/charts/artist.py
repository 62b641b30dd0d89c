"""Who draws: vl-convert, in this process or in one of its own, begun early, with which both drawing processes share it.

To start V8 takes half a second of a processor, as long as twenty charts do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import msgspec
import vl_convert
from msgspec import Struct

from portal.charts.tidying import tidy
from portal.forking import Ask, answering

_ASKS: ContextVar[tuple[Ask, ...]] = ContextVar("_ASKS", default=())
_SEAT: ContextVar[int] = ContextVar("_SEAT", default=0)
_SEATS = 2
"""Processes that draw pages: this one, and a helper."""


class _Wish(Struct, frozen=True, kw_only=True):
    """What is to be made: a specification of Vega-Lite compiled, or one of Vega drawn."""

    compiled: bool
    plan: Mapping[str, Any]
    numbers: Mapping[str, object]


_FIRST = msgspec.json.encode(_Wish(compiled=False, plan={"width": 1, "height": 1, "marks": []}, numbers={}))
"""Nothing, to be drawn while others still read: V8 is there then."""


@contextmanager
def at_work() -> Iterator[None]:
    """Let a process beside this one draw until the block ends. It begins at once."""
    with answering(_made, first=_FIRST, asking=_SEATS) as asks:
        before = _ASKS.set(asks)
        try:
            yield
        finally:
            _ASKS.reset(before)


def in_helper() -> None:
    """Return once this process, a helper that was forked to draw pages, has its own way to ask who draws."""
    _SEAT.set(1)


def compiled(plan: Mapping[str, Any]) -> str:
    """Return a Vega-Lite specification in Vega's own language: the same for all charts of its kind."""
    return _asked(_Wish(compiled=True, plan=plan, numbers={}))


def drawn(plan: Mapping[str, Any], numbers: Mapping[str, object]) -> str:
    """Return the picture of a Vega specification, tidied; ``numbers`` is d3's locale."""
    return _asked(_Wish(compiled=False, plan=plan, numbers=numbers))


def _asked(wish: _Wish) -> str:
    asks, octets = _ASKS.get(), msgspec.json.encode(wish)
    return (asks[_SEAT.get()](octets) if asks else _made(octets)).decode()


def _made(octets: bytes) -> bytes:
    wish = msgspec.json.decode(octets, type=_Wish)
    if wish.compiled:
        return msgspec.json.encode(vl_convert.vegalite_to_vega(dict(wish.plan)))
    locale = dict(wish.numbers) or None
    return tidy(vl_convert.vega_to_svg(dict(wish.plan), allowed_base_urls=[], format_locale=locale)).encode()
