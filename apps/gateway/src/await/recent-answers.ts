import { POOLS } from '@wxa/postgres';
import { isLimited, type Visible } from '@wxa/postgres/lists';
import { FairSemaphore } from '@wxa/service';

/** More are kept for no RPC: each caller and each request is one. */
const MAX_KEPT = 100;

/** The call that asks. `caller`: empty without a policy. */
export interface Asker {
  readonly caller: string;
  visible(): Visible | undefined;
  signal(): AbortSignal;
}

/** All counts of a process share its connections for them; callers take turns. */
const TURNS = new FairSemaphore(POOLS.counts.max);

interface Asked {
  question: string;
  visible: Visible | undefined;
}

/** The last answers of an RPC that counts, so that callers that repeat it cause one count in a while. */
export class RecentAnswers<Answer extends NonNullable<unknown>> {
  /** The oldest first. A caller is known by the object of its rules: to write its appids may take megabytes. */
  #kept: (Asked & { at: number; answer: Answer })[] = [];

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
    const seen = asker.visible();
    const visible = isLimited(seen) ? seen : undefined;
    const signal = asker.signal();
    const asked = { question: JSON.stringify(question), visible };
    const inTurn = async () => {
      signal.throwIfAborted();
      return this.#recent(asked) ?? this.#keep(asked, await read(visible));
    };
    return this.#recent(asked) ?? TURNS.run(inTurn, asker.caller);
  }

  #recent({ question, visible }: Asked): Answer | undefined {
    const now = performance.now();
    this.#kept = this.#kept.filter(({ at }) => now - at < this.maxAgeMs);
    return this.#kept.find((kept) => kept.question === question && kept.visible === visible)?.answer;
  }

  #keep(asked: Asked, answer: Answer): Answer {
    this.#kept = [...this.#kept, { ...asked, at: performance.now(), answer }].slice(-MAX_KEPT);
    return answer;
  }
}
