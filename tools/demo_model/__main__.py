"""``python -m demo_model STAGE --work FOLDER``: one stage of making the demo model (see README.md)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

# Read by the C library when the process starts. Without them every large tensor goes back to the system when
# freed: up to five times slower steps.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "RAYON_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo_model", description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    for name, text in (
        ("fetch", "download the packages"),
        ("prepare", "draw the pictures and collect their words"),
        ("embed", "embed the phrases with the teacher"),
        ("tokenizer", "train the tokenizer"),
        ("image", "train the image tower"),
        ("text", "train the text tower"),
        ("join", "train both towers together and export"),
        ("export", "write the model from the towers as they are now, without joining"),
        ("evaluate", "measure a model folder; prints Markdown"),
        ("samples", "write the example pictures and the unseen test pictures"),
    ):
        stage = stages.add_parser(name, help=text, description=text)
        stage.add_argument(
            "--work", type=Path, required=name != "fetch", default=Path("work"), help="work folder"
        )
        stage.add_argument("--threads", type=int, default=1)
        if name in ("image", "text", "join"):
            stage.add_argument("--steps", type=int, required=True)
            stage.add_argument("--seed", type=int, default=0)
        if name in ("image", "join"):
            stage.add_argument("--batch", type=int, default=256, help="pictures per step")
        if name in ("join", "export", "evaluate"):
            stage.add_argument("--model", type=Path, required=True, help="model folder")
        if name == "samples":
            stage.add_argument("--root", type=Path, required=True, help="root of the repository")
    return parser.parse_args()


def main() -> None:
    """Run one stage."""
    args = _arguments()
    if any(os.environ.get(k) != v for k, v in ALLOCATOR.items()):
        os.environ.update(ALLOCATOR)
        os.execv(sys.executable, [sys.executable, "-m", "demo_model", *sys.argv[1:]])
    from .packages import Work, fetch

    work = Work(args.work.resolve())
    sys.path.append(str(work.site))
    if args.stage == "fetch":
        fetch(work)
        return
    import torch

    torch.set_num_threads(args.threads)
    if args.stage == "prepare":
        from .prepare import prepare

        prepare(work)
    elif args.stage == "embed":
        from .teacher import embed_corpus

        embed_corpus(work)
    elif args.stage == "tokenizer":
        from .train_text import make_tokenizer

        make_tokenizer(work)
    elif args.stage == "image":
        from .train_image import train_image

        train_image(work, steps=args.steps, size=args.batch, seed=args.seed)
    elif args.stage == "text":
        from .train_text import train_text

        train_text(work, steps=args.steps, seed=args.seed)
    elif args.stage == "join":
        from .join import join

        join(work, args.model, steps=args.steps, size=args.batch, seed=args.seed)
    elif args.stage == "export":
        from .export import export_towers

        export_towers(work, args.model)
    elif args.stage == "evaluate":
        from .evaluate import evaluate

        evaluate(work, args.model)
    else:
        from .samples import write_samples

        write_samples(work, args.root)


if __name__ == "__main__":
    main()
