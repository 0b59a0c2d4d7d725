// TypeScript programs of CommonJS, which `npm init` makes, find the types of what `require` gives them.

import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const PROGRAM = `
import tf = require('@sightline/tfjs-onnxruntime/node');
export const model: tf.LayersModel = tf.sequential();
export const pixels: Uint8Array = tf.node.decodeImage(new Uint8Array()).dataSync<'int32'>();
export const compiled: tf.Compiled<(x: tf.Tensor2D) => tf.Tensor2D> = tf.compile((x: tf.Tensor2D) => x);
`;

it('tfjs-onnxruntime/node', () => {
  const root = new URL('../../../', import.meta.url);
  const name = fileURLToPath(new URL('packages/tfjs-onnxruntime/src/node/program.cts', root));
  const base = fileURLToPath(new URL('tsconfig.base.json', root));
  const { compilerOptions } = ts.readConfigFile(base, ts.sys.readFile).config;
  const options: ts.CompilerOptions = {
    ...compilerOptions,
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    erasableSyntaxOnly: false,
    verbatimModuleSyntax: false,
    composite: false,
    emitDeclarationOnly: false,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, language, ...rest) =>
    file === name
      ? ts.createSourceFile(
          name,
          PROGRAM,
          { ...(language as ts.CreateSourceFileOptions), impliedNodeFormat: ts.ModuleKind.CommonJS },
          true,
        )
      : getSourceFile(file, language, ...rest);
  const program = ts.createProgram([name], options, host);
  const faults = ts.getPreEmitDiagnostics(program, program.getSourceFile(name));
  const told = faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  // The one fault that is meant: elements of int32 are no Uint8Array.
  expect(told).toEqual([expect.stringMatching(/'Int32Array.*' is not assignable to type 'Uint8Array/)]);
});
