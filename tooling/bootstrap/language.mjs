/**
 * The check `language` of `npm run check`: words and phrases that a reader of this field would stumble over, each with
 * the one to write instead. `docs/glossary.md` defines the terms. Reads what git tracks: sources, pages and documents.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const WORDS = [
  [/\bunless (given|told|said|asked|named)\b/i, 'Default: x.'],
  [/\bfrom nothing\b/i, 'trained from scratch'],
  [/\bwhat (it|a network|the network|a model|the model) says of\b/i, 'predictions for'],
  [/\b(learnt|spelt|whilst|amongst)\b/i, 'learned, spelled, while, among'],
  [/colour|behaviour|neighbour|honour|favour|\bcentred?\b|\bgrey(?!16)|artefact/i, 'American spelling'],
  [
    /\b(?:un)?(regular|normal|standard|initial|optim|quant|visual|organ|minim|maxim|general|recogn|util|serial|synchron|summar|emphas|categor|random|vector|token|parallel)is(e|es|ed|er|ing|ation|ations)\b/i,
    'American spelling: -ize, -ization',
  ],
  [/\bfigures\b/i, 'metrics (of a model), numbers or values (of anything else)'],
  [/\banswers? by class\b/i, 'confusion matrix'],
  [/\b(crew|giveBack|Ticket|toldOf|complaint)\b/, 'worker pool, release, job, hints, error message'],
  [/(?:\/\/|\*) +Of (?:an?|the|what|each|all|several)\b/, 'begin with a verb: "Return …", or with the noun'],
  [/\b(an image|a class|an epoch|a step|a batch|a row) (each|apiece)\b/i, 'per image, per class, per epoch'],
  [/\bgone on with\b|\bgo on with\b|\bgoes on with\b/i, 'resume, continue'],
  [/\bfault of Sightline\b/i, 'internal error'],
];

const FILES = ['*.ts', '*.mjs', '*.astro', '*.md', '*.py', '*.json'];
/** The list itself, and data that others wrote. */
const EXCEPT = [
  ':!tooling/bootstrap/language.mjs',
  ':!**/*.lock.json',
  ':!**/weights/**',
  ':!**/*classes.json',
  ':!tooling/bench/results',
  ':!CHANGELOG.md',
  // Run folders of version 1, and their reader, name a field as that version did.
  ':!packages/runs/src/upgrade*',
  ':!packages/runs/test/version-1/**',
  ':!**/package.json',
];

const { stdout } = spawnSync('git', ['ls-files', '-z', '--', ...FILES, ...EXCEPT], { encoding: 'utf8' });
let found = 0;
for (const file of stdout.split('\0').filter(Boolean)) {
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.forEach((line, i) => {
    for (const [pattern, better] of WORDS) {
      const match = pattern.exec(line);
      if (!match) continue;
      found++;
      console.log(`${file}:${i + 1}: "${match[0].trim()}": ${better}`);
    }
  });
}
if (found > 0) console.log(`${found} places to reword.`);
process.exitCode = found > 0 ? 1 : 0;
