/** One commit; `add` gets those of one mini-program in the order in which they have to run. */
export interface Job {
  appid: string;
  userVersion: string;
}

/** Where a contender keeps its jobs and finds WeChat; a new one for each turn. */
export interface Place {
  /** Of its topic, queue or consumer group. */
  name: string;
  /** A database of its own. */
  postgres: string;
  kafka: string;
  /** Empty where there is no redis-server. */
  redis: string;
  wechat: string;
  /** Calls in flight at most. */
  inFlight: number;
}

/** What the programs in bench/contenders are. */
export interface Contender {
  /** Makes what it keeps its jobs in; `add` resolves when all of them are stored. */
  open(place: Place): Promise<{ add(jobs: Job[]): Promise<void>; close(): Promise<void> }>;
  /** Runs in a process of its own, until that is ended; resolves when it works. */
  work(place: Place, call: (job: Job) => Promise<void>): Promise<void>;
}
