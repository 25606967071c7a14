export type StackOptions = {
  /** Number of worker processes; default 1. */
  workers?: number | undefined;
  /** Number of gateway processes; default 1. WeChat's callbacks go to the first. */
  gateways?: number | undefined;
  /** Settings of the apps, by the names of their environment variables. Unset addresses get free ports. */
  env?: NodeJS.ProcessEnv;
  /**
   * The folder of data and logs, which are kept. Without it they are in temporary folders that are deleted at
   * the end.
   */
  dataDir?: string;
  logDir?: string;
  /** false: no simulator, even if WECHAT_API_URL is not set. */
  withSim?: boolean;
  /**
   * Servers to use instead of embedded ones; the same as DATABASE_URL, KAFKA_BROKERS, WECHAT_API_URL in `env`.
   */
  postgresUrl?: string | undefined;
  kafkaBrokers?: string | undefined;
  wechatUrl?: string | undefined;
  /** Checks the apps' settings before anything starts. It takes a second and reports all errors together. */
  checkFirst?: boolean;
  /** Restarts apps that exit, and servers with data in `dataDir`; `log` gets a line about each restart. */
  restart?: boolean;
  log?: (line: string) => void;
  signal?: AbortSignal;
};
