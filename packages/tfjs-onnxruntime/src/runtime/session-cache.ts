// Sessions by the key of their program. A program whose shapes never repeat makes a session for each, all of them useless
// afterwards; so sessions that were used once may hold little, and are released before those that were used again.

/** What the cache asks of a session. */
interface Held {
  /** What it holds between its runs. */
  readonly bytes: number;
  dispose(): void;
}

export interface CachedSession<S extends Held> {
  readonly session: S;
  /** Which of a program's inputs are fed, by position. */
  readonly inputs: readonly number[];
}

export interface Limits {
  readonly sessions: number;
  /** Bytes that all sessions may hold. */
  readonly bytes: number;
  /** Bytes that those used once may hold. */
  readonly bytesUsedOnce: number;
}

/** Sessions in the order of their last use. */
class Recent<S extends Held> {
  readonly sessions = new Map<string, CachedSession<S>>();
  bytes = 0;

  add(key: string, cached: CachedSession<S>): void {
    this.sessions.set(key, cached);
    this.bytes += cached.session.bytes;
  }

  take(key: string): CachedSession<S> | undefined {
    const cached = this.sessions.get(key);
    if (cached && this.sessions.delete(key)) this.bytes -= cached.session.bytes;
    return cached;
  }

  releaseOldest(): void {
    const [oldest] = this.sessions.keys();
    this.take(oldest!)!.session.dispose();
  }
}

export class SessionCache<S extends Held> {
  readonly #usedOnce = new Recent<S>();
  readonly #usedAgain = new Recent<S>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#usedOnce.sessions.size + this.#usedAgain.sessions.size;
  }

  /** The session of a key, made where there is none. What is given is kept, whatever it holds. */
  get(key: string, make: () => CachedSession<S>): CachedSession<S> {
    const known = this.#usedOnce.take(key) ?? this.#usedAgain.take(key);
    const given = known ?? make();
    (known ? this.#usedAgain : this.#usedOnce).add(key, given);
    this.#release(given);
    return given;
  }

  /** Releases sessions that were used only once and hold as many bytes or more. */
  releaseUsedOnce(atLeast: number): void {
    for (const [key, { session }] of [...this.#usedOnce.sessions]) {
      if (session.bytes >= atLeast) this.#usedOnce.take(key)!.session.dispose();
    }
  }

  clear(): void {
    for (const recent of [this.#usedOnce, this.#usedAgain]) {
      while (recent.sessions.size > 0) recent.releaseOldest();
    }
  }

  #release(given: CachedSession<S>): void {
    const { sessions, bytes, bytesUsedOnce } = this.#limits;
    const [once, again] = [this.#usedOnce, this.#usedAgain];
    const isFree = (recent: Recent<S>) => {
      const [oldest] = recent.sessions.values();
      return oldest !== undefined && oldest !== given;
    };
    const isOver = () => this.size > sessions || once.bytes + again.bytes > bytes;
    while ((isOver() || once.bytes > bytesUsedOnce) && isFree(once)) once.releaseOldest();
    while (isOver() && isFree(again)) again.releaseOldest();
  }
}
