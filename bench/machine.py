"""What the figures were measured on, and how the benchmarks start Pixie."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JAR = ROOT / "target" / "pixie.jar"
WORK = ROOT / "target" / "bench"

_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8")


def describe() -> str:
    """Date, processor, cores, the instruction sets that matter, memory, GPU, versions."""
    from importlib.metadata import version

    packages = ", ".join(f"{name} {version(name)}" for name in ("jep", "numpy", "torch", "transformers"))
    asked = subprocess.run([find_java(), "-version"], capture_output=True, text=True, check=False)
    java_version = asked.stderr.partition("\n")[0].replace('"', "")
    processor = _processor()
    flags = [flag for flag in _FLAGS if flag in processor.get("flags", "").split()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d')}; {processor.get('model name', platform.processor())}"
        f" (family {processor.get('cpu family', '?')}, model {processor.get('model', '?')}),"
        f" {os.cpu_count()} cores, {' '.join(flags)}; {memory:.0f} GiB; {_gpu()}load {load:.1f};"
        f" {platform.system()} {platform.release()}; {java_version}; Python {platform.python_version()},"
        f" {packages}"
    )


def _processor() -> dict[str, str]:
    """What Linux says of its first processor; empty elsewhere."""
    info = Path("/proc/cpuinfo")
    first = info.read_text().partition("\n\n")[0] if info.exists() else ""
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _gpu() -> str:
    command = shutil.which("nvidia-smi")
    if command is None:
        return ""
    query = [command, "--query-gpu=name", "--format=csv,noheader"]
    names = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return "".join(f"{name}; " for name in names.splitlines())


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser whose help is the benchmark's docstring."""
    form = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=description, formatter_class=form)


def add_size(options: argparse.ArgumentParser) -> None:
    """The option that chooses the checkpoint."""
    options.add_argument("--size", choices=["vit-l-14", "tiny"], default="vit-l-14")


def java(*arguments: str) -> list[str]:
    """The command that runs Pixie's jar with `arguments`."""
    if not JAR.is_file():
        sys.exit("target/pixie.jar is missing; build it: ./mvnw -q -Dquick -DskipTests package")
    return [find_java(), "-jar", str(JAR), *arguments]


def launcher(*arguments: str) -> list[str]:
    """The command that runs Pixie as people do, by its launcher."""
    return [str(ROOT / "pixie"), *arguments]


def java_source(*arguments: str) -> list[str]:
    """The command that compiles and runs one Java source file against Pixie's jar."""
    java()
    return [find_java(), "-cp", str(JAR), *arguments]


def find_java() -> str:
    """The java to run: JAVA_HOME's, else the PATH's."""
    home = os.environ.get("JAVA_HOME")
    found = f"{home}/bin/java" if home else shutil.which("java")
    if not found:
        sys.exit("no java was found; install a JDK, 17 or newer, or set JAVA_HOME")
    return found


def environment(**extra: str) -> dict[str, str]:
    """The environment for child processes: they use the Python that runs this one."""
    return {**os.environ, "PIXIE_PYTHON": sys.executable, "PYTHONPATH": str(ROOT / "python"), **extra}


def run(command: list[str], **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return it with its output; stop the benchmark when it failed."""
    done = subprocess.run(command, env=environment(**extra), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done


def checkpoint(size: str) -> Path:
    """The folder of a checkpoint with random weights, made on first use (1.7 GB for vit-l-14)."""
    sys.path.insert(0, str(ROOT))
    from tools.random_checkpoint import write_checkpoint

    folder = WORK / f"checkpoint-{size}"
    write_checkpoint(folder, size)
    return folder


def fresh(name: str) -> Path:
    """An empty folder of this name for a run's collection."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder
