import { describe, expect, it } from 'vitest';
import { layerTable } from './vgg16.ts';

const total = (rows: readonly { parameters: number }[]) => rows.reduce((sum, row) => sum + row.parameters, 0);

describe('layerTable', () => {
  it('has the 138,357,544 parameters of VGG16 with its top, and 14,714,688 without', () => {
    expect(total(layerTable())).toBe(138_357_544);
    expect(total(layerTable([224, 224], false))).toBe(14_714_688);
  });

  // The numbers are those of Keras' summary of keras.applications.VGG16.
  it('has the rows of Keras’ summary', () => {
    const rows = layerTable();
    expect(rows).toHaveLength(23);
    expect(rows[0]).toEqual({
      name: 'input',
      type: 'input',
      outputShape: [null, 224, 224, 3],
      parameters: 0,
    });
    expect(rows[1]).toMatchObject({
      name: 'block1_conv1',
      outputShape: [null, 224, 224, 64],
      parameters: 1792,
    });
    expect(rows[13]).toMatchObject({
      name: 'block4_conv3',
      outputShape: [null, 28, 28, 512],
      parameters: 2_359_808,
    });
    expect(rows[18]).toMatchObject({
      name: 'block5_pool',
      type: 'max pooling',
      outputShape: [null, 7, 7, 512],
    });
    expect(rows[19]).toMatchObject({ name: 'flatten', outputShape: [null, 25_088] });
    expect(rows[20]).toMatchObject({ name: 'fc1', parameters: 102_764_544 });
    expect(rows[22]).toMatchObject({ name: 'predictions', outputShape: [null, 1000], parameters: 4_097_000 });
  });

  it('follows the size of the images', () => {
    const rows = layerTable([64, 100], false);
    expect(rows.at(-1)).toMatchObject({ name: 'block5_pool', outputShape: [null, 2, 3, 512] });
    expect(total(rows)).toBe(14_714_688);
  });
});
