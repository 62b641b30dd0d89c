"""The whole made-up city, written to a folder as a publisher, an auditor and a journalist would have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from portal.generator.authority import AuthorityMaker, BulletinMade
from portal.generator.boxes import BoxMaker, LedgerMade, struck
from portal.generator.plan import LinePlan, Plan, counts
from wire.authority import Authority, write_authority
from wire.bulletin import bulletin_name
from wire.hashing import blake2b_256
from wire.identity import write_identity
from wire.ledger import audit_name, ledger_name
from wire.period import begin_of

_SITE = """\
title = {{ es = "Línea de denuncia de Ciudad Ejemplo", en = "Tip line of Example City" }}
place = "Ciudad Ejemplo"
publisher = "Observatorio Ciudadano de Ciudad Ejemplo"
contact = "https://example.org/"
address = "https://tips.example.org/"

{lines}"""
_LINE = """\
[lines.{name}]
id = "{id}"
name = {{ es = "{es}", en = "{en}" }}
about = {{ es = "{about_es}", en = "{about_en}" }}
numbers = ["{number}"]

"""
_WORDS = {
    "police": (
        "Policía",
        "Police",
        "Delitos de cualquier tipo, para la policía municipal.",
        "Crimes of any kind, for the municipal police.",
        "+52 656 000 0001",
    ),
    "conduct": (
        "Conducta policial",
        "Police conduct",
        "Abusos y corrupción de la propia policía, para la contraloría ciudadana.",
        "Abuse and corruption within the police, for the civil oversight body.",
        "+52 656 000 0002",
    ),
}


@dataclass(frozen=True, slots=True)
class City:
    """Where everything lies."""

    folder: Path

    @property
    def ledgers(self) -> Path:
        """Ledgers and the box's identity."""
        return self.folder / "ledgers"

    @property
    def bulletins(self) -> Path:
        """Bulletins and the authorities' identities."""
        return self.folder / "bulletins"

    @property
    def headers(self) -> Path:
        """Batch headers that an auditor kept."""
        return self.folder / "auditor" / "headers"

    @property
    def audits(self) -> Path:
        """Audit files."""
        return self.folder / "auditor" / "audits"

    @property
    def earlier(self) -> Path:
        """What somebody downloaded before a tip was struck out."""
        return self.folder / "downloaded-earlier"

    @property
    def site(self) -> Path:
        """site.toml."""
        return self.folder / "site.toml"


def make_city(plan: Plan, folder: Path, *, step: Callable[[], None] = lambda: None) -> City:
    """Return the city of ``plan``, written to ``folder``, which has to be new or empty. Raises OSError."""
    city = City(folder)
    for place in (city.ledgers, city.bulletins, city.headers, city.audits, city.earlier):
        place.mkdir(parents=True)
    box = SigningKey(plan.octets("box", 32))
    (city.ledgers / "box.identity").write_bytes(write_identity(box, begin_of(plan.first)).octets)
    for line in plan.lines:
        _line(plan, line, city, box, step)
    lines = "".join(
        _LINE.format(
            name=line.name,
            id=line_id(plan, line).hex(),
            **dict(zip(("es", "en", "about_es", "about_en", "number"), _words(line), strict=True)),
        )
        for line in plan.lines
    )
    city.site.write_text(_SITE.format(lines=lines), encoding="utf-8")
    return city


def line_id(plan: Plan, line: LinePlan) -> bytes:
    """Return the id of a line."""
    return plan.octets(f"line {line.name}", 8)


def _words(line: LinePlan) -> tuple[str, str, str, str, str]:
    return _WORDS.get(line.name, (line.title, line.title, line.title, line.title, "+52 656 000 0009"))


def _line(plan: Plan, line: LinePlan, city: City, box: SigningKey, step: Callable[[], None]) -> None:
    identity = line_id(plan, line)
    key, bulletin_key = (
        SigningKey(plan.octets(f"{name} {line.name}", 32)) for name in ("authority", "bulletin")
    )
    said = Authority(
        line=identity,
        name=line.authority,
        authority=bytes(key.verify_key),
        bulletin=bytes(bulletin_key.verify_key),
        made=begin_of(plan.first),
    )
    (city.bulletins / f"{line.name}.authority").write_bytes(write_authority(said, key, bulletin_key).octets)
    boxes, authority = BoxMaker(plan, box, identity), AuthorityMaker(plan, line, identity, bulletin_key)
    expected = counts(plan)
    for at, month in enumerate(plan.all_months):
        made = boxes.month(month, expected[at][line.name])
        out = plan.struck if at == plan.struck_month and line is plan.lines[0] else 0
        _write_ledger(city, box, made, out=out)
        if plan.audits:
            _write_audit(city, made)
        if at + 1 < plan.months:  # the last month has no answer yet
            _write_bulletin(city, authority.bulletin(made, at))
        step()


def _write_ledger(city: City, box: SigningKey, made: LedgerMade, *, out: int) -> None:
    path = city.ledgers / ledger_name(made.ledger)
    if out:
        (city.earlier / path.name).write_bytes(made.octets)
    path.write_bytes(struck(made, box, out)[1] if out else made.octets)


def _write_bulletin(city: City, made: BulletinMade) -> None:
    (city.bulletins / bulletin_name(made.bulletin)).write_bytes(made.octets)


def _write_audit(city: City, made: LedgerMade) -> None:
    """Write the audit file, and the month's last header: with those of all months a struck tip is found."""
    (city.audits / audit_name(made.audit_month)).write_bytes(made.audit)
    header = made.headers[-1]
    (city.headers / f"{blake2b_256(header).hex()[:16]}.batch").write_bytes(header)
