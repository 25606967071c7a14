import { eventually } from './eventually.js';

/** Waits until a gateway reads outcomes from Kafka. It polls Postgres for earlier ones, once a second. */
export async function untilOutcomesAreRead(http: string): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${http}/readyz`);
    const { parts } = (await response.json()) as { parts: { kafka: { detail?: string } } };
    return parts.kafka.detail === undefined;
  });
}
