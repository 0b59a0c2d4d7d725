"""A peer that trains in memory when asked: how many images a second does Keras train?

A line of JSON in, a line of JSON out:
    {"do": "prepare", "case": "baseline"}                             -> {"batch": 128}
    {"do": "time", "case": "baseline", "way": "fit", "steps": 50}     -> {"seconds": 0.53}
    {"do": "peak"}                                                    -> {"bytes": 812000000}, the most that was resident
"""

import contextlib
import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow

import networks

# name -> network, shape of one example, batch size
CASES = {
    "baseline": (networks.baseline, (64, 64, 3), 128),
    "dense-backend": (networks.dense_backend, (2, 2, 512), 32),
    "residual": (networks.residual, (64, 64, 3), 64),
    "vgg16": (networks.vgg16_classifier, (64, 64, 3), 32),
}


class Training:
    """One network, compiled, with as many batches of noise in memory as steps are timed."""

    def __init__(self, make, shape, batch):
        keras.utils.set_random_seed(1)
        # A small learning rate: noise can't be learned, and a network that diverges would be timed on NaN.
        self.model = networks.compiled(make(shape), learning_rate=1e-4)
        self.shape, self.batch = shape, batch
        self.resize(1)

    def resize(self, steps):
        draw = np.random.default_rng(1)
        self.x = draw.random((steps * self.batch, *self.shape), np.float32)
        self.y = (draw.random((steps * self.batch, 1)) > 0.5).astype(np.float32)

    def fit(self, steps):
        self.model.fit(self.x, self.y, batch_size=self.batch, verbose=0)

    def batches(self, steps):
        for start in range(0, steps * self.batch, self.batch):
            self.model.train_on_batch(self.x[start : start + self.batch], self.y[start : start + self.batch])

    def time(self, way, steps):
        """`way`: "fit", one epoch by `model.fit`, or "batches", `train_on_batch` in a loop, Keras' least costly way."""
        if len(self.x) != steps * self.batch:
            self.resize(steps)
        start = time.perf_counter()
        getattr(self, way)(steps)
        return time.perf_counter() - start


def answer(request, trainings):
    if request["do"] == "peak":
        # Kilobytes on Linux, bytes on macOS.
        unit = 1 if sys.platform == "darwin" else 1024
        return {"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    name = request["case"]
    if request["do"] == "prepare":
        trainings[name] = Training(*CASES[name])
        return {"batch": trainings[name].batch}
    return {"seconds": trainings[name].time(request["way"], request["steps"])}


def main():
    trainings = {}
    answers = sys.stdout
    software = {"keras": keras.__version__, "tensorflow": tensorflow.__version__}
    print(json.dumps({"ready": True, "software": software}), file=answers, flush=True)
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            reply = answer(json.loads(line), trainings)
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
