"""Models of Keras' own, with branches that are added, concatenated, multiplied and shared, there and back.

    python keras_models.py FOLDER    writes FOLDER/<name>.keras, FOLDER/<name>.h5 and FOLDER/x.npy

`peers.ts` then leaves `FOLDER/<file>.json`, our answers to x.npy for each file, and in FOLDER/back the same models
(and networks that were made in TensorFlow.js) as we saved them; `there` and `back` compare.
"""

import json
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

SHAPE = (24, 24, 3)
# Probabilities after a handful of float32 sums in another order, and after some hundred layers, each of which adds its own.
TOLERANCE, DEEP_TOLERANCE = 1e-5, 5e-4


def head(x, classes=3):
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(classes, activation="softmax")(x) if classes > 2 else layers.Dense(1, activation="sigmoid")(x)


def conv(x, filters, size=3, strides=1):
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def sequential():
    return keras.Sequential([
        keras.Input(SHAPE),
        layers.Rescaling(1.5, offset=-0.5),
        layers.Conv2D(8, 3, strides=2, activation="relu", kernel_regularizer=keras.regularizers.L2(0.001)),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.4),
        layers.Dense(16, activation="tanh"),
        layers.Dense(1, activation="sigmoid"),
    ])


def residual():
    image = keras.Input(SHAPE)
    x = conv(image, 8)
    for filters, strides in ((8, 1), (16, 2)):
        y = conv(conv(x, filters, strides=strides), filters)
        shortcut = x if strides == 1 else conv(x, filters, 1, strides)
        x = layers.ReLU()(layers.Add()([y, shortcut]))
    return keras.Model(image, head(x))


def inception():
    image = keras.Input(SHAPE)
    x = conv(image, 8, strides=2)
    pooled = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    x = layers.Concatenate()([conv(x, 4, 1), conv(conv(x, 4, 1), 6), conv(pooled, 2, 1)])
    return keras.Model(image, head(layers.MaxPooling2D()(x), 2))


def dense_blocks():
    image = keras.Input(SHAPE)
    known = [conv(image, 4, strides=2)]
    for _ in range(3):
        known.append(conv(layers.Concatenate()(known) if len(known) > 1 else known[0], 4))
    return keras.Model(image, head(layers.Concatenate()(known)))


def squeeze_and_excite():
    image = keras.Input(SHAPE)
    x = layers.SeparableConv2D(8, 3, padding="same")(image)
    gate = layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D()(x))
    gate = layers.Reshape((1, 1, 8))(layers.Dense(8, activation="sigmoid")(gate))
    x = layers.Multiply()([x, gate])
    x = layers.LeakyReLU(negative_slope=0.1)(layers.DepthwiseConv2D(3, strides=2)(x))
    return keras.Model(image, head(x, 5))


def shared():
    image = keras.Input(SHAPE)
    first = layers.Conv2D(3, 3, padding="same", activation="relu")
    once, twice = first(image), first(first(image))
    x = layers.Average()([once, twice])
    y = layers.Maximum()([layers.ZeroPadding2D(1)(once), layers.ZeroPadding2D(1)(twice)])
    x, y = layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(layers.Cropping2D(1)(y))
    return keras.Model(image, layers.Dense(4, activation="softmax")(layers.Concatenate()([x, y])))


def transfer():
    """Keras' own tutorial on transfer learning: a frozen network in a network."""
    base = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), include_top=False)
    base.trainable = False
    image = keras.Input(SHAPE)
    x = layers.Rescaling(2.0, offset=-1.0)(layers.ZeroPadding2D(4)(image))
    x = layers.GlobalAveragePooling2D()(base(x, training=False))
    return keras.Model(image, layers.Dense(3, activation="softmax")(layers.Dropout(0.2)(x)))


def application(name):
    def build():
        network = getattr(keras.applications, name)(weights=None, input_shape=(32, 32, 3), classes=5)
        image = keras.Input(SHAPE)
        return keras.Model(image, network(layers.Rescaling(255.0)(layers.ZeroPadding2D(4)(image))))
    build.__name__ = name
    return build


APPLICATIONS = ("MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "ResNet50")
BUILDERS = (sequential, residual, inception, dense_blocks, squeeze_and_excite, shared, transfer,
            *(application(name) for name in APPLICATIONS))


def settle(network, x):
    """Takes the moving statistics from images: with others, a deep network that was never trained answers all alike."""
    norms = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]
    was_trainable, momenta = network.trainable, [norm.momentum for norm in norms]
    network.trainable = True
    for norm in norms:
        norm.momentum = 0.0
    network(x, training=True)
    network.trainable = was_trainable
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum


def can_read(file):
    """Keras cannot read a `.h5` file of its own in which a number is added to a layer's output."""
    try:
        keras.saving.load_model(file, compile=False)
        return True
    except ValueError:
        return False


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    # Noise in a color of its own for each image: the mean of mere noise is the same for all.
    noise, colors = random.random((8, *SHAPE)), random.random((8, 1, 1, 3))
    images = (noise * colors).astype(np.float32)
    np.save(folder / "x.npy", images)
    for build in BUILDERS:
        keras.utils.set_random_seed(3)
        model = build()
        for variable in model.variables:
            # Biases and statistics are 0 and 1 in a network that was never trained. In deep ones so much noise would
            # drown the images: theirs is in what is one number a channel. Keras takes the statistics of its Normalization
            # when it reads a .keras file, and neither from memory nor from its own .h5.
            is_deep = build.__name__ in (*APPLICATIONS, "transfer")
            if is_deep and len(variable.shape) != 1 or re.match(r"normalization(_\d+)?/", variable.path):
                continue
            noise = random.normal(0, 0.3, variable.shape)
            variable.assign(np.abs(variable + noise) + 0.1 if "variance" in variable.path else variable + noise)
        for network in model.layers:
            if isinstance(network, keras.Model):
                settle(network, np.pad(images, [(0, 0), (4, 4), (4, 4), (0, 0)]) * (1 if build is transfer else 255))
        np.save(folder / f"{build.__name__}.npy", model.predict(images, verbose=0))
        for ending in ("keras", "h5"):
            file = folder / f"{build.__name__}.{ending}"
            model.save(file)
            if not can_read(file):
                file.unlink()


def equal(name, expected, answers):
    tolerance = DEEP_TOLERANCE if Path(name).stem in (*APPLICATIONS, "transfer") else TOLERANCE
    spread = expected.std(axis=0).max()
    assert spread > 100 * tolerance, f"the answers are all but equal (deviation {spread}): nothing to compare"
    difference = np.abs(expected - np.array(answers, np.float32).reshape(expected.shape)).max()
    assert difference <= tolerance, f"probabilities differ by {difference}"
    return f"{len(expected)} images, largest difference {difference:.1e}"


def there(folder, name):
    """A file that Keras wrote, and our answers by it."""
    expected = np.load((folder / name).with_suffix(".npy"))
    return equal(name, expected, json.loads((folder / f"{name}.json").read_text()))


def back(folder, name):
    """A file that we wrote, and our answers from before."""
    file = folder / "back" / name
    expected = keras.saving.load_model(file, compile=False).predict(np.load(folder / "x.npy"), verbose=0)
    return equal(name, expected, json.loads(Path(f"{file}.json").read_text()))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
