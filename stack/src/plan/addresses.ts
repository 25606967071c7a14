import { concreteAddress, splitAddress } from '../processes/ports.js';

/** The addresses the apps listen on, with their actual ports. */
export type Listening = { gateways: GatewayListening[]; workers: string[]; sim: string; console: string };
/** `admin` is where probes are served; that of `http` unless ADMIN_ADDR is set. */
export type GatewayListening = { grpc: string; http: string; admin?: string };

/**
 * Reads the addresses from the environment (default: a free port of 127.0.0.1) and replaces port 0 by a free
 * port. The port is chosen here so that a restarted app gets it again. Worker and gateway n get the port of the
 * first one plus n. Throws a StackError that names the variable if an address is malformed or in use.
 */
export async function chooseAddresses(
  env: NodeJS.ProcessEnv,
  { gateways, workers }: { gateways: number; workers: number },
): Promise<Listening> {
  const choose = (name: string, count: number) => countedUp(env[name] || '127.0.0.1:0', name, count);
  const grpc = await choose('GRPC_ADDR', gateways);
  const http = await choose('HTTP_ADDR', gateways);
  const admin = env.ADMIN_ADDR ? await choose('ADMIN_ADDR', gateways) : [];
  return {
    gateways: grpc.map((address, n) => gatewayListening(address, http[n] ?? '', admin[n])),
    workers: await choose('WORKER_HTTP_ADDR', workers),
    sim: await concreteAddress(env.SIM_ADDR || '127.0.0.1:0', 'SIM_ADDR'),
    console: await concreteAddress(env.CONSOLE_ADDR || '127.0.0.1:0', 'CONSOLE_ADDR'),
  };
}

function gatewayListening(grpc: string, http: string, admin: string | undefined): GatewayListening {
  return admin === undefined ? { grpc, http } : { grpc, http, admin };
}

async function countedUp(first: string, name: string, count: number): Promise<string[]> {
  const { host, port } = splitAddress(first, name);
  const addresses: string[] = [];
  for (let n = 0; n < count; n++) {
    addresses.push(await concreteAddress(`${host}:${port === 0 ? 0 : port + n}`, name));
  }
  return addresses;
}

/** The address to connect to for an address to listen on; a wildcard address cannot be connected to. */
export function reachable(address: string): string {
  return address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1');
}

export function httpOrigin(address: string): string {
  return `http://${reachable(address)}`;
}
