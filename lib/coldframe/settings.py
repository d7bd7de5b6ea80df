"""Where things are and how far they may go: env.yaml, overruled by the environment's variables."""

from __future__ import annotations

import getpass
import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coldframe.declarations import read_yaml, refuse
from coldframe.errors import ConfigurationError, NotFoundError

MARKER = "pipeline.yaml"
FILE = "env.yaml"
VARIABLE = "COLDFRAME_"
SHARED_LOGINS = frozenset({"root", "jovyan", "nobody"})


class Settings(BaseModel):
    """Settings of one project folder; every path is absolute, every duration in seconds.

    Parameters
    ----------
    root : Path
        The folder that holds pipeline.yaml, notebooks/, datasets/ and lib/.
    home : Path
        Where data, models and runs are kept; relative paths are below `root`.
    dataset : str
        The dataset that is meant when none is named.
    ledger_url, studies_url : str
        SQLAlchemy URLs; empty means SQLite files in `home`.
    notebook_seconds : float
        A notebook that takes longer is stopped and counts as failed.
    notebook_bytes : int
        Data that a notebook's kernel may allocate; 0 means no limit.
    kernels_at_once : int
        Stages that a build runs side by side, where the graph lets it.
    warm_kernels : bool
        Whether kernels are forked from a process that has imported the usual libraries.
    preload : str
        What that process imports, separated by commas; empty means the usual libraries.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    home: Path = Path("home")
    dataset: str = "flights"
    ledger_url: str = ""
    studies_url: str = ""
    notebook_seconds: float = Field(default=900.0, gt=0)
    notebook_bytes: int = Field(default=0, ge=0)
    kernels_at_once: int = Field(default=2, ge=1)
    warm_kernels: bool = True
    preload: str = ""

    def model_post_init(self, context: Any) -> None:
        """Anchor paths and fill in the URLs of the embedded databases."""
        del context  # pydantic's signature
        home = (self.root / self.home.expanduser()).resolve()
        defaults = {
            "home": home,
            "ledger_url": self.ledger_url or f"sqlite:///{home / 'ledger.db'}",
            "studies_url": self.studies_url or f"sqlite:///{home / 'studies.db'}",
        }
        for name, value in defaults.items():
            object.__setattr__(self, name, value)

    @property
    def landing(self) -> Path:
        """Folder in which deliveries arrive, one folder a dataset and source."""
        return self.home / "landing"

    @property
    def modules(self) -> tuple[str, ...]:
        """What the fork server imports, by name; empty means the usual libraries."""
        return tuple(name for name in map(str.strip, self.preload.split(",")) if name)

    @property
    def lib(self) -> Path:
        """Source root of the project's own code."""
        return self.root / "lib"


VARIABLES = {name: VARIABLE + name.upper() for name in Settings.model_fields if name != "root"}
"""Of each setting that a variable may overrule, its variable."""
OTHER_VARIABLES = tuple(VARIABLE + name for name in ("ROOT", "USER", "TORTURE"))
"""Where the project is, who works here, and whether tests run with their full counts."""


def find_root(start: Path | None = None) -> Path:
    """Return the project folder: the first that holds pipeline.yaml, from some folder upwards.

    Parameters
    ----------
    start : Path, optional
        Where to begin; by default in COLDFRAME_ROOT, else in the working directory.

    Raises
    ------
    NotFoundError
        No parent holds one.
    """
    begin = start or Path(os.environ.get(VARIABLE + "ROOT") or Path.cwd())
    for folder in [begin.resolve(), *begin.resolve().parents]:
        if (folder / MARKER).is_file():
            return folder
    raise NotFoundError(
        "This is not inside a Coldframe project.",
        where=str(begin),
        expected=f"a folder with {MARKER}, here or above",
        remedy=f"cd into the project, or set {VARIABLE}ROOT",
    )


def user_name() -> str:
    """Return who is at work here: COLDFRAME_USER, else the login's name; empty if it has none.

    A login that many share (root, jovyan, nobody) is no person's name. What is decided under it
    is recorded as what it is, ``root (shared login)``, unless somebody gives a name.
    """
    if named := os.environ.get(VARIABLE + "USER"):
        return named
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return ""
    return f"{login} (shared login)" if login in SHARED_LOGINS else login


def declared_settings(root: Path) -> Settings:
    """Return what env.yaml says of home folder and dataset, whatever variables say.

    Raises
    ------
    ConfigurationError
        One of the two cannot be.
    """
    said = _read_file(root)
    return _settings(root, {name: said[name] for name in ("home", "dataset") if name in said})


def load_settings(*, root: Path | None = None, home: str | Path | None = None) -> Settings:
    """Read env.yaml; COLDFRAME_HOME, COLDFRAME_LEDGER_URL … and `home` overrule it, in this order.

    Raises
    ------
    ConfigurationError
        A key is unknown or a value cannot be; names file and key, or the variable.
    """
    folder = find_root(root)
    told = {name: os.environ.get(variable) for name, variable in VARIABLES.items()}
    given: dict[str, Any] = {name: value for name, value in told.items() if value}
    if home:
        given["home"] = home
    said = {name: value for name, value in _read_file(folder).items() if name not in given}
    _settings(folder, said)
    try:
        return Settings(**{**said, **given, "root": folder})
    except ValidationError as error:
        raise _refuse_variables(error) from error


def unknown_variables() -> dict[str, str | None]:
    """Return the COLDFRAME_ variables that nothing reads, each with the one that may be meant."""
    known = [*VARIABLES.values(), *OTHER_VARIABLES]
    found = sorted(n for n in os.environ if n.startswith(VARIABLE) and n not in known)
    return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in found}


def _read_file(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    return read_yaml(path) if path.is_file() else {}


def _settings(folder: Path, said: dict[str, Any]) -> Settings:
    """Return what env.yaml in `folder` says, or the error that names its line and key."""
    try:
        return Settings(**{**said, "root": folder})
    except ValidationError as error:
        raise refuse(
            error, Settings, what="env.yaml holds a setting that cannot be.", path=folder / FILE,
            unsaid="root", remedy="correct the file",
        ) from error  # fmt: skip


def _refuse_variables(error: ValidationError) -> ConfigurationError:
    """Return the error for variables whose values cannot be; the file has been read by then."""
    items = {VARIABLES[str(item["loc"][0])]: item for item in error.errors()}
    return ConfigurationError(
        "An environment variable holds a setting that cannot be.", where=", ".join(items),
        found=", ".join(repr(item["input"]) for item in items.values()),
        expected="; ".join(item["msg"].removeprefix("Input should be ") for item in items.values()),
        remedy=f"correct it, or go by env.yaml: unset {' '.join(items)}",
    )  # fmt: skip
