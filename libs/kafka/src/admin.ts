import type { Admin } from 'kafkajs';
import type { KafkaConnection } from './connection.js';

/** Uses a connection for administration. */
export async function withAdmin<T>(
  { kafka }: KafkaConnection,
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
