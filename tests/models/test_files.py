"""Estimator files: one digest for one estimator, nothing loaded that is not trusted or whole."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from coldframe.errors import ConfigurationError, CorruptionError, DataError, NotFoundError
from coldframe.models import ModelFiles, predict_probability
from coldframe.provenance import bytes_digest

ROWS = 400


def sample() -> tuple[pd.DataFrame, np.ndarray]:
    """Return numbers with gaps, a category, and a target that depends on them."""
    draw = np.random.default_rng(7)
    x, c = draw.normal(size=ROWS), draw.choice(["AA", "DL", "UA"], ROWS)
    y = (x + (c == "UA") + draw.normal(size=ROWS) > 0).astype(int)
    blank = np.where(draw.random(ROWS) < 0.1, np.nan, x)
    return pd.DataFrame({"x": blank, "c": pd.Series(c, dtype=object)}), y


def estimators() -> dict[str, object]:
    """Return a classifier of each family that a user would think of first, unfitted."""
    one_hot = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["c"]),
        (make_pipeline(SimpleImputer(), StandardScaler()), ["x"]),
        sparse_threshold=0,
    )
    ordinal = make_column_transformer((OrdinalEncoder(), ["c"]), remainder="passthrough")
    boosted = HistGradientBoostingClassifier(
        max_iter=5, random_state=1, categorical_features=[0], early_stopping=False
    )
    return {
        "boosting": make_pipeline(ordinal, boosted),
        "logistic": make_pipeline(one_hot, LogisticRegression()),
        "forest": make_pipeline(one_hot, RandomForestClassifier(5, random_state=1)),
        "extra": make_pipeline(one_hot, ExtraTreesClassifier(5, random_state=1)),
        "gradient": make_pipeline(one_hot, GradientBoostingClassifier(n_estimators=5)),
        "sgd": make_pipeline(one_hot, SGDClassifier(loss="log_loss", random_state=1)),
        "bayes": make_pipeline(one_hot, GaussianNB()),
        "calibrated": CalibratedClassifierCV(make_pipeline(one_hot, LogisticRegression()), cv=3),
    }


def fitted(name: str) -> object:
    matrix, target = sample()
    return estimators()[name].fit(matrix, target)  # type: ignore[attr-defined]


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    return ModelFiles(tmp_path / "models")


@pytest.mark.parametrize("name", estimators())
def test_an_estimator_comes_back_with_the_same_predictions_and_digest(
    files: ModelFiles, name: str
) -> None:
    estimator = fitted(name)
    digest = files.save(estimator)
    loaded = files.load(digest)
    matrix, _ = sample()
    assert predict_probability(loaded, matrix).tobytes() == (
        predict_probability(estimator, matrix).tobytes()
    )
    assert files.save(loaded) == digest


SAVE = """
import sys, pathlib
sys.path.insert(0, {folder!r})
import test_files as t
from coldframe.models import ModelFiles
files = ModelFiles(pathlib.Path({models!r}))
print(" ".join(files.save(t.fitted(name)) for name in ("boosting", "forest", "extra")))
"""


def test_other_processes_give_the_same_digests(tmp_path: Path) -> None:
    # Other hash seeds, other addresses, other memory before: nothing of it may show.
    found = set()
    for seed in ("0", "77"):
        code = SAVE.format(folder=str(Path(__file__).parent), models=str(tmp_path / seed))
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        found.add(run.stdout.strip())
    assert len(found) == 1
    assert len(found.pop().split()) == 3


def test_a_file_is_read_only_and_holds_no_time(files: ModelFiles) -> None:
    path = files.path(files.save(fitted("logistic")))
    assert path.stat().st_mode & 0o777 == 0o444
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_saving_again_leaves_the_file_alone(files: ModelFiles) -> None:
    digest = files.save(fitted("logistic"))
    before = files.path(digest).stat()
    assert files.save(fitted("logistic")) == digest
    after = files.path(digest).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files.digests() == [digest]


@pytest.fixture(scope="module")
def whole() -> bytes:
    return canonical(fitted("logistic"))


def canonical(estimator: object) -> bytes:
    from coldframe.models.canonical import canonical_skops

    return canonical_skops(skops.io.dumps(estimator))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_found_before_loading(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    spoiled = bytearray(whole)
    spoiled[place // 8] ^= 1 << place % 8
    files = ModelFiles(tmp_path_factory.mktemp("flipped"))
    path = files.path(bytes_digest(whole))
    path.write_bytes(spoiled)
    with pytest.raises(CorruptionError, match="damaged"):
        files.load(path.stem)
    with pytest.raises(CorruptionError, match="damaged"):
        files.verify(path.stem)


@pytest.mark.parametrize("keep", [0, 1, 1000])
def test_a_torn_file_is_found_and_saving_again_mends_it(
    files: ModelFiles, whole: bytes, keep: int
) -> None:
    digest = files.save(fitted("logistic"))
    path = files.path(digest)
    path.unlink()
    path.write_bytes(whole[:keep])
    with pytest.raises(CorruptionError):
        files.load(digest)
    assert files.save(fitted("logistic")) == digest
    files.verify(digest)


def test_a_lost_file_says_what_to_do(files: ModelFiles) -> None:
    with pytest.raises(NotFoundError, match="roll back"):
        files.load("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "A" * 64])
def test_a_digest_cannot_leave_the_folder(files: ModelFiles, name: str) -> None:
    with pytest.raises(NotFoundError):
        files.path(name)


class Own(ClassifierMixin, BaseEstimator):
    """A user's own estimator class: code that the file would have to bring along."""


def test_an_estimator_of_an_unknown_class_is_refused_when_saved(files: ModelFiles) -> None:
    with pytest.raises(DataError, match="Own"):
        files.save(make_pipeline(StandardScaler(), Own()))
    assert files.digests() == []


def put(files: ModelFiles, data: bytes) -> str:
    """Put a forged file in the folder, under its right digest."""
    digest = bytes_digest(data)
    files.folder.mkdir(parents=True, exist_ok=True)
    files.path(digest).write_bytes(data)
    return digest


def test_a_function_that_a_forged_file_names_is_not_run(files: ModelFiles, tmp_path: Path) -> None:
    sign = tmp_path / "was-here"
    forged = canonical(FunctionTransformer(os.system, kw_args={"command": f"touch {sign}"}))
    digest = put(files, forged)
    with pytest.raises(DataError, match="not trusted") as caught:
        files.load(digest)
    assert "system" in str(caught.value)
    assert not sign.exists()


class Payload:
    """What an attacker would pickle."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.sign,))


def test_a_pickle_is_never_opened(files: ModelFiles, tmp_path: Path) -> None:
    import pickle

    sign = tmp_path / "was-here"
    digest = put(files, pickle.dumps(Payload(sign)))
    with pytest.raises(CorruptionError, match="no estimator file"):
        files.load(digest)
    assert not sign.exists()


def test_a_pickle_inside_an_array_is_never_opened(files: ModelFiles, tmp_path: Path) -> None:
    sign = tmp_path / "was-here"
    hidden = io.BytesIO()
    np.save(hidden, np.array([Payload(sign)], dtype=object), allow_pickle=True)
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(canonical(np.zeros(3)))) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name) if name == "schema.json" else hidden.getvalue())
    digest = put(files, buffer.getvalue())
    with pytest.raises(CorruptionError):
        files.load(digest)
    assert not sign.exists()


@pytest.mark.parametrize("schema", [{}, {"protocol": 999}, {"protocol": 2, "__loader__": "x"}])
def test_a_zip_that_is_no_estimator_is_refused(
    files: ModelFiles, schema: dict[str, object]
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    with pytest.raises(CorruptionError, match="no estimator file"):
        files.load(put(files, buffer.getvalue()))


@given(st.sets(st.text(max_size=3), max_size=6), st.dictionaries(st.text(max_size=3), st.floats()))
def test_plain_values_have_one_spelling(members: set[str], values: dict[str, float]) -> None:
    first = canonical({"set": members, "values": values})
    again = canonical({"set": {*sorted(members, reverse=True)}, "values": dict(values.items())})
    assert first == again


def test_an_estimator_without_probabilities_is_refused() -> None:
    matrix, target = sample()
    with pytest.raises(ConfigurationError, match="probabilities"):
        predict_probability(SGDClassifier().fit(matrix[["x"]].fillna(0), target), matrix)
    model = GaussianNB().fit(matrix[["x"]].fillna(0), target + 1)
    with pytest.raises(ConfigurationError, match="classes 0 and 1"):
        predict_probability(model, matrix[["x"]])


def test_the_package_imports_neither_scikit_learn_nor_skops() -> None:
    heavy = ("sklearn", "skops", "pandas", "numpy")
    code = f"import sys, coldframe.models; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert run.stdout.strip() == "[]"
