// Work that takes so much memory that little of it may be under way at once.

/**
 * A queue: each piece of work begins, in its turn, when its amount and those of the work under way are at most `most`, or
 * when nothing is under way. It leaves when it has ended, well or not.
 */
export function limitedTo(
  most: number,
): <Result>(amount: number, work: () => Promise<Result>) => Promise<Result> {
  const waiting: { readonly amount: number; readonly begin: () => void }[] = [];
  let used = 0;
  const admit = () => {
    for (let next = waiting[0]; next && (used === 0 || used + next.amount <= most); next = waiting[0]) {
      waiting.shift();
      used += next.amount;
      next.begin();
    }
  };
  return async (amount, work) => {
    await new Promise<void>((begin) => {
      waiting.push({ amount, begin });
      admit();
    });
    try {
      return await work();
    } finally {
      used -= amount;
      admit();
    }
  };
}
