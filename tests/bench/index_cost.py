"""What indexing costs: processor time beside bare decoding, and memory as films grow.

    python tests/bench/index_cost.py FILM [--lengths 1 2 4] [--precision keyframes]

Repeats the film's packets to make longer ones, alternates bare decoding with `filmdex index`,
and prints processor seconds (children included), their ratio, times real time, and peak memory of
parent and child. Ratios are within one run: the machines are noisy.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av

POLL_S = 0.05
BARE = """
import sys, av
with av.open(sys.argv[1]) as container:
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    print(sum(1 for _ in container.decode(stream)))
"""


@dataclass(frozen=True)
class Cost:
    """Processor and wall seconds; peak resident memory of a process and of its largest child."""

    cpu_s: float
    wall_s: float
    own_mb: float
    child_mb: float


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end and measure it with its children."""
    before, began = os.times(), time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    own_mb = child_mb = 0.0
    while process.poll() is None:
        own_mb = max(own_mb, peak_mb(process.pid))
        child_mb = max([child_mb, *map(peak_mb, children(process.pid))])
        time.sleep(POLL_S)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with code {process.returncode}")
    after = os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    return Cost(cpu_s, time.monotonic() - began, own_mb, child_mb)


def peak_mb(pid: int) -> float:
    """Return a process's peak resident memory so far; 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def children(pid: int) -> list[int]:
    """Return the processes that any thread of a process started."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        return found
    return found


def repeated(film: Path, times: int, target: Path) -> float:
    """Write a film's picture so many times over, without encoding; return its length in seconds."""
    with av.open(str(target), "w") as out:
        shift = 0
        stream = None
        for _ in range(times):
            with av.open(str(film)) as container:
                source = container.streams.video[0]
                stream = stream or out.add_stream_from_template(source)
                end = shift
                for packet in container.demux(source):
                    if packet.dts is None:
                        continue
                    packet.pts += shift
                    packet.dts += shift
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.stream = stream
                    out.mux(packet)
                time_base = source.time_base
            shift = end
    return float(shift * time_base)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("--lengths", type=int, nargs="+", default=[1, 4], help="times the film")
    parser.add_argument("--precision", default="exact")
    arguments = parser.parse_args()
    filmdex = str(Path(sys.executable).with_name("filmdex"))
    print(
        f"{'length':>8} {'bare CPU s':>11} {'index CPU s':>12} {'ratio':>6} {'x real':>7} "
        f"{'parent MB':>10} {'child MB':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for times in arguments.lengths:
            long = Path(folder) / f"x{times}.mkv"
            seconds = repeated(arguments.film, times, long)
            environment = os.environ | {"FILMDEX_DATABASE__PATH": f"{folder}/x{times}.db"}
            bare = measure([sys.executable, "-c", BARE, str(long)], environment)
            whole = measure(
                [filmdex, "index", "--quiet", "--precision", arguments.precision, str(long)],
                environment,
            )
            print(
                f"{seconds:7.0f}s {bare.cpu_s:11.1f} {whole.cpu_s:12.1f} "
                f"{whole.cpu_s / bare.cpu_s:6.2f} {seconds / whole.wall_s:7.1f} "
                f"{whole.own_mb:10.0f} {whole.child_mb:9.0f}"
            )


if __name__ == "__main__":
    main()
