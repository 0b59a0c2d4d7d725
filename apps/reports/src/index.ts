// The report site: static pages from run folders alone.
export { type BuildOptions, type BuiltSite, buildSite } from './build.ts';
export { ReportError, type ReportErrorCode } from './error.ts';
export { type ServeOptions, type SiteServer, serveSite } from './serve.ts';
