"""The variables of the types server, the same in every stack: what each holds in a generation."""

import json
import pathlib

SAMPLES = json.loads((pathlib.Path(__file__).parent.parent / "values.json").read_text("utf-8"))
# StatusCodes of the variables that are not always Good.
STATUSES = [0, 0x40920000, 0x80310000, 0x408F0000, 0x808B0000, 0]


def catalogue(generation):
    """Entries of one generation, always in the same order."""
    for kind, samples in SAMPLES.items():
        if kind != "Variant":
            yield from scalars(kind, samples, generation)
        yield from arrays(kind, samples, generation)


def scalars(kind, samples, generation):
    for index in range(len(samples)):
        yield entry(f"{kind}.Scalar.{index}", kind, None, turned(samples, generation)[index])
    # node-opcua reports no change of status of a variable that holds a StatusCode.
    if kind != "StatusCode":
        yield entry(f"{kind}.Status", kind, None, samples[0], STATUSES[generation % len(STATUSES)])


def arrays(kind, samples, generation):
    turn = turned(samples, generation)
    odd = generation % 2 == 1
    yield entry(f"{kind}.Array", kind, [len(turn)], turn)
    yield entry(f"{kind}.One", kind, [1], [turn[0]])
    yield entry(f"{kind}.Empty", kind, [1], [turn[0]]) if odd else entry(f"{kind}.Empty", kind, [0], [])
    yield entry(f"{kind}.Null", kind, [1], [turn[0]]) if odd else entry(f"{kind}.Null", kind, [0], None)
    yield entry(f"{kind}.Matrix", kind, [2, 3], filled(samples, 6, generation))
    yield entry(f"{kind}.Cube", kind, [2, 1, 2], filled(samples, 4, generation))


def entry(name, kind, dimensions, value, status=0):
    return {"name": name, "type": kind, "dimensions": dimensions, "value": value, "status": status}


def turned(samples, by):
    return filled(samples, len(samples), by)


def filled(samples, count, by):
    return [samples[(index + by) % len(samples)] for index in range(count)]
