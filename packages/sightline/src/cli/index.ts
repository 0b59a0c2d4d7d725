/**
 * What a command line is made of, for programs that are commands themselves: a command is options and a function, and
 * runs in a wrapper that parses, prints, and knows Ctrl-C and exit codes.
 */

export { type Command, type Context, defineCommand, type NamedCommand } from './command.ts';
export { dataOptions, experimentName, experimentOptions, placeOptions } from './experiment-options.ts';
export {
  flag,
  type Option,
  type Options,
  option,
  type Values,
  variablesOf,
  variableValues,
  wholeNumber,
} from './option.ts';
export { type Output, openOutput } from './output.ts';
export { type Parsed, parse } from './parse.ts';
export { runAsProcess, runCommand } from './run-command.ts';
export { sightline } from './sightline.ts';
export { type Column, table } from './table.ts';
