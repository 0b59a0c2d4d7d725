/** Run by npm under the toolchain that it fetched: prints, as JSON, where its two programs are. */
import { onPath } from './toolchain.mjs';

console.log(JSON.stringify({ node: process.execPath, pnpm: onPath('pnpm') }));
