"""EfficientNet-Lite0's exported graphs in Python's onnxruntime, and the second implementation of it beside them."""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))

from efficientnet_lite import activations, open_network

# float32 sums in another order. In 8 bits, products and sums are exact, but another release may round the step at half
# of a quantization differently: one of 255 steps here and there.
TOLERANCE = {"fp32": 1e-4, "int8": 0.05}


def exported(folder, precision):
    """onnxruntime's outputs of the file beside those that we computed."""
    folder = Path(folder)
    path = folder / f"{precision}.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, {"image": np.load(folder / "images.npy")})))
    said = []
    for name in ["features", "probabilities"]:
        ours = np.load(folder / f"{precision}.{name}.npy")
        assert ours.shape == outputs[name].shape, f"{name} {ours.shape}, not {outputs[name].shape}"
        difference = np.abs(ours - outputs[name]).max()
        assert difference <= TOLERANCE[precision], f"{name} differ by {difference:.1e}"
        said.append(f"{name} differ by {difference:.1e}")
    return ", ".join(said)


def second_implementation(folder):
    """The features of a graph that shares no code with ours."""
    folder = Path(folder)
    network = open_network()
    ours = np.load(folder / "fp32.features.npy")
    theirs = [activations(network, image, ["features"])["features"][0] for image in np.load(folder / "images.npy")]
    difference = np.abs(ours - np.stack(theirs)).max()
    assert difference <= TOLERANCE["fp32"], f"features differ by {difference:.1e}"
    return f"features differ by {difference:.1e}, the largest is {ours.max():.2g}"
