import { listSupportedBackends } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { chooseProvider, deviceOf, PROVIDER_ORDER } from './providers.ts';

describe('chooseProvider', () => {
  it('takes the first that works, and says what keeps each before it', async () => {
    const { provider, missing } = await chooseProvider();
    const before = PROVIDER_ORDER.slice(0, PROVIDER_ORDER.indexOf(provider));
    expect(missing.map((reason) => reason.split(':')[0])).toEqual(before);
    expect(deviceOf(provider)).not.toBe('');
  });

  it('takes cpu where it is asked for', async () => {
    expect(await chooseProvider(['cpu'])).toEqual({ provider: 'cpu', missing: [] });
  });

  it('says what is missing for one that was asked for by name', async () => {
    const absent = PROVIDER_ORDER.find((p) => !listSupportedBackends().some(({ name }) => name === p))!;
    await expect(chooseProvider([absent])).rejects.toMatchObject({
      code: 'provider',
      message: expect.stringContaining(`${absent}: `),
    });
    expect(await chooseProvider([absent, 'cpu'])).toMatchObject({ provider: 'cpu' });
  });
});
