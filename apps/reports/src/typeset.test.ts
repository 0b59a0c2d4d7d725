import { expect, test } from 'vitest';
import { typeset } from './typeset.ts';

const breaks = (text: string) => typeset(`<p>${text}</p>`).slice(3, -4).split('<wbr>');

test('long words break after what joins their parts and before capitals, short ones nowhere', () => {
  expect(breaks('dark_green__sedan-2019')).toEqual(['dark_', 'green__', 'sedan-2019']);
  expect(breaks('ÉtéOrganicMilk')).toEqual(['Été', 'Organic', 'Milk']);
  expect(breaks('train/HTMLFile/a.jpg')).toEqual(['train/', 'HTMLFile/', 'a.jpg']);
  expect(breaks('ALLCAPSWITHOUTANYBREAK')).toHaveLength(1);
  expect(breaks('fire_truck and sportsCar')).toHaveLength(1);
  expect(breaks('(McNemar&#39;s test)')).toHaveLength(1);
  // What stands for a letter stays whole.
  expect(breaks('salt&amp;pepper_mill')).toEqual(['salt&amp;pepper_', 'mill']);
});

test('a name that is written from right to left is one of its own, within its quotes', () => {
  expect(typeset('<p>“חלב טרי” predicted as “عصير”, 2 of 3</p>')).toBe(
    '<p>“<bdi>חלב טרי</bdi>” predicted as “<bdi>عصير</bdi>”, 2 of 3</p>',
  );
  expect(typeset('<b>עברית</b> 0.5')).toBe('<b><bdi>עברית</bdi></b> 0.5');
});

test('an option of a command does not break after its hyphens', () => {
  expect(typeset('<code>npm run x -- train a--b --image-size 64</code> (see --group)')).toBe(
    '<code>npm run x -- train a--b <span class="option">--image-size</span> 64</code> (see <span class="option">--group</span>)',
  );
});

test('tags, scripts, styles, charts and what holds no elements are left as they are', () => {
  for (const html of [
    '<a href="some_long_name/of_a_file.html" title="a > b_and_a_long_name">x</a>',
    '<table data-pairs=\'{"some_long_name>":"and_another_one"}\'></table>',
    '<script>const some_long_name = a < anotherLongName;</script>',
    '<style>.some_long_name{}</style>',
    '<svg><text>some_long_name_of_a_class</text></svg>',
    '<title>some_long_name_of_a_class חלב</title>',
    '<option>some_long_name_of_a_class</option>',
    '<!-- some_long_name -->',
  ])
    expect(typeset(html)).toBe(html);
});
