"""A trainer's step from Python: commands, callbacks, restarts, and what each refuses."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import leyline
import numpy as np
import pytest

Start = Callable[[str], "subprocess.Popen[str]"]

ACTIONS = leyline.ActionSpace.standard("cnn")
STAGE = leyline.SeedStage
LONG = 60.0


class Network(leyline.SeedHost):
    """Notes what it is called for, and fails where it is told to."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []
        self.fails: dict[str, BaseException] = {}
        self.refusal: str | None = None

    def _note(self, name: str, *of: object) -> None:
        if name in self.fails:
            raise self.fails[name]
        self.said.append((name, *of))

    def taken(self) -> list[tuple[object, ...]]:
        said, self.said = self.said, []
        return said

    def germinate(self, slot: str, seed: str, blueprint: str) -> str | None:
        self._note("germinate", slot, seed, blueprint)
        return self.refusal

    def cull(self, slot: str) -> None:
        self._note("cull", slot)

    def fossilize(self, slot: str) -> None:
        self._note("fossilize", slot)

    def alpha(self, slot: str, alpha: float) -> None:
        self._note("alpha", slot, round(alpha, 3))

    def learning_rate(self, slot: str, learning_rate: float) -> None:
        self._note("learning_rate", slot, learning_rate)

    def pause(self, slot: str) -> None:
        self._note("pause", slot)

    def resume(self, slot: str) -> None:
        self._note("resume", slot)

    def stage(self, slot: str, from_stage: leyline.SeedStage, to_stage: leyline.SeedStage) -> None:
        self._note("stage", from_stage, to_stage)

    def accuracy(self, slot: str) -> float | None:
        self._note("accuracy", slot)
        return None

    def signals(self, signals: leyline.TrainingSignals) -> None:
        self._note("signals")
        signals.gpu_memory_gb = 3.0

    def telemetry(self, slot: str, telemetry: leyline.SeedTelemetry) -> None:
        self._note("telemetry", slot)
        telemetry.layer = "conv_1"

    def decision(self, lane: int, decision: leyline.Decision, latency_ns: int) -> None:
        self._note("decision", lane, decision.action)

    def outcome(self, command: leyline.AdaptationCommand, outcome: leyline.CommandOutcome) -> None:
        self._note("outcome", command.command_type.name, outcome.status.name, outcome.text)


def steering(host: leyline.SeedHost | None = None, **options: object) -> leyline.Steering:
    return leyline.Steering.create("link", ACTIONS, **{"max_epochs": 10, "host": host, **options})


def update(steering: leyline.Steering, epoch: int, accuracy: float = 50.0) -> leyline.Steered:
    return steering.update(
        epoch=epoch, global_step=epoch, train_loss=1.0, val_loss=1.0, train_accuracy=accuracy, val_accuracy=accuracy
    )


def command(kind: str, **fields: object) -> leyline.AdaptationCommand:
    return leyline.AdaptationCommand(command_type=leyline.CommandType[kind], **fields)


def outcomes(controller: leyline.Controller) -> list[tuple[str, str]]:
    return [(outcome.status.name, outcome.text) for outcome in controller.outcomes()]


def test_a_command_of_another_process_is_executed_and_its_outcome_arrives(start: Start) -> None:
    policy = start("""
with leyline.Controller.attach("link", timeout=60) as controller:
    while not isinstance(meta := controller.next(timeout=60), leyline.Meta):
        pass
    sent = controller.decide(meta, controller.actions.germinate("norm"), confidence=0.5)
    outcome = controller.wait_outcome(sent, timeout=60)
    print(outcome.status.name, outcome.stage_before.name, outcome.stage_after.name, outcome.seed, flush=True)
    sys.stdin.readline()
""")
    network = Network()
    with steering(network) as trainer:
        trainer.wait_for_controller(timeout=LONG)
        assert trainer.await_decision(timeout=LONG) is None
        done = trainer.step(epoch=1, global_step=1, train_loss=2.3)
        assert done.sequence == 1
        decision = trainer.await_decision(timeout=LONG)
        assert decision is not None and decision == trainer.decision()
        assert (decision.observation_sequence, decision.confidence) == (1, 0.5)
        assert policy.stdout and policy.stdout.readline() == "EXECUTED DORMANT GERMINATED seed_0\n"
        assert network.taken() == [
            ("decision", 0, ACTIONS.germinate("norm")),
            ("germinate", "slot_0", "seed_0", "norm"),
            ("stage", STAGE.DORMANT, STAGE.GERMINATED),
            ("outcome", "GERMINATE", "EXECUTED", ""),
        ]
        assert [seed.stage for seed in trainer.seeds] == [STAGE.GERMINATED]
        assert trainer.observation[leyline.Feature.HAS_ACTIVE_SEED] == 1
        policy.kill()
        policy.wait()
        trainer.step(epoch=1, global_step=2, train_loss=2.2)
        with pytest.raises(leyline.PeerGoneError) as gone:
            trainer.await_decision(timeout=LONG)
        assert gone.value.ending == "died"


def test_a_killed_trainer_goes_on_in_shadowing_from_its_snapshot(start: Start, folder: Path) -> None:
    program = f"""
from pathlib import Path
file = Path({str(folder / "saved")!r})
class Network(leyline.SeedHost):
    def stage(self, slot, from_stage, to_stage):
        print(from_stage.name, to_stage.name, flush=True)
steering = leyline.Steering.open_or_create("link", leyline.ActionSpace.standard("cnn"), max_epochs=100, host=Network())
if file.exists():
    steering.restore(file.read_bytes())
print(steering.opened, steering.seeds[0].stage.name, flush=True)
epoch = steering.signals.metrics.epoch
for line in sys.stdin:
    epoch += 1
    steering.update(epoch=epoch, global_step=epoch, train_loss=1, val_loss=1, train_accuracy=1, val_accuracy=epoch)
    file.write_bytes(steering.save())
    print("epoch", epoch, flush=True)
"""

    def hear(child: subprocess.Popen[str]) -> str:
        assert child.stdout
        return child.stdout.readline().strip()

    def epoch(child: subprocess.Popen[str]) -> list[str]:
        print(file=child.stdin, flush=True)
        heard = []
        while not (heard and heard[-1].startswith("epoch")):
            heard.append(hear(child))
        return heard

    first = start(program)
    assert hear(first) == "created DORMANT"
    with leyline.Controller.attach("link", timeout=LONG) as controller:
        controller.send(command("GERMINATE", blueprint="norm"))
        heard = epoch(first)
        while "BLENDING SHADOWING" not in heard:
            heard = epoch(first)
        last = heard[-1]
        first.kill()
        first.wait()
        second = start(program)
        assert hear(second) == "attached SHADOWING"
        assert epoch(second) == [f"epoch {int(last.split()[1]) + 1}"]
        controller.send(command("CULL", reason="enough"))
        assert epoch(second)[0] == "SHADOWING CULLED"
        told = []
        while not told or told[-1].status is not leyline.OutcomeStatus.EXECUTED or len(told) < 2:
            told.append(controller.next_outcome(timeout=LONG))
        assert told[-1].stage_before is STAGE.SHADOWING


def test_each_callback_is_called_with_what_it_is_for() -> None:
    network = Network()
    with steering(network, max_epochs=100) as trainer, leyline.Controller.attach("link") as controller:
        for sent, said in [
            (command("GERMINATE", blueprint="norm", target_seed="mine"), ("germinate", "slot_0", "mine", "norm")),
            (command("SET_LEARNING_RATE", learning_rate=0.5), ("learning_rate", "slot_0", 0.5)),
            (command("ADVANCE_STAGE", target_stage=STAGE.TRAINING), ("stage", STAGE.GERMINATED, STAGE.TRAINING)),
            (command("PAUSE_SEED"), ("pause", "slot_0")),
            (command("RESUME_SEED"), ("resume", "slot_0")),
        ]:
            controller.send(sent)
            assert trainer.step(epoch=1, global_step=1, train_loss=1).commands == 1
            assert said in network.taken()
        epoch = 0
        said = []
        while trainer.seeds[0].stage is not STAGE.PROBATIONARY:
            epoch += 1
            update(trainer, epoch, accuracy=epoch)
            said += network.taken()
        assert {"accuracy", "alpha", "signals", "telemetry", "stage"} <= {name for name, *_ in said}
        assert [of[1] for name, *of in said if name == "alpha"][-1] == 1
        controller.send(command("ADVANCE_STAGE", target_stage=STAGE.FOSSILIZED))
        update(trainer, epoch + 1, accuracy=90)
        assert ("fossilize", "slot_0") in network.taken()
        observer = leyline.Observer("link", "seed_telemetry", start="newest")
        assert observer.next()[0]["layer"].tolist() == [b"conv_1"]
        meta = None
        while isinstance(found := controller.next(), leyline.Meta):
            meta = found
        assert controller.signals_of(meta).gpu_memory_gb == 3.0
        assert outcomes(controller) == [("EXECUTED", "")] * 6


@pytest.mark.parametrize("callback", ["germinate", "stage"])
def test_a_callback_that_raises_fails_the_command_and_is_raised(callback: str) -> None:
    network = Network()
    with steering(network) as trainer, leyline.Controller.attach("link") as controller:
        before = trainer.save()
        network.fails[callback] = ValueError("no memory is left")
        controller.send(command("GERMINATE", blueprint="norm"))
        controller.send(command("REQUEST_STATE"))
        with pytest.raises(ValueError, match="no memory is left") as raised:
            trainer.step(epoch=1, global_step=1, train_loss=1)
        assert raised.value is network.fails[callback]
        # Answered with its text; the command behind it is executed; nothing is half done.
        assert outcomes(controller) == [("FAILED", "ValueError: no memory is left"), ("EXECUTED", "")]
        assert trainer.seeds[0].stage is STAGE.DORMANT and len(trainer.save()) == len(before)
        network.fails.clear()
        controller.send(command("GERMINATE", blueprint="norm"))
        trainer.step(epoch=1, global_step=2, train_loss=1)
        assert trainer.seeds[0].stage is STAGE.GERMINATED
        assert trainer.sent == 2


def test_a_callback_that_raises_takes_a_move_back_whatever_it_is_for() -> None:
    network = Network()
    with steering(network) as trainer, leyline.Controller.attach("link") as controller:
        controller.send(command("GERMINATE", blueprint="norm"))
        trainer.step(epoch=1, global_step=1, train_loss=1)
        network.fails = {"cull": RuntimeError("in use")}
        controller.send(command("CULL"))
        with pytest.raises(RuntimeError, match="in use"):
            trainer.step(epoch=1, global_step=2, train_loss=1)
        assert trainer.seeds[0].stage is STAGE.GERMINATED
        # At an update no command fails: the seed stays, all is published, and the exception is raised.
        network.fails = {"stage": RuntimeError("not yet")}
        with pytest.raises(RuntimeError, match="not yet"):
            update(trainer, 1)
        assert (trainer.seeds[0].stage, trainer.sent) == (STAGE.GERMINATED, 3)
        network.fails = {"signals": RuntimeError("no GPU"), "decision": KeyError("lane"), "outcome": KeyError("x")}
        with pytest.raises(RuntimeError, match="no GPU"):
            update(trainer, 2)
        assert (trainer.seeds[0].stage, trainer.sent) == (STAGE.TRAINING, 4)
        network.fails = {"decision": KeyError("lane")}
        meta = None
        while isinstance(found := controller.next(), leyline.Meta):
            meta = found
        controller.decide(meta, 0)
        with pytest.raises(KeyError, match="lane"):
            trainer.await_decision(timeout=LONG)
        network.fails = {}
        assert trainer.await_decision(timeout=LONG) == trainer.decision()
        # Once raised, an exception is gone.
        update(trainer, 3)
        assert outcomes(controller) == [("EXECUTED", ""), ("FAILED", "RuntimeError: in use")]


def test_a_callback_may_refuse_a_seed_and_may_not_spoil_what_is_published() -> None:
    network = Network()
    with steering(network) as trainer, leyline.Controller.attach("link") as controller:
        network.refusal = "the seed slot is being repaired"
        controller.send(command("GERMINATE", blueprint="norm"))
        trainer.step(epoch=1, global_step=1, train_loss=1)
        assert outcomes(controller) == [("FAILED", "the seed slot is being repaired")]
        network.signals = lambda signals: None  # An instance's own is no override.
        update(trainer, 1)

    class Spoils(leyline.SeedHost):
        def signals(self, signals: leyline.TrainingSignals) -> None:
            signals.seed_stage = 77

        def accuracy(self, slot: str) -> float:
            return "high"  # type: ignore[return-value]

    with leyline.Steering.recreate("link", ACTIONS, max_epochs=10, host=Spoils()) as trainer:
        with pytest.raises(leyline.InvalidEnumError):
            update(trainer, 1)
        assert trainer.sent == 1
    with pytest.raises(TypeError, match=r"expected a leyline\.SeedHost, found object"):
        steering(object())  # type: ignore[arg-type]


def test_a_callback_may_not_call_its_steering() -> None:
    class Calls(leyline.SeedHost):
        def decision(self, lane: int, decision: leyline.Decision, latency_ns: int) -> None:
            trainer.step(epoch=1, global_step=9, train_loss=1)

    with steering(Calls()) as trainer, leyline.Controller.attach("link") as controller:
        trainer.step(epoch=1, global_step=1, train_loss=1)
        controller.decide(controller.next(), 0)
        with pytest.raises(leyline.BusyError, match="one call at a time"):
            trainer.step(epoch=1, global_step=2, train_loss=1)
        assert trainer.sent == 2


def test_numbers_that_are_none_are_published_as_the_worst_and_named() -> None:
    network = Network()
    with steering(network) as trainer, leyline.Controller.attach("link") as controller:
        nan = float("nan")
        trainer.step(epoch=1, global_step=1, train_loss=nan)
        assert trainer.replaced == ["TRAIN_LOSS"]
        trainer.update(
            epoch=1, global_step=1, train_loss=np.float32(1), val_loss=nan, train_accuracy=nan, val_accuracy=101
        )
        assert trainer.replaced == ["VAL_LOSS", "TRAIN_ACCURACY", "VAL_ACCURACY"]
        controller.next()
        controller.next()
        assert controller.observation[leyline.Feature.VAL_LOSS] == 1e6
        for wrong in ({"epoch": -1}, {"epoch": 1.5}, {"epoch": None}, {"train_loss": "1"}):
            with pytest.raises((TypeError, OverflowError)):
                trainer.step(**{"epoch": 1, "global_step": 1, "train_loss": 1.0, **wrong})
        assert trainer.sent == 2


def test_a_wait_of_a_step_ends_by_a_signal_by_cancel_and_in_time() -> None:
    with steering() as trainer, leyline.Controller.attach("link"):
        trainer.step(epoch=1, global_step=1, train_loss=1)
        with pytest.raises(TimeoutError):
            trainer.await_decision(timeout=0.01)
        trainer.cancel()
        with pytest.raises(leyline.CancelledError):
            trainer.await_decision(timeout=LONG)
        main = threading.main_thread().ident
        assert main is not None

        def interrupt() -> None:
            while True:
                try:
                    trainer.sent  # noqa: B018
                except leyline.BusyError:  # The wait has begun.
                    break
            signal.pthread_kill(main, signal.SIGINT)

        interrupter = threading.Thread(target=interrupt)
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            trainer.await_decision(timeout=LONG)
        interrupter.join()
        # Nothing is lost: the trainer goes on.
        assert trainer.step(epoch=1, global_step=2, train_loss=1).sequence == 2


def test_callbacks_run_in_a_wait_while_other_threads_do() -> None:
    network = Network()
    with steering(network) as trainer, leyline.Controller.attach("link") as controller:

        def policy() -> None:
            for n in range(50):
                meta = controller.next(timeout=LONG)
                controller.decide(meta, n % 2 and ACTIONS.cull if controller.mask()[ACTIONS.cull] else 0)

        deciding = threading.Thread(target=policy)
        deciding.start()
        for n in range(1, 51):
            trainer.step(epoch=1, global_step=n, train_loss=1)
            decision = trainer.await_decision(timeout=LONG)
            assert decision is not None and decision.observation_sequence == n
        deciding.join()
        assert [name for name, *_ in network.taken()] == ["decision"] * 50


def test_the_ways_in_and_out() -> None:
    with pytest.raises(TypeError, match="max_epochs"):
        leyline.Steering.create("link", ACTIONS)
    for bad, error in [
        ({"max_epochs": 0}, leyline.OutOfRangeError),
        ({"plateau_threshold": float("nan")}, leyline.NotFiniteError),
        ({"capacity": 3}, TypeError),
        ({"thresholds": 3}, TypeError),
    ]:
        with pytest.raises(error):
            steering(**bad)
    with pytest.raises(leyline.OutOfRangeError, match="shadowing_dwell_percent"):
        leyline.GateThresholds(shadowing_dwell_percent=101)
    trainer = steering(slots=["r0c0", "r0c1"], thresholds=leyline.GateThresholds(min_training_epochs=1))
    assert trainer.opened == "created" and [seed.slot for seed in trainer.seeds] == ["r0c0", "r0c1"]
    assert trainer.seeds[1].thresholds.min_training_epochs == 1
    with pytest.raises(BlockingIOError):
        leyline.Steering.open_or_create("link", ACTIONS, max_epochs=1)
    segment = trainer.segment
    seeds = trainer.seeds
    trainer.close()
    trainer.close()
    assert trainer.closed and "closed" in repr(trainer)
    for call in (lambda: trainer.step(epoch=1, global_step=1, train_loss=1), lambda: seeds[0].stage):
        with pytest.raises(leyline.ClosedError):
            call()
    assert "closed" in repr(seeds[0])
    with pytest.raises(TypeError, match="unexpected keyword"):
        leyline.Steering.on(segment, max_epochs=1, rows=2)
    with leyline.Controller.attach("link") as controller:
        with pytest.raises(ZeroDivisionError), leyline.Steering.on(segment, max_epochs=1) as trainer:
            assert (trainer.opened, trainer.generation) == ("attached", 2)
            trainer.step(epoch=1, global_step=1, train_loss=1 / 0)
        assert controller.trainer_state().name == "failed"
    with leyline.Trainer.recreate("rows", ACTIONS, rows=2) as rows:
        segment = rows.segment
    with pytest.raises(leyline.InvalidArgumentError):
        leyline.Steering.on(segment, max_epochs=1)


def saved_in_training() -> bytes:
    with leyline.Steering.recreate("other", ACTIONS, max_epochs=10) as trainer:
        with leyline.Controller.attach("other") as controller:
            controller.send(command("GERMINATE", blueprint="norm"))
            trainer.step(epoch=1, global_step=1, train_loss=1)
            update(trainer, 1)
        assert trainer.seeds[0].stage is STAGE.TRAINING
        return trainer.save()


def test_a_snapshot_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    saved = saved_in_training()
    life = leyline.SeedLifecycle(10)
    alone = life.save()
    # The stage: the sixth byte from behind, before the stage before it and three flags.
    assert alone[-5] == STAGE.DORMANT and saved[-5] == STAGE.TRAINING
    cases: list[tuple[bytes, type[Exception], str]] = [
        (b"", leyline.TruncatedError, "expected"),
        (saved[:-1], leyline.TruncatedError, "expected"),
        (saved + b"\0", leyline.InvalidArgumentError, "size of the snapshot"),
        (b"\xff" * 16 + saved[16:], leyline.SchemaMismatchError, "steering_snapshot"),
        (saved[:-5] + b"\x63" + saved[-4:], leyline.InvalidEnumError, "stage"),
        (saved[:-5] + bytes([STAGE.FOSSILIZED]) + saved[-4:], leyline.IllegalTransitionError, "FOSSILIZED"),
    ]
    with steering() as trainer:
        before = trainer.save()
        for bad, error, text in cases:
            with pytest.raises(error, match=text):
                trainer.restore(bad)
            assert trainer.save() == before
        with pytest.raises(TypeError):
            trainer.restore("text")  # type: ignore[arg-type]
        trainer.restore(saved)
        assert (trainer.seeds[0].stage, trainer.save()) == (STAGE.TRAINING, saved)
    others = {
        "actions": (leyline.Steering.recreate("x", leyline.ActionSpace.standard("transformer"), max_epochs=10), leyline.DomainMismatchError),
        "slots": (leyline.Steering.recreate("y", ACTIONS, max_epochs=10, slots=["a", "b"]), leyline.DomainMismatchError),
        "task": (
            leyline.Steering.recreate("z", ACTIONS, max_epochs=10, schema=leyline.Normalizer("cifar10").schema),
            leyline.SchemaMismatchError,
        ),
    }
    for of, (trainer, error) in others.items():
        with trainer, pytest.raises(error, match="of the snapshot"):
            trainer.restore(saved)
        assert of


def test_a_life_cycle_of_its_own() -> None:
    network = Network()
    life = leyline.SeedLifecycle(10, thresholds=leyline.GateThresholds(min_training_epochs=1))
    life.set_now(1, 1_700_000_000_000_000_000)

    def apply(kind: str, **fields: object) -> leyline.CommandOutcome:
        return life.apply(command(kind, **fields), actions=ACTIONS, accuracy=50, sequence=7, host=network)

    outcome = apply("GERMINATE", blueprint="norm")
    assert (outcome.status.name, outcome.command_sequence, outcome.seed) == ("EXECUTED", 7, "seed_0")
    assert (life.seed, life.blueprint, life.stage) == ("seed_0", "norm", STAGE.GERMINATED)
    life.end_of_epoch(50)
    life.proceed(host=network)
    assert life.stage is STAGE.TRAINING
    refused = apply("ADVANCE_STAGE", target_stage=STAGE.BLENDING)
    assert (refused.status.name, refused.gate.name, refused.gate_passed) == ("REJECTED", "G2", 0)
    verdict = life.check_gate(leyline.GateLevel.G2)
    assert not verdict.passed and "improvement_since_stage_start" in repr(verdict)
    assert [name for name, passed, *_ in verdict.checks if not passed]
    with pytest.raises(leyline.GateFailedError):
        life.advance(STAGE.BLENDING)
    with pytest.raises(leyline.IllegalTransitionError):
        life.advance(STAGE.FOSSILIZED)
    with pytest.raises(leyline.InvalidEnumError):
        life.advance(99)
    network.fails["pause"] = ValueError("busy")
    with pytest.raises(ValueError, match="busy"):
        apply("PAUSE_SEED")
    assert not life.paused
    life.record_gradient_norm(2.0)
    life.add_isolation_violation()
    life.healthy = False
    assert not life.healthy
    telemetry = life.telemetry()
    assert telemetry is not None and telemetry.gradient_norm == 2 and telemetry.seed == "seed_0"
    event = life.event(leyline.EventType.PLATEAU_DETECTED, leyline.Severity.INFO)
    event.message = "by hand"
    life.tell(event)
    reports = life.take_reports()
    assert {type(report).__name__ for report in reports} == {"SeedStateReport", "GateResult", "TelemetryEvent"}
    assert any(getattr(report, "message", "") == "by hand" for report in reports)
    assert life.take_reports() == [] and set(life.untold.values()) == {0}
    tracker = leyline.SignalTracker()
    tracker.step(epoch=1, global_step=3, train_loss=2)
    row = tracker.update(epoch=1, global_step=3, train_loss=2, val_loss=1, train_accuracy=40, val_accuracy=50)
    assert row.shape == (27,) and row.dtype == np.float32 and row[leyline.Feature.HAS_ACTIVE_SEED] == 0
    tracker.observe([life])
    assert tracker.observation[leyline.Feature.SEED_STAGE] == STAGE.TRAINING
    assert tracker.signals.active_seeds == ["seed_0"]
    again, tracked = leyline.SeedLifecycle(10), leyline.SignalTracker()
    again.restore(bytearray(life.save()))
    tracked.restore(tracker.save())
    assert again.save() == life.save() and tracked.signals == tracker.signals
    for one, saved in ((again, life.save()), (tracked, tracker.save())):
        for bad, error in (
            (saved[:-1], leyline.TruncatedError),
            (saved + b"\0", leyline.InvalidArgumentError),
            (b"\xff" * 16 + saved[16:], leyline.SchemaMismatchError),
        ):
            with pytest.raises(error):
                one.restore(bad)
    with pytest.raises(leyline.DomainMismatchError):
        leyline.SeedLifecycle(10, slot="slot_1").restore(life.save())
    life.cull("enough")
    assert life.take_reports()[-1].failure_reason == "enough"


def test_a_steering_that_its_own_host_holds_is_collected() -> None:
    import gc

    class Holds(leyline.SeedHost):
        trainer: leyline.Steering

        def cull(self, slot: str) -> None: ...

    host = Holds()
    host.trainer = steering(host)
    del host
    gc.collect()
    # Its roles are free.
    leyline.Steering.open_or_create("link", ACTIONS, max_epochs=1).close()
