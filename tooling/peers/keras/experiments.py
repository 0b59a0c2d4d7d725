"""The three experiments of car or other, as a Keras user writes them. A data set is DIR/train|validation/<class>/*."""

import os

import keras
import numpy as np

# Keras 3 keeps it under `legacy`; TensorFlow's `tf.keras.preprocessing.image` is this same class.
from keras.src.legacy.preprocessing.image import ImageDataGenerator

import networks
import weights as vgg16

CLASSES = ["other", "car"]
SIZE = (64, 64)
AUGMENTATION = {"horizontal_flip": True, "rotation_range": 20, "fill_mode": "nearest"}


def flow(data, split, seed=None, batch_size=128, shuffle=False, augmentation=None):
    """Batches of images / 255 and labels (0 or 1), read from the folder at each epoch."""
    generator = ImageDataGenerator(rescale=1 / 255, **(augmentation or {}))
    return generator.flow_from_directory(
        os.path.join(data, split),
        target_size=SIZE,
        classes=CLASSES,
        class_mode="binary",
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
    )


def train_network(data, seed, augmentation=None, epochs=15):
    keras.utils.set_random_seed(seed)
    model = networks.compiled(networks.baseline())
    train = flow(data, "train", seed, shuffle=True, augmentation=augmentation)
    history = model.fit(train, validation_data=flow(data, "validation"), epochs=epochs, verbose=0)
    return history.history


def baseline(data, seed, epochs=15):
    return train_network(data, seed, epochs=epochs)


def augmentation(data, seed, epochs=15):
    return train_network(data, seed, AUGMENTATION, epochs)


def save_features(data, weights_file, out, batch_size=32):
    """VGG16 features of both splits, with their labels, as .npy files in `out`."""
    os.makedirs(out, exist_ok=True)
    model = networks.vgg16(weights=vgg16.vgg16_weights(weights_file))
    for split in ("train", "validation"):
        images = flow(data, split, batch_size=batch_size)
        features, labels = [], []
        for index in range(len(images)):
            x, y = images[index]
            features.append(model.predict_on_batch((x - vgg16.MEAN) / vgg16.DEVIATION))
            labels.append(y)
        np.save(os.path.join(out, f"{split}.npy"), np.concatenate(features))
        np.save(os.path.join(out, f"{split}-labels.npy"), np.concatenate(labels))


def vgg16_backend(features, seed, epochs=10):
    def load(split):
        return tuple(np.load(os.path.join(features, f"{split}{part}.npy")) for part in ("", "-labels"))

    keras.utils.set_random_seed(seed)
    model = networks.compiled(networks.dense_backend())
    x, y = load("train")
    history = model.fit(x, y, batch_size=32, epochs=epochs, validation_data=load("validation"), verbose=0)
    return history.history
