"""Log lines and resumable checkpoints of a training stage."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from pathlib import Path

    from .optimizer import MixedPrecision


class Progress:
    """Averages losses into log lines and keeps ``<name>.checkpoint.pt`` so that a stopped stage goes on.

    A stage may be gone on with for another number of steps than it was started for.
    """

    def __init__(self, folder: Path, name: str, steps: int, every: int = 500) -> None:
        self._checkpoint = folder / f"{name}.checkpoint.pt"
        self._result = folder / f"{name}.pt"
        self._log = folder / f"{name}.log"
        self._steps, self._every = steps, every
        self._sums: dict[str, float] = {}
        self._count, self._before = 0, 0.0
        self._start, self._cpu = time.monotonic(), time.process_time()

    def say(self, line: str) -> None:
        """Print and log a line."""
        print(line, flush=True)
        with self._log.open("a") as log:
            log.write(line + "\n")

    def resume(self, optimizer: MixedPrecision) -> int:
        """Restore the last checkpoint, if any; return the step to go on with."""
        if not self._checkpoint.exists():
            return 0
        stored = torch.load(self._checkpoint, weights_only=False)
        if stored["steps"] != self._steps:  # a longer or shorter cosine from here on
            self.say(f"planned for {stored['steps']} steps so far, {self._steps} from now on")
        optimizer.restore(stored["optimizer"])
        self._before = stored["seconds"]
        self.say(f"going on at step {stored['step']}")
        return int(stored["step"])

    def step(self, i: int, optimizer: MixedPrecision, losses: dict[str, torch.Tensor]) -> None:
        """Count step ``i`` (0-based): log every 50th, checkpoint every ``every``-th."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach())
        self._count += 1
        if (i + 1) % 50 == 0 or i == 4:
            means = "  ".join(f"{n} {v / self._count:.3f}" for n, v in self._sums.items())
            scale = float(optimizer.model.logit_scale.detach().exp())
            cpu = time.process_time() - self._cpu
            self.say(
                f"{self.seconds:6.0f} s  cpu {cpu:6.0f} s  step {i + 1}/{self._steps}  {means}"
                f"  scale {scale:.1f}"
            )
            self._sums, self._count = {}, 0
        if (i + 1) % self._every == 0:
            self._store(
                self._checkpoint,
                {
                    "optimizer": optimizer.state(),
                    "step": i + 1,
                    "steps": self._steps,
                    "seconds": self.seconds,
                },
            )

    @property
    def seconds(self) -> float:
        """Wall time of the stage, restarts included."""
        return self._before + time.monotonic() - self._start

    def finish(self, weights: dict[str, Any]) -> None:
        """Store the stage's result."""
        self._store(self._result, weights)
        self.say(f"finished after {self.seconds:.0f} s")

    @staticmethod
    def _store(path: Path, what: dict[str, Any]) -> None:
        part = path.with_suffix(".part")
        torch.save(what, part)
        part.replace(path)
