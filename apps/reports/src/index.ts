// The report site: static pages from run folders alone.

export { type ErrorCode, SightlineError } from '@sightline/core';
export {
  type BuildOptions,
  type BuiltSite,
  buildSingle,
  buildSite,
  type SingleFile,
} from './build.ts';
export { type LiveOptions, type LiveReport, openLiveReport } from './live-report.ts';
export { type ServeOptions, type SiteServer, serveSite } from './serve.ts';
