"""Both sides of a link from Python, across processes, and what each refuses."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import threading
import time
from collections.abc import Callable

import leyline
import numpy as np
import pytest

Start = Callable[[str], "subprocess.Popen[str]"]

ACTIONS = leyline.ActionSpace.standard("cnn")
LONG = 60.0


def hear(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    return child.stdout.readline().strip()


def observation(n: int) -> np.ndarray:
    row = np.zeros(27, np.float32)
    row[0], row[26] = n, 1
    return row


def test_a_policy_in_another_process_steers_a_trainer(start: Start) -> None:
    policy = start("""
with leyline.Controller.attach("link", timeout=60) as controller:
    while True:
        try:
            meta = controller.next(timeout=60)
        except leyline.PeerGoneError as e:
            print(e.ending, flush=True)
            break
        if not isinstance(meta, leyline.Meta):
            continue
        assert controller.observation[0] == meta.sequence
        mask = controller.mask()
        action = controller.actions.germinate("norm") if meta.sequence == 3 else 0
        assert mask[action]
        controller.decide(meta, action, confidence=0.5, value=2.0, log_prob=-1.0, reason="why")
    outcomes = [o.status.name for o in controller.outcomes()]
    print(outcomes, flush=True)
""")
    commands = []
    with leyline.Trainer.create("link", ACTIONS) as trainer:
        trainer.wait_for_controller(timeout=LONG)
        for n in range(1, 6):
            sequence = trainer.publish(observation(n))
            decision = trainer.wait_decision(sequence, timeout=LONG)
            assert (decision.observation_sequence, decision.confidence) == (n, 0.5)
            assert (decision.value_estimate, decision.log_probability) == (2.0, -1.0)
            for received in trainer.commands():
                with received as command:
                    commands.append((command.command_type, command.blueprint, command.reason))
        assert (trainer.sent, trainer.decided, trainer.refused) == (5, 5, 0)
    assert commands == [(leyline.CommandType.GERMINATE, "norm", "why")]
    assert hear(policy) == "closed"
    assert hear(policy) == "['EXECUTED']"
    assert policy.wait() == 0


def test_each_ending_of_a_trainer_is_told(start: Start) -> None:
    program = """
trainer = leyline.Trainer.open_or_create("link", leyline.ActionSpace.standard("cnn"))
trainer.publish(np.zeros(27, np.float32))
print(trainer.generation, trainer.opened, flush=True)
how = sys.stdin.readline().strip()
if how == "close":
    trainer.close()
elif how == "abort":
    trainer.abort("no loader")
elif how == "raise":
    try:
        with trainer:
            raise ValueError("a bad batch")
    except ValueError:
        pass
print("ended", flush=True)
sys.stdin.readline()
"""
    reasons = {"close": ("closed", None), "abort": ("failed", "no loader"), "raise": ("failed", "ValueError: a bad batch")}
    for generation, how in enumerate(["close", "abort", "raise", "kill"], 1):
        child = start(program)
        assert hear(child) == f"{generation} {'created' if generation == 1 else 'attached'}"
        controller = leyline.Controller.attach("link", timeout=LONG)
        assert controller.trainer_state().held
        if how == "kill":
            child.kill()
            child.wait()
        else:
            print(how, file=child.stdin, flush=True)
            assert hear(child) == "ended"
        ending, reason = reasons.get(how, ("died", None))
        with pytest.raises(leyline.PeerGoneError) as raised:
            while True:
                assert controller.next(timeout=LONG) is not None
        assert (raised.value.ending, raised.value.reason) == (ending, reason)
        assert isinstance(raised.value, ConnectionError)
        assert controller.trainer_state() == leyline.PeerState(ending)
        controller.close()


def test_notices_are_values(start: Start) -> None:
    first = leyline.Trainer.create("link", ACTIONS, observations=8)
    with leyline.Controller.attach("link") as controller:
        assert controller.next() is None
        for n in range(1, 21):
            first.publish(observation(n))
        lapped = controller.next()
        assert isinstance(lapped, leyline.Lapped)
        assert lapped.next == lapped.missed + 1
        meta = controller.next()
        assert isinstance(meta, leyline.Meta) and meta.sequence == lapped.next
        first.close()
        with leyline.Trainer.open_or_create("link", ACTIONS, observations=8) as second:
            second.publish(observation(21))
            reads = [controller.next() for _ in range(12)]
            restarted = [read for read in reads if isinstance(read, leyline.Restarted)]
            assert restarted == [restarted[0]] and restarted[0].generation == 2
            assert restarted[0].first_sequence == 21


def test_arrays_are_used_as_they_are_or_refused() -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        readonly = observation(1)
        readonly.flags.writeable = False
        trainer.publish(readonly)
        bad = {
            "float64": np.zeros(27),
            "(26,)": np.zeros(26, np.float32),
            "(1, 27)": np.zeros((1, 27), np.float32),
            "list": [0.0] * 27,
            "NoneType": None,
            "not C-contiguous": np.zeros((27, 2), np.float32)[:, 0],
            "misaligned": np.frombuffer(bytearray(109), np.uint8)[1:].view(np.float32),
        }
        for found, array in bad.items():
            with pytest.raises(leyline.ArrayError, match=r"float32 array of shape \(27,\)") as raised:
                trainer.publish(array)
            assert found in str(raised.value)
            assert isinstance(raised.value, TypeError) and isinstance(raised.value, ValueError)
        with pytest.raises(leyline.ArrayError, match="read-only"):
            controller.next(readonly)
        assert trainer.sent == 1
        out = np.empty(27, np.float32)
        meta = controller.next(out)
        assert meta is not None and (out == observation(1)).all()


def test_what_a_publish_replaces_is_named() -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        row = observation(1)
        row[2], row[5] = np.nan, 101
        trainer.publish(row)
        assert trainer.replaced == ["TRAIN_LOSS", "TRAIN_ACCURACY"]
        meta = controller.next()
        assert isinstance(meta, leyline.Meta) and leyline.Flags.SANITIZED in meta.flags
        assert (controller.observation[2], controller.observation[5]) == (1e6, 100)
        trainer.publish(observation(2))
        assert trainer.replaced == []


def test_many_environments_in_blocks() -> None:
    n = 4
    with (
        leyline.Trainer.create("link", ACTIONS, rows=n) as trainer,
        leyline.Controller.attach("link") as controller,
    ):
        block = np.zeros((n, 27), np.float32)
        block[:, 0], block[:, 26] = range(n), 1
        flags = np.array([1, 0, 0, 2], np.uint8)
        sequence = trainer.publish_rows(block, env=np.array([3, 2, 1, 0], np.uint16), flags=flags)
        out, marks = np.zeros((n, 27), np.float32), np.zeros(n, leyline.MARK)
        gathered = controller.latest_by_env(out, marks, timeout=LONG)
        assert (gathered.changed, gathered.missed) == (n, 0)
        assert (out == block[::-1]).all()
        assert marks["flags"].tolist() == [2, 0, 0, 1] and set(marks["sequence"]) == {sequence}
        masks = controller.mask(out)
        assert masks.shape == (n, len(ACTIONS)) and masks.dtype == bool
        assert masks.all(axis=0).tolist() == [True] * 5 + [False] * 2
        actions = np.array([0, 1, 0, 2], np.int64)
        assert controller.decide_batch(marks, actions) == n
        assert trainer.wait_decisions(sequence, timeout=LONG).tolist() == actions[::-1].tolist()
        with pytest.raises(leyline.UnknownActionError):
            trainer.publish_rows(block)
            controller.latest_by_env(out, marks, timeout=LONG)
            controller.decide_batch(marks, np.full(n, -1, np.int64))


def test_records_come_back_as_they_were_sent() -> None:
    signals = leyline.TrainingSignals(
        active_seeds=["seed_0"], seed_stage=leyline.SeedStage.TRAINING, loss_history=[2.0, 1.5], gpu_utilization=0.5
    )
    signals.metrics.val_accuracy = 61.5
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        sequence = trainer.publish_signals(signals)
        meta = controller.next()
        assert isinstance(meta, leyline.Meta)
        found = controller.signals_of(meta)
        signals.observation_sequence, signals.writer_generation = sequence, 1
        assert found == signals and found.gpu_memory_gb is None
        assert controller.observation[leyline.Feature.VAL_ACCURACY] == 61.5
        with pytest.raises(leyline.InvalidArgumentError, match=r"active_seeds.*at most 39 bytes.*found 40"):
            trainer.publish_signals(leyline.TrainingSignals(active_seeds=["x" * 40]))
        with pytest.raises(TypeError, match="has no field 'speed'"):
            leyline.TrainingSignals(speed=1)

        event = leyline.TelemetryEvent(event_type=leyline.EventType.PLATEAU_DETECTED, severity=leyline.Severity.INFO, message="é" * 300)
        trainer.report(event)
        observer = leyline.Observer("link", "events", start="oldest")
        records, _ = observer.next()
        assert records["event_type"].tolist() == [leyline.EventType.PLATEAU_DETECTED]
        text = records["message"][0].decode()
        assert set(text) == {"é"} and len(text) < 300
        with pytest.raises(leyline.NoSuchRingError):
            leyline.Observer("link", "nothing")


def test_a_wait_ends_by_its_time_by_cancel_and_by_a_signal() -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        assert controller.next(timeout=0.01) is None
        with pytest.raises(TimeoutError) as raised:
            trainer.wait_decision(1, timeout=0.01)
        assert isinstance(raised.value, leyline.TimedOutError)
        for wait in (lambda: controller.next(timeout=LONG), lambda: controller.next_outcome(timeout=LONG)):
            controller.cancel()
            with pytest.raises(leyline.CancelledError):
                wait()
        canceller = threading.Thread(target=trainer.cancel)
        canceller.start()
        with pytest.raises(leyline.CancelledError):
            trainer.next_command(timeout=LONG)
        canceller.join()

        main = threading.main_thread().ident
        assert main is not None
        interrupter = threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            interrupter.start()
            controller.next(timeout=LONG)
        interrupter.join()
        with pytest.raises(leyline.InvalidArgumentError, match="timeout"):
            controller.next(timeout=float("nan"))


def test_an_outcome_does_not_end_a_wait_for_an_observation() -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        trainer.publish(observation(1))
        meta = controller.next(timeout=LONG)
        assert isinstance(meta, leyline.Meta)
        assert controller.decide(meta, ACTIONS.germinate("norm")) is not None
        received = trainer.next_command(timeout=LONG)
        assert received is not None
        received.executed()
        start = time.monotonic()
        assert controller.next(timeout=0.2) is None
        assert time.monotonic() - start >= 0.2


def test_a_signal_whose_handler_returns_does_not_shorten_a_wait() -> None:
    arrived = []
    before = signal.signal(signal.SIGALRM, lambda *_: arrived.append(None))
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            start = time.monotonic()
            assert controller.next(timeout=0.3) is None
            waited = time.monotonic() - start
            with pytest.raises(TimeoutError):
                trainer.wait_decision(1, timeout=0.05)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    assert waited >= 0.3 and arrived


def test_arrays_that_overlap_are_refused() -> None:
    n, width = 4, 27
    with (
        leyline.Trainer.create("link", ACTIONS, rows=n) as trainer,
        leyline.Controller.attach("link") as controller,
    ):
        trainer.publish_rows(np.zeros((n, width), np.float32))
        memory = np.zeros(n * width * 4, np.uint8)
        out = memory.view(np.float32).reshape(n, width)
        marks = memory[: n * leyline.MARK.itemsize].view(leyline.MARK)
        overlap = "memory of its own, apart from"
        with pytest.raises(leyline.ArrayError, match=f"out: .*{overlap} marks"):
            controller.latest_by_env(out, marks)
        masks = memory[: n * len(ACTIONS)].view(np.int8).reshape(n, len(ACTIONS))
        with pytest.raises(leyline.ArrayError, match=f"out: .*{overlap} rows"):
            ACTIONS.mask(out, out=masks)
        block = np.zeros((n + 1, width), np.float32)
        normalizer = leyline.Normalizer("cifar10")
        with pytest.raises(leyline.ArrayError, match=f"out: .*{overlap} rows"):
            normalizer.normalize(block[1:], out=block[:-1])
        expected = normalizer.normalize(block)
        assert normalizer.normalize(block, out=block) is block and (block == expected).all()


def test_a_second_thread_on_a_handle_is_refused() -> None:
    with leyline.Trainer.create("link", ACTIONS), leyline.Controller.attach("link") as controller:
        ended: list[object] = []

        def wait() -> None:
            try:
                controller.next(timeout=LONG)
            except leyline.CancelledError as e:
                ended.append(e)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while True:
            try:
                controller.next()
            except leyline.BusyError as e:
                assert "one call at a time" in str(e)
                break
        controller.cancel()
        waiting.join()
        assert ended


def test_a_forked_child_may_not_use_a_handle() -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        trainer.publish(observation(1))
        child = os.fork()
        if child == 0:
            refused = 0
            for call in (lambda: trainer.publish(observation(2)), controller.next):
                try:
                    call()
                except leyline.ForkedError:
                    refused += 1
            os._exit(refused)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 2
        assert controller.next() is not None


def test_a_closed_handle_and_a_pickled_one_are_refused() -> None:
    trainer = leyline.Trainer.create("link", ACTIONS)
    with pytest.raises(TypeError, match="attach by name in the other process"):
        pickle.dumps(trainer)
    assert "sent 0" in repr(trainer)
    trainer.close()
    trainer.close()
    assert trainer.closed and "closed" in repr(trainer)
    with pytest.raises(leyline.ClosedError):
        trainer.publish(observation(1))
    with pytest.raises(FileExistsError):
        leyline.Trainer.create("link", ACTIONS)
    with pytest.raises(FileNotFoundError):
        leyline.Controller.attach("nothing", timeout=0)
    with leyline.Trainer.open_or_create("link", ACTIONS), pytest.raises(BlockingIOError):
        leyline.Trainer.open_or_create("link", ACTIONS)
    with pytest.raises(TypeError, match="unexpected keyword"):
        leyline.Trainer.create("other", ACTIONS, capacity=3)


def test_reading_into_an_array_allocates_nothing_that_stays() -> None:
    with leyline.Trainer.create("link", ACTIONS) as trainer, leyline.Controller.attach("link") as controller:
        row, out = observation(1), np.empty(27, np.float32)

        def trip() -> None:
            sequence = trainer.publish(row)
            meta = controller.next(out)
            controller.decide(meta, 0)
            trainer.wait_decision(sequence, timeout=LONG)

        trip()
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(1000):
            trip()
        gc.collect()
        assert len(gc.get_objects()) - before < 10


def test_the_enumerations_have_their_numbers_and_errors_their_builtins() -> None:
    assert leyline.SeedStage.FOSSILIZED == 7 and leyline.Feature.AVAILABLE_SLOTS == 26
    for name, error in leyline._errors.BY_KIND.items():
        assert issubclass(error, leyline.LeylineError), name
    space = ACTIONS.json()
    assert space["type"] == "Discrete" and space["names"] == ACTIONS.names
    box = leyline.Schema.observation().json()
    assert box["shape"] == [27] and box["dtype"] == "float32"
    normalizer = leyline.Normalizer("cifar10")
    rows = np.stack([observation(n) for n in range(1, 4)])
    normalized = normalizer.normalize(rows)
    assert normalized.shape == (3, 27) and normalized[2, 0] == pytest.approx(3 / 25)
    assert normalizer.restore(normalized)[:, 0].tolist() == [1, 2, 3]
    assert time.monotonic_ns() - leyline.now() < 10**9
