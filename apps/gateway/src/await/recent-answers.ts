import type { Visible } from '@wxa/postgres/lists';
import { FairSemaphore } from '@wxa/service';

/** More are kept for no RPC: each policy and each request is one. */
const MAX_KEPT = 100;

/** The call that asks. `caller`: empty without a policy. */
export interface Asker {
  readonly caller: string;
  visible(): Visible | undefined;
  signal(): AbortSignal;
}

/**
 * The last answers of an RPC that counts, so that callers that repeat it cause one count in a while. One count runs at a time, because all
 * counts of a process share a connection; callers take turns.
 */
export class RecentAnswers<Answer extends NonNullable<unknown>> {
  readonly #kept = new Map<string, { at: number; answer: Answer }>();
  readonly #turns = new FairSemaphore(1);

  constructor(private readonly maxAgeMs: number) {}

  /**
   * The last answer if it is recent, else that of `read`, unless the caller has left.
   * @param question what the answer depends on, besides who asks.
   */
  async of(
    question: readonly unknown[],
    asker: Asker,
    read: (visible: Visible | undefined) => Promise<Answer>,
  ): Promise<Answer> {
    const [visible, signal] = [asker.visible(), asker.signal()];
    const key = JSON.stringify([question, visible?.allow, visible?.deny]);
    const inTurn = async () => {
      signal.throwIfAborted();
      return this.#recent(key) ?? this.#keep(key, await read(visible));
    };
    return this.#recent(key) ?? this.#turns.run(inTurn, asker.caller);
  }

  #recent(key: string): Answer | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && performance.now() - kept.at < this.maxAgeMs ? kept.answer : undefined;
  }

  #keep(key: string, answer: Answer): Answer {
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, { at: performance.now(), answer });
    return answer;
  }
}
