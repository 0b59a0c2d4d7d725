// Addresses of the runs' pages. A run may have any folder name; an address has to work in a browser, on every file
// system and without escapes.

/** An address for each name: ASCII letters, digits, `.`, `_` and `-`; different for different names. */
export function toSlugs(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain =
      name
        .normalize('NFKD')
        .replace(/[\u0300-\u036f]/g, '')
        .replace(/[^A-Za-z0-9._-]+/g, '-')
        .replace(/^[-.]+|[-.]+$/g, '')
        .slice(0, 80) || 'run';
    let slug = plain;
    // Lower case, since some file systems keep only one of `A.html` and `a.html`.
    for (let i = 2; taken.has(slug.toLowerCase()); i++) slug = `${plain}-${i}`;
    taken.add(slug.toLowerCase());
    return slug;
  });
}
