// Sessions by the key of their program. The one used longest ago is released when there are too many.

import type { Session } from '@sightline/ort';

export interface CachedSession {
  readonly session: Session;
  /** Which of a program's inputs are fed, by position. */
  readonly inputs: readonly number[];
}

export class SessionCache {
  readonly #sessions = new Map<string, CachedSession>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session of a key, made where there is none. */
  get(key: string, make: () => CachedSession): CachedSession {
    const known = this.#sessions.get(key);
    if (known) {
      this.#sessions.delete(key);
      this.#sessions.set(key, known);
      return known;
    }
    const made = make();
    this.#sessions.set(key, made);
    if (this.#sessions.size > this.#capacity) {
      const [oldest, { session }] = this.#sessions.entries().next().value!;
      this.#sessions.delete(oldest);
      session.dispose();
    }
    return made;
  }

  clear(): void {
    for (const { session } of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }
}
