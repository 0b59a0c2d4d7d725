"""Runs every check and counts them: `python main.py DATA RUNS FEATURES AUGMENTED WEIGHTS MODELS VGG16 LITE0 SUMMARIES`;
`npm run peers` does."""

import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import augmentation
import graphs
import keras_models
import lite0
import runs
import summaries
import vgg16_sources


def main(data, runs_folder, features, augmented, weights, models, vgg16, lite0_folder, summaries_folder):
    checks = {
        "features equal Keras' VGG16": lambda: runs.features(data, Path(features), weights),
        "augmentation equals Keras'": lambda: augmentation.parity(augmented),
        "ONNX' checker takes the graphs of a training": lambda: graphs.valid(Path(runs_folder).parent / "graphs"),
        "TensorBoard reads summaries": lambda: summaries.equal(summaries_folder),
    }
    for folder in sorted(path.parent for path in Path(runs_folder).glob("*/run.json")):
        name = folder.name
        checks |= {
            f"{name}: model.onnx gives the recorded scores": lambda folder=folder: runs.exported_network(data, folder),
            **{
                f"{name}: onnxruntime opens its export in {precision}": lambda folder=folder, precision=precision: (
                    runs.exported_precision(data, folder, precision)
                )
                for precision in ("fp16", "int8")
            },
            f"{name}: Keras loads model.keras": lambda folder=folder: runs.keras_file(data, folder, "model.keras"),
            f"{name}: Keras loads model.h5": lambda folder=folder: runs.keras_file(data, folder, "model.h5"),
            f"{name}: accuracy as scikit-learn counts it": lambda folder=folder: runs.recorded_accuracy(folder),
            f"{name}: NumPy reads its arrays": lambda folder=folder: runs.saved_arrays(folder),
        }
    for way, compare in (("Keras -> Sightline", keras_models.there), ("Sightline -> Keras", keras_models.back)):
        folder = Path(models) if compare is keras_models.there else Path(models) / "back"
        for file in sorted(path for path in folder.iterdir() if path.suffix in (".keras", ".h5")):
            checks[f"{way}: {file.name}"] = lambda compare=compare, name=file.name: compare(Path(models), name)
    checks["EfficientNet-Lite0 as a second implementation"] = lambda: lite0.second_implementation(lite0_folder)
    for precision in lite0.TOLERANCE:
        checks[f"onnxruntime opens EfficientNet-Lite0, {precision}"] = (
            lambda precision=precision: lite0.exported(lite0_folder, precision)
        )
    for file in vgg16_sources.FILES:
        for algorithm in vgg16_sources.TOLERANCE:
            checks[f"VGG16 with the weights of {file}, {algorithm}"] = (
                lambda file=file, algorithm=algorithm: vgg16_sources.equal(vgg16, file, algorithm)
            )
    failed = 0
    for name, check in checks.items():
        try:
            print(f"passed  {name}: {check()}", flush=True)
        except Exception as error:
            failed += 1
            if not isinstance(error, AssertionError):
                traceback.print_exc()
            print(f"FAILED  {name}: {error}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
