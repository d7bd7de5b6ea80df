"""The folder of estimator files."""

from __future__ import annotations

import contextlib
import os
import re
import zipfile
from pathlib import Path
from typing import Any

from coldframe.errors import CorruptionError, DataError, NotFoundError
from coldframe.files import sync_folder, temporary_name
from coldframe.models.trusted import TRUSTED_TYPES
from coldframe.provenance import bytes_digest

SUFFIX = ".skops"
READ_ONLY = 0o444
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ModelFiles:
    """Estimators by the digest of their file; a file is written once and never changed.

    Parameters
    ----------
    folder : Path
        Where the files are; made when the first is saved.

    See Also
    --------
    coldframe.ledger.ModelVersion : What an estimator was made from and how well it does.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import LogisticRegression
    >>> files = ModelFiles(Path(tempfile.mkdtemp()))
    >>> digest = files.save(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    >>> files.load(digest).predict([[2.0]]).tolist()
    [1]
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def __repr__(self) -> str:
        return f"ModelFiles({str(self.folder)!r})"

    def path(self, digest: str) -> Path:
        """Return where the estimator `digest` is or would be.

        Raises
        ------
        NotFoundError
            `digest` is not 64 hexadecimal digits.
        """
        if not _DIGEST.fullmatch(digest):
            raise NotFoundError(
                "This is not the digest of an estimator.", found=digest,
                expected="64 hexadecimal digits", remedy="coldframe models",
            )  # fmt: skip
        return self.folder / f"{digest}{SUFFIX}"

    def save(self, estimator: Any) -> str:
        """Save a fitted estimator and return its digest, the same in every process.

        Raises
        ------
        DataError
            It holds a type that is not trusted or cannot be saved; nothing is written.
        """
        import skops.io  # seconds of imports, needed only here

        from coldframe.models.canonical import canonical_skops

        try:
            data = canonical_skops(skops.io.dumps(estimator))
        except TypeError as error:  # skops says of which type it cannot tell the state
            raise DataError(
                "This estimator cannot be saved without pickling.",
                found=str(error),
                remedy="compose it of scikit-learn's estimators and transformers",
            ) from error
        digest = bytes_digest(data)
        _refuse_untrusted(data, where=f"{type(estimator).__name__} (about to be saved)")
        self._write(self.path(digest), data)
        return digest

    def _write(self, path: Path, data: bytes) -> None:
        """Put `data` at `path`; a damaged file of that name is replaced by what belongs there."""
        with contextlib.suppress(CorruptionError, NotFoundError):
            self._read(path)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = temporary_name(path)
        try:
            with partial.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fchmod(stream.fileno(), READ_ONLY)
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)

    def _read(self, path: Path) -> bytes:
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(
                "The estimator's file is gone.", where=str(path),
                remedy="restore it from a backup, or roll back to another model",
            ) from error  # fmt: skip
        found = bytes_digest(data)
        if found != path.stem:
            raise CorruptionError(
                "An estimator's file was damaged.", where=str(path), expected=path.stem,
                found=found, remedy="restore it from a backup, or roll back to another model",
            )  # fmt: skip
        return data

    def verify(self, digest: str) -> None:
        """Raise CorruptionError or NotFoundError unless the file is there, byte for byte."""
        self._read(self.path(digest))

    def load(self, digest: str) -> Any:
        """Return the estimator; the digest is compared and every type checked before.

        Raises
        ------
        NotFoundError
            There is no such file.
        CorruptionError
            Its bytes are not those that were saved, or no estimator that this version can read.
        DataError
            It holds a type that is not trusted.
        """
        path = self.path(digest)
        data = self._read(path)
        _refuse_untrusted(data, where=str(path))
        import skops.io  # seconds of imports, needed only here

        try:
            return skops.io.loads(data, trusted=list(TRUSTED_TYPES))
        except (AttributeError, ImportError, TypeError, ValueError) as error:
            raise CorruptionError(
                "This estimator cannot be loaded with the packages installed here.",
                where=str(path), found=f"{type(error).__name__}: {error}",
                remedy="install the environment it was trained in (`coldframe lineage`)",
            ) from error  # fmt: skip

    def digests(self) -> list[str]:
        """Return the digests of all files in the folder, sorted."""
        stems = (path.stem for path in self.folder.glob(f"*{SUFFIX}"))
        return sorted(stem for stem in stems if _DIGEST.fullmatch(stem))


def _refuse_untrusted(data: bytes, *, where: str) -> None:
    """Raise DataError if the skops file `data` names a type that is not trusted."""
    import skops.io

    try:
        untrusted = set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED_TYPES)
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise CorruptionError(
            "This is no estimator file.", where=where, found=f"{type(error).__name__}: {error}",
            expected="a zip written by skops", remedy="train the model anew",
        ) from error  # fmt: skip
    if untrusted:
        raise DataError(
            "An estimator holds types that are not trusted; it is not loaded.",
            where=where, found=", ".join(sorted(untrusted)),
            expected="scikit-learn's estimators and transformers, numpy and plain values",
            remedy="compose it of scikit-learn's own parts; own code belongs into the features",
        )  # fmt: skip
