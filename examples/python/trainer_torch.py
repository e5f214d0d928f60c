"""A PyTorch trainer that a controller can steer: seeds grow in a small network, or are culled.

    python examples/python/trainer_torch.py NAME [--epochs 40] [--checkpoint FILE] [--wait SECONDS]

The data are synthetic: noisy images of ten random patterns. Start a controller beside it, such as
the policy of docs/python.md. Killed and started again with its checkpoint, it goes on where it was.
"""

from __future__ import annotations

import argparse
import sys

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    sys.exit("trainer_torch.py needs PyTorch: pip install torch")

import leyline
import leyline.torch

CLASSES, SIDE, CHANNELS = 10, 8, 8


def blueprint(name: str) -> nn.Module:
    """Makes a seed of a blueprint of the standard action space "cnn"."""
    if name == "norm":
        return nn.GroupNorm(2, CHANNELS)
    if name == "attention":
        return nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), nn.Sigmoid())
    if name == "depthwise":
        return nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=CHANNELS)
    return nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU())


class SeedSlot(nn.Module):
    """Adds what a seed computes to what passes through, weighted by alpha."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self.alpha = 0.0
        self.isolated = True
        self.plant("")

    def plant(self, name: str) -> None:
        """Puts a seed of a blueprint in; the empty name takes the seed out."""
        self.name, self.alpha, self.isolated = name, 0.0, True
        self.seed = blueprint(name) if name else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.name:
            return x
        if self.isolated:
            # The seed learns, and the rest of the network does not feel it.
            seen = self.seed(x.detach())
            return x + seen - seen.detach()
        return x + self.alpha * self.seed(x)

    def get_extra_state(self) -> dict[str, object]:
        return {"name": self.name, "alpha": self.alpha, "isolated": self.isolated}

    def set_extra_state(self, state: dict[str, object]) -> None:
        # Comes before the parameters, which then have their places.
        self.plant(str(state["name"]))
        self.alpha, self.isolated = float(state["alpha"]), bool(state["isolated"])


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, CHANNELS, 3, padding=1)
        self.slot = SeedSlot()
        self.head = nn.Linear(CHANNELS * SIDE * SIDE // 16, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.slot(functional.relu(self.stem(x)))
        return self.head(functional.max_pool2d(x, 4).flatten(1))


class Run(leyline.torch.Callback):
    """The network's part in what a controller asks for."""

    def __init__(self, name: str, network: Network, test: tuple[torch.Tensor, torch.Tensor], **options: object) -> None:
        self.network, self.test = network, test
        super().__init__(name, state={"network": network}, **options)

    def germinate(self, slot: str, seed: str, blueprint: str) -> None:
        self.network.slot.plant(blueprint)

    def cull(self, slot: str) -> None:
        self.network.slot.plant("")

    def alpha(self, slot: str, alpha: float) -> None:
        self.network.slot.alpha = alpha

    def stage(self, slot: str, from_stage: leyline.SeedStage, to_stage: leyline.SeedStage) -> None:
        self.network.slot.isolated = to_stage <= leyline.SeedStage.TRAINING
        print(f"epoch {self.epoch}: {slot} {from_stage.name} to {to_stage.name}", flush=True)

    def accuracy(self, slot: str) -> float:
        place = self.network.slot
        place.isolated, place.alpha = False, 1.0
        _, accuracy = judge(self.network, *self.test)
        place.isolated, place.alpha = True, 0.0
        return accuracy


def judge(network: Network, x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Returns loss (nats) and accuracy (percent)."""
    with torch.no_grad():
        out = network(x)
        return float(functional.cross_entropy(out, y)), float((out.argmax(1) == y).float().mean()) * 100


def images(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    patterns = torch.randn(CLASSES, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    y = torch.randint(CLASSES, (count,))
    return patterns[y] + 2.0 * torch.randn(count, 1, SIDE, SIDE), y


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("name", help="the name of the link")
    arguments.add_argument("--epochs", type=int, default=40)
    arguments.add_argument("--checkpoint", help="a file to save to, and to go on from")
    arguments.add_argument("--wait", type=float, default=0.0, help="seconds to wait for a decision in each epoch")
    given = arguments.parse_args()

    torch.manual_seed(7)
    train, test = images(1024), images(512)
    network = Network()
    options = {"epochs": given.epochs, "checkpoint": given.checkpoint, "timeout": given.wait}
    with Run(given.name, network, test, **options) as run:
        print(f"link {run.steering.opened}, after epoch {run.epoch} of {given.epochs}", flush=True)
        try:
            for epoch in run.epochs():
                optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
                for x, y in zip(train[0].split(64), train[1].split(64)):
                    loss = functional.cross_entropy(network(x), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    run.step(loss)
                (val_loss, val_accuracy), (_, train_accuracy) = judge(network, *test), judge(network, *train)
                run.update(val_loss=val_loss, train_accuracy=train_accuracy, val_accuracy=val_accuracy)
                print(f"epoch {epoch}: loss {val_loss:.3f}, accuracy {val_accuracy:.1f} %", flush=True)
        except KeyboardInterrupt:
            print("interrupted: the link is closed in order", flush=True)


if __name__ == "__main__":
    main()
