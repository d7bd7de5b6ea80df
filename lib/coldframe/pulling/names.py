"""Names of objects as names of files: whatever a bucket calls a thing, it stays in its folder."""

from __future__ import annotations

import hashlib
import unicodedata

LONGEST = 180  # bytes of a name; file systems take 255, and temporary names are longer


def safe_name(key: str) -> str:
    r"""Return the relative path under which the object `key` is landed; no two keys share one.

    Characters that a terminal, a shell or a file system could take for something else are spelled
    as in a URL: control and format characters, a backslash, a dot that would hide a file or lead
    out of the folder, a slash that parts nothing.

    Parameters
    ----------
    key : str
        Name of the object below the folder or bucket that is pulled, parted by slashes.

    Examples
    --------
    >>> safe_name("2013/orders 01.csv")
    '2013/orders 01.csv'
    >>> safe_name("../../etc/passwd")
    '%2E./%2E./etc/passwd'
    >>> safe_name("a\nb.csv"), safe_name(".hidden"), safe_name("100%.csv"), safe_name("/a//b")
    ('a%0Ab.csv', '%2Ehidden', '100%25.csv', '%2F/a/%2F/b')
    """
    return "/".join(_segment(part) for part in key.split("/"))


def _segment(part: str) -> str:
    if not part:
        return "%2F"
    text = "".join(_quote(c) if _unsafe(c) else c for c in part)
    if text.startswith("."):
        text = "%2E" + text[1:]
    data = text.encode()
    if len(data) <= LONGEST:
        return text
    stem, dot, suffix = text.rpartition(".")
    end = f"~{hashlib.sha256(data).hexdigest()[:16]}{dot}{suffix if len(suffix) < 16 else ''}"
    head = (stem if len(suffix) < 16 else text).encode()[: LONGEST - len(end.encode())]
    return head.decode(errors="ignore") + end


def _unsafe(character: str) -> bool:
    return character in "\\%" or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _quote(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def numbered(name: str, number: int) -> str:
    """Return the name of the version `number` of what was landed as `name`; it sorts behind it.

    Examples
    --------
    >>> numbered("2013/orders.csv.gz", 2)
    '2013/orders~002.csv.gz'
    """
    folder, slash, last = name.rpartition("/")
    stem, dot, suffix = last.partition(".")
    return f"{folder}{slash}{stem}~{number:03}{dot}{suffix}"
