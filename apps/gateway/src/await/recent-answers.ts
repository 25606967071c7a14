import type { Visible } from '@wxa/postgres/lists';

/** More are kept for no RPC: each policy and each request is one. */
const MAX_KEPT = 100;

/** The last answers of an RPC that counts, so that callers that repeat it cause one count in a while. */
export class RecentAnswers<Answer> {
  readonly #kept = new Map<string, { at: number; answer: Promise<Answer> }>();

  constructor(private readonly maxAgeMs: number) {}

  /** The last answer if it is recent, else that of `read`. @param question what the answer depends on, besides who asks. */
  of(
    question: readonly unknown[],
    visible: Visible | undefined,
    read: () => Promise<Answer>,
  ): Promise<Answer> {
    const key = JSON.stringify([question, visible?.allow, visible?.deny]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && performance.now() - kept.at < this.maxAgeMs) return kept.answer;
    const answer = read();
    // A failure is not kept.
    answer.catch(() => this.#kept.delete(key));
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, { at: performance.now(), answer });
    return answer;
  }
}
