"""Computes the fingerprints of docs/schemas.md from that page, and those of the observation schemas and action spaces
once more from the tables of the contract. Uses nothing of the library."""

import hashlib
import re
import struct
import sys


def bits(x):
    return struct.pack(">d", x).hex()


def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def schema_text(name, version, size, parameters, fields):
    lines = ["leyline-schema 1", f"record {name} {version} {size}"]
    lines += [f"parameter {parameter} {bits(value)}" for parameter, value in parameters]
    for i, (field, ty, count, offset, unit, low, high, scale, missing) in enumerate(fields):
        lines.append(f"field {i} {field} {ty} {count} {offset} {unit} {bits(low)} {bits(high)} {scale} {missing}")
    return "".join(line + "\n" for line in lines)


def action_text(topology, blueprints):
    names = [f"GERMINATE_{b.upper()} {b}" for b in blueprints]
    lines = ["leyline-actions 1", f"topology {topology}"]
    lines += [f"action {i} {name}" for i, name in enumerate(["WAIT", *names, "FOSSILIZE", "CULL"])]
    return "".join(line + "\n" for line in lines)


def page_schemas(text):
    """Name and version, then the fingerprint and the text, of each schema of the page."""
    found, fields_of = {}, {}
    for section in re.split(r"^### ", text, flags=re.M)[1:]:
        section = re.split(r"^## ", section, flags=re.M)[0]
        title = section.split("\n", 1)[0]
        name, version = title.rsplit(" ", 1)
        expected, size = re.search(r"^`([0-9a-f]{32})`, (\d+) bytes\.$", section, re.M).groups()
        parameters = re.search(r"^Parameters: (.*)\.$", section, re.M)
        parameters = re.findall(r"`([^`]+)` ([^,]+)", parameters.group(1)) if parameters else []
        same = re.search(r"^Fields: those of (.*)\.$", section, re.M)
        if same:
            fields = fields_of[same.group(1)]
        else:
            rows = [line.strip("| ").split(" | ") for line in section.splitlines() if re.match(r"\| \d", line)]
            assert [int(row[0]) for row in rows] == list(range(len(rows))), title
            fields = [
                (field, ty, int(count), int(offset), unit, float(low), float(high), scale, missing)
                for _, field, ty, count, offset, unit, low, high, scale, missing in rows
            ]
        fields_of[title] = fields
        numbers = [(parameter, float(value)) for parameter, value in parameters]
        found[title] = (expected, schema_text(name, version, size, numbers, fields))
    return found


def floats(table):
    """Fields that are one f32 each, one after the other."""
    return [(name, "f32", 1, 4 * i, *rest) for i, (name, *rest) in enumerate(table)]


LOSS = "S((x-target_loss)/(baseline_loss-target_loss))"
# Name, unit, low, high, scale; then the normalized low, high, scale.
FEATURES = [
    ("EPOCH", "epochs", 0, 2**24, "whole", 0, 1, "clip(x/max_epochs,0,1)"),
    ("GLOBAL_STEP", "steps", 0, 2**24, "whole", 0, 1, "clip(x/max_steps,0,1)"),
    ("TRAIN_LOSS", "nats", 0, 1e6, "raw", -10, 10, LOSS),
    ("VAL_LOSS", "nats", 0, 1e6, "raw", -10, 10, LOSS),
    ("LOSS_DELTA", "nats", -1e6, 1e6, "raw", -10, 10, "S(x/delta_std)"),
    ("TRAIN_ACCURACY", "percent", 0, 100, "raw", 0, 1, "x/100"),
    ("VAL_ACCURACY", "percent", 0, 100, "raw", 0, 1, "x/100"),
    ("ACCURACY_DELTA", "pp", -100, 100, "raw", -1, 1, "clip(x/50,-1,1)"),
    ("PLATEAU_EPOCHS", "updates", 0, 2**24, "whole", 0, 1, "clip(x/10,0,1)"),
    ("BEST_VAL_ACCURACY", "percent", 0, 100, "raw", 0, 1, "x/100"),
    ("BEST_VAL_LOSS", "nats", 0, 10, "capped", -10, 10, LOSS),
    *((f"LOSS_HIST_{i}", "nats", 0, 1e6, "raw", -10, 10, LOSS) for i in range(5)),
    *((f"ACC_HIST_{i}", "percent", 0, 100, "raw", 0, 1, "x/100") for i in range(5)),
    ("HAS_ACTIVE_SEED", "-", 0, 1, "whole", 0, 1, "whole"),
    ("SEED_STAGE", "SeedStage", 0, 10, "whole", 0, 1, "x/10"),
    ("SEED_EPOCHS_IN_STAGE", "epochs", 0, 2**24, "whole", 0, 1, "clip(x/50,0,1)"),
    ("SEED_ALPHA", "-", 0, 1, "raw", 0, 1, "raw"),
    ("SEED_IMPROVEMENT", "pp", -100, 100, "raw", -1, 1, "clip(x/10,-1,1)"),
    ("AVAILABLE_SLOTS", "slots", 0, 65535, "whole", 0, 1, "clip(x/max_slots,0,1)"),
]
TASKS = {"cifar10": (2.3, 0.3, 0.05, 25, 10000, 1), "tinystories": (10.8, 3.5, 0.15, 50, 50000, 1)}
NUMBERS = ("baseline_loss", "target_loss", "delta_std", "max_epochs", "max_steps", "max_slots")
BLUEPRINTS = {
    "cnn": {"norm": 100, "attention": 2000, "depthwise": 4800, "conv_enhance": 74000},
    "transformer": {"norm": 800, "lora": 6000, "attention": 50000, "mlp": 1200000},
}


def contract_schemas():
    default = {"BEST_VAL_LOSS": "10"}
    raw = [(name, unit, low, high, scale, default.get(name, "0")) for name, unit, low, high, scale, *_ in FEATURES]
    normalized = [
        (name, unit, low, high, scale, "x=" + default.get(name, "0"))
        for name, unit, _, _, _, low, high, scale in FEATURES
    ]
    flags = [(f"{name}_MISSING", "-", 0, 1, "raw", "0.5") for name, *_ in FEATURES]
    yield "observation 1", schema_text("observation", 1, 108, [], floats(raw))
    for task, values in TASKS.items():
        numbers = list(zip(NUMBERS, values))
        fields = floats(normalized)
        yield f"normalized.{task} 1", schema_text(f"normalized.{task}", 1, 108, numbers, fields)
        fields = floats(normalized + flags)
        yield f"observation.{task} 2", schema_text(f"observation.{task}", 2, 216, numbers, fields)


def main(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = page_schemas(text)
    for title, (expected, canonical) in page.items():
        assert fingerprint(canonical) == expected, f"{title}: {expected}, computed from\n{canonical}"
    print(len(page), "schemas of the page")
    contract = dict(contract_schemas())
    for title, canonical in contract.items():
        assert fingerprint(canonical) == page[title][0], f"{title}: {page[title][0]}, computed from\n{canonical}"
    print(len(contract), "schemas of the contract")
    spaces = dict(re.findall(r"^\| (\w+) \| `([0-9a-f]{32})` \|", text, re.M))
    for topology, blueprints in BLUEPRINTS.items():
        ordered = sorted(blueprints, key=lambda name: (blueprints[name], name))
        assert fingerprint(action_text(topology, ordered)) == spaces.pop(topology), topology
    assert not spaces, spaces
    print(len(BLUEPRINTS), "action spaces")


main(sys.argv[1])
