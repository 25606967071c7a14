import { randomInt } from 'node:crypto';
import { decryptMessage, encryptMessage, parseXml, sign } from '@wxa/wxa-client';
import type { SimConfig } from '../config.js';
import { cdata } from './push-xml.js';

/** The account with which WeChat checks the version that is to be published. */
export const CHECK_ACCOUNT = 'wxd101a85aa106f53e';

/** A callback. */
export interface Push {
  appid: string;
  event: string;
  /** XML, or JSON as WeChat sends it about channel shops. */
  xml: string;
  mode?: SimConfig['callbackMode'] | undefined;
  /** Sent to the URL of authorization events instead of the mini-program's. */
  to?: 'authorizations' | undefined;
  /** Of a ticket, which goes to both. */
  version?: 'live' | 'test';
}

/** What a platform registers at WeChat: where callbacks go, and the secrets that sign and encrypt them. */
export type Registration = Pick<
  SimConfig,
  'callbackUrl' | 'authorizationUrl' | 'callbackToken' | 'encodingAesKey'
>;

/** Until it is published, it is for the listed accounts and for WeChat's check. */
interface TestRegistration extends Registration {
  appids: readonly string[];
  isChecked: boolean;
}

/** What a platform has registered, in two versions: one is live, and 全网发布 makes the other one live. */
export class Registrations {
  private readonly componentAppid: string;
  private live: Registration;
  private test: TestRegistration | null = null;

  constructor({ componentAppid, callbackUrl, authorizationUrl, callbackToken, encodingAesKey }: SimConfig) {
    this.componentAppid = componentAppid;
    this.live = { callbackUrl, authorizationUrl, callbackToken, encodingAesKey };
  }

  /** Whether there is a URL for callbacks. */
  get isOn(): boolean {
    return this.live.callbackUrl !== null;
  }

  /** Replaces the live version. Token and key stay if they are not given. */
  change(given: Partial<Registration>): void {
    this.live = { ...this.live, ...given };
  }

  /** Replaces the test version. Token and key are those of the live one if they are not given. */
  changeTest({ appids, ...given }: Partial<Registration> & { appids: readonly string[] }): void {
    this.test = { ...this.live, ...given, appids, isChecked: false };
  }

  removeTest(): void {
    this.test = null;
  }

  /** WeChat has checked the test version, whatever the result. */
  checked(): void {
    if (this.test !== null) this.test.isChecked = true;
  }

  /** Makes the test version live. Returns why it cannot. */
  publish(): string | undefined {
    if (this.test === null) return 'there is no test version';
    const { appids, isChecked, ...registration } = this.test;
    if (!isChecked) return 'the test version was not checked since its last change';
    this.live = registration;
    this.test = null;
    return undefined;
  }

  /** The requests of a callback: a ticket goes to both versions. */
  copiesOf(push: Push): Push[] {
    if (this.test === null || push.event !== 'component_verify_ticket') return [push];
    return [
      { ...push, version: 'test' },
      { ...push, version: 'live' },
    ];
  }

  /** The version that a callback is sent to now: of what concerns a listed account, the test version. */
  of({ appid, version }: Push): { version: 'live' | 'test'; registration: Registration } {
    const isListed = [CHECK_ACCOUNT, ...(this.test?.appids ?? [])].includes(appid);
    if (this.test !== null && (version ?? (isListed ? 'test' : 'live')) === 'test')
      return { version: 'test', registration: this.test };
    return { version: 'live', registration: this.live };
  }

  /** The envelope and the signed query of WeChat's secure mode. */
  encrypt(
    { xml, to }: Push,
    { callbackToken, encodingAesKey }: Registration,
  ): { query: string; body: string } {
    const { componentAppid } = this;
    const encrypted = encryptMessage({ encodingAesKey, message: xml, receiveId: componentAppid });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = String(randomInt(2 ** 31));
    const query = new URLSearchParams({
      signature: sign(callbackToken, timestamp, nonce, ''),
      timestamp,
      nonce,
      encrypt_type: 'aes',
      msg_signature: sign(callbackToken, timestamp, nonce, encrypted),
    });
    const receiver = to === 'authorizations' ? 'AppId' : 'ToUserName';
    if (xml.startsWith('{'))
      return { query: `${query}`, body: JSON.stringify({ [receiver]: componentAppid, Encrypt: encrypted }) };
    const body = `<xml>\n    <${receiver}>${cdata(componentAppid)}</${receiver}>\n    <Encrypt>${cdata(encrypted)}</Encrypt>\n</xml>`;
    return { query: `${query}`, body };
  }
}

/** Where a callback goes. */
export function callbackUrlOf({ appid, to }: Push, { authorizationUrl, callbackUrl }: Registration): string {
  const url = callbackUrl ?? '';
  if (to !== 'authorizations') return url.replaceAll('$APPID$', appid);
  return authorizationUrl ?? url.replace(/\/\$APPID\$$/, '');
}

/** The decrypted message of an encrypted answer. */
export function replyIn(
  { status, body }: { status: number | null; body: string },
  { encodingAesKey }: Registration,
): { reply?: string } {
  const encrypt = status === 200 && body.includes('<Encrypt>') ? parseXml(body)?.Encrypt : undefined;
  const opened = encrypt === undefined ? undefined : decryptMessage({ encodingAesKey, encrypt });
  return opened === undefined ? {} : { reply: opened.message };
}
