/** A GPU in software for tests: SwiftShader, which Chromium brings along. Mesa's lavapipe is refused by Dawn. */

import { existsSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDERS = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome'];

const ICD = 'vk_swiftshader_icd.json';

/** dlopen's RTLD_NODELETE on Linux, which Node does not name. */
const KEEP_LOADED = 0x1000;

/**
 * Offers SwiftShader to Dawn (in `webgpu` and in ONNX Runtime), with the Vulkan loader beside it; call it before either
 * loads. A driver that `VK_DRIVER_FILES` names already is left as it is. Does nothing where there is no SwiftShader.
 */
export function useSoftwareGpu(): void {
  const folder = FOLDERS.find((path) => existsSync(join(path, ICD)));
  if (process.platform !== 'linux' || !folder) return;
  process.env.VK_DRIVER_FILES ??= join(folder, ICD);
  if (process.env.VK_DRIVER_FILES !== join(folder, ICD)) return;
  // Without a window system, SwiftShader looks for one here.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  try {
    // Whoever asks for libvulkan.so.1 afterwards gets this one, where the system has none of its own.
    process.dlopen({ exports: {} }, join(folder, 'libvulkan.so.1'), constants.dlopen.RTLD_NOW | KEEP_LOADED);
  } catch {
    // It is no module of Node's, but stays loaded.
  }
}
