"""The steps of `to-94` in PyTorch, in float32, on the batches and from the weights that src/beside-torch.ts has written:

    python torch/airbench.py DIR    prints {"losses": [...], "seconds": [...]}, an entry per step

Momentum is Keras' form, m = p m - rate g and w += p m - rate g, which is PyTorch's while the rate stays the same.
"""

import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

folder = pathlib.Path(sys.argv[1])
recipe = json.loads((folder / "recipe.json").read_text())
torch.set_num_threads(recipe["threads"])
load = lambda name: torch.from_numpy(np.load(folder / name))


def parameter(name):
    """TensorFlow's kernels are (height, width, in, out), or (in, out)."""
    w = load(f"{name.replace('/', '-')}.npy")
    w = w.permute(3, 2, 0, 1) if w.dim() == 4 else w.T if w.dim() == 2 else w
    w = w.contiguous()
    return w.contiguous(memory_format=torch.channels_last) if w.dim() == 4 else w


weights = {name: parameter(name) for name in recipe["weights"]}
trained = {name: w.requires_grad_() for name, w in weights.items()
           if "moving" not in name and name != "conv1/kernel"}
momentums = {name: torch.zeros_like(w) for name, w in trained.items()}


def network(x):
    x = x * 4 - 1.9
    x = F.gelu(F.conv2d(x, weights["conv1/kernel"], weights["conv1/bias"]))
    for block in range(3):
        for half in range(2):
            i = 2 * block + half + 1
            x = F.conv2d(x, weights[f"conv{i + 1}/kernel"], padding="same")
            if half == 0:
                x = F.max_pool2d(x, 2)
            norm = f"norm{i}"
            x = F.batch_norm(x, weights[f"{norm}/moving_mean"], weights[f"{norm}/moving_variance"],
                             bias=weights[f"{norm}/beta"], training=True, momentum=0.4, eps=1e-12)
            x = F.gelu(x)
    return F.linear(F.max_pool2d(x, 3).flatten(1) / 9, weights["probabilities/kernel"])


losses, seconds = [], []
for step, rate in enumerate(recipe["rates"]):
    began = time.perf_counter()
    images = load(f"images-{step}.npy").permute(0, 3, 1, 2).float() / 255
    labels = load(f"labels-{step}.npy").long()
    loss = F.cross_entropy(network(images.contiguous(memory_format=torch.channels_last)), labels,
                           label_smoothing=recipe["labelSmoothing"])
    gradients = torch.autograd.grad(loss, list(trained.values()))
    with torch.no_grad():
        for (name, w), gradient in zip(trained.items(), gradients):
            scale = recipe["offsetRate"] if name.endswith("beta") else 1
            update = rate * (scale * gradient + recipe["weightDecay"] * w)
            m = momentums[name].mul_(recipe["momentum"]).sub_(update)
            w.add_(recipe["momentum"] * m - update)
    losses.append(loss.item())
    seconds.append(time.perf_counter() - began)
print(json.dumps({"losses": losses, "seconds": seconds}))
