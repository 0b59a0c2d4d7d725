"""VGG16 with weights from Keras' HDF5 files and from an ONNX file in the layout of the ONNX Model Zoo's.

    python vgg16_sources.py FOLDER    writes the files, with random weights, and what Keras or onnxruntime computes

`peers.ts` then leaves our answers, `FOLDER/<file>.<algorithm>.<output>.npy`, and removes the files (1.3 GB); `equal`
compares.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnx
import onnxruntime
from keras.applications.vgg16 import preprocess_input
from onnx import TensorProto, helper

from old_layout import write_old_layout

TOP = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
NOTOP = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
ZOO = "vgg16-12.onnx"
MODEL, WEIGHTS = "model.h5", "notop.weights.h5"
FILES = (TOP, NOTOP, MODEL, WEIGHTS, ZOO)
MEAN = np.float32([0.485, 0.456, 0.406])
DEVIATION = np.float32([0.229, 0.224, 0.225])

# Of the largest value. Thirteen layers of float32 sums of up to 4,608 products (and 25,088 in the top) in another order
# give 2e-6, Winograd's F(4x4, 3x3), with larger values on the way, 5e-6. Other preprocessing, channels or a flattening
# in another order would differ by 0.01 and more.
TOLERANCE = {"direct": 1e-5, "winograd": 5e-5}


def images(count, size, rng):
    """uint8 (count, size, size, 3): colored blocks of an eighth of the side, with noise."""
    blocks = rng.uniform(0, 255, (count, 8, 8, 3)).repeat(size // 8, axis=1).repeat(size // 8, axis=2)
    return np.clip(blocks + rng.normal(0, 12, blocks.shape), 0, 255).astype(np.uint8)


def draw(model, rng):
    """Kernels that keep the variance behind a ReLU (He), and biases that matter."""
    for layer in model.layers:
        if layer.weights:
            kernel, bias = (weight.shape for weight in layer.weights)
            deviation = np.sqrt(2 / np.prod(kernel[:-1]))
            values = rng.standard_normal(kernel, np.float32) * np.float32(deviation)
            layer.set_weights([values, rng.normal(0, 5, bias).astype(np.float32)])


def packed(name, values):
    """A tensor whose elements are `float_data`, as MXNet's exporter writes them."""
    head = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=values.shape).SerializeToString()
    body = np.ascontiguousarray(values, np.float32).tobytes()
    length, size = b"", len(body)
    while size >= 0x80:
        length += bytes([size % 0x80 | 0x80])
        size //= 0x80
    return TensorProto.FromString(head + b"\x22" + length + bytes([size]) + body)


def write_zoo_layout(path, model):
    """MXNet's names, Conv (OIHW) and Gemm (units, inputs) over images (N, 3, 224, 224); logits, without softmax."""
    nodes, tensors, x = [], [], "data"

    def parameters(name, weight, bias):
        tensors.extend([packed(f"{name}_weight", weight), packed(f"{name}_bias", bias)])
        return [f"{name}_weight", f"{name}_bias"]

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    counts = {"conv": 0, "pool": 0, "dense": 0}
    for layer in model.layers:
        kind = {"Conv2D": "conv", "MaxPooling2D": "pool", "Dense": "dense"}.get(type(layer).__name__)
        if not kind:
            continue
        number = counts[kind]
        counts[kind] += 1
        name = f"vgg0_{kind}{number}"
        if kind == "conv":
            kernel, bias = layer.get_weights()
            inputs = [x, *parameters(name, kernel.transpose(3, 2, 0, 1), bias / 57)]
            x = node("Conv", inputs, f"{name}_fwd", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1])
            x = node("Relu", [x], f"vgg0_relu{number}_fwd")
        elif kind == "pool":
            x = node("MaxPool", [x], f"{name}_fwd", kernel_shape=[2, 2], strides=[2, 2])
        else:
            kernel, bias = layer.get_weights()
            # Inputs are about 57 times smaller than Keras': the last layer makes up for it.
            last = number == 2
            x = node("Flatten", [x], f"flatten_{number}")
            inputs = [x, *parameters(name, kernel.T * (57 if last else 1), bias if last else bias / 57)]
            x = node("Gemm", inputs, f"{name}_fwd", transB=1)
            if not last:
                x = node("Relu", [x], f"vgg0_dense{number}_relu_fwd")
    features = "vgg0_pool4_fwd"
    inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 3, "H", "W"])]
    outputs = [
        helper.make_tensor_value_info(features, TensorProto.FLOAT, ["N", 512, "h", "w"]),
        helper.make_tensor_value_info(x, TensorProto.FLOAT, ["N", 1000]),
    ]
    graph = helper.make_graph(nodes, "mxnet_converted_model", inputs, outputs, tensors)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=7)
    Path(path).write_bytes(file.SerializeToString())
    return features, x


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def normalized(x):
    return (((x / np.float32(255)) - MEAN) / DEVIATION).transpose(0, 3, 1, 2)


def write(folder):
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(16)
    small, large = images(4, 64, rng), images(2, 224, rng)
    np.save(folder / "small.npy", small)
    np.save(folder / "large.npy", large)
    model = keras.applications.VGG16(include_top=True, weights=None)
    draw(model, rng)
    fc2 = keras.Model(model.input, model.get_layer("fc2").output)
    rms = np.sqrt(np.square(fc2.predict(preprocess_input(large.astype(np.float32)), verbose=0)).mean())
    kernel, bias = model.get_layer("predictions").get_weights()
    # Logits of deviation 2, so that probabilities differ.
    model.get_layer("predictions").set_weights([kernel * np.float32(2 / np.sqrt(2) / rms), bias / 5])

    notop = keras.applications.VGG16(include_top=False, weights=None, input_shape=(64, 64, 3))
    for layer in notop.layers:
        layer.set_weights(model.get_layer(layer.name).get_weights() if layer.weights else [])
    write_old_layout(folder / TOP, model)
    write_old_layout(folder / NOTOP, notop)
    # Keras itself must be able to read what was written by hand.
    draw(notop, rng)
    notop.load_weights(folder / NOTOP)
    notop.save(folder / MODEL)
    notop.save_weights(folder / WEIGHTS)

    features = notop.predict(preprocess_input(small.astype(np.float32)), verbose=0)
    for name in (TOP, NOTOP, MODEL, WEIGHTS):
        np.save(folder / f"{name}.features.npy", features)
    probabilities = model.predict(preprocess_input(large.astype(np.float32)), verbose=0)
    np.save(folder / f"{TOP}.probabilities.npy", probabilities)

    features_name, logits_name = write_zoo_layout(folder / ZOO, model)
    session = onnxruntime.InferenceSession(folder / ZOO)
    # The dense layers fit the large images only, and onnxruntime runs all layers: features are those of the large ones.
    features, logits = session.run([features_name, logits_name], {"data": normalized(large)})
    np.save(folder / f"{ZOO}.features.npy", features.transpose(0, 2, 3, 1))
    np.save(folder / f"{ZOO}.probabilities.npy", softmax(logits))


def equal(folder, name, algorithm):
    """Our outputs for one file beside those of Keras or onnxruntime."""
    said = []
    for path in sorted(Path(folder).glob(f"{name}.{algorithm}.*.npy")):
        output = path.name.split(".")[-2]
        expected, ours = np.load(Path(folder) / f"{name}.{output}.npy"), np.load(path)
        assert ours.shape == expected.shape, f"{output} {ours.shape}, not {expected.shape}"
        largest, spread = np.abs(expected).max(), expected.std()
        assert spread > 0.01 * largest, f"{output} are all but equal: nothing to compare"
        difference = np.abs(ours - expected).max() / largest
        assert difference <= TOLERANCE[algorithm], f"{output} differ by {difference:.1e} of the largest"
        said.append(f"{output} up to {largest:.2g} differ by {difference:.1e} of that")
    assert said, "there are no answers"
    names = Path(folder) / f"{name}.{algorithm}.classes.json"
    if names.exists():
        best = np.argsort(-np.load(Path(folder) / f"{name}.probabilities.npy"), axis=1)[:, :5]
        assert json.loads(names.read_text()) == [[f"class {i}" for i in row] for row in best], "other classes are best"
    return ", ".join(said)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
