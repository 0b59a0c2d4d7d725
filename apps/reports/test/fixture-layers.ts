// The layer tables of the baseline and of VGG16.

export const baselineLayers = {
  layers: [
    { name: 'conv1', type: 'Conv2D', outputShape: [null, 20, 20, 32], parameters: 2432 },
    { name: 'pool1', type: 'MaxPooling2D', outputShape: [null, 10, 10, 32], parameters: 0 },
    { name: 'conv2', type: 'Conv2D', outputShape: [null, 4, 4, 64], parameters: 18496 },
    { name: 'pool2', type: 'MaxPooling2D', outputShape: [null, 2, 2, 64], parameters: 0 },
    { name: 'flatten', type: 'Flatten', outputShape: [null, 256], parameters: 0 },
    { name: 'dense1', type: 'Dense', outputShape: [null, 128], parameters: 32896 },
    { name: 'dense2', type: 'Dense', outputShape: [null, 1], parameters: 129 },
  ],
  total: 53953,
};

/** VGG16's table by its rule: five blocks of 3 x 3 convolutions and pooling, then three dense layers. */
export function vgg16Layers() {
  const layers: object[] = [
    { name: 'input', type: 'Input', outputShape: [null, 224, 224, 3], parameters: 0 },
  ];
  let [size, channels, total] = [224, 3, 0];
  const add = (name: string, type: string, outputShape: (number | null)[], parameters: number) => {
    layers.push({ name, type, outputShape, parameters });
    total += parameters;
  };
  for (const [block, [count, filters]] of [
    [2, 64],
    [2, 128],
    [3, 256],
    [3, 512],
    [3, 512],
  ].entries()) {
    for (let i = 1; i <= count!; i++) {
      add(
        `block${block + 1}_conv${i}`,
        'Conv',
        [null, size, size, filters!],
        9 * channels * filters! + filters!,
      );
      channels = filters!;
    }
    size /= 2;
    add(`block${block + 1}_pool`, 'MaxPool', [null, size, size, filters!], 0);
  }
  add('flatten', 'Flatten', [null, 25088], 0);
  add('fc1', 'Dense', [null, 4096], 25088 * 4096 + 4096);
  add('fc2', 'Dense', [null, 4096], 4096 * 4096 + 4096);
  add('predictions', 'Dense', [null, 1000], 4096 * 1000 + 1000);
  return { layers, total };
}
