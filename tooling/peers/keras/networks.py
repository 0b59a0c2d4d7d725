"""The networks of the experiments and of the training benchmark, in Keras. All take images NHWC and end in one sigmoid."""

import keras
from keras import layers, regularizers


def compiled(model, learning_rate=0.01):
    """Binary cross-entropy and Adam, as every experiment has them."""
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def baseline(shape=(64, 64, 3)):
    l2 = regularizers.l2(0.001)
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(32, 5, strides=3, activation="relu", kernel_regularizer=l2),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, strides=2, activation="relu", kernel_regularizer=l2),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, kernel_regularizer=l2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def dense_backend(shape=(2, 2, 512)):
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            layers.Dense(256, kernel_regularizer=regularizers.l2(0.001)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def vgg16(shape=(64, 64, 3), weights=None):
    """VGG16 without its top: images, normalized, to features. `weights` is a list as `set_weights` takes it."""
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=shape)
    if weights is not None:
        model.set_weights(weights)
    return model


def vgg16_classifier(shape=(64, 64, 3)):
    """VGG16 with every layer trainable, and one sigmoid on its features."""
    return keras.Sequential([vgg16(shape), layers.Flatten(), layers.Dense(1, activation="sigmoid")])


def residual(shape=(64, 64, 3)):
    """A small residual network: 3x3 convolutions with batch norm; a stem of 32, then blocks of 32, 64 and 128 filters."""

    def conv(x, filters, size, stride=1):
        x = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    def block(x, filters, stride):
        y = layers.ReLU()(conv(x, filters, 3, stride))
        y = conv(y, filters, 3)
        shortcut = x if stride == 1 else conv(x, filters, 1, stride)
        return layers.ReLU()(layers.Add()([shortcut, y]))

    image = keras.Input(shape)
    x = layers.ReLU()(conv(image, 32, 3))
    for filters, stride in ((32, 1), (64, 2), (128, 2)):
        x = block(x, filters, stride)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(1, activation="sigmoid")(x))
