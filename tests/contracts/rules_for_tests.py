"""Row rules as a user might write them, good and bad."""


def even(frame):
    return frame["size"] % 2 == 0


def raises(frame):
    raise KeyError(len(frame))


def short(frame):
    return (frame["size"] > 0).iloc[1:]


def blank(frame):
    return (frame["size"] > 0).astype("boolean").mask(frame["size"] == 1)


def spoils(frame):
    frame["size"] = 0
    return frame["size"] == 0
