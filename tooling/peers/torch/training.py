"""A peer that trains in memory when asked: how many images a second does PyTorch train?

    python training.py eager|compiled

A line of JSON in, a line of JSON out:
    {"do": "prepare", "case": "baseline"}           -> {"batch": 128}
    {"do": "time", "case": "baseline", "steps": 50} -> {"seconds": 0.53}
    {"do": "peak"}                                  -> {"bytes": 812000000}, the most memory that was resident

Networks, batches and optimizer are those of ../keras/training.py, as a knowing user writes them for a CPU: channels
last, one multi-tensor Adam, gradients set to none.
"""

import json
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

LEARNING_RATE = 1e-4
L2 = 0.001
STEPS_IN_MEMORY = 16
# (repeats, kernel, stride of the first, expansion, filters): efficientnet_lite_builder.py of tensorflow/tpu.
LITE0_STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)


def baseline():
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 128), nn.Linear(128, 1),
    )  # fmt: skip


def dense_backend():
    return nn.Sequential(nn.Flatten(), nn.Linear(2048, 256), nn.Linear(256, 1))


def normalized(channels, filters, size, stride=1):
    conv = nn.Conv2d(channels, filters, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01))


class ResidualBlock(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.first = normalized(channels, filters, 3, stride)
        self.second = normalized(filters, filters, 3)
        self.shortcut = nn.Identity() if stride == 1 else normalized(channels, filters, 1, stride)

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.second(F.relu(self.first(x))))


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def residual():
    blocks = [ResidualBlock(*sizes) for sizes in ((32, 32, 1), (32, 64, 2), (64, 128, 2))]
    return nn.Sequential(normalized(3, 32, 3), nn.ReLU(), *blocks, Mean(), nn.Linear(128, 1))


def vgg16():
    layers, channels = [], 3
    for filters in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if filters:
            layers += [nn.Conv2d(channels, filters, 3, 1, 1), nn.ReLU(True)]
            channels = filters
        else:
            layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 1))


def biased(channels, filters, size, stride=1, groups=1):
    """A convolution into which batch normalization is folded. The first weights keep the scale of activations."""
    conv = nn.Conv2d(channels, filters, size, stride, size // 2, groups=groups)
    nn.init.kaiming_normal_(conv.weight)
    return conv


class Inverted(nn.Module):
    def __init__(self, channels, size, stride, expansion, filters):
        super().__init__()
        inner = channels * expansion
        expand = [biased(channels, inner, 1), nn.ReLU6(True)] if expansion > 1 else []
        depthwise = [biased(inner, inner, size, stride, groups=inner), nn.ReLU6(True)]
        self.layers = nn.Sequential(*expand, *depthwise, biased(inner, filters, 1))
        self.residual = stride == 1 and channels == filters

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


def lite0():
    layers, channels = [biased(3, 32, 3, 2), nn.ReLU6(True)], 32
    for repeats, size, stride, expansion, filters in LITE0_STAGES:
        for i in range(repeats):
            layers.append(Inverted(channels, size, stride if i == 0 else 1, expansion, filters))
            channels = filters
    return nn.Sequential(*layers, biased(channels, 1280, 1), nn.ReLU6(True), Mean(), nn.Linear(1280, 1))


# name -> network, shape of one example, batch size, layers with L2
CASES = {
    "baseline": (baseline, (3, 64, 64), 128, (0, 3, 7)),
    "dense-backend": (dense_backend, (512, 2, 2), 32, (1,)),
    "residual": (residual, (3, 64, 64), 64, ()),
    "vgg16": (vgg16, (3, 64, 64), 32, ()),
    "lite0": (lite0, (3, 128, 128), 32, ()),
}


class Training:
    """One network with batches of noise in memory."""

    def __init__(self, make, shape, batch, regularized, compiled):
        torch.manual_seed(1)
        self.model = make().train().to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE, foreach=True)
        self.regularized = [self.model[i].weight for i in regularized]
        draw = lambda: torch.rand(batch, *shape).to(memory_format=torch.channels_last)
        self.batches = [(draw(), (torch.rand(batch, 1) > 0.5).float()) for _ in range(STEPS_IN_MEMORY)]
        self.loss_of = torch.compile(self.loss) if compiled else self.loss

    def loss(self, x, y):
        loss = F.binary_cross_entropy_with_logits(self.model(x), y)
        return sum((L2 * (weight * weight).sum() for weight in self.regularized), loss)

    def time(self, steps):
        start = time.perf_counter()
        for i in range(steps):
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss_of(*self.batches[i % STEPS_IN_MEMORY])
            loss.backward()
            self.optimizer.step()
            loss.item()
        return time.perf_counter() - start


def answer(request, trainings, compiled):
    if request["do"] == "peak":
        # Kilobytes on Linux, bytes on macOS.
        unit = 1 if sys.platform == "darwin" else 1024
        return {"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    name = request["case"]
    if name not in trainings:
        trainings[name] = Training(*CASES[name], compiled)
    if request["do"] == "prepare":
        return {"batch": CASES[name][2]}
    return {"seconds": trainings[name].time(request["steps"])}


def main():
    compiled = sys.argv[1] == "compiled"
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    trainings = {}
    print(json.dumps({"ready": True, "software": {"torch": torch.__version__}}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), trainings, compiled)), flush=True)


if __name__ == "__main__":
    main()
