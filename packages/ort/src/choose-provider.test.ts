import { describe, expect, it } from 'vitest';
import { builtProviders, chooseProvider, deviceName, PROVIDERS, providerFault } from './index.ts';

/** A provider that this build of ONNX Runtime does not contain: no platform has all of them. */
const absent = PROVIDERS.find((provider) => !builtProviders().includes(provider))!;

describe('chooseProvider', () => {
  it('takes the first that works, and says why it passed over each before it', () => {
    const { provider, passedOver } = chooseProvider(undefined);
    const before = PROVIDERS.slice(0, PROVIDERS.indexOf(provider));
    expect(passedOver.map((reason) => reason.split(':')[0])).toEqual(before);
    expect(deviceName(provider)).not.toBe('');
  });

  it('takes cpu, which always works', () => {
    expect(chooseProvider(['cpu'])).toEqual({ provider: 'cpu', passedOver: [] });
    expect(providerFault('cpu')).toBeUndefined();
  });

  it('skips one that is missing if another was asked for too', () => {
    expect(chooseProvider([absent, 'cpu'])).toEqual({
      provider: 'cpu',
      passedOver: [`${absent}: this build of onnxruntime-node does not contain it`],
    });
  });

  it('says what one needs that was asked for by name', () => {
    expect(() => chooseProvider([absent])).toThrow(
      expect.objectContaining({
        code: 'provider-missing',
        message: expect.stringMatching(`^The execution provider ${absent} does not run here: .*; it needs `),
      }),
    );
    expect(() => chooseProvider([absent, absent])).toThrow(/^None of the execution providers /);
  });

  it('knows the names', () => {
    expect(() => chooseProvider(['tpu' as never])).toThrow(/there is no such provider; choose cuda, webgpu/);
  });
});
