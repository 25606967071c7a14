import { gauge } from './metrics.js';

const expiry = gauge('wxa_tls_certificate_expiry_timestamp_seconds');

/**
 * Sets the expiry of a certificate.
 * @param file name of the setting.
 */
export function setCertificateExpiry(file: string, expiresAt: Date): void {
  expiry.set({ file }, expiresAt.getTime() / 1000);
}
