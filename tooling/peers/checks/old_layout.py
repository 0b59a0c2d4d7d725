"""The HDF5 layout of keras-applications' files of 2016. tooling/fixtures/vgg16/make_sources.py writes it too."""

import h5py


def write_old_layout(path, model):
    """A group a layer, its arrays in it, as keras-applications' files of 2016 are."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}_{kind}_1:0" for kind in "Wb"] if layer.weights else []
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, values in zip(names, layer.get_weights()):
                group.create_dataset(name, data=values)
