"""The report of a verification, for people in Spanish or English, and for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.console import visible
from portal.pages.notices import refusal
from portal.pages.words import Speech
from portal.release.model import Answer, Month, Notice
from portal.verify.audits import Audited
from portal.verify.pages import Compared
from portal.verify.run import Verified
from portal.verify.words import language_of, text, told
from wire.certificate import Certificate
from wire.endings import BoxRetired, EpochsEnded, TipsEnded
from wire.period import is_quarter
from wire.signed import time_text

_INDENT = "  "
_SHOWN = 20
"""Files that no build made, named in the report; `--json` names all."""


class Report:
    """One verification in one language; every name of others is shown, and acted on by no terminal."""

    def __init__(self, found: Verified, language: str) -> None:
        self._found, self._code = found, language
        self._language = language_of(language)
        self._speech = Speech(self._language, found.site)
        self._names = {line.id: line.name for line in found.site.lines}

    def lines(self) -> Iterator[str]:
        """Yield the whole report."""
        yield self._say("title")
        for heading, section in (
            ("keys", self._keys()),
            ("files", self._files()),
            ("past", self._past()),
            ("totals", self._notices(self._found.totals)),
            ("opened", self._opened()),
            ("gaps", self._notices(self._found.gaps)),
            ("audits", self._audits()),
            ("releases", self._releases()),
            ("certificates", self._certificates()),
        ):
            yield ""
            yield self._say(heading)
            yield from (_INDENT + visible(line) for line in section)
        yield ""
        yield self._say(f"verdict.{self._found.exit_code}")

    def _say(self, name: str, /, **values: object) -> str:
        return text(name, self._code, **values)

    def _keys(self) -> Iterator[str]:
        for box in self._found.site.boxes:
            yield self._say("key.box", id=box.id, fingerprint=box.fingerprint)
        for one in self._found.site.authorities:
            yield self._say(
                "key.authority",
                name=one.name,
                fingerprint=one.fingerprint,
                bulletins=one.bulletin_fingerprint,
            )

    def _files(self) -> Iterator[str]:
        gathered = self._found.gathered
        yield self._say("files.taken", ledgers=len(gathered.ledgers), bulletins=len(gathered.bulletins))
        for one in self._found.refused:
            why = refusal(self._speech, one.kind)
            yield self._say("files.refused", name=one.name, why=why, kind=one.kind, reason=one.reason)

    def _past(self) -> Iterator[str]:
        earlier = [one for one in self._found.faults if one.earlier]
        if self._found.changed or not earlier:
            yield from self._notices(self._found.changed)
        for fault in earlier:
            yield self._say(fault.name, **fault.values)

    def _notices(self, notices: Sequence[Notice]) -> Iterator[str]:
        for one in notices:
            yield told(one, self._found.site, language=self._code)
        if not notices:
            yield self._say("good")

    def _opened(self) -> Iterator[str]:
        months = self._found.site.months
        waiting = [one for one in months if one.answer is Answer.NONE and one.received]
        yield self._say(
            "opened.all",
            received=self._number(sum(one.received for one in months)),
            opened=self._number(sum(one.opened for one in months)),
            never=self._number(sum(one.never_opened for one in months)),
            waiting=self._number(sum(one.received for one in waiting)),
        )
        for one in self._found.never_opened:
            yield self._say(
                "opened.month",
                line=self._line(one.line),
                month=self._period(one.month),
                never=self._number(one.never_opened),
                received=self._number(one.received),
                since=one.never_opened_since or "-",
            )
        for one in waiting:
            yield self._say(
                "opened.waiting",
                line=self._line(one.line),
                month=self._period(one.month),
                received=self._number(one.received),
            )

    def _audits(self) -> Iterator[str]:
        audits = self._found.audits
        if audits is None:
            yield self._say("audits.none")
            return
        good = sum(one.holds for one in audits)
        if good:
            yield self._say("audits.good", count=good)
        for one in audits:
            if not one.holds:
                yield from self._audit(one)

    def _audit(self, one: Audited) -> Iterator[str]:
        yield self._say("audit.fails", name=one.name, kind=one.kind, field=one.field, reason=one.reason)
        if one.struck:
            yield self._say("audit.struck", name=one.name, count=self._number(one.struck))
        if one.put_in:
            yield self._say("audit.put", name=one.name, count=self._number(one.put_in))

    def _releases(self) -> Iterator[str]:
        releases = self._found.releases
        faults = [one for one in self._found.faults if not one.earlier]
        for fault in faults:
            yield self._say(fault.name, **fault.values)
        if releases is None and not faults:
            yield self._say("releases.none")
        elif releases and not faults:
            last = max(one.record.number for one in releases)
            yield self._say("releases.good", count=len(releases), last=last)
        for one in self._found.pages:
            yield from self._pages(one)

    def _pages(self, one: Compared) -> Iterator[str]:
        where = one.folder.name
        if one.same and not one.faults:
            yield self._say("pages.good", where=where, count=self._number(one.same))
        if one.drawn is not None:
            title = one.drawn.settings.title
            numbers = [number for line in one.drawn.settings.lines.values() for number in line.numbers]
            name = title.get(self._code) or next(iter(title.values()), "-")
            yield self._say("pages.says", where=where, title=name, numbers=", ".join(numbers) or "-")
        if one.own:
            yield self._say("pages.own", where=where, codes=", ".join(one.own))
        for name in one.extra[:_SHOWN]:
            yield self._say("pages.extra", where=where, name=name)
        if one.extra[_SHOWN:]:
            yield self._say("pages.extra.more", where=where, count=self._number(len(one.extra) - _SHOWN))

    def _certificates(self) -> Iterator[str]:
        if self._found.certified is None:
            yield self._say("certificates.none")
            return
        for one in self._found.certified:
            line = self._line(one.line)
            yield self._say("certificates.count", line=line, here=len(one.row), said=self._number(one.said))
            for certificate, _ in one.row:
                yield self._destroyed(certificate)
            if one.missing:
                yield self._say("certificates.missing", line=line, count=self._number(one.missing))
            if one.kind:
                yield self._say("certificates.fails", line=line, kind=one.kind, reason=one.reason)

    def _destroyed(self, one: Certificate) -> str:
        """Return what a certificate tells of."""
        day = time_text(one.date)[:10]
        match one.matter:
            case EpochsEnded(how=how, epochs=epochs):
                numbers = ", ".join(str(epoch.number) for epoch in epochs)
                told = self._say(f"certificate.{how}", numbers=numbers)
            case BoxRetired(box=box, by=by):
                told = self._say("certificate.box", box=box.hex(), by=", ".join(by))
            case TipsEnded(tips=tips, held=held, days=days):
                told = self._say("certificate.tips", tips=self._number(tips), held=held, days=days)
        return f"{one.serial}, {day}: {told}"

    def _line(self, line: str) -> str:
        names = self._names.get(line, {})
        return names.get(self._code) or line

    def _period(self, period: str) -> str:
        return period if is_quarter(period) else self._language.month(period)

    def _number(self, number: int) -> str:
        return self._language.number(number)


def as_json(found: Verified) -> dict[str, object]:
    """Return the report for a script; its keys are told in docs/portal.md."""
    months = found.site.months
    return {
        "holds": found.exit_code == 0,
        "exit_code": found.exit_code,
        "ledgers": len(found.gathered.ledgers),
        "bulletins": len(found.gathered.bulletins),
        "boxes": [{"box": one.id, "fingerprint": one.fingerprint} for one in found.site.boxes],
        "authorities": [
            {"name": one.name, "fingerprint": one.fingerprint, "bulletins": one.bulletin_fingerprint}
            for one in found.site.authorities
        ],
        "refused": [{"file": one.name, "kind": one.kind, "reason": one.reason} for one in found.refused],
        "received": sum(one.received for one in months),
        "opened": sum(one.opened for one in months),
        "never_opened": sum(one.never_opened for one in found.never_opened),
        "unanswered": sum(one.received for one in months if one.answer is Answer.NONE),
        "months": [_month_json(one) for one in months],
        "contradictions": [notice_json(one) for one in (*found.changed, *found.totals)],
        "gaps": [notice_json(one) for one in found.gaps],
        "audits": None if found.audits is None else [_audit_json(one) for one in found.audits],
        "releases": None
        if found.releases is None
        else [{"release": one.record.number, "hash": one.hash} for one in found.releases],
        "pages": [
            {"site": str(one.folder), "same": one.same, "own": list(one.own), "extra": list(one.extra)}
            for one in found.pages
        ],
        "certificates": None if found.certified is None else [one.as_json() for one in found.certified],
        "faults": [{"fault": one.name, **one.values} for one in found.faults],
    }


def _month_json(one: Month) -> dict[str, object]:
    return {
        "line": one.line,
        "month": one.month,
        "received": one.received,
        "opened": one.opened,
        "never_opened": one.never_opened,
        "since": one.never_opened_since,
        "answer": str(one.answer),
    }


def notice_json(one: Notice) -> dict[str, object]:
    """Return a gap or contradiction for a script."""
    return {
        "kind": str(one.kind),
        "line": one.line,
        "period": one.month,
        "box": one.box,
        "serial": one.serial,
        "age": one.age,
        "count": one.count,
        "sources": list(one.sources),
    }


def _audit_json(one: Audited) -> dict[str, object]:
    return {
        "file": one.name,
        "box": one.box,
        "line": one.line,
        "month": one.month,
        "holds": one.holds,
        "kind": one.kind,
        "field": one.field,
        "reason": one.reason,
        "struck": one.struck,
        "put_in": one.put_in,
    }
