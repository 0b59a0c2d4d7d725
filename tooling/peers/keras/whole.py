"""Times Keras' part of `npm run train`: import, two trainings from the folder, VGG16 features, the classifier on them.

    python whole.py DATA WEIGHTS [--seed 1]

Prints one line of JSON: seconds by part. The site, which `npm run train` builds as well, has no counterpart here.
"""

import contextlib
import json
import sys
import tempfile
import time

started = time.perf_counter()
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import experiments

seconds = {"import": time.perf_counter() - started}


def timed(name, part):
    start = time.perf_counter()
    part()
    seconds[name] = time.perf_counter() - start


def main(data, weights, seed):
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as features:
        timed("baseline", lambda: experiments.baseline(data, seed))
        timed("augmentation", lambda: experiments.augmentation(data, seed))
        timed("features", lambda: experiments.save_features(data, weights, features))
        timed("vgg16-backend", lambda: experiments.vgg16_backend(features, seed))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else 1
    main(sys.argv[1], sys.argv[2], seed)
