"""The graphs that the engine gave to ONNX Runtime (SIGHTLINE_DUMP), seen by ONNX' own checker."""

from pathlib import Path

import onnx


def valid(folder):
    """Every model that a training ran, with its shapes inferred and compared."""
    paths = sorted(Path(folder).glob("*.onnx"))
    steps = [path for path in paths if path.name.startswith("step-")]
    assert steps, f"no training step among {len(paths)} graphs"
    for path in paths:
        try:
            onnx.checker.check_model(str(path), full_check=True)
        except Exception as error:
            raise AssertionError(f"{path.name}: {error}") from error
    return f"{len(paths)} graphs, {len(steps)} of them compiled steps"
