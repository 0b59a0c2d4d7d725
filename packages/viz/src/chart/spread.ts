// Labels beside the ends of lines: where two lines end close to each other, their labels would lie on one another.

/**
 * Positions as near as possible to the wanted ones, in the same order, at least `gap` apart and within the bounds
 * (where they fit into them): neighbors that collide become one block around their mean.
 */
export function spread(wanted: readonly number[], gap: number, lowest: number, highest: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const blocks: { members: number[]; start: number }[] = [];
  for (const member of order) {
    blocks.push(placed([member]));
    while (blocks.length > 1) {
      const last = blocks.at(-1)!;
      const before = blocks.at(-2)!;
      if (before.start + before.members.length * gap <= last.start) break;
      blocks.splice(-2, 2, placed([...before.members, ...last.members]));
    }
  }
  const positions: number[] = new Array(wanted.length);
  for (const { members, start } of blocks) {
    for (const [i, member] of members.entries()) positions[member] = start + i * gap;
  }
  return positions;

  function placed(members: number[]): { members: number[]; start: number } {
    const mean = members.reduce((sum, member) => sum + wanted[member]!, 0) / members.length;
    const extent = (members.length - 1) * gap;
    const start = Math.max(lowest, Math.min(highest - extent, mean - extent / 2));
    return { members, start };
  }
}
