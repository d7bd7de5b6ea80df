import numpy as np
import pandas as pd
import pytest

import coldframe.features as module
from coldframe.datasets import Dataset
from coldframe.errors import DataError
from coldframe.features import build_frame, feature_matrix

MOMENTS = pd.to_datetime(["2013-01-02", "2013-01-01", "2013-01-03"], utc=True)


def dataset() -> Dataset:
    columns = {
        "id": {"type": "integer"},
        "at": {"type": "timestamp"},
        "size": {"type": "integer", "nullable": True},
        "kind": {"type": "string", "nullable": True},
    }
    labels = {"id": {"type": "integer"}, "label": {"type": "boolean"}}
    return Dataset.model_validate(
        {
            "name": "things",
            "title": "Things",
            "question": "Which?",
            "sources": {
                "things": {"files": "*", "key": ["id"], "columns": columns},
                "labels": {"files": "*", "key": ["id"], "columns": labels},
            },
            "features": {
                "function": "things.function",
                "rows": "things",
                "time": "at",
                "key": ["id"],
                "target": "label",
                "numeric": ["size"],
                "categorical": ["kind"],
            },
            "model": {"builder": "things.builder"},
        }
    )


def things() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [2, 1, 3],
            "at": MOMENTS,
            "size": pd.array([1, None, 3], dtype="Int64"),
            "kind": pd.Series(["a", None, "b"], dtype="str"),
        }
    )


def join(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    labels = tables["labels"].astype({"label": "float64"})
    return tables["things"].merge(labels, on="id", how="left")


@pytest.fixture
def build(monkeypatch):
    """Build the frame with a function of the test's own in place of the dotted path's."""

    def run(function=join, **tables):
        monkeypatch.setattr(module, "load_object", lambda *_, **__: function)
        return build_frame(dataset(), tables or {"things": things()})

    return run


def test_rows_are_in_the_order_of_time_and_types_are_numpys_own(build):
    frame = build()
    assert frame["id"].tolist() == [1, 2, 3]
    assert frame.dtypes.astype(str).to_dict() == {
        "id": "int64", "at": "datetime64[us, UTC]", "size": "float64", "kind": "object",
        "label": "float64",
    }  # fmt: skip
    assert frame["label"].isna().all()
    assert frame["kind"].tolist()[1:] == ["a", "b"]
    assert np.isnan(frame["kind"][0])


def test_the_last_delivered_row_of_a_key_wins(build):
    labels = pd.DataFrame({"id": [1, 2, 1], "label": [True, True, False]})
    frame = build(things=pd.concat([things(), things().assign(size=9)]), labels=labels)
    assert frame["size"].tolist() == [9, 9, 9]
    assert frame["label"].fillna(-1).tolist() == [0, 1, -1]


def test_sources_that_have_not_come_are_empty_tables_with_their_columns(build):
    seen = {}

    def look(tables):
        seen.update(tables)
        return join(tables)

    assert len(build(look, labels=pd.DataFrame({"id": [1], "label": [True]}))) == 0
    assert seen["things"].columns.tolist() == ["id", "at", "size", "kind"]


def test_a_column_that_never_came_is_null(build):
    assert build(things=things().drop(columns="size"))["size"].isna().all()


def test_the_matrix_holds_the_features_alone_and_survives_parquet(build, tmp_path):
    frame = build()
    matrix = feature_matrix(dataset(), frame)
    assert matrix.columns.tolist() == ["size", "kind"]
    frame.to_parquet(tmp_path / "frame.parquet")
    again = feature_matrix(dataset(), pd.read_parquet(tmp_path / "frame.parquet"))
    pd.testing.assert_frame_equal(again, matrix)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda frame: frame.iloc[1:], "1 lost"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "1 doubled"),
        (lambda frame: pd.concat([frame, frame.iloc[:1].assign(id=9)]), "1 invented"),
        (lambda frame: frame.drop(columns=["size", "label"]), "missing: size, label"),
        (lambda frame: frame.assign(size="many"), "numeric feature"),
        (lambda frame: frame.assign(size=np.inf), "infinite"),
        (lambda frame: frame.assign(label=2.0), "0 or 1"),
        (lambda frame: frame.assign(at=frame["at"].dt.tz_localize(None)), "time zone"),
        (lambda frame: frame.assign(at=pd.NaT), "time zone"),
        (lambda frame: frame.assign(id=None), "key has blanks"),
        (lambda frame: frame.to_dict(), "no frame"),
    ],
)
def test_what_a_feature_function_may_not_return(build, spoil, said):
    with pytest.raises(DataError, match=said):
        build(lambda tables: spoil(join(tables)))
