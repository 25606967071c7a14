import type { Admin } from 'kafkajs';
import type { KafkaConnection } from './connection.js';

/** Runs a function with a connection for administration, which is closed afterwards. */
export async function withAdmin<T>(
  { kafka }: Pick<KafkaConnection, 'kafka'>,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}
