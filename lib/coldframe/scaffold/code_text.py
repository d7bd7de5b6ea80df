"""The user's code of a draft: a feature function and a model builder, to be read and changed."""

from __future__ import annotations

from collections.abc import Iterable

from coldframe.scaffold.drafts import Draft

PACKAGE = '"""The dataset {name}: its own features and model."""\n'

FEATURES = '''\
"""What is known of a row of {name} when it is to be predicted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

{columns}
{constants}

def build_features(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return {parts} of each row of `{name}`.

    Use nothing that is not known when the prediction is due. The target is {target_is},
    and blank while it is not known.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `{name}`, each key once, typed by its contract.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
    """
    rows = tables["{name}"]
{body}'''

MODEL = '''\
"""The estimator of {name}: gradient boosting on histograms, seconds to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

{imports}

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

{constants}
def build_model(
    *,
    learning_rate: float = 0.1,
    max_iter: int = 100,
    max_leaf_nodes: int = 31,
    min_samples_leaf: int = 20,
    l2_regularization: float = 0.0,
    random_state: int = 2013,
) -> {returns}:
    """Return an unfitted estimator; its columns are the features of the dataset file.

    Parameters
    ----------
    learning_rate, max_iter, max_leaf_nodes, min_samples_leaf, l2_regularization
        Those of {estimator}.
    random_state : int, default=2013
        Draws the rows from which the histogram bins are made.
    """
{body}

def search_space(trial: BaseTrial) -> dict[str, Any]:
    """Return the parameters that `trial` suggests."""
    return {{
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.4, log=True),
        "max_iter": trial.suggest_int("max_iter", 20, 200, step=20),
        "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 7, 63, log=True),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 5, 200, log=True),
        "l2_regularization": trial.suggest_float("l2_regularization", 1e-3, 10.0, log=True),
    }}
'''

BOOST = """\
{estimator}(
    learning_rate=learning_rate,
    max_iter=max_iter,
    max_leaf_nodes=max_leaf_nodes,
    min_samples_leaf=min_samples_leaf,
    l2_regularization=l2_regularization,
{categories}    early_stopping=False,
    random_state=random_state,
)"""
CATEGORIES = """\
    # the encoded columns come first
    categorical_features=list(range(len(CATEGORICAL))),
"""
PIPELINE = """\
    # a category that was not seen counts as unknown; the rarest of very many share one number
    encode = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        encoded_missing_value=-1,
        max_categories=MOST_CATEGORIES,
    )
    columns = ColumnTransformer(
        [("categories", encode, CATEGORICAL)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    boost = {boost}
    return Pipeline([("encode", columns), ("boost", boost)])
"""


def write_code(draft: Draft) -> dict[str, str]:
    """Return the text of each module of lib/NAME, by its file name."""
    return {
        "__init__.py": PACKAGE.format(name=draft.name),
        "features.py": _features(draft),
        "model.py": _model(draft),
    }


def _features(draft: Draft) -> str:
    target, time = draft.target, draft.time
    own = []
    if time is not None and time.form == "year":
        own = [f"YEAR = {quote(time.column)}", f"TIME = {quote(str(draft.time_name))}"]
    if target.positive is not None:
        own += [f"TARGET = {quote(target.name)}", f"POSITIVE = {_value(draft)}"]
    names = [*draft.source.key]
    names += [time.column] if time is not None and time.form == "moment" else []
    names += [*draft.numeric, *draft.categorical]
    names += [] if target.positive is not None else [target.name]
    parts = "key, time, features and target" if time else "key, features and target"
    said = {"regression": "a number", "multiclass": "one of the classes"}
    return FEATURES.format(
        name=draft.name, parts=parts, columns=_list("COLUMNS", dict.fromkeys(names)),
        constants="\n".join([*own, ""]) if own else "",
        target_is=said.get(target.task, "1 for yes, 0 for no"), body=_body(draft),
    )  # fmt: skip


def _body(draft: Draft) -> str:
    """Return the last lines of the feature function."""
    lines = []
    assigned = []
    if draft.time is not None and draft.time.form == "year":
        lines.append(
            '    # a year stands for its first moment\n'
            '    time = pd.to_datetime(rows[YEAR].astype("str"), format="%Y", utc=True)\n'
        )  # fmt: skip
        assigned.append("TIME: time")
    if draft.target.positive is not None:
        lines.append("    known = rows[TARGET].notna()\n")
        lines.append('    answer = rows[TARGET].eq(POSITIVE).astype("float64").where(known)\n')
        assigned.append("TARGET: answer")
    if not assigned:
        return "    return rows[COLUMNS]\n"
    return "".join([*lines, f"    return rows[COLUMNS].assign(**{{{', '.join(assigned)}}})\n"])


def _value(draft: Draft) -> str:
    """Return the positive value as Python writes it, of the column's type."""
    text, kind = draft.target.positive or "", draft.source.columns[draft.target.name].type
    if kind == "integer":
        return str(int(text))
    return repr(float(text)) if kind == "number" else quote(text)


def _model(draft: Draft) -> str:
    kind = "Regressor" if draft.target.task == "regression" else "Classifier"
    estimator = f"HistGradientBoosting{kind}"
    boosted = BOOST.format(
        estimator=estimator, categories=CATEGORIES if draft.categorical else ""
    )  # fmt: skip
    imports = [f"from sklearn.ensemble import {estimator}"]
    constants, returns = "", estimator
    if draft.categorical:
        imports = [
            "from sklearn.compose import ColumnTransformer", *imports,
            "from sklearn.pipeline import Pipeline",
            "from sklearn.preprocessing import OrdinalEncoder",
        ]  # fmt: skip
        constants = _list("CATEGORICAL", draft.categorical) + "\nMOST_CATEGORIES = 200\n\n"
        returns = "Pipeline"
        body = PIPELINE.format(boost=boosted.replace("\n", "\n    "))
    else:
        body = "    return " + boosted.replace("\n", "\n    ") + "\n"
    return MODEL.format(
        name=draft.name, imports="\n".join(imports), constants=constants, returns=returns,
        estimator=estimator, body=body,
    )  # fmt: skip


def _list(name: str, items: Iterable[str]) -> str:
    """Return the assignment of a list, one item a line: so it stays when one is added."""
    lines = "".join(f"    {quote(item)},\n" for item in items)
    return f"{name} = [\n{lines}]"


def quote(text: str) -> str:
    r"""Return `text` as a literal of Python, in the quotes that need fewer escapes.

    Examples
    --------
    >>> print(quote("it's"), quote('6" nails'), quote("a\nb"))
    "it's" '6" nails' "a\nb"
    """
    body = ascii(text)[1:-1] if not text.isprintable() else repr(text)[1:-1]
    plain = body.replace("\\'", "'")
    if '"' in plain and "'" not in plain:
        return f"'{plain}'"
    return '"' + plain.replace('"', '\\"') + '"'
