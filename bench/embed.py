"""Indexing, from files to committed vectors, against the model alone; and the dtype `auto` against float32.

    bench/embed [--size vit-l-14|tiny] [--pictures N] [--rounds N]

Each round measures, one after the other and each in a process of its own:

- the bare model, transformers' CLIP over one batch of pixels, again and again, in the dtype and the batch
  size that Pixie chose, and Pixie's own vision tower likewise;
- the Java pipeline (`Pixie.index`) and the Python one (`Collection.index`) over JPEG files of 1600 x 1200,
  from the call to its end: walking, reading, decoding, embedding, durable commits, on a loaded model.

The ratios are medians over the rounds, each of figures of the same round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import machine
from pictures import write_pictures

HERE = Path(__file__)


def rate(count: int, begin: float) -> dict[str, float]:
    """Pictures a second since `begin`."""
    return {"rate": count / (time.perf_counter() - begin)}


def transformers_alone(model: str, dtype: str, batch: int, count: int) -> dict[str, float]:
    """The forward pass of transformers' vision model."""
    import torch
    from transformers import CLIPVisionModelWithProjection

    tower = CLIPVisionModelWithProjection.from_pretrained(model, dtype=getattr(torch, dtype)).eval()
    if torch.cuda.is_available():
        tower = tower.cuda()
    side = tower.config.image_size
    pixels = torch.randn((batch, 3, side, side), dtype=tower.dtype, device=tower.device)
    with torch.inference_mode():
        tower(pixel_values=pixels).image_embeds.cpu()
        begin = time.perf_counter()
        for _ in range(count // batch):
            tower(pixel_values=pixels).image_embeds.cpu()
        return rate(count // batch * batch, begin)


def tower_alone(model: str, dtype: str, count: int) -> dict[str, object]:
    """Pixie's vision tower from pixels in memory; also which dtype and batch size it chose."""
    import numpy as np

    from pixie import Embedder

    embedder = Embedder.load(model, dtype=dtype)
    embedder.warm("image")
    batch, side = embedder.batch_size["image"], embedder.image_size
    pixels = np.random.default_rng(0).integers(0, 256, (batch, side, side, 3), np.uint8)
    embedder.embed_pixels(pixels)
    begin = time.perf_counter()
    for _ in range(count // batch):
        embedder.embed_pixels(pixels)
    return {**rate(count // batch * batch, begin), "dtype": embedder.dtype, "batch": batch}


def python_pipeline(model: str, dtype: str, pictures: str, folder: str) -> dict[str, float]:
    """Pictures a second of `Collection.index`."""
    import pixie

    with pixie.open(folder, model=model, dtype=dtype) as collection:
        collection.embedder.warm("image")
        begin = time.perf_counter()
        report = collection.index(pictures)
        if report.failures:
            sys.exit(f"{len(report.failures)} pictures failed, the first: {report.failures[0]}")
        return rate(report.added, begin)


def java_pipeline(model: str, dtype: str, pictures: Path, folder: Path) -> float:
    """Pictures a second of `Pixie.index`."""
    source = str(HERE.with_name("IndexPictures.java"))
    done = machine.run(machine.java_source(source, str(folder), model, dtype, str(pictures)))
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


def child(step: str, *arguments: object) -> dict[str, object]:
    """Run one measurement in a process of its own."""
    done = machine.run([sys.executable, str(HERE), "--step", step, *map(str, arguments)])
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(size: str, pictures: Path, count: int) -> tuple[dict[str, float], str]:
    """One round: every rate, and what `auto` chose."""
    model = str(machine.checkpoint(size))
    auto = child("tower", model, "auto", count)
    dtype, batch = auto["dtype"], auto["batch"]
    rates = {
        "transformers alone, auto": child("transformers", model, dtype, batch, count)["rate"],
        "Pixie's tower alone, auto": auto["rate"],
        "Java pipeline": java_pipeline(model, "auto", pictures, machine.fresh("embed-java")),
        "Python pipeline": child("python", model, "auto", pictures, machine.fresh("embed-python"))["rate"],
        "Pixie's tower alone, float32": child("tower", model, "float32", count)["rate"],
    }
    chosen = f"auto = {dtype}, batches of {batch}"
    return {name: float(str(value)) for name, value in rates.items()}, chosen


def main() -> None:
    parser = machine.parser(__doc__)
    machine.add_size(parser)
    parser.add_argument("--pictures", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--step", choices=["transformers", "tower", "python"], help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        given = options.arguments
        if options.step == "transformers":
            found: object = transformers_alone(given[0], given[1], int(given[2]), int(given[3]))
        elif options.step == "tower":
            found = tower_alone(given[0], given[1], int(given[2]))
        else:
            found = python_pipeline(*given)
        print(json.dumps(found))
        return

    print(machine.describe())
    pictures = machine.WORK / f"pictures-1600x1200-{options.pictures}"
    write_pictures(pictures, options.pictures, 1600, 1200)
    machine.checkpoint(options.size)
    child("tower", machine.checkpoint(options.size), "auto", 8)  # the choice of a dtype is measured once
    rounds: list[list[float]] = []
    for number in range(options.rounds):
        rates, chosen = measure(options.size, pictures, options.pictures)
        if not number:
            print(f"{options.size}, {options.pictures} pictures, {chosen}; pictures a second, round by round")
        rounds.append(list(rates.values()))
    for name, values in zip(rates, zip(*rounds, strict=True), strict=True):
        print(f"    {name:<36}" + " ".join(f"{value:9.2f}" for value in values))

    def median(over: int, under: int) -> float:
        return statistics.median(values[over] / values[under] for values in rounds)

    print(f"Java pipeline over transformers alone:    {median(2, 0):.3f}")
    print(f"Java pipeline over Pixie's tower alone:   {median(2, 1):.3f}")
    print(f"Python pipeline over transformers alone:  {median(3, 0):.3f}")
    print(f"Python pipeline over Pixie's tower alone: {median(3, 1):.3f}")
    print(f"auto over float32:                        {median(1, 4):.2f}")


if __name__ == "__main__":
    main()
