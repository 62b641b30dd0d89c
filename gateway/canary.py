"""Canaries: own test messages. A nonce is a keyed function of a counter on disk, so it is known after a restart."""

from __future__ import annotations

from dataclasses import dataclass, field

from gsmmodem.exceptions import EncodingError
from gsmmodem.pdu import encodeSmsSubmitPdu

from gateway.faults import ConfigError
from wire.hashing import blake2b_256

OUTSTANDING = 8
"""How many of the last canaries are still recognised when they come late."""
_NONCE_DIGITS = 24
"""96 bits in hexadecimal: nobody guesses one, and a text of 24 septets is one part."""
_TEXT_SEPTETS = _NONCE_DIGITS
_UD_OCTETS = (_TEXT_SEPTETS * 7 + 7) // 8


@dataclass(frozen=True, slots=True)
class Submit:
    """An SMS-SUBMIT for the modem: SMSC address (none: the SIM's own) and TPDU; and the TPDU's length in octets."""

    octets: bytes = field(repr=False)
    tpdu_length: int


def nonce(key: bytes, line: bytes, counter: int) -> str:
    """Return the text of canary number ``counter`` of ``line``."""
    return blake2b_256(line + counter.to_bytes(8, "big"), key=key).hex()[:_NONCE_DIGITS]


def encode_submit(number: str, text: str) -> Submit:
    """Return the SMS-SUBMIT of ``text`` to ``number``. Raises ConfigError where the number is none."""
    try:
        (pdu,) = encodeSmsSubmitPdu(number, text, rejectDuplicates=False, sendFlash=False)
    except (EncodingError, ValueError) as error:
        raise ConfigError("line[].modem[].number", "not a telephone number") from error
    return Submit(bytes(pdu.data), pdu.tpduLength)


class Canaries:
    """The canaries of one line that may still come in."""

    def __init__(self, key: bytes, line: bytes, counter: int) -> None:
        self._key = key
        self._line = line
        self._expected: dict[bytes, int] = {}
        for number in range(max(1, counter - OUTSTANDING + 1), counter + 1):
            self.expect(number)

    def expect(self, counter: int) -> str:
        """Return the text of canary ``counter``, which is recognised from now on."""
        text = nonce(self._key, self._line, counter)
        self._expected[_user_data(text)] = counter
        while len(self._expected) > OUTSTANDING:
            del self._expected[next(iter(self._expected))]
        return text

    def recognise(self, udl: int, user_data: bytes) -> bool:
        """Return whether this user data is a canary's. Compared as octets: nothing on the box decodes text."""
        return udl == _TEXT_SEPTETS and user_data in self._expected


def _user_data(text: str) -> bytes:
    return encode_submit("1234567", text).octets[-_UD_OCTETS:]
