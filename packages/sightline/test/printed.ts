// What a command prints, for tests.
import { vi } from 'vitest';

/** Gives what is printed on either stream to `take`, and to no terminal, until `vi.restoreAllMocks`. */
export function takePrinted(take: (text: string) => void): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      take(String(text));
      return true;
    });
  }
}
