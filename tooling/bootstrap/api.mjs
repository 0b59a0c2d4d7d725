/**
 * The check `api` of `npm run check`: `docs/api.md` is what the types and doc comments of the libraries say.
 * `node tooling/bootstrap/api.mjs --write` writes it again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const FILE = 'docs/api.md';
const LIBRARIES = [
  { name: 'sightline', entry: 'packages/sightline/src/index.ts' },
  { name: '@sightline/predict', entry: 'packages/predict/src/browser.ts' },
];
/** Written from the schema of the configuration. */
const IN_CONFIGURATION = new Set(['Config', 'Experiment']);
/** A type that is longer is said by its declaration. */
const LONGEST = 160;

const flags =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
  ts.TypeFormatFlags.WriteArrayAsGenericType;

const { values } = parseArgs({ options: { write: { type: 'boolean' } } });
const text = [
  '# API reference',
  '<!-- Written by tooling/bootstrap/api.mjs from types and doc comments: edit those, then `node tooling/bootstrap/api.mjs --write`. -->',
  'Every function and type that a program can import. How they work together: [the library](../packages/sightline/README.md#the-library), [recipes](recipes.md). Errors are a `SightlineError` with a `code`.',
  ...LIBRARIES.flatMap(sectionsOf),
].join('\n\n');

if (values.write) writeFileSync(FILE, `${text}\n`);
else if (readFileSync(FILE, 'utf8') !== `${text}\n`) {
  console.log(`${FILE} is not what the types say: node tooling/bootstrap/api.mjs --write`);
  process.exitCode = 1;
}

function sectionsOf({ name, entry }) {
  const config = resolve(dirname(entry), '../tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    dirname(config),
  );
  const program = ts.createProgram([resolve(entry)], { ...options, composite: false, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(resolve(entry));
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return { name: symbol.name, target, declaration: target.declarations[0] };
  });
  const isType = ({ target }) => !(target.flags & ts.SymbolFlags.Value);
  const byName = (a, b) => (a.name < b.name ? -1 : 1);
  return [
    `## ${name}`,
    ...exported
      .filter((each) => !isType(each))
      .sort(byName)
      .flatMap((each) => functionOf(each, checker)),
    `### Types of ${name}`,
    ...exported
      .filter(isType)
      .sort(byName)
      .flatMap((each) => typeOf(each, checker)),
  ];
}

/** A function as its signatures and what is said of them; a class or a constant by its members or its type. */
function functionOf({ name, target, declaration }, checker) {
  const type = checker.getTypeOfSymbolAtLocation(target, declaration);
  const signatures = type.getCallSignatures();
  if (target.flags & ts.SymbolFlags.Class)
    return [
      `### ${name}`,
      documentation(target, checker),
      membersOf(checker.getDeclaredTypeOfSymbol(target), checker),
    ];
  if (signatures.length === 0)
    return [`### ${name}`, documentation(target, checker), code(`const ${name}: ${written(type, checker)}`)];
  // A constant that loads what it calls says itself what it does; else its target says it.
  const said = [target, ...signatures].find((each) => documentation(each, checker)) ?? target;
  return [
    `### ${name}()`,
    documentation(said, checker),
    code(signatures.map((each) => signatureOf(name, each, checker)).join('\n')),
    tagsOf(said, checker),
  ].filter(Boolean);
}

/** As it is declared: what the checker makes of types that a schema says is longer than a page. */
function signatureOf(name, signature, checker) {
  const { declaration } = signature;
  const parameters = declaration.parameters.map(
    ({ name: parameter, type, initializer, questionToken }, i) => {
      const own = checker.getTypeOfSymbolAtLocation(signature.parameters[i], declaration);
      const words = type?.getText().replaceAll(/\s+/g, ' ') ?? written(own, checker);
      const isPattern = !ts.isIdentifier(parameter);
      const isOptional = initializer || questionToken;
      return `${isPattern ? nameOfPattern(words) : parameter.text}${isOptional ? '?' : ''}: ${words}`;
    },
  );
  const result = declaration.type?.getText() ?? written(signature.getReturnType(), checker);
  return `${name}(${parameters.join(', ')}): ${result}`;
}

/** What is taken apart where it comes in has no name of its own. */
function nameOfPattern(type) {
  return /(Options|Overrides|\})$/.test(type) ? 'options' : type[0].toLowerCase() + type.slice(1);
}

function typeOf({ name, target, declaration }, checker) {
  const heading = [`#### ${name}`, documentation(target, checker)].filter(Boolean);
  if (IN_CONFIGURATION.has(name)) return [...heading, 'Its fields: [configuration](configuration.md).'];
  const type = checker.getDeclaredTypeOfSymbol(target);
  const isRecord = type.isClassOrInterface() || (!type.isUnion() && !type.getCallSignatures().length);
  const isPlain = declaration.type && !ts.isTypeLiteralNode(declaration.type);
  if (isRecord && !isPlain && type.getProperties().length > 0) return [...heading, membersOf(type, checker)];
  return [...heading, code(declarationOf(declaration))];
}

/** A table of a type's members, in the order in which they are declared. */
function membersOf(type, checker) {
  const rows = type
    .getProperties()
    .filter(({ declarations = [] }) => declarations.some((each) => !each.getSourceFile().hasNoDefaultLib))
    .filter(({ declarations = [] }) => !/node_modules/.test(declarations[0]?.getSourceFile().fileName ?? ''))
    .map((member) => {
      const declaration = member.declarations[0];
      const isOptional = member.flags & ts.SymbolFlags.Optional;
      const own = checker.getTypeOfSymbolAtLocation(member, declaration);
      const bare = isOptional ? checker.getNonNullableType(own) : own;
      const isNullable =
        isOptional && own.isUnion() && own.types.some((each) => each.flags & ts.TypeFlags.Null);
      const words = `${written(bare, checker, declaration.type)}${isNullable ? ' | null' : ''}`;
      return `| \`${member.name}${isOptional ? '?' : ''}\` | \`${cell(words)}\` | ${cell(documentation(member, checker))} |`;
    });
  return ['| member | type | |', '|---|---|---|', ...rows].join('\n');
}

function written(type, checker, node) {
  // The checker's order is that in which it came across them.
  const isOfLiterals = type.isUnion() && type.types.every((each) => each.isLiteral());
  const words = isOfLiterals
    ? type.types
        .map((each) => checker.typeToString(each))
        .sort()
        .join(' | ')
    : checker.typeToString(type, undefined, flags);
  return words.length > LONGEST && node ? node.getText().replaceAll(/\s+/g, ' ') : words;
}

/** As it stands in the source, without what is said before it. */
function declarationOf(declaration) {
  return declaration.getText().replace(/^export /, '');
}

function documentation(symbol, checker) {
  return oneLine(symbol.getDocumentationComment(checker));
}

function oneLine(parts) {
  return ts.displayPartsToString(parts).replaceAll(/\s+/g, ' ').trim();
}

/** The parameters, the result and the errors that a doc comment tells of. */
function tagsOf(symbol, checker) {
  const lines = symbol.getJsDocTags(checker).flatMap(({ name, text }) => {
    const words = oneLine(text);
    if (name === 'param') return [`- ${words.replace(/^(\S+) (?:- )?/, '`$1`: ')}`];
    if (name === 'returns') return [`- Returns ${words}`];
    if (name === 'throws') return [`- Throws ${words}`];
    return [];
  });
  return lines.join('\n');
}

function cell(words) {
  return words.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

function code(words) {
  return `\`\`\`ts part\n${words}\n\`\`\``;
}
