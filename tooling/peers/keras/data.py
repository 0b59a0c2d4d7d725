"""A peer that loads and augments images when asked, by Keras' ImageDataGenerator.

A line of JSON in, a line of JSON out:
    {"do": "load"}     -> {"seconds": 0.4}    an epoch of batches from files: listed, decoded, rescaled
    {"do": "augment"}  -> {"seconds": 1.0}    an epoch of augmented batches from an array in memory

Run as `data.py DIR`, with DIR/train/<class>/*.
"""

import contextlib
import json
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import PIL
import scipy
from keras.src.legacy.preprocessing.image import ImageDataGenerator

BATCH = 128
SIZE = (64, 64)


def epoch(batches):
    for _ in range(len(batches)):
        next(batches)


def load(folder):
    generator = ImageDataGenerator(rescale=1 / 255)
    epoch(generator.flow_from_directory(folder, target_size=SIZE, batch_size=BATCH, class_mode="binary", seed=1))


def in_memory(folder):
    paths = sorted(folder.glob("*/*"))
    images = np.stack([keras.utils.img_to_array(keras.utils.load_img(path, target_size=SIZE)) for path in paths])
    generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True, rotation_range=20)
    return generator.flow(images, np.zeros(len(images)), batch_size=BATCH, seed=1)


def main():
    folder = pathlib.Path(sys.argv[1]) / "train"
    answers = sys.stdout
    augmented = in_memory(folder)
    software = {"keras": keras.__version__, "pillow": PIL.__version__, "scipy": scipy.__version__}
    print(json.dumps({"ready": True, "software": software}), file=answers, flush=True)
    for line in sys.stdin:
        task = json.loads(line)["do"]
        with contextlib.redirect_stdout(sys.stderr):
            start = time.perf_counter()
            if task == "load":
                load(folder)
            else:
                epoch(augmented)
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
