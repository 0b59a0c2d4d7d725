"""A peer that trains EfficientNet-Lite0 when asked: how many images a second does a step of PyTorch take?

A line of JSON in, a line of JSON out:
    {"do": "time", "size": 128, "batch": 32, "steps": 3, "blocks": 5}     -> {"seconds": 1.7}

`blocks` are the last ones, which train; what comes before them runs without gradients. 99: all of them train. The step is
that of `--fine-tune`: AdamW, smoothed labels, a moving average of the weights. Needs torch, which requirements.txt leaves
out for its size: `pip install torch`.
"""

import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))

from efficientnet_lite import STAGES, WEIGHTS, read_safetensors

CLASSES = 10


def layers():
    """(block, [(name, kernel, stride, depthwise, relu6)], adds its input)."""
    yield "stem", [("stem", 3, 2, False, True)], False
    channels, number = 32, 0
    for repeats, kernel, first_stride, expansion, filters in STAGES:
        for repeat in range(repeats):
            block, stride = f"blocks.{number}", first_stride if repeat == 0 else 1
            parts = [(f"{block}.expand", 1, 1, False, True)] if expansion > 1 else []
            parts.append((f"{block}.depthwise", kernel, stride, True, True))
            parts.append((f"{block}.project", 1, 1, False, False))
            yield block, parts, stride == 1 and channels == filters
            channels, number = filters, number + 1
    yield "head", [("head", 1, 1, False, True)], False


LAYERS = list(layers())


def run(blocks, weights, x):
    for _, parts, adds in blocks:
        entered = x
        for name, kernel, stride, depthwise, relu6 in parts:
            total = max((-(-x.shape[2] // stride) - 1) * stride + kernel - x.shape[2], 0)
            padding = (total // 2, total - total // 2) * 2
            groups = x.shape[1] if depthwise else 1
            x = F.conv2d(F.pad(x, padding), weights[f"{name}.weight"], weights[f"{name}.bias"], stride, groups=groups)
            x = F.relu6(x) if relu6 else x
        x = x + entered if adds else x
    return x


def load_weights():
    return {name: torch.from_numpy(values) for name, values in read_safetensors(WEIGHTS).items()}


class Trainer:
    def __init__(self, size, batch, blocks):
        self.weights = load_weights()
        first = max(0, len(LAYERS) - blocks)
        self.frozen, self.trained = LAYERS[:first], LAYERS[first:]
        self.classifier = torch.zeros(1280, CLASSES)
        names = [f"{part[0]}.{kind}" for _, parts, _ in self.trained for part in parts for kind in ("weight", "bias")]
        self.parameters = [self.weights[name] for name in names] + [self.classifier]
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        self.averages = [parameter.detach().clone() for parameter in self.parameters]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=1e-4, weight_decay=0.05)
        self.images = torch.randint(0, 256, (batch, 3, size, size), dtype=torch.uint8)
        self.labels = torch.randint(0, CLASSES, (batch,))

    def step(self):
        with torch.no_grad():
            x = run(self.frozen, self.weights, (self.images.float() - 127) / 128)
        logits = run(self.trained, self.weights, x).mean((2, 3)) @ self.classifier
        loss = F.cross_entropy(logits, self.labels, label_smoothing=0.1)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            for average, parameter in zip(self.averages, self.parameters):
                average.lerp_(parameter, 0.02)
        return loss.item()


def main():
    trainers = {}
    print(json.dumps({"ready": True, "software": {"torch": torch.__version__}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["size"], request["batch"], request["blocks"])
        trainer = trainers.get(key) or trainers.setdefault(key, Trainer(*key))
        start = time.perf_counter()
        for _ in range(request["steps"]):
            trainer.step()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
