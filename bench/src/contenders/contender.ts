/** One commit; `add` receives those of one mini-program in the order in which they must run. */
export interface Job {
  appid: string;
  userVersion: string;
}

/** Where a contender stores its jobs and reaches WeChat; each turn has its own. */
export interface ContenderConfig {
  /** Name of its topic, queue or consumer group. */
  name: string;
  /** URL of its own database. */
  postgres: string;
  kafka: string;
  /** Empty if there is no redis-server. */
  redis: string;
  wechat: string;
  /** Maximum number of calls in flight. */
  inFlight: number;
}

/** The interface of the programs in bench/contenders. */
export interface Contender {
  /** Creates the store of its jobs; `add` resolves when all of them are stored. */
  open(config: ContenderConfig): Promise<{ add(jobs: Job[]): Promise<void>; close(): Promise<void> }>;
  /** Starts a worker, which runs until its process ends; resolves when it is ready. */
  work(config: ContenderConfig, call: (job: Job) => Promise<void>): Promise<void>;
}
