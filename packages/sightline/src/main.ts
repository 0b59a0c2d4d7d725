#!/usr/bin/env node
/** The program `sightline`. */
import { sightline } from './sightline.ts';

process.exitCode = await sightline(process.argv.slice(2));
