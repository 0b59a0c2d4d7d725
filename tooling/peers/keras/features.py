"""A peer that computes VGG16's features when asked: how many images a second does Keras' VGG16 take?

A line of JSON in, a line of JSON out:
    {"do": "time", "images": 256, "size": 64, "batch": 32}     -> {"seconds": 2.6}

Run as `features.py WEIGHTS`, the embedded safetensors file. Images are bytes in memory, their preprocessing counts.
"""

import contextlib
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow

from weights import DEVIATION, MEAN, vgg16_weights


class Features:
    """VGG16 without top on images of one size."""

    def __init__(self, size, weights):
        self.model = keras.applications.VGG16(include_top=False, weights=None, input_shape=(size, size, 3))
        self.model.set_weights(weights)
        self.size = size

    def time(self, images, batch):
        x = np.random.default_rng(1).integers(0, 256, (images, self.size, self.size, 3), np.uint8)
        start = time.perf_counter()
        scaled = (x.astype(np.float32) / 255 - MEAN) / DEVIATION
        self.model.predict(scaled, batch_size=batch, verbose=0)
        return time.perf_counter() - start


def main():
    weights = vgg16_weights(sys.argv[1])
    models = {}
    answers = sys.stdout
    software = {"keras": keras.__version__, "tensorflow": tensorflow.__version__}
    print(json.dumps({"ready": True, "software": software}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):
            size = request["size"]
            if size not in models:
                models[size] = Features(size, weights)
            seconds = models[size].time(request["images"], request["batch"])
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
