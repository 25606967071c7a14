import {
  type Directory,
  type Lookup,
  type StoredSync,
  type SyncProgress,
  stepOfAbsent,
  stepOfListed,
} from '@wxa/authorizers';
import { isAuthorizationGone } from '@wxa/methods';
import type { AuthorizerInfo, AuthorizerListEntry } from '@wxa/wxa-client';
import { isAppid } from '@wxa/wxa-client';
import { errorMessage } from '../tokens/platform-token.js';
import { rejectIfOfPlatform, type SyncCalls, SyncFailedError } from './sync-calls.js';

/** Mini-programs that are read or rechecked at a time. */
const CONCURRENT = 10;
const SAVE_EVERY_MS = 1_000;
/** After so many accounts in a row without a usable answer, WeChat is asked about one that it had answered about. */
const MAX_UNANSWERED = 10;

export interface SyncRunTools {
  store: Pick<
    Directory,
    | 'keepsTokens'
    | 'lookUpListed'
    | 'addListed'
    | 'recoverListed'
    | 'completeListed'
    | 'keepListedInfo'
    | 'ignoreListed'
    | 'absentAuthorizers'
    | 'noteAbsence'
    | 'refuseRefreshToken'
    | 'keepSyncProgress'
  >;
  calls: Pick<SyncCalls, 'page' | 'info'>;
  /** Rechecks a mini-program that needs authorization; resolves to whether it needs none any more. */
  recheck(appid: string): Promise<boolean>;
  /** WeChat gave no usable answer about an account. */
  onNotRead(appid: string, why: string): void;
}

/** An account of the list that is to be read from WeChat. */
interface Read {
  appid: string;
  authorizedAt: Date | null;
  toldAt: Date | null;
  /** How it is stored once its refresh token is read, which the list does not have. */
  store?: StoredStep;
  /** What it was counted as, or will be; null if it was known. */
  counts: 'added' | 'recovered' | 'repaired' | null;
  /** Its permission sets are known: once its refresh token is stored, there is nothing to read. */
  isKnown: boolean;
}

const STORED_STEPS = ['add', 'recover', 'complete'] as const;
type StoredStep = (typeof STORED_STEPS)[number];

/** One comparison of the mini-programs here with WeChat's list. It can be begun again at any time: nothing is done twice. */
export class SyncRun {
  readonly progress: SyncProgress;
  readonly #seen = new Set<string>();
  readonly #reads: Read[] = [];
  readonly #rechecks: Read[] = [];
  #unanswered = 0;
  /** WeChat has answered about it. */
  #answered: string | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly tools: SyncRunTools,
    private readonly sync: StoredSync,
  ) {
    this.progress = { ...sync.progress, pages: 0, unknown: 0 };
  }

  /** Rejects with SyncFailedError if WeChat gives no usable answer, or refuses the platform. */
  async run(): Promise<void> {
    await this.#readPages();
    await inParallel(this.#reads, (read) => this.#read(read));
    await inParallel(this.#rechecks, async (read) => {
      if (!(await this.tools.recheck(read.appid))) return;
      this.progress.repaired += 1;
      // It may have authorized again.
      await this.#read(read);
    });
    await this.#followAbsent();
  }

  /** Accounts move between pages if the list changes meanwhile: the union of the pages counts. */
  async #readPages(): Promise<void> {
    const totals = new Set<number>();
    let [offset, last, size] = [0, 0, 0];
    do {
      last = offset;
      size = await this.#readPage(offset);
      offset += size;
      totals.add(this.progress.total);
    } while (size > 0 && offset < this.progress.total);
    if (totals.size > 1) await this.#readPage(last);
  }

  async #readPage(offset: number): Promise<number> {
    const result = await this.tools.calls.page(offset);
    if (result.kind !== 'ok') throw new SyncFailedError(errorMessage(result.error));
    const { totalCount, authorizers } = result.value;
    this.progress.pages += 1;
    this.progress.total = totalCount;
    const entries = new Map(authorizers.map((entry) => [entry.appid, entry]));
    for (const appid of [...entries.keys()])
      if (this.#seen.has(appid) || !isAppid(appid)) entries.delete(appid);
      else this.#seen.add(appid);
    await this.#compare(entries);
    await this.#save();
    return authorizers.length;
  }

  async #compare(entries: ReadonlyMap<string, AuthorizerListEntry>): Promise<void> {
    const { store } = this.tools;
    const lookups = await store.lookUpListed([...entries.keys()], this.sync.startedAt);
    const stored: Record<StoredStep, Read[]> = { add: [], recover: [], complete: [] };
    for (const lookup of lookups) {
      const { refreshToken = '', authorizedAt = null } = entries.get(lookup.appid) ?? {};
      const step = stepOfListed(authorizedAt, lookup.known, lookup.ignoredAt);
      if (step === 'none' && lookup.known?.hasPermissionSets) this.#answered = lookup.appid;
      const isKnown = step === 'complete' && lookup.known?.hasPermissionSets === true;
      const read = { ...readOf(lookup, authorizedAt), counts: null, isKnown };
      if (step === 'recheck') this.#rechecks.push({ ...read, counts: 'repaired' });
      if (step === 'read') this.#reads.push(read);
      if (step !== 'add' && step !== 'recover' && step !== 'complete') continue;
      const counts = countOf(step, lookup);
      if (refreshToken === '' && store.keepsTokens) this.#reads.push({ ...read, counts, store: step });
      else stored[step].push({ ...read, counts });
    }
    const tokenOf = ({ appid }: Read) => entries.get(appid)?.refreshToken ?? '';
    for (const step of STORED_STEPS)
      this.#reads.push(...(await this.#store(step, stored[step], tokenOf)).filter(({ isKnown }) => !isKnown));
  }

  /** Stores refresh tokens, and counts. Returns those that were stored: a callback may have come first. */
  async #store(step: StoredStep, reads: Read[], tokenOf: (read: Read) => string): Promise<Read[]> {
    const { addListed, recoverListed, completeListed } = this.tools.store;
    const by = { add: addListed, recover: recoverListed, complete: completeListed };
    const listed = reads.map((read) => ({ ...read, refreshToken: tokenOf(read) }));
    const appids = new Set(await by[step](listed));
    const stored = reads.filter(({ appid }) => appids.has(appid));
    for (const { counts } of stored) if (counts !== null) this.progress[counts] += 1;
    return stored;
  }

  async #read(read: Read): Promise<void> {
    const info = await this.#info(read.appid);
    if (info !== undefined && info !== 'gone') await this.#keep(read, info);
    else this.progress.unknown += 1;
    await this.#save();
  }

  async #keep({ store: step, ...read }: Read, info: AuthorizerInfo): Promise<void> {
    const { store } = this.tools;
    if (!info.miniProgram && (await store.ignoreListed(read))) {
      if (step === undefined && read.counts !== null) this.progress[read.counts] -= 1;
      return;
    }
    if (step !== undefined && info.refreshToken === '') {
      this.progress.unknown += 1;
      return;
    }
    if (step !== undefined && (await this.#store(step, [read], () => info.refreshToken)).length === 0) return;
    const { permissionSets, nickName } = info;
    const isChanged = await store.keepListedInfo({ ...read, permissionSets, nickName });
    if (isChanged && read.counts === null) this.progress.repaired += 1;
  }

  /** `gone`: WeChat knows no authorization of it. Undefined: it does not say. */
  async #info(appid: string): Promise<AuthorizerInfo | 'gone' | undefined> {
    const result = await this.tools.calls.info(appid);
    const isAnswered =
      result.kind === 'ok' || (result.kind === 'error' && result.error.category !== 'INTERNAL');
    this.#unanswered = isAnswered ? 0 : this.#unanswered + 1;
    if (result.kind === 'ok') {
      this.#answered = appid;
      return result.value;
    }
    rejectIfOfPlatform(result.error);
    if (isAuthorizationGone(result.error)) return 'gone';
    const why = errorMessage(result.error);
    if (this.#unanswered >= MAX_UNANSWERED && !(await this.#answersAbout(this.#answered)))
      throw new SyncFailedError(`${MAX_UNANSWERED} accounts in a row: ${why}`);
    this.tools.onNotRead(appid, why);
    return undefined;
  }

  async #answersAbout(appid: string | undefined): Promise<boolean> {
    if (appid === undefined) return false;
    const { kind } = await this.tools.calls.info(appid);
    if (kind === 'ok') this.#unanswered = 0;
    return kind === 'ok';
  }

  async #followAbsent(): Promise<void> {
    const { store } = this.tools;
    const absent = await store.absentAuthorizers([...this.#seen], this.sync.startedAt);
    const noted = absent.filter((each) => stepOfAbsent(each) === 'note');
    await store.noteAbsence(
      noted.map(({ appid }) => appid),
      true,
    );
    const doubtful = absent.filter((each) => stepOfAbsent(each) === 'recheck');
    await inParallel(doubtful, async ({ appid, used }) => {
      const info = await this.#info(appid);
      if (info === undefined) this.progress.unknown += 1;
      else if (info !== 'gone') await store.noteAbsence([appid], false);
      else {
        await store.refuseRefreshToken(
          { appid, used },
          'WeChat does not list it, and knows no authorization',
        );
        this.progress.repaired += 1;
      }
    });
  }

  async #save(): Promise<void> {
    const now = performance.now();
    if (now - this.#savedAt < SAVE_EVERY_MS) return;
    this.#savedAt = now;
    await this.tools.store.keepSyncProgress(this.sync.id, this.progress);
  }
}

function countOf(step: StoredStep, { ignoredAt }: Lookup): 'added' | 'recovered' | 'repaired' {
  if (step === 'complete') return 'repaired';
  return step === 'add' && ignoredAt === null ? 'added' : 'recovered';
}

function readOf(
  { appid, known }: Lookup,
  authorizedAt: Date | null,
): Omit<Read, 'counts' | 'store' | 'isKnown'> {
  return { appid, authorizedAt, toldAt: known?.toldAt ?? null };
}

/** After an error no further item is begun. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  let isFailed = false;
  const lane = async () => {
    for (const item of rest) {
      if (isFailed) return;
      await work(item).catch((error: unknown) => {
        isFailed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: CONCURRENT }, lane));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
