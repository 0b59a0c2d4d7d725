"""What a Python program does with a folder of photographs: features of EfficientNet-Lite0, by ONNX Runtime or PyTorch,
and a logistic regression by cross-validation. Prints its validation accuracy and how long its parts took.

    python photos.py DIR FEATURES.onnx
    python photos.py DIR torch

DIR is DIR/train|validation/<class>/*; the model takes uint8 `image` (N, 224, 224, 3) and gives `features`. PyTorch reads
the weights of packages/efficientnet-lite-weights.
"""

import json
import pathlib
import sys
import time
import warnings

began = time.perf_counter()
import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

BATCH = 32
seconds = {}


def timed(part):
    global began
    now = time.perf_counter()
    seconds[part] = now - began
    began = now


def images(folder):
    """All images of a split, resized, and their class names."""
    paths = sorted(path for path in folder.glob("*/*") if path.is_file())
    resized = [Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR) for path in paths]
    return np.stack([np.asarray(image) for image in resized]), [path.parent.name for path in paths]


def by_onnxruntime(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(["features"], {"image": batch})[0]


def by_torch():
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "torch"))
    import torch
    from lite0_training import LAYERS, load_weights, run

    weights = load_weights()

    @torch.inference_mode()
    def features(batch):
        x = torch.from_numpy(batch).permute(0, 3, 1, 2).float()
        return run(LAYERS, weights, (x - 127) / 128).mean((2, 3)).numpy()

    return features


root = pathlib.Path(sys.argv[1])
network = by_torch() if sys.argv[2] == "torch" else by_onnxruntime(sys.argv[2])
timed("import")
splits = {name: images(root / name) for name in ("train", "validation")}
timed("images")


def features(pixels):
    batches = [pixels[i:i + BATCH] for i in range(0, len(pixels), BATCH)]
    return np.concatenate([network(batch) for batch in batches])


x, y = features(splits["train"][0]), splits["train"][1]
validation, labels = features(splits["validation"][0]), splits["validation"][1]
timed("features")

# Some classes have fewer images than folds, and the first penalties are not meant to converge to the last digit.
warnings.filterwarnings("ignore")
model = make_pipeline(StandardScaler(), LogisticRegressionCV(
    Cs=[1e-4, 1e-3, 1e-2, 1e-1, 1, 10], cv=5, scoring="neg_log_loss", max_iter=200, use_legacy_attributes=True))
model.fit(x, y)
accuracy = float((model.predict(validation) == np.array(labels)).mean())
timed("regression")
print(json.dumps({"accuracy": accuracy, "c": float(np.ravel(model[-1].C_)[0]), "seconds": seconds}))
