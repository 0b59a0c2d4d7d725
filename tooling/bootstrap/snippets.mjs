/**
 * The check `snippets` of `npm run check`: the TypeScript of READMEs and documents has the types that it uses. A block
 * begins with ```ts; what it takes for granted stands before it, unseen by readers: `<!-- given: declare const n: number; -->`.
 * ```ts part: a part of a file, which is not checked. All blocks are one program, from sources.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import ts from 'typescript';

const FENCE = /(?:<!-- given: (?<given>[\s\S]*?) -->\n+)?^```ts\n(?<code>[\s\S]*?)^```$/gm;

const list = (...patterns) =>
  spawnSync('git', ['ls-files', '-z', '--', ...patterns], { encoding: 'utf8' })
    .stdout.split('\0')
    .filter(Boolean);

/** Every package by its name, so that a document may import any of them. */
const paths = {};
for (const file of list('packages/*/package.json', 'apps/*/package.json')) {
  const { name, exports = {} } = JSON.parse(readFileSync(file, 'utf8'));
  for (const [entry, { '@sightline/source': source }] of Object.entries(exports)) {
    if (source) paths[`${name}${entry.slice(1)}`] = [resolve(dirname(file), source.default ?? source)];
  }
}

const blocks = new Map();
for (const file of list('*.md')) {
  const text = readFileSync(file, 'utf8');
  for (const { groups, index, 0: whole } of text.matchAll(FENCE)) {
    const { given = '', code } = groups;
    const line = text.slice(0, index + whole.indexOf('```ts')).split('\n').length;
    // Where the dependencies of the package that it documents are found.
    const [home = 'packages/sightline'] = file.match(/^(packages|apps)\/[^/]+/) ?? [];
    const name = resolve(home, `${file.replaceAll(/[^\w]/g, '_')}_${line}.ts`);
    // What is given stands on one line, so that lines of an error are those of the document.
    const head = `export {}; ${given.replaceAll('\n', ' ')}`;
    blocks.set(name, { file, line, text: `${head}\n${code}` });
  }
}

const options = {
  ...ts.readConfigFile('tsconfig.base.json', ts.sys.readFile).config.compilerOptions,
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  composite: false,
  emitDeclarationOnly: false,
  noEmit: true,
  paths,
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.fileExists = (name) => blocks.has(name) || fileExists(name);
host.readFile = (name) => blocks.get(name)?.text ?? readFile(name);
host.getSourceFile = (name, language, ...rest) => {
  const block = blocks.get(name);
  return block
    ? ts.createSourceFile(name, block.text, language, true)
    : getSourceFile(name, language, ...rest);
};
const program = ts.createProgram([...blocks.keys()], options, host);

let faults = 0;
for (const [name, { file, line }] of blocks) {
  const source = program.getSourceFile(name);
  for (const { start = 0, messageText } of [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]) {
    faults++;
    const at = line + source.getLineAndCharacterOfPosition(start).line;
    console.log(`${relative('.', file)}:${at}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  }
}
console.log(`${blocks.size} blocks of TypeScript, ${faults} faults.`);
process.exitCode = faults > 0 || blocks.size === 0 ? 1 : 0;
