"""Made-up tips of a made-up city, as people write them: for pages that are looked at, and for search."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

DISTRICTS = (
    ("centro", "Centro", "Centro"),
    ("norte", "Zona Norte", "North"),
    ("anapra", "Anapra", "Anapra"),
    ("riberas", "Riberas del Bravo", "Riberas del Bravo"),
    ("oriente", "Oriente XXI", "Oriente XXI"),
    ("sur", "Sur industrial", "Industrial South"),
)
UNITS = ("Antisecuestros", "Extorsión", "Patrulla Norte", "Patrulla Sur", "Fiscalía Género", "Robos")
PERSONS = ("R. Salas", "M. Ochoa", "L. Tarín", "J. Prado")
_STREETS = (
    "Reforma", "Los Aztecas", "Vicente Guerrero", "Insurgentes", "Jilotepec", "Gómez Morín", "Ejército Nacional",
)  # fmt: skip
_COLOURS = ("blanca", "gris", "roja", "negra", "azul sin placas", "dorada")
_CARS = ("Ram", "Silverado", "Tahoe", "Jetta", "Sentra", "Cherokee", "Lobo")
_FILE = Path(__file__).with_suffix(".csv")
_ENDS = (
    "", "", "", " no digan q yo avise", " Por favor.", " es urgente", " 🙏", " ya habia avisado antes y nadie vino",
    " el que manda trae el pelo pintado de rubio y cojea", " junto hay una papeleria y enfrente un kinder",
    " los vecinos tenemos miedo de hablar, ya amenazaron a dos", " casi siempre a la hora en que cambia el turno",
    " la puerta es de lamina azul con un numero despintado", " yo trabajo cerca y los veo pasar diario",
    " dicen que son del otro lado y traen acento", " cuando llueve se meten al taller de don Beto",
    " mi hermana los reconocio por la voz", " ayer quemaron basura para que no se notara el olor",
)  # fmt: skip
HOSTILE = {
    "markup": "<h1>Hola</h1><img src=x onerror=alert(1)><script>document.title='pwned'</script>",
    "link": "visite javascript:alert(1) o http://ejemplo.invalid/a?b=1&c=2 o www.ejemplo.invalid",
    "bidi": "la placa es \u202e654-CBA\u202c y vive en \u2066Reforma\u2069 12",
    "escapes": "hola \x1b[2J\x1b]0;pwned\x07 adios\x00fin\x9b31m",
    "long": "A" * 10_000,
    "surrogates": "medio \ud83d caracter",
    "template": "{{ 7*7 }} {% raw %} ${7*7} <%= 7*7 %> %(n)s",
    "zalgo": "h" + "\u0351\u0489\u0335" * 40 + "ola",
    "separators": "uno\u2028dos\u2029tres\u0085cuatro\u200bcinco\ufeffseis\u00adsiete",
}
"""Texts that would act on a careless screen."""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A tip, and what an analyst would say of it."""

    text: str
    category: str
    district: str
    urgent: bool


@cache
def _templates() -> list[list[str]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def made_up(random: Random) -> MadeUp:
    """Return a tip."""
    category, template = random.choice(_templates())
    street, other = random.sample(_STREETS, 2)
    text = template.format(
        street=street, other=other, car=random.choice(_CARS), colour=random.choice(_COLOURS),
        number=random.randrange(100, 6999), small=random.randrange(1, 9), hour=f"{random.randrange(1, 12)} de la noche",
        money=f"{random.randrange(5, 60) * 100} pesos",
    )  # fmt: skip
    urgent = category in ("kidnapping", "disappearance", "child_abuse", "weapons") and random.random() < 0.7
    return MadeUp(
        text + random.choice(_ENDS) + random.choice(_ENDS), category, random.choice(DISTRICTS)[0], urgent
    )
