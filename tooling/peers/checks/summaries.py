"""TensorBoard reads the event files of the engine: tags, steps, values and histograms."""

import json
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def _read(folder):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    return events.Reload()


def equal(folder):
    expected = json.loads((Path(folder) / "expected.json").read_text())
    values = _read(Path(folder) / "values")
    scalars = values.Scalars("value")
    assert [event.step for event in scalars] == list(range(len(expected["values"])))
    assert [event.value for event in scalars] == expected["values"]
    assert values.SummaryMetadata("value").summary_description == "A known value."
    (event,) = values.Histograms("distribution")
    histogram = event.histogram_value
    assert event.step == 7
    assert (histogram.min, histogram.max, histogram.num) == (-1, 2, 4)
    assert (list(histogram.bucket_limit), list(histogram.bucket)) == ([0, 1, 2], [1, 2, 1])
    count = len(scalars)
    for name, key in (("train", "loss"), ("val", "valLoss")):
        written = _read(Path(folder) / name).Scalars("epoch_loss")
        # Scalars are float32 in the file.
        assert all(abs(a.value - b) <= 1e-6 * abs(b) for a, b in zip(written, expected[key], strict=True))
        count += len(written)
    return f"{count} scalars and their histograms"
