import { concreteAddress, splitAddress } from './ports.js';

/** Where the apps listen, each with a real port. */
export type Listening = { grpc: string; http: string; workers: string[]; sim: string };

/**
 * The addresses of the environment (absent ones: a free port of 127.0.0.1), with a free port in place of 0: it is
 * chosen here, so that a restarted app comes back on it. Worker n gets the port of the first one plus n.
 * A taken or malformed one is a StackError with the variable's name.
 */
export async function chooseAddresses(env: NodeJS.ProcessEnv, workers: number): Promise<Listening> {
  const choose = (name: string) => concreteAddress(env[name] || '127.0.0.1:0', name);
  return {
    grpc: await choose('GRPC_ADDR'),
    http: await choose('HTTP_ADDR'),
    workers: await workerAddresses(env.WORKER_HTTP_ADDR || '127.0.0.1:0', workers),
    sim: await choose('SIM_ADDR'),
  };
}

async function workerAddresses(first: string, count: number): Promise<string[]> {
  const name = 'WORKER_HTTP_ADDR';
  const { host, port } = splitAddress(first, name);
  const addresses: string[] = [];
  for (let n = 0; n < count; n++) {
    addresses.push(await concreteAddress(`${host}:${port === 0 ? 0 : port + n}`, name));
  }
  return addresses;
}

/** The address by which this machine reaches what listens on it: "all interfaces" is none to call. */
export function reachable(address: string): string {
  return address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1');
}

export function httpUrl(address: string): string {
  return `http://${reachable(address)}`;
}
