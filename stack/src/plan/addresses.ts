import { concreteAddress, splitAddress } from '../processes/ports.js';

/** Where the apps listen, each with a real port. */
export type Listening = { gateways: GatewayListening[]; workers: string[]; sim: string };
export type GatewayListening = { grpc: string; http: string };

/**
 * The addresses of the environment (absent ones: a free port of 127.0.0.1), with a free port in place of 0: it is
 * chosen here, so that a restarted app comes back on it. Worker and gateway n get the ports of the first one plus n.
 * A taken or malformed one is a StackError with the variable's name.
 */
export async function chooseAddresses(
  env: NodeJS.ProcessEnv,
  { gateways, workers }: { gateways: number; workers: number },
): Promise<Listening> {
  const choose = (name: string, count: number) => countedUp(env[name] || '127.0.0.1:0', name, count);
  const grpc = await choose('GRPC_ADDR', gateways);
  const http = await choose('HTTP_ADDR', gateways);
  return {
    gateways: grpc.map((address, n) => ({ grpc: address, http: http[n] ?? '' })),
    workers: await choose('WORKER_HTTP_ADDR', workers),
    sim: await concreteAddress(env.SIM_ADDR || '127.0.0.1:0', 'SIM_ADDR'),
  };
}

async function countedUp(first: string, name: string, count: number): Promise<string[]> {
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
