/**
 * Takes this machine's folders out of texts that are sent to someone, such as a site or a model card: they say which file,
 * never whose computer.
 */

/** A quoted absolute path, or one without blanks; a URL is none, since its slashes follow a colon. */
const QUOTED = /(["'`])(?:~|[A-Za-z]:)?[\\/](?:[^"'`\n]*[\\/])?([^"'`\\/\n]*)[\\/]?\1/g;
const BARE = /(^|[\s=(,])(?:~|[A-Za-z]:)?[\\/](?:[^\s"'`\\/]+[\\/])*([^\s"'`\\/]+)[\\/]?/g;
/** A path that leads upward says how this machine's folders are nested. */
const UPWARD = /(^|[\s="'`(,])(?:\.\.[\\/])+/g;

/** The text with the last part only of each absolute path: `/home/ada/photos` becomes `photos`. */
export function plainPaths(text: string): string {
  return text
    .replace(QUOTED, (_, quote: string, name: string) => `${quote}${name}${quote}`)
    .replace(BARE, (_, before: string, name: string) => `${before}${name}`)
    .replace(UPWARD, '$1');
}
