/// <reference types="astro/client" />

declare module 'sightline:report' {
  export const report: import('../src/report/report.ts').Report;
}
