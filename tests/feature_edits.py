"""Edits of the flights' features, as ARCHITECTURE.md tells people to make them."""

import shutil

import flights.features

BUILD = flights.features.build_features


def with_features(bench, **changes):
    """Return `bench` with other columns in the features section of its dataset."""
    features = bench.dataset.features.model_copy(update=changes)
    dataset = bench.dataset.model_copy(update={"features": features})
    return type(bench)(settings=bench.settings, dataset=dataset)


def add_feature(bench, monkeypatch):
    """Add the feature `rush` to function and dataset file."""
    monkeypatch.setattr(
        flights.features, "build_features",
        lambda tables: BUILD(tables).assign(rush=lambda f: f["departure_minute"] // 60 % 2),
    )  # fmt: skip
    return with_features(bench, numeric=(*bench.dataset.features.numeric, "rush"))


def remove_feature(bench, monkeypatch):
    """Remove the feature `visib` from function and dataset file."""
    monkeypatch.setattr(
        flights.features, "build_features", lambda tables: BUILD(tables).drop(columns="visib")
    )
    kept = tuple(name for name in bench.dataset.features.numeric if name != "visib")
    return with_features(bench, numeric=kept)


def spoil_feature(bench, monkeypatch):
    """Spoil the feature that says most, in the code that builds it."""
    edit_code(bench.settings.root)

    def spoiled(tables):
        frame = BUILD(tables)
        return frame.assign(departure_minute=1440 - frame["departure_minute"])

    monkeypatch.setattr(flights.features, "build_features", spoiled)


def edit_code(root):
    """Give the project at `root` a lib/ of its own, in which the features' code is edited."""
    lib = root / "lib"
    target = lib.resolve()
    lib.unlink()
    shutil.copytree(target, lib, ignore=shutil.ignore_patterns("__pycache__"))
    with (lib / "flights" / "features.py").open("a", encoding="utf-8") as stream:
        stream.write("\nEDITED = True\n")
