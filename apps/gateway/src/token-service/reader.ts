import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { Caller, TokenRead } from '@wxa/policy';
import type { AccessParts } from '../callers/authorize-call.js';
import { notAllowed } from '../callers/not-allowed.js';
import { callerUnder, type Principal } from '../credentials/authenticate.js';
import { AuthenticationFailed, type CredentialKind } from '../credentials/authentication-failed.js';

/** Parsed once for a connection: the authenticator recognizes the object. */
const certificates = new WeakMap<object, PeerCertificate>();

/** The verified credential of a request, whose caller and rights are those of the policy in force at each question. */
export class Reader {
  private constructor(
    private readonly parts: Pick<AccessParts, 'policy' | 'now'>,
    private readonly principal: Principal,
  ) {}

  /** Rejects with AuthenticationFailed. */
  static async of(parts: AccessParts, request: IncomingMessage): Promise<Reader> {
    const { authorization = [] } = request.headersDistinct;
    return new Reader(parts, await parts.authenticator.identify(authorization, () => certificateOf(request)));
  }

  get kind(): CredentialKind {
    return this.principal.kind;
  }

  /** Throws AuthenticationFailed if there is none any more. */
  get caller(): Caller {
    const nowMs = this.parts.now();
    if (nowMs >= this.principal.expiresAtMs) throw new AuthenticationFailed(this.principal.kind, 'expired');
    return callerUnder(this.parts.policy.current, this.principal, nowMs);
  }

  /** Throws if its caller may not read this token now. */
  rejectUnlessAllowed(appid: string, reads: readonly TokenRead[]): void {
    const { caller } = this;
    for (const method of reads) {
      const { allowed, rule } = this.parts.policy.current.decide(caller, method, appid);
      if (!allowed) throw notAllowed({ caller: caller.name, method }, appid, rule?.reason);
    }
  }
}

/** Only one that TLS has verified. */
function certificateOf({ socket }: IncomingMessage): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = certificates.get(socket) ?? socket.getPeerCertificate();
  certificates.set(socket, certificate);
  return certificate;
}
