"""Augmented images of ours against Keras' `apply_transform` with the same parameters."""

import json
from pathlib import Path

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

# In levels of 255. Both interpolate in doubles and keep floats.
TOLERANCE = 1e-2


def parity(folder):
    """`images.npy` (N, h, w, 3) uint8, `parameters.json`, `augmented.npy` float32 in levels."""
    folder = Path(folder)
    originals = np.load(folder / "images.npy")
    augmented = np.load(folder / "augmented.npy")
    generator = ImageDataGenerator(fill_mode="nearest")
    worst = 0.0
    for original, ours, drawn in zip(originals, augmented, json.loads((folder / "parameters.json").read_text())):
        keras_names = {"theta": drawn.get("rotation", 0.0), "flip_horizontal": drawn.get("horizontalFlip", False)}
        expected = generator.apply_transform(original.astype(np.float32), keras_names)
        worst = max(worst, np.abs(expected - ours).max())
    assert worst <= TOLERANCE, f"pixels differ by {worst} levels"
    return f"{len(originals)} images, largest difference {worst:.1e} levels of 255"
