"""A peer that computes EfficientNet-Lite0's features when asked: how many images a second does a plain graph of it take
in onnxruntime?

A line of JSON in, a line of JSON out:
    {"do": "time", "images": 64, "size": 224, "batch": 4}     -> {"seconds": 0.31}

Images are float32 in NCHW already: their preprocessing does not count.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))

from efficientnet_lite import WEIGHTS, Graph, read_safetensors


def seconds(session, images, size, batch):
    pixels = np.random.default_rng(1).integers(0, 256, (images, 3, size, size), np.uint8)
    x = (pixels.astype(np.float32) - 127) / 128
    start = time.perf_counter()
    for at in range(0, images, batch):
        session.run(["features"], {"x": x[at : at + batch]})
    return time.perf_counter() - start


def main():
    graph = Graph(read_safetensors(WEIGHTS))
    graph.network()
    session = graph.session(["features"])
    print(json.dumps({"ready": True, "software": {"onnxruntime": onnxruntime.__version__}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = seconds(session, request["images"], request["size"], request["batch"])
        print(json.dumps({"seconds": answer}), flush=True)


if __name__ == "__main__":
    main()
