"""Makes Gymnasium spaces of the JSON of leyline's, and holds them against what the library says of the same rows."""

import json
import sys

import numpy as np
from gymnasium import spaces


def box_of(space):
    assert space["type"] == "Box", space["type"]
    dtype = np.dtype(space["dtype"])
    box = spaces.Box(
        low=np.array(space["low"], dtype), high=np.array(space["high"], dtype), shape=tuple(space["shape"]), dtype=dtype
    )
    assert len(space["names"]) == len(space["units"]) == box.shape[0] and box.is_bounded("both")
    return box


def discrete_of(space):
    assert space["type"] == "Discrete", space["type"]
    discrete = spaces.Discrete(space["n"], start=space["start"], dtype=np.dtype(space["dtype"]).type)
    assert len(space["names"]) == discrete.n and space["names"][0] == "WAIT"
    return discrete


def main(path):
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    inside = 0
    for entry in given["boxes"]:
        box = box_of(entry["space"])
        for row in entry["inside"]:
            row = np.array(row, box.dtype)
            assert box.contains(row), (entry["space"]["schema"], row, box)
            inside += 1
        for row in entry["outside"]:
            assert not box.contains(np.array(row, box.dtype)), (entry["space"]["schema"], row)
        box.seed(1)
        assert all(box.contains(box.sample()) for _ in range(10))
    print(inside, "observations inside their Box")
    sampled = 0
    for entry in given["discretes"]:
        discrete = discrete_of(entry["space"])
        discrete.seed(1)
        for mask in {tuple(mask) for mask in entry["masks"]}:
            mask = np.array(mask, np.int8)
            allowed = set(np.flatnonzero(mask).tolist())
            assert allowed, "a mask of zero"
            drawn = {int(discrete.sample(mask=mask)) for _ in range(300)}
            assert drawn == allowed, (drawn, allowed)
            assert all(discrete.contains(np.int64(action)) for action in drawn)
        sampled += 1
    print(sampled, "spaces sampled with masks")


main(sys.argv[1])
