// The typesetting of a page's words, names of classes, runs and folders above all, which come from elsewhere. A browser
// would break `a_long_name` in the midst of a syllable, and let a name in Arabic or Hebrew take the number after it along.

/** A part of a page that is taken as it is, a comment or a tag, or a text between two of them. */
const PARTS =
  /<(script|style|svg|title|textarea|option)\b.*?<\/\1>|<!--.*?-->|<(?:"[^"]*"|'[^']*'|[^"'>])*>|[^<]+/gs;

/** Words that may be longer than a narrow cell of a table is wide. */
const LONG = /\S{12,}/g;

/** After what joins words, and before a capital that begins one. A browser breaks after hyphens by itself. */
const JOINTS = /(?<=[_/\\=])(?=[^_/\\=])|(?<=\p{Ll}{2})(?=\p{Lu})/gu;

/** An option of a command, which a browser would break after its hyphens. */
const OPTIONS = /(?<![^\s(])--[a-z][\w-]*/g;

/** Letters that are written from right to left, with what stands between them. No name goes on beyond its quotes. */
const LEFTWARD =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}](?:[^“”"]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}])?/gu;

/** The page with `<wbr>` where long words may break, options whole, and `<bdi>` around what is written from right to left. */
export const typeset = (html: string): string =>
  html.replace(PARTS, (part) =>
    part.startsWith('<')
      ? part
      : part
          .replace(LONG, (word) => word.replace(JOINTS, '<wbr>'))
          .replace(OPTIONS, (option) => `<span class="option">${option}</span>`)
          .replace(LEFTWARD, (words) => `<bdi>${words}</bdi>`),
  );
