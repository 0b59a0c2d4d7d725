// The Markdown of model cards as blocks: the few forms that a card has. Text stays text, so that no name of a class or
// a file becomes markup.

export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'list'; items: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] };

export function parseMarkdown(markdown: string): Block[] {
  const lines = markdown.replace(/^---\n.*?\n---\n/s, '').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (line.trim() === '') at++;
    else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]!.length, text: plain(heading[2]!) });
      at++;
    } else if (line.startsWith('```')) {
      const end = lines.indexOf('```', at + 1);
      const last = end < 0 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n') });
      at = last + 1;
    } else {
      const end = lines.findIndex((other, i) => i > at && endsBlock(line, other));
      const part = lines.slice(at, end < 0 ? lines.length : end);
      blocks.push(blockOf(part));
      at += part.length;
    }
  }
  return blocks;
}

/** A block ends at an empty line, at a heading or code, and where a list or a table begins or ends. */
const endsBlock = (first: string, line: string): boolean =>
  line.trim() === '' ||
  /^(#|```)/.test(line) ||
  isItem(first) !== (isItem(line) || /^\s/.test(line)) ||
  isRow(first) !== isRow(line);

const isItem = (line: string) => /^\s*[-*]\s/.test(line);
const isRow = (line: string) => line.startsWith('|');

function blockOf(lines: readonly string[]): Block {
  const [first] = lines;
  if (isRow(first!)) {
    const [head, , ...rows] = lines.map((line) =>
      line
        .replace(/^\||\|\s*$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => plain(cell.trim().replaceAll('\\|', '|'))),
    );
    return { kind: 'table', head: head!, rows };
  }
  if (isItem(first!)) {
    const items = lines
      .join('\n')
      .split(/^\s*[-*]\s+/m)
      .filter((item) => item.trim() !== '');
    return { kind: 'list', items: items.map((item) => plain(item.trim().replace(/\s*\n\s*/g, ' '))) };
  }
  return { kind: 'paragraph', text: plain(lines.join(' ')) };
}

/** Without the marks of emphasis and code. */
const plain = (text: string) => text.replace(/\*\*(.+?)\*\*/g, '$1').replace(/`([^`]+)`/g, '$1');
