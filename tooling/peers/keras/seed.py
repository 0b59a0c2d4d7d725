"""One training in Keras: its accuracy after the last epoch and the seconds of `fit`, as a line of JSON.

    python seed.py EXPERIMENT SEED DATA WEIGHTS FEATURES

FEATURES is a folder: VGG16's features are saved there where it has none.
"""

import contextlib
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow

import experiments


def main():
    name, seed, data, weights, features = sys.argv[1:]
    seconds = []
    fit = keras.Model.fit

    def timed(*args, **kwargs):
        start = time.perf_counter()
        history = fit(*args, **kwargs)
        seconds.append(time.perf_counter() - start)
        return history

    keras.Model.fit = timed
    with contextlib.redirect_stdout(sys.stderr):
        if name == "vgg16-backend":
            if not os.path.exists(os.path.join(features, "validation-labels.npy")):
                experiments.save_features(data, weights, features)
            history = experiments.vgg16_backend(features, int(seed))
        else:
            history = {"baseline": experiments.baseline, "augmentation": experiments.augmentation}[name](
                data, int(seed))
    print(json.dumps({
        "accuracy": round(history["val_accuracy"][-1], 6),
        "seconds": round(sum(seconds), 3),
        "software": {"keras": keras.__version__, "tensorflow": tensorflow.__version__},
    }))


if __name__ == "__main__":
    main()
