import type { App } from '@wxa/stack';

/** Kills processes without giving them time to finish; resolves when they have ended. */
export async function kill(...apps: readonly App[]): Promise<void> {
  for (const app of apps.filter(({ running }) => running)) app.kill('SIGKILL');
  await Promise.all(apps.map((app) => app.exited));
}

/** Starts processes again once they have ended; resolves when they are ready. */
export async function startAgain(...apps: readonly App[]): Promise<void> {
  await Promise.all(apps.map((app) => app.exited));
  await Promise.all(apps.map((app) => app.start()));
  await Promise.all(apps.map((app) => app.waitReady()));
}

/** What an app answers at `/readyz`. */
export interface Readiness {
  status: number;
  ready: boolean;
  parts: Record<string, { ready: boolean; detail?: string }>;
}

export async function readyz(url: string): Promise<Readiness> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, ...((await response.json()) as Omit<Readiness, 'status'>) };
}
