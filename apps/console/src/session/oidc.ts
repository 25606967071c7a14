import type { Logger } from '@wxa/service';
import * as openid from 'openid-client';
import { z } from 'zod';
import { type ConsoleSettings, publicUrl } from '../config.js';
import { type Grant, grantOf, type Scopes } from './scopes.js';
import type { SealedCookies } from './sealed-cookies.js';

export const CALLBACK_PATH = '/login/oidc/callback';
/** How long a user may take at the issuer, in seconds. */
export const PENDING_SECONDS = 600;
const TIMEOUT_S = 5;
const SCOPE = 'openid profile';
/** Without the brackets that enclose the account. */
const NAME = /^(?!.*[<>])[\p{L}\p{N}\p{P}\p{S} ]{1,200}$/u;
const MAX_PERSON = 200;

/** A login that has been begun; the browser keeps it, sealed, until it comes back from the issuer. */
const pendingLogin = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** The path to go to afterwards. */
  to: z.string(),
});

/** A user whom the issuer has identified; without a grant if its claim has none. */
export interface OidcUser {
  /** `name <issuer#sub>`: users can change their names, and a user of the users file has no brackets. */
  name: string;
  grant: Grant | undefined;
}

/** Single sign-on: the authorization code flow of OpenID Connect with PKCE. */
export class Oidc {
  #discovered: Promise<openid.Configuration> | undefined;
  /** The origins to which the form of the login redirects. */
  formTargets: readonly string[];

  constructor(
    private readonly settings: ConsoleSettings,
    private readonly cookies: SealedCookies,
    logger: Logger,
    private readonly scopes: Scopes,
  ) {
    const { OIDC_ISSUER: issuer } = settings;
    this.formTargets = issuer === undefined ? [] : [new URL(issuer).origin];
    if (issuer !== undefined)
      this.#configuration().catch((error: Error) =>
        logger.warn({ for: 'OIDC_ISSUER', error: error.message }, 'waiting'),
      );
  }

  /** Where the browser logs in, and the cookie with which it comes back. Rejects while the issuer cannot be reached. */
  async begin(to: string): Promise<{ url: URL; pending: string }> {
    const configuration = await this.#configuration();
    const [state, nonce, verifier] = [
      openid.randomState(),
      openid.randomNonce(),
      openid.randomPKCECodeVerifier(),
    ];
    const url = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: new URL(CALLBACK_PATH, publicUrl(this.settings)).href,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const content = { state, nonce, verifier, to };
    return { url, pending: await this.cookies.seal('single-sign-on', content, PENDING_SECONDS) };
  }

  /**
   * The user with whom the browser came back, and where to go. Rejects if the login was not the pending one, or if the issuer
   * refuses it. @param path path and query of the callback. @param cookie the one of `begin`.
   */
  async finish(path: string, cookie: string): Promise<{ user: OidcUser; to: string }> {
    const pending = await this.cookies.open('single-sign-on', pendingLogin, cookie);
    if (pending === undefined) throw new Error('no login is pending in this browser');
    const { state: expectedState, nonce: expectedNonce, verifier: pkceCodeVerifier, to } = pending;
    const checks = { expectedState, expectedNonce, pkceCodeVerifier, idTokenExpected: true };
    const url = new URL(path, publicUrl(this.settings));
    const tokens = await openid.authorizationCodeGrant(await this.#configuration(), url, checks);
    return { user: this.#userOf(tokens.claims() ?? {}), to };
  }

  #userOf(claims: Readonly<Record<string, unknown>>): OidcUser {
    const { OIDC_NAME_CLAIM: nameClaim = 'sub', OIDC_ROLE_CLAIM: roleClaim = '' } = this.settings;
    const { [nameClaim]: name, iss, sub } = claims;
    const person = `${name} <${iss}#${sub}>`;
    if (!isName(name) || !isName(sub) || person.length > MAX_PERSON)
      throw new Error(
        `the ID token has no ${nameClaim} and sub of printable characters without < and >, or they are too long: \`name <issuer#sub>\` may have ${MAX_PERSON}`,
      );
    return { name: person, grant: grantOf(this.scopes, claimOf(claims, roleClaim)) };
  }

  /** What the issuer says about itself, read once; again while that fails. */
  #configuration(): Promise<openid.Configuration> {
    this.#discovered ??= this.#discover().catch((error) => {
      this.#discovered = undefined;
      throw error;
    });
    return this.#discovered;
  }

  async #discover(): Promise<openid.Configuration> {
    const {
      OIDC_ISSUER: issuer = '',
      OIDC_CLIENT_ID: client = '',
      OIDC_CLIENT_SECRET: secret,
    } = this.settings;
    // The settings allow http on this machine only.
    const insecure = issuer.startsWith('http:') ? [openid.allowInsecureRequests] : [];
    // The signature of the ID token: a proxy that opens TLS could replace what comes from the token endpoint.
    const execute = [openid.enableNonRepudiationChecks, ...insecure];
    const options = { execute, timeout: TIMEOUT_S };
    const authentication = secret === undefined ? openid.None() : bySecret(secret);
    const found = await openid.discovery(new URL(issuer), client, undefined, authentication, options);
    const { authorization_endpoint: endpoint = issuer } = found.serverMetadata();
    this.formTargets = [...new Set([...this.formTargets, new URL(endpoint).origin])];
    return found;
  }
}

/** In the way that the issuer supports. */
function bySecret(secret: string): openid.ClientAuth {
  const [basic, post] = [openid.ClientSecretBasic(secret), openid.ClientSecretPost(secret)];
  return (server, ...others) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...others);
  };
}

/** A claim by its name, or by its path in nested objects, as in `realm_access.roles`. */
function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((at, part) => Object(at)[part], claims);
}

function isName(claim: unknown): claim is string {
  return typeof claim === 'string' && NAME.test(claim);
}
