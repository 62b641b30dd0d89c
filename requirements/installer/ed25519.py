"""Whether an Ed25519 signature is good, with Python's standard library alone. RFC 8032 §5.1.7 and §6.

For one purpose: to verify what is about to be installed before any of it is run, on a machine that has nothing yet that
could do it. It only verifies, so no secret is in it and its time tells nothing. It takes no more signatures than
libsodium does: S below the group order, no key and no R of small order, one way to write a point, R compared as octets.
tests/house/test_installer.py compares the two.
"""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
"""A square root of -1."""
Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, x*y = T/Z."""
ZERO: Point = (0, 1, 1, 0)


def is_good(signature: bytes, message: bytes, key: bytes) -> bool:
    """Return whether ``signature`` (64 octets) is one of ``message`` under the public ``key`` (32 octets)."""
    if len(signature) != 64 or len(key) != 32:
        return False
    a, r, s = _point(key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or _small(a) or _small(r):
        return False
    h = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])  # not L - h times a: a key may have a part of small order
    return _octets(_add(_times(s, BASE), _times(h, minus_a))) == signature[:32]


def _add(p: Point, q: Point) -> Point:
    """RFC 8032 §5.1.4."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    result = ZERO
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


def _small(point: Point) -> bool:
    """Return whether eight times ``point`` is the neutral element."""
    x, y, z, _ = _times(8, point)
    return x % P == 0 and (y - z) % P == 0


def _point(octets: bytes) -> Point | None:
    """Return the point written as ``octets``, None if there is none or it is written in a second way. §5.1.3."""
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _octets(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, P - 2, P) % P
_base = _point(_BASE_Y.to_bytes(32, "little"))
assert _base is not None
BASE: Point = _base
