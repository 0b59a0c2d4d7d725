"""Reads the embedded VGG16 weights, a safetensors file of float16 convolutions, for Keras' VGG16."""

import json
import struct

import numpy as np

# What the weights were trained with: RGB / 255, then the mean and deviation of ImageNet.
MEAN = np.float32([0.485, 0.456, 0.406])
DEVIATION = np.float32([0.229, 0.224, 0.225])

DTYPES = {"F16": np.float16, "F32": np.float32}


def read_safetensors(path):
    """A dict from tensor name to array."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[start:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def vgg16_weights(path):
    """Kernels (HWIO) and biases, float32, in the order of Keras' VGG16."""
    tensors = read_safetensors(path)
    weights = []
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            weights.append(tensors[f"{name}.weight"].transpose(2, 3, 1, 0).astype(np.float32))
            weights.append(tensors[f"{name}.bias"].astype(np.float32))
    return weights
