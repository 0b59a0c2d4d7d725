"""What run folders hold, seen from Python: exported networks give the recorded scores, features are Keras' features."""

import json
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
from PIL import Image
from sklearn.metrics import accuracy_score

import networks
import weights as vgg16

# Scores are float32 after a handful of sums in another order: 1e-4 of a probability is far above that noise.
SCORE_TOLERANCE = 1e-4
# Weights are rounded to 2^-11 of themselves, and the export itself allows as much.
HALF_TOLERANCE = 1e-2
# A point or less is usual for 8 bits.
INT8_LOSS = 0.02
# Features go to 40 and pass 13 layers of sums in another order (and Winograd's transforms, on our side).
FEATURE_TOLERANCE = 0.02


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def images(data, paths, size):
    """uint8 (N, height, width, 3)."""
    height, width = size

    def read(path):
        image = Image.open(Path(data) / path).convert("RGB")
        return np.asarray(image if image.size == (width, height) else image.resize((width, height), Image.NEAREST))

    return np.stack([read(path) for path in paths])


def network_input(data, folder, rows, wants_images, size=(64, 64)):
    """What the network of a run takes: uint8 images, or the features of the same images."""
    paths = [row["path"] for row in rows]
    return images(data, paths, size) if wants_images else features_by_path(folder.parent.parent / "features", paths)


def equal_scores(scores, rows, tolerance=SCORE_TOLERANCE):
    spread = scores.std()
    assert spread > max(100 * SCORE_TOLERANCE, 5 * tolerance), f"the scores are all but equal (deviation {spread}): nothing to compare"
    difference = np.abs(scores - [row["score"] for row in rows]).max()
    assert difference <= tolerance, f"scores differ by {difference}"
    return f"{len(rows)} scores of deviation {spread:.2f}, largest difference {difference:.1e}"


def exported_network(data, folder):
    """model.onnx, checked by onnx and run by Python's onnxruntime, against predictions.jsonl."""
    onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    metadata = session.get_modelmeta().custom_metadata_map
    classes = json.loads(metadata["classes"])
    rows = read_lines(folder / "predictions.jsonl")
    name = session.get_inputs()[0].name
    x = network_input(data, folder, rows, name == "image", json.loads(metadata["imageSize"]))
    (probabilities,) = session.run(["probabilities"], {name: x})
    decided = np.abs(probabilities[:, -1] - 0.5) > SCORE_TOLERANCE
    answers = np.array(classes)[probabilities.argmax(axis=1)]
    assert (answers == [row["predicted"] for row in rows])[decided].all(), "other classes are predicted"
    return equal_scores(probabilities[:, -1], rows)


def exported_precision(data, folder, precision):
    """An export in fewer bits: float16 gives the recorded scores up to the rounding of weights, int8 as many right."""
    path = folder / f"{precision}.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    size = json.loads(session.get_modelmeta().custom_metadata_map["imageSize"])
    rows = read_lines(folder / "predictions.jsonl")
    (probabilities,) = session.run(["probabilities"], {"image": images(data, [row["path"] for row in rows], size)})
    if precision == "fp16":
        return equal_scores(probabilities[:, -1], rows, HALF_TOLERANCE)
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    labels = [row["label"] for row in rows]
    ours = accuracy_score(labels, [row["predicted"] for row in rows])
    theirs = accuracy_score(labels, np.array(classes)[probabilities.argmax(axis=1)])
    assert ours - theirs <= INT8_LOSS, f"accuracy {ours:.3f} falls to {theirs:.3f}"
    return f"accuracy {ours:.3f}, in 8 bits {theirs:.3f}, {path.stat().st_size / 1e6:.1f} MB"


def keras_file(data, folder, name):
    """A network that was saved for Keras, loaded and run by Keras, against predictions.jsonl."""
    rows = read_lines(folder / "predictions.jsonl")
    model = keras.saving.load_model(folder / name)
    wants_images = model.input_shape[-1] == 3
    x = network_input(data, folder, rows, wants_images)
    scores = model.predict(x / np.float32(255) if wants_images else x, verbose=0)
    return equal_scores(scores[:, -1], rows)


def recorded_accuracy(folder):
    """run.json's accuracy against scikit-learn's of predictions.jsonl."""
    run = json.loads((folder / "run.json").read_text())
    rows = read_lines(folder / "predictions.jsonl")
    accuracy = accuracy_score([row["label"] for row in rows], [row["predicted"] for row in rows])
    recorded = run["metrics"]["validation"]["accuracy"]
    assert abs(accuracy - recorded) < 1e-6, f"run.json says {recorded}, scikit-learn {accuracy}"
    return f"{accuracy:.4f}"


def features_by_path(folder, paths):
    rows = json.loads((folder / "validation.json").read_text())["rows"]
    place = {row["path"]: index for index, row in enumerate(rows)}
    return np.load(folder / "validation.npy")[[place[path] for path in paths]]


def features(data, folder, weights_file, count=64):
    """The .npy features against Keras' VGG16 with the same weights."""
    paths = [row["path"] for row in json.loads((folder / "validation.json").read_text())["rows"]][:count]
    x = images(data, paths, (64, 64)) / np.float32(255)
    model = networks.vgg16(weights=vgg16.vgg16_weights(weights_file))
    expected = model.predict_on_batch((x - vgg16.MEAN) / vgg16.DEVIATION)
    difference = np.abs(features_by_path(folder, paths) - expected).max()
    assert difference <= FEATURE_TOLERANCE, f"features differ by {difference}"
    return f"{len(paths)} images, largest difference {difference:.1e} of {expected.max():.1f}"


def saved_arrays(folder):
    """Every .npy of a run is one that NumPy reads, with finite numbers."""
    files = sorted(folder.glob("artifacts/*.npy"))
    assert files, "there is none"
    for file in files:
        assert np.isfinite(np.load(file)).all(), f"{file.name} holds numbers that are not finite"
    return ", ".join(f"{file.name} {np.load(file).shape}" for file in files)
