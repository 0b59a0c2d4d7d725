/** JSON files of the run folder, read with a schema and an error that names the field. */
import { SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import type { z } from 'zod';

/**
 * Reads a JSON file, and checks it against `schema` where one is given.
 *
 * @throws SightlineError `missing` where there is no file, `broken` where it isn't JSON or not of the schema
 */
export function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema>;
export function readJson(path: string): unknown;
export function readJson(path: string, schema?: z.ZodType): unknown {
  const value = parseJson(readRegularFile(path).toString('utf8'), path);
  return schema ? check(value, schema, path) : value;
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SightlineError('broken', `${where} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** `value`, if it is of `schema`; else an error that names the first field that isn't. */
export function check<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  where: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || 'the whole';
  throw new SightlineError('broken', `${where}: ${field}: ${issue?.message ?? 'not of the schema'}.`);
}
