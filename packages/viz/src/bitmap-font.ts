// A font of pixels, for words in pictures: the same on every machine, whatever fonts it has. Glyphs of 5 x 8, the last
// row for what hangs below the line; a byte a column, its lowest bit on top.

export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 8;
/** From one character to the next, and from one line to the next. */
export const ADVANCE = 6;
export const LINE_HEIGHT = 10;

/** The printable characters of ASCII in their order, from the space on. */
const ASCII =
  '0000000000 00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649562050 0000070000 001c224100 0041221c00 ' +
  '2a1c7f1c2a 08083e0808 0080700000 0808080808 0000606000 2010080402 3e5149453e 00427f4000 7249494946 2141494d33 ' +
  '1814127f10 2745454539 3c4a494931 4121110907 3649494936 464949291e 0000140000 0040340000 0008142241 1414141414 ' +
  '0041221408 0201590906 3e415d594e 7c1211127c 7f49494936 3e41414122 7f4141413e 7f49494941 7f09090901 3e41415173 ' +
  '7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f021c027f 7f0408107f 3e4141413e 7f09090906 3e4151215e ' +
  '7f09192946 2649494932 03017f0103 3f4040403f 1f2040201f 3f4038403f 6314081463 0304780403 6159494d43 007f414141 ' +
  '0204081020 004141417f 0402010204 8080808080 0003070800 2054547840 7f28444438 3844444428 384444287f 3854545418 ' +
  '00087e0902 18a4a49c78 7f08040478 00447d4000 2040403d00 7f10284400 00417f4000 7c04780478 7c08040478 3844444438 ' +
  'fc18242418 18242418fc 7c08040408 4854545424 04043f4424 3c4040207c 1c2040201c 3c4030403c 4428102844 4c9090907c ' +
  '4464544c44 0008364100 0000770000 0041360800 0201020402';

const GLYPHS = new Map([
  ...ASCII.split(' ').map((hex, i) => [String.fromCharCode(32 + i), columnsOf(hex)] as const),
  ['°', columnsOf('0006090906')],
  ['±', columnsOf('44445f4444')],
  ['×', columnsOf('2214081422')],
  ['−', columnsOf('0808080808')],
  ['…', columnsOf('4000400040')],
]);
/** For what the font lacks. */
const BOX = columnsOf('7f4141417f');

function columnsOf(hex: string): readonly number[] {
  return Array.from({ length: GLYPH_WIDTH }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}

/** The text as characters that the font has: letters without their accents, and a box for each of the others. */
export function glyphsOf(text: string): (readonly number[])[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '');
  return [...plain].map((character) => GLYPHS.get(character) ?? BOX);
}

/** Breaks text into lines of at most `width` characters, between words where it can. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return line === '' ? lines : [...lines, line];
}
