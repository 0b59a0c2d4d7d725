import { GraphBuilder, op } from '@sightline/onnx';
import { listSupportedBackends } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { deviceOf, openFirst, PROVIDER_ORDER } from './providers.ts';

function model() {
  const g = new GraphBuilder('relu');
  g.output('y', op.relu(g, g.input('x', 'float32', [2])));
  return g.build();
}

describe('openFirst', () => {
  it('takes the first that works, and says what keeps each before it', async () => {
    const { provider, missing } = await openFirst(undefined, model);
    const before = PROVIDER_ORDER.slice(0, PROVIDER_ORDER.indexOf(provider));
    expect(missing.map((reason) => reason.split(':')[0])).toEqual(before);
    expect(deviceOf(provider)).not.toBe('');
  });

  it('takes cpu where it is asked for', async () => {
    expect(await openFirst(['cpu'], model)).toMatchObject({ provider: 'cpu', missing: [] });
  });

  it('says what is missing for one that was asked for by name', async () => {
    const absent = PROVIDER_ORDER.find((p) => !listSupportedBackends().some(({ name }) => name === p))!;
    await expect(openFirst([absent], model)).rejects.toMatchObject({
      code: 'provider',
      message: expect.stringMatching(`^The execution provider ${absent} does not work here: \\w`),
    });
    await expect(openFirst([absent, absent], model)).rejects.toThrow(`here: ${absent}: `);
    expect(await openFirst([absent, 'cpu'], model)).toMatchObject({ provider: 'cpu' });
  });
});
