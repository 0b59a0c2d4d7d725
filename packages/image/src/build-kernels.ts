// Compiles kernels.wat into kernels-module.ts. Run by `npm run kernels`, after a change of the former.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

/** The module's bytes, in base64. */
export async function compileKernels(): Promise<string> {
  const source = new URL('./kernels.wat', import.meta.url);
  const module = (await wabt()).parseWat('kernels.wat', await readFile(source, 'utf8'), { simd: true });
  return Buffer.from(module.toBinary({}).buffer).toString('base64');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = `// Made from kernels.wat by \`npm run kernels\`.
export const KERNELS_MODULE =
  '${await compileKernels()}';
`;
  await writeFile(new URL('./kernels-module.ts', import.meta.url), text);
}
