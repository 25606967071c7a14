export type StackOptions = {
  /** Worker processes; default 1. */
  workers?: number | undefined;
  /** Gateway processes; default 1. WeChat's pushes go to the first. */
  gateways?: number | undefined;
  /** The apps' settings, by the names of their environment. Addresses that are absent are free ports. */
  env?: NodeJS.ProcessEnv;
  /** Runs gateways and workers; absent: the Node of this process. */
  node?: string | undefined;
  /** Given to Node for gateways and workers, as `--cpu-prof`. */
  nodeFlags?: string[];
  /** Data and logs are kept here; without it all lies in temporary folders that go at stop. */
  dataDir?: string;
  logDir?: string;
  /** false: no simulator, also where no WECHAT_API_URL is given. */
  withSim?: boolean;
  /** Used instead of a part of our own; the same as DATABASE_URL, KAFKA_BROKERS, WECHAT_API_URL in `env`. */
  postgresUrl?: string | undefined;
  kafkaBrokers?: string | undefined;
  wechatUrl?: string | undefined;
  /** The apps' settings are checked before anything starts: a second more, but every fault shows at once. */
  checkFirst?: boolean;
  /** An app that ends is started again, as is a server with data in `dataDir`; `tell` gets a line about it. */
  restart?: boolean;
  tell?: (line: string) => void;
  signal?: AbortSignal;
};
