import type { RestartPause, Supervision } from '../processes/keep-running.js';

export type StackOptions = {
  /** Number of worker processes; default 1. */
  workers?: number | undefined;
  /** Number of gateway processes; default 1. WeChat's callbacks go to the first. */
  gateways?: number | undefined;
  /** The path of a built checkout of another version: the last gateway and the last worker run that version. */
  otherVersion?: string | undefined;
  /** Number of nodes of the embedded Kafka; default 1. */
  brokers?: 1 | 3;
  /** Settings of the apps, by the names of their environment variables. Unset addresses get free ports. */
  env?: NodeJS.ProcessEnv;
  /** The folder of data and logs, which are kept. Without it they are in temporary folders that are deleted at the end. */
  dataDir?: string;
  logDir?: string;
  /** Starts the console, with one user who is an operator. */
  withConsole?: boolean;
  /** false: no simulator, even if WECHAT_API_URL is not set. */
  withSim?: boolean;
  /**
   * The gateway requires TLS and serves three callers of a policy. The embedded Kafka requires SASL_SSL and grants each
   * app exactly the rights it needs; apps connect to the embedded PostgreSQL by client certificates; secrets are files.
   */
  secure?: boolean;
  /** Servers to use instead of embedded ones; the same as DATABASE_URL, KAFKA_BROKERS, WECHAT_API_URL in `env`. */
  postgresUrl?: string | undefined;
  kafkaBrokers?: string | undefined;
  wechatUrl?: string | undefined;
  /** false: the given PostgreSQL has the schema of this version already. Default true. */
  migrate?: boolean;
  /** Checks the apps' settings before anything starts. It takes a second and reports all errors together. */
  checkFirst?: boolean;
  /**
   * Restarts apps and embedded servers that exit, the latter with their data; `log` gets a line about each restart.
   * A function decides the pause before each restart.
   */
  restart?: boolean | RestartPause;
  log?: (line: string) => void;
  signal?: AbortSignal;
};

export function supervision(
  { restart, log = () => undefined }: StackOptions,
  signal: AbortSignal,
): Supervision {
  return { log, signal, pause: typeof restart === 'function' ? restart : undefined };
}
