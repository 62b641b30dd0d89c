"""Tips for demonstrations: what people text, in every way a phone can send it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

from hw.virtual.compose import UCS2, Style

if TYPE_CHECKING:
    from hw.virtual.fleet import Fleet, Posting
    from hw.virtual.port import Port

PLAIN = (
    "Hay un coche sin placas frente a la escuela todas las noches",
    "En la bodega de la calle 5 entran cajas a las tres de la manana",
    "Vi a dos hombres armados en la esquina del mercado",
    "El senor de la tienda azul vende lo que roban en el barrio",
    "They are breaking into cars behind the cinema, every Friday after ten",
)
ACCENTED = (
    "Mañana va a llegar un camión sin placas a la Panadería San José, él lo dirá más tarde",
    "Cerca del panteón hay una casa donde no dejan salir a las muchachas. Oí gritos así por días",
    "El policía de la patrulla 114 pide dinero a los vendedores, según él por 'protección'",
    "Allí, detrás del jardín, enterraron algo el sábado. Tengo miedo, ojalá actúen rápido",
)
EMOJI = (
    "🚨 otra vez los disparos en la cancha 😨",
    "Casa verde con portón negro 🏠🚗, ahí guardan las motos robadas 🏍️",
    "No digan que fui yo 🙏 es el vecino del 3️⃣",
)
LONG = (
    "Quiero contar todo lo que sé porque ya no puedo dormir. Desde enero llegan tres camionetas blancas a la "
    "bodega que está junto al taller de llantas, siempre entre la una y las cuatro. Bajan cajas y a veces personas. "
    "El que dirige es un hombre alto con una cicatriz en la mano izquierda, le dicen el Ingeniero. Los lunes viene "
    "una patrulla, se queda diez minutos y se va. Mi primo trabajó allí y desapareció en marzo. Por favor vayan de día."
)


def tips(random: Random) -> Iterator[Posting]:
    """Return tips without end: every kind comes within the first seven, then at random."""
    from hw.virtual.fleet import Posting  # noqa: PLC0415  # the fleet also starts tips

    kinds = ["plain", "accented", "emoji", "long", "data", "plain", "accented"]
    while True:
        random.shuffle(kinds)
        for kind in kinds:
            yield _tip(kind, random, Posting(sender=f"+5216{random.randrange(10**9):09d}"))


async def keep_sending(fleet: Fleet, port: Port, interval: float, count: int | None = None) -> None:
    """Send a tip to a modem about every ``interval`` seconds, ``count`` of them or without end."""
    feed = tips(Random(f"{fleet.seed}/{fleet.ports.index(port)}") if fleet.seed is not None else Random())  # noqa: S311  # a play, no secret
    sent = 0
    while count is None or sent < count:
        fleet.post(port, next(feed))
        sent += 1
        await asyncio.sleep(interval * fleet.random.uniform(0.5, 1.5))


def _tip(kind: str, random: Random, posting: Posting) -> Posting:
    from dataclasses import replace  # noqa: PLC0415

    if kind == "long":
        order = [1, 2, 3]
        while order == [1, 2, 3]:
            random.shuffle(order)
        style = Style(reference=random.randrange(256))
        return replace(posting, text=LONG, style=style, order=tuple(order))
    if kind == "data":
        return replace(posting, data=random.randbytes(random.randrange(8, 60)))
    texts = {"plain": PLAIN, "accented": ACCENTED, "emoji": EMOJI}[kind]
    return replace(posting, text=random.choice(texts), style=Style(dcs=UCS2 if kind == "emoji" else None))
