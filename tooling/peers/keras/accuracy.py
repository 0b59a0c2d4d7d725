"""Validation accuracy after the last epoch of each experiment and seed, in Keras: the reference of `npm run bench -- accuracy`.

    python accuracy.py DATA WEIGHTS OUT.json [--name cifar] [--seeds 10]

The file is written after each seed; seeds that it already holds for the same images are not trained again.
"""

import argparse
import contextlib
import hashlib
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow

import experiments


def data_hash(data):
    """The data set's identity as @sightline/data has it, and run.json: over classes, splits, paths and contents."""
    lines = [json.dumps(experiments.CLASSES, separators=(",", ":"))]
    for split in ("train", "validation"):
        for label, name in enumerate(experiments.CLASSES):
            for file in sorted((Path(data) / split / name).iterdir(), key=lambda file: file.name):
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                lines.append(f"{split} {label} {content} {json.dumps(f'{split}/{name}/{file.name}')}")
    return hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data")
    arguments.add_argument("weights")
    arguments.add_argument("out")
    arguments.add_argument("--name", help="of the data set; the folder's name by default")
    arguments.add_argument("--seeds", type=int, default=10)
    args = arguments.parse_args()

    identity = {
        "data": args.name or Path(args.data).resolve().name,
        "hash": data_hash(args.data),
        "software": {"keras": keras.__version__, "tensorflow": tensorflow.__version__},
    }
    out = Path(args.out)
    known = json.loads(out.read_text()) if out.exists() else {}
    if any(known.get(key) != value for key, value in identity.items()):
        known = {**identity, "experiments": {}}
    results = known["experiments"]

    with tempfile.TemporaryDirectory() as features:
        with contextlib.redirect_stdout(sys.stderr):
            experiments.save_features(args.data, args.weights, features)
        trainings = {
            "baseline": lambda seed: experiments.baseline(args.data, seed),
            "augmentation": lambda seed: experiments.augmentation(args.data, seed),
            "vgg16-backend": lambda seed: experiments.vgg16_backend(features, seed),
        }
        for seed in range(1, args.seeds + 1):
            for name, train in trainings.items():
                result = results.setdefault(name, {"median": None, "seeds": {}})
                if str(seed) in result["seeds"]:
                    continue
                with contextlib.redirect_stdout(sys.stderr):
                    history = train(seed)
                result["seeds"][str(seed)] = round(history["val_accuracy"][-1], 6)
                result["median"] = statistics.median(result["seeds"].values())
                out.write_text(json.dumps(known, indent=2) + "\n")
                print(name, seed, result["seeds"][str(seed)], flush=True)


if __name__ == "__main__":
    main()
